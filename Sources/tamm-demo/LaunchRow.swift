import TammCore
import TammInMemory
import TammTesting

/// A line of the launch checklist as code that runs and shows its evidence.
protocol LaunchRow: Sendable {
    /// The name in the checklist, for example `keys.revoked-fails`.
    static var id: String { get }
    /// What must be true.
    static var title: String { get }
    static var store: StoreRequirement { get }
    static var completeness: Completeness { get }

    init()

    /// Does what the line claims and reads the evidence back from the store.
    ///
    /// A failed expectation, an error or no evidence fails the row; the rows after it still run.
    func run(_ row: RowRecorder, in context: DemoContext) async throws
}

extension LaunchRow {
    static var store: StoreRequirement { .any }
    static var completeness: Completeness { .complete }
}

/// Which stores a row can be shown on.
enum StoreRequirement: Sendable {
    case any
    case postgres
}

/// Whether a row shows all that its line claims.
enum Completeness: Sendable {
    case complete
    /// The row runs and shows its evidence, and is still not built for want of what `missing` names.
    case partial(missing: String)
}

/// What a row may use.
struct DemoContext: Sendable {
    /// The same seed gives the same run.
    var seed: UInt64
    /// The moment at which every row begins.
    var now: Timestamp
    /// An empty store for each row.
    var makeStore: @Sendable () async throws -> any TammStore = { InMemoryStore() }
    /// Another process's store on the rows of the last one that was made; nil where a store is one process's alone.
    var makeSecondStore: @Sendable () async throws -> (any TammStore)? = { nil }
    /// Whether the stores are databases.
    var isPostgres = false
    /// The ledger's rules; a test puts wrong ones in to see the row fail.
    var rules: @Sendable (WalletLimits) -> WalletRules = { WalletRules(limits: $0) }
    /// Verifies a signed delivery; likewise.
    var verifies: @Sendable (SignedSample, [UInt8], String) throws(TammError) -> String = { sample, body, signature in
        try sample.verify(body, signature)
    }
    /// Puts wrong judgements into billing; likewise.
    var billingRules: @Sendable (inout BillingRules) -> Void = { _ in }
    /// What a delivery of Paymob's is taken for, instead of by the endpoint; likewise.
    var notice:
        (
            @Sendable (PaymobTransactionSignature, PaymobTransactionSignature.Delivery) throws(TammError) ->
                PaymentNotice
        )?
}

/// A delivery that its sender signed, and what verifying it proves.
enum SignedSample: Sendable {
    case paymob, whatsApp

    var delivery: RecordedDelivery { self == .paymob ? .paymobSample : .whatsApp }

    /// What the proof says.
    func verify(_ body: [UInt8], _ signature: String) throws(TammError) -> String {
        let secret = try SigningSecret(id: "sample", Secret(delivery.secret))
        switch self {
        case .paymob:
            let scheme = try PaymobTransactionSignature(
                secrets: [secret], integrationIDs: [RecordedDelivery.paymobIntegrationID],
                ownerID: RecordedDelivery.paymobOwnerID)
            let transaction = try scheme.verify(.init(body: body, hmac: signature), at: .epoch).transaction
            let amount = try Money(minorUnits: transaction.amountCents, transaction.currency)
            return "transaction \(transaction.id), order \(transaction.orderID), \(amount), paid: \(transaction.success)"
        case .whatsApp:
            let scheme = try MetaSignature(secrets: [secret])
            let payload = try scheme.verify(.init(body: body, signature: signature), at: .epoch)
            return "\(payload.body.count) bytes, every byte covered: \(payload.coverage == .everyByte)"
        }
    }
}
