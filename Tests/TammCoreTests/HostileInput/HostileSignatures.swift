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
            parse: { (text) throws(TammError) in
                _ = try paymob(RecordedDelivery.paymobSample.body, text)
                return text
            },
            print: { _ in RecordedDelivery.paymobSample.signature }),
        HostileParser(
            "Paymob body", count: 6_000, .json([paymobBody]), firstStage: HostileParser.isJSON,
            parse: { (bytes) throws(TammError) in try paymob(bytes, RecordedDelivery.paymobSample.signature) },
            print: { _ in RecordedDelivery.paymobSample.body }),
        HostileParser(
            "Paymob card token", count: 6_000, .json([json(.paymobCardToken)]), firstStage: HostileParser.isJSON,
            parse: { (bytes) throws(TammError) in try cardToken(bytes) }, print: { _ in RecordedDelivery.paymobCardToken.body }),
        HostileParser(
            "Paymob subscription", count: 6_000, .json([json(.paymobSubscription)]), firstStage: HostileParser.isJSON,
            parse: { (bytes) throws(TammError) in try subscription(bytes) },
            print: { _ in RecordedDelivery.paymobSubscription.body }),
        HostileParser(
            "Paymob callback", count: 4_000,
            .json([paymobBody, json(.paymobCardToken), json(.paymobSubscription), json(.whatsApp)]),
            firstStage: HostileParser.isJSON,
            parse: { (bytes) throws(TammError) in try PaymobCallback(body: bytes) }, print: nil),
        HostileParser(
            text: "Standard Webhooks signatures", count: 6_000,
            ["v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "v1a,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="],
            length: 1...300, alphabet: base64 + "v1a, ", parse: { (text) throws(TammError) in try webhook(text, "1614265330") },
            print: { _ in RecordedDelivery.standardWebhooks.signature }),
        HostileParser(
            text: "Standard Webhooks time", count: 4_000, ["1614265330"], length: 1...20, alphabet: HostileParser.digits,
            parse: { (text) throws(TammError) in
                _ = try webhook(RecordedDelivery.standardWebhooks.signature, text)
                return text
            },
            print: { _ in "1614265330" }),
        HostileParser(
            text: "Standard Webhooks secret", count: 4_000, ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], length: 32...94,
            alphabet: base64 + "whsec_",
            parse: { (text) throws(TammError) in try SigningSecret(id: "s", standardWebhooks: text).id }, print: { _ in checkedSecret }),
        HostileParser(
            text: "Stripe signature", count: 6_000, [RecordedDelivery.stripe.signature], length: 40...120,
            alphabet: "0123456789abcdeftv=,",
            parse: { (text) throws(TammError) in
                _ = try stripe(RecordedDelivery.stripe.body, text)
                return text
            },
            print: { _ in RecordedDelivery.stripe.signature }),
        HostileParser(
            "Stripe body", count: 4_000, .json([stripeBody]), firstStage: HostileParser.isJSON,
            parse: { (bytes) throws(TammError) in try stripe(bytes, RecordedDelivery.stripe.signature).body },
            print: { _ in RecordedDelivery.stripe.body }),
        request("Content-Digest", count: 6_000, [RecordedRequest.wholeURI], \.contentDigest),
        request("Signature-Input", count: 8_000, [.wholeURI, .hostAndPath, .emptyBody], \.signatureInput),
        request("Signature", count: 6_000, [RecordedRequest.wholeURI], \.signature),
        HostileParser(
            "HTTP request line", count: 4_000, .text([RecordedRequest.wholeURI.delivery.target]),
            firstStage: { bytes in bytes.first == UInt8(ascii: "/") && bytes.allSatisfy { (0x21...0x7e).contains($0) } },
            parse: { (bytes) throws(TammError) in
                let target = String(decoding: bytes, as: UTF8.self)
                return try request(.wholeURI) { $0.target = target }.target
            }, print: { _ in Array(RecordedRequest.wholeURI.delivery.target.utf8) }),
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

    private static let paymobBody = json(.paymobSample), stripeBody = json(.stripe)

    private static func json(_ recorded: RecordedDelivery) -> StrictJSON {
        do { return try StrictJSON(parsing: recorded.body) } catch { preconditionFailure("\(error)") }
    }

    /// The signature, where it is accepted.
    private static func meta(_ signature: String) throws(TammError) -> String {
        let sample = RecordedDelivery.whatsApp
        let scheme = try MetaSignature(secrets: [SigningSecret(id: "s", Secret(sample.secret))])
        _ = try scheme.verify(.init(body: sample.body, signature: signature), at: .epoch)
        return signature
    }

    private static func paymob(_ body: [UInt8], _ signature: String) throws(TammError) -> PaymobTransaction {
        let scheme = try PaymobTransactionSignature(
            secrets: [SigningSecret(id: "s", Secret(RecordedDelivery.paymobSample.secret))],
            integrationIDs: [RecordedDelivery.paymobIntegrationID], ownerID: RecordedDelivery.paymobOwnerID)
        return try scheme.verify(.init(body: body, hmac: signature), at: .epoch).transaction
    }

    private static func cardToken(_ body: [UInt8]) throws(TammError) -> PaymobCardToken {
        let sample = RecordedDelivery.paymobCardToken
        let scheme = try PaymobCardTokenSignature(
            secrets: [SigningSecret(id: "s", Secret(sample.secret))], merchantID: RecordedDelivery.paymobMerchantID)
        return try scheme.verify(.init(body: body, hmac: sample.signature), at: .epoch).card
    }

    /// Trigger and id, where they are accepted.
    private static func subscription(_ body: [UInt8]) throws(TammError) -> String {
        let secret = try SigningSecret(id: "s", Secret(RecordedDelivery.paymobSubscription.secret))
        let proof = try PaymobSubscriptionSignature(secrets: [secret]).verify(.init(body: body), at: .epoch)
        return "\(proof.trigger.rawValue) \(proof.subscriptionID)"
    }

    private static func stripe(_ body: [UInt8], _ header: String) throws(TammError) -> SignedPayload {
        let scheme = try StripeSignature(secrets: [SigningSecret(id: "s", Secret(RecordedDelivery.stripe.secret))])
        return try scheme.verify(.init(body: body, header: header), at: Timestamp(seconds: 1_767_225_600))
    }

    /// A field of signed requests, each of which accepts its own text alone.
    private static func request(
        _ name: String, count: Int, _ recorded: [RecordedRequest],
        _ field: any WritableKeyPath<HTTPMessageSignature.Delivery, String?> & Sendable
    ) -> HostileParser {
        let valid = recorded.compactMap { $0.delivery[keyPath: field] }
        return HostileParser(
            text: name, count: count, valid, length: 20...400, alphabet: base64 + #"0123456789:;,"@()-_ "#,
            parse: { (text) throws(TammError) in
                let sent = recorded.first { $0.delivery[keyPath: field] == text } ?? recorded[0]
                _ = try request(sent) { $0[keyPath: field] = text }
                return text
            }, print: { valid.contains($0) ? $0 : valid[0] })
    }

    private static func request(
        _ recorded: RecordedRequest, _ change: (inout HTTPMessageSignature.Delivery) -> Void
    ) throws(TammError) -> SignedHTTPRequest {
        let nonces = try NonceCache(lifetime: .seconds(600), capacity: 1, perKey: 1)
        let scheme = try HTTPMessageSignature(
            secrets: [SigningSecret(id: recorded.keyID, Secret(recorded.secret))], nonces: nonces)
        var delivery = recorded.delivery
        change(&delivery)
        return try scheme.verify(delivery, at: recorded.signedAt)
    }

    private static func webhook(_ signatures: String, _ timestamp: String) throws(TammError) -> String {
        let sample = RecordedDelivery.standardWebhooks
        let scheme = try StandardWebhooksSignature(secrets: [SigningSecret(id: "s", standardWebhooks: sample.secret)])
        let delivery = StandardWebhooksSignature.Delivery(
            id: sample.id, timestamp: timestamp, signatures: signatures, body: sample.body)
        return try scheme.verify(delivery, at: Timestamp(seconds: 1_614_265_330)).secretID
    }
}
