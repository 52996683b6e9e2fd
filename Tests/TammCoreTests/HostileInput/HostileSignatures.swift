import TammTesting

@testable import TammCore

/// The parsers of signed deliveries and of exported checkpoints.
///
/// A mutated signature or body that is accepted would be a forgery: the printer then shows what the sender signed, and
/// the comparison fails.
enum HostileSignatures {
    static let parsers: [HostileParser] = [
        HostileParser(
            text: "Meta signature", count: 6_000, [RecordedDelivery.whatsApp.signature], length: 64...80,
            alphabet: "sha=0123456789abcdef", parse: { (text) throws(TammError) in try meta(text) },
            print: { _ in RecordedDelivery.whatsApp.signature }),
        HostileParser(
            text: "Paymob signature", count: 6_000, [RecordedDelivery.paymobSample.signature], length: 120...136,
            alphabet: "0123456789abcdef",
            parse: { (text) throws(TammError) in try paymob(RecordedDelivery.paymobSample.body, text) },
            print: { _ in RecordedDelivery.paymobSample.signature }),
        HostileParser(
            "Paymob body", count: 6_000, .json([paymobBody]), firstStage: HostileParser.isJSON,
            parse: { (bytes) throws(TammError) in try paymob(bytes, RecordedDelivery.paymobSample.signature) },
            print: { _ in RecordedDelivery.paymobSample.body }),
        HostileParser(
            text: "Standard Webhooks signatures", count: 6_000,
            ["v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "v1a,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="],
            length: 1...300, alphabet: base64 + "v1a, ", parse: { (text) throws(TammError) in try webhook(text, "1614265330") },
            print: { _ in RecordedDelivery.standardWebhooks.signature }),
        HostileParser(
            text: "Standard Webhooks time", count: 4_000, ["1614265330"], length: 1...20, alphabet: HostileParser.digits,
            parse: { (text) throws(TammError) in try webhook(RecordedDelivery.standardWebhooks.signature, text) },
            print: { _ in "1614265330" }),
        HostileParser(
            text: "Standard Webhooks secret", count: 4_000, ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], length: 32...94,
            alphabet: base64 + "whsec_",
            parse: { (text) throws(TammError) in try SigningSecret(id: "s", standardWebhooks: text).id }, print: { _ in checkedSecret }),
        HostileParser(
            text: "LedgerCheckpoint", count: 4_000, [checkpoint], length: 150...400,
            alphabet: HostileParser.names + " :TZ\n", parse: { (text) throws(TammError) in try LedgerCheckpoint(text: text, key: key) },
            print: { $0.text(key: key) }),
        HostileParser(
            text: "Meter", count: 4_000, ["messages", "model-tokens", "a.b_c"], length: 1...64, alphabet: HostileParser.names,
            parse: Meter.init, print: \.name),
    ]

    private static let base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
    private static let checkedSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let key = Secret("a key that the database does not hold")

    private static let checkpoint: String = {
        let workspace = Identifier<Workspace>(high: 1, low: 2)
        let wallet = Identifier<Wallet>(high: 3, low: 4)
        let head = LedgerCheckpoint.Head(
            workspace: workspace, wallet: wallet, sequence: 7, hash: LedgerChain.genesis(workspace: workspace, wallet: wallet))
        return LedgerCheckpoint(takenAt: .epoch, heads: [head]).text(key: key)
    }()

    private static let paymobBody: StrictJSON = {
        do { return try StrictJSON(parsing: RecordedDelivery.paymobSample.body) } catch { return .null }
    }()

    private static func meta(_ signature: String) throws(TammError) -> String {
        let sample = RecordedDelivery.whatsApp
        let scheme = try MetaSignature(secrets: [SigningSecret(id: "s", Secret(sample.secret))])
        return try scheme.verify(.init(body: sample.body, signature: signature), at: .epoch).secretID
    }

    private static func paymob(_ body: [UInt8], _ signature: String) throws(TammError) -> PaymobTransaction {
        let scheme = try PaymobTransactionSignature(
            secrets: [SigningSecret(id: "s", Secret(RecordedDelivery.paymobSample.secret))],
            integrationIDs: [RecordedDelivery.paymobIntegrationID], ownerID: RecordedDelivery.paymobOwnerID)
        return try scheme.verify(.init(body: body, hmac: signature), at: .epoch).transaction
    }

    private static func webhook(_ signatures: String, _ timestamp: String) throws(TammError) -> String {
        let sample = RecordedDelivery.standardWebhooks
        let scheme = try StandardWebhooksSignature(secrets: [SigningSecret(id: "s", standardWebhooks: sample.secret)])
        let delivery = StandardWebhooksSignature.Delivery(
            id: sample.id, timestamp: timestamp, signatures: signatures, body: sample.body)
        return try scheme.verify(delivery, at: Timestamp(seconds: 1_614_265_330)).secretID
    }
}
