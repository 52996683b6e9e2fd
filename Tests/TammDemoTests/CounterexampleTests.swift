import Synchronization
import TammCore
import TammInMemory
import TammTesting
import Testing

@testable import tamm_demo

/// Each row that runs, with the rule that it shows broken: it must print failed.
@Suite struct CounterexampleTests {
    struct Counterexample: Sendable, CustomTestStringConvertible {
        let row: String
        let breaks: String
        let context: DemoContext

        var testDescription: String { "\(row): \(breaks)" }

        init(_ row: any LaunchRow.Type, _ breaks: String, _ change: (inout DemoContext) -> Void) {
            self.row = row.id
            self.breaks = breaks
            var context = DemoContext(seed: 7, now: Demo.firstMoment)
            change(&context)
            self.context = context
        }

        static func rule(
            _ row: any LaunchRow.Type, _ breaks: String, _ inject: @escaping @Sendable (inout WalletRules) -> Void
        ) -> Counterexample {
            Counterexample(row, breaks) { context in
                context.rules = { limits in
                    var rules = WalletRules(limits: limits)
                    inject(&rules)
                    return rules
                }
            }
        }

        static func billing(
            _ row: any LaunchRow.Type, _ breaks: String, _ inject: @escaping @Sendable (inout BillingRules) -> Void
        ) -> Counterexample {
            Counterexample(row, breaks) { $0.billingRules = inject }
        }
    }

    static let all: [Counterexample] = [
        .rule(NeverNegative.self, "the balance is not checked") { $0.covers = { _, _ in true } },
        .rule(NeverNegative.self, "the last credit is kept back") { $0.covers = { $1 < $0 } },
        .rule(NeverNegative.self, "a repeated request acts again") { $0.answersAgain = { _ in false } },
        .rule(Refund.self, "a refund may exceed the charge") { $0.refundable = { charged, _ in charged } },
        .rule(Refund.self, "what a clawback lacks is forgotten") { $0.owed = { _, _ in .zero } },
        .rule(Refund.self, "debts are never settled") { $0.settles = { _ in false } },
        .rule(ProviderFailure.self, "a release gives nothing back") { $0.returned = { _, _ in .zero } },
        .rule(CreditsExhausted.self, "an empty wallet may hold") { $0.covers = { _, _ in true } },
        Counterexample(CreditsExhausted.self, "the store is full of credits") { $0.makeStore = { RichStore() } },
        Counterexample(CrossWorkspace.self, "the store takes everybody for the service") {
            $0.makeStore = { CredulousStore() }
        },
        Counterexample(MemberAdmin.self, "the store takes everybody for the service") {
            $0.makeStore = { CredulousStore() }
        },
        Counterexample(ServiceRole.self, "the store takes the ledger for a stranger") {
            $0.makeStore = { CredulousStore(ledgerIsStranger: true) }
        },
        Counterexample(HashOnly.self, "the store finds a key by any digest") { $0.makeStore = { RememberingStore() } },
        Counterexample(RevokedFails.self, "the store answers what it has found before") {
            $0.makeStore = { RememberingStore() }
        },
        Counterexample(Paymob.self, "the signature is computed and not compared") { $0.verifies = { _, _, _ in "fine" } },
        Counterexample(WhatsAppChannel.self, "the signature is computed and not compared") {
            $0.verifies = { _, _, _ in "fine" }
        },
        Counterexample(Paymob.self, "the last byte is not covered") { context in
            context.verifies = { sample, body, signature throws(TammError) in
                var body = body
                if body.last != sample.delivery.body.last { body = sample.delivery.body }
                return try sample.verify(body, signature)
            }
        },
    ]

    static let billing: [Counterexample] = [
        .billing(Paymob.self, "late money pays") { $0.isLate = { _, _ in false } },
        .billing(Paymob.self, "any amount pays") { $0.mismatch = { _, _ in nil } },
        .billing(Paymob.self, "what is reserved pays") { $0.isRevenue = { $0 >= .authorized } },
        .billing(Paymob.self, "a payment takes its money twice") { $0.isTaken = { _ in false } },
        .billing(InstaPayTransfer.self, "an expired payment may be claimed") { $0.takesClaim = { _ in true } },
        .billing(InstaPayTransfer.self, "nothing is ever too late") { $0.isLate = { _, _ in false } },
        .billing(InstaPayTransfer.self, "any amount pays") { $0.mismatch = { _, _ in nil } },
        Counterexample(InstaPayTransfer.self, "the store takes everybody for the service") {
            $0.makeStore = { CredulousStore() }
        },
        .billing(Refund.self, "credits do not follow the money") { $0.withdraws = { _, _, _ in 0 } },
        .billing(Refund.self, "a part of the money takes all credits") { $0.withdraws = { granted, _, _ in granted } },
        .billing(Refund.self, "the last report of a refund counts") { $0.refunded = { _, told in told } },
        .billing(NoUpgradeUnconfirmed.self, "what is reserved pays") { $0.isRevenue = { $0 >= .authorized } },
        .billing(NoUpgradeUnconfirmed.self, "money is always too late") { $0.isLate = { _, _ in true } },
        Counterexample(NoUpgradeUnconfirmed.self, "the store takes everybody for the service") {
            $0.makeStore = { CredulousStore() }
        },
        Counterexample(NoUpgradeUnconfirmed.self, "what was declined counts as paid") { context in
            context.notice = { scheme, delivery throws(TammError) in
                let signed = try scheme.verify(delivery, at: .epoch)
                let notice = try PaymentNotice(signed)
                guard notice.fact == .declined else { return notice }
                let money = try Money(minorUnits: signed.transaction.amountCents, signed.transaction.currency)
                return try PaymentNotice(order: notice.order, transaction: notice.transaction, .captured(money))
            }
        },
        .billing(Renewal.self, "a period begins when it is paid") { $0.renewsFrom = { _, now in now } },
        .billing(Renewal.self, "there is no grace") { $0.graceEnd = { end, _ in end } },
        .billing(Renewal.self, "a month's credits last a month longer") {
            $0.lasts = { calendar, anchor, month, _ in calendar.boundary(month + 2, after: anchor) }
        },
        .billing(Renewal.self, "a workspace may try as often as it likes") { $0.mayTry = { _, days in days > 0 } },
        Counterexample(Paymob.self, "the integration is not looked at") { context in
            context.notice = { _, delivery throws(TammError) in
                let careless = try PaymobTransactionSignature(
                    secrets: [SigningSecret(id: "a", Secret(RecordedDelivery.paymobSample.secret))],
                    integrationIDs: [54_097_558, 4_097_559], ownerID: RecordedDelivery.paymobOwnerID)
                return try PaymentNotice(careless.verify(delivery, at: .epoch))
            }
        },
        Counterexample(Paymob.self, "what is pending counts as paid") { context in
            context.notice = { scheme, delivery throws(TammError) in
                let notice = try PaymentNotice(scheme.verify(delivery, at: .epoch))
                guard notice.fact == .pending else { return notice }
                return try PaymentNotice(
                    order: notice.order, transaction: notice.transaction, .captured(Money(minorUnits: 100_000, .egp)))
            }
        },
    ]

    @Test(arguments: all + billing) func `a broken rule fails its row`(_ example: Counterexample) async throws {
        let line = try #require(LaunchChecklist.rows.first { $0.id == example.row })
        let result = await LaunchRun(context: example.context).run(line)
        #expect(result.status == .failed, "\(result.entries)")
    }

    @Test func `every row that runs has a counter-example, and passes without it`() async throws {
        for line in LaunchChecklist.rows where line.row != nil {
            #expect((Self.all + Self.billing).contains { $0.row == line.id }, "\(line.id) has no counter-example")
            let result = await LaunchRun(context: DemoContext(seed: 7, now: Demo.firstMoment)).run(line)
            #expect(result.status != .failed, "\(result.entries)")
        }
    }
}

/// A store that takes everybody for the service, or the ledger for nobody.
private final class CredulousStore: TammStore {
    private let store = InMemoryStore()
    private let ledgerIsStranger: Bool

    init(ledgerIsStranger: Bool = false) { self.ledgerIsStranger = ledgerIsStranger }

    func transaction<Value: Sendable>(
        as principal: Principal,
        _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Value
    ) async throws(TammError) -> Value {
        let nobody = Principal.user(Identifier(high: 9, low: 9), in: Identifier(high: 9, low: 9))
        let taken = ledgerIsStranger ? (principal == .ledger ? nobody : principal) : .service
        return try await store.transaction(as: taken, body)
    }
}

/// A store in which every new wallet has credits.
private final class RichStore: TammStore {
    private let store = InMemoryStore()

    func transaction<Value: Sendable>(
        as principal: Principal,
        _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Value
    ) async throws(TammError) -> Value {
        let value = try await store.transaction(as: principal, body)
        guard let wallet = value as? Wallet, wallet.sequence == 0 else { return value }
        let wallets = Wallets(store: store, time: TimeSource { wallet.recordedAt })
        _ = try await wallets.grant(
            GrantTerms(.one, .promotional), to: wallet, key: IdempotencyKey("gift"), as: .service)
        return value
    }
}

/// A store that answers every look-up of a key with what it has found in the first.
private final class RememberingStore: TammStore {
    private let store = InMemoryStore()
    private let remembered = Mutex<FoundAPIKey?>(nil)

    func transaction<Value: Sendable>(
        as principal: Principal,
        _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Value
    ) async throws(TammError) -> Value { try await store.transaction(as: principal, body) }

    func apiKey(matching digests: APIKeyDigests) async throws(TammError) -> FoundAPIKey? {
        let found = try await store.apiKey(matching: digests)
        return remembered.withLock { remembered in
            remembered = remembered ?? found
            return remembered
        }
    }
}
