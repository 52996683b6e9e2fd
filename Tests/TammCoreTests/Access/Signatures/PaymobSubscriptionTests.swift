import TammTesting
import Testing

@testable import TammCore

@Suite struct PaymobSubscriptionTests {
    let scheme: PaymobSubscriptionSignature
    let recorded = RecordedDelivery.paymobSubscription
    let now = Timestamp("2024-12-03T22:11:02Z")!

    init() throws {
        scheme = try PaymobSubscriptionSignature(
            secrets: [.text(RecordedDelivery.paymobSubscription.secret, id: "merchant")])
    }

    private func error(_ text: String) -> TammError? {
        failure { () throws(TammError) in try scheme.verify(.init(body: Array(text.utf8)), at: now) }
    }

    private func text(trigger: String = #""suspended""#, data: String = #"{"id":1264}"#, hmac: String? = nil) -> String {
        let hmac = hmac ?? "\"\(recorded.signature)\""
        return #"{"subscription_data":\#(data),"trigger_type":\#(trigger),"hmac":\#(hmac)}"#
    }

    @Test func `The documented callback verifies, and the proof holds trigger and id`() throws {
        let proof = try scheme.verify(.init(recorded), at: now)
        #expect(proof.trigger == .suspended)
        #expect(proof.subscriptionID == 1264)
        #expect(proof.payload.body == recorded.body)
        #expect(proof.payload.coverage == .someFields)
        #expect(proof.payload.scheme == "paymob.subscription")
        #expect(proof.payload.secretID == "merchant")
        #expect(try scheme.signature(for: .init(recorded)) == recorded.signature)
        #expect(try PaymobSubscriptionNotice(body: recorded.body).concatenation == "suspendedfor1264")
    }

    @Test func `Each byte counts`() {
        for index in recorded.body.indices {
            for bit in 0..<8 {
                let changed = flipped(recorded.body, at: index, mask: 1 << UInt8(bit))
                #expect(failure { () throws(TammError) in try scheme.verify(.init(body: changed), at: now) } != nil)
            }
        }
    }

    @Test func `State, amount and dates are not signed: another state has the same signature`() throws {
        let body = text(data: #"{"id":1264,"state":"active","amount_cents":1,"next_billing":"2099-01-01","client_info":{"id":5}}"#)
        let proof = try scheme.verify(.init(body: Array(body.utf8)), at: now)
        #expect(proof.trigger == .suspended)
        #expect(Mirror(reflecting: proof).children.compactMap(\.label) == ["trigger", "subscriptionID", "payload"])
    }

    @Test func `Every documented trigger, and one that is not, verifies as what it is`() throws {
        let triggers: [PaymobSubscriptionTrigger] = [
            .created, .suspended, .canceled, .resumed, .updated, .addSecondaryCard, .changePrimaryCard, .deleteCard,
            .registerWebhook, .successfulTransaction, .failedTransaction, .failedOverdueTransaction,
            .init(rawValue: "paused for good"),
        ]
        #expect(Set(triggers).count == 13)
        for trigger in triggers {
            let unsigned = Array(text(trigger: "\"\(trigger.rawValue)\"").utf8)
            let hmac = try scheme.signature(for: .init(body: unsigned))
            let body = text(trigger: "\"\(trigger.rawValue)\"", hmac: "\"\(hmac)\"")
            #expect(try scheme.verify(.init(body: Array(body.utf8)), at: now).trigger == trigger)
        }
    }

    @Test func `An absent, malformed or wrong hmac is refused`() {
        let hmac = recorded.signature
        for (json, expected) in [
            ("null", SignatureRefusal.missing), (#""""#, .missing), ("\"\(hmac.uppercased())\"", .malformed),
            ("\"\(hmac)0\"", .malformed), ("\"\(changed(hmac, at: 3))\"", .mismatch),
        ] {
            #expect(error(text(hmac: json))?.signatureRefusal == expected)
        }
        #expect(error(#"{"subscription_data":{"id":1264},"trigger_type":"suspended"}"#)?.signatureRefusal == .missing)
        #expect(error(text(hmac: "1"))?.field == "hmac")
        #expect(error(text(data: #"{"id":1265}"#))?.signatureRefusal == .mismatch)
        #expect(error(text(trigger: #""resumed""#))?.signatureRefusal == .mismatch)
    }

    @Test(arguments: [
        "", "null", #""""#, "1", "[]", #""sus\npended""#, #""sus.pended""#, #""suspendedfor1""#, "\"\(String(repeating: "a", count: 65))\"",
    ])
    func `A trigger that is none is refused`(json: String) {
        #expect(error(text(trigger: json))?.code == .invalidInput)
    }

    @Test(arguments: [
        "null", "[]", "1264", "{}", #"{"id":"1264"}"#, #"{"id":0}"#, #"{"id":-1264}"#, #"{"id":1264.0}"#, #"{"id":null}"#,
        #"{"id":99999999999999999999}"#, #"{"id":1264,"id":1264}"#,
    ])
    func `A subscription without an id is refused`(json: String) {
        #expect(error(text(data: json))?.code == .invalidInput)
    }

    @Test func `Other bodies and large ones are refused`() throws {
        for body in [RecordedDelivery.paymobSample.body, RecordedDelivery.paymobCardToken.body, [], Array("[]".utf8)] {
            #expect(failure { () throws(TammError) in try scheme.verify(.init(body: body), at: now) }?.code == .invalidInput)
        }
        let limited = try PaymobSubscriptionSignature(secrets: [.letter("k")], maxBodyBytes: 100)
        #expect(failure { () throws(TammError) in try limited.verify(.init(recorded), at: now) }?.field == "body")
        #expect(failure { () throws(TammError) in try limited.signature(for: .init(recorded)) }?.field == "body")
    }
}

@Suite struct PaymobCallbackTests {
    private func callback(_ text: String) throws(TammError) -> PaymobCallback { try PaymobCallback(body: Array(text.utf8)) }

    @Test func `Each recorded callback is told apart, and the scheme that is named verifies it`() throws {
        let secrets = [try SigningSecret.text(RecordedDelivery.paymobSample.secret)]
        let transactions = try PaymobTransactionSignature.official()
        let cards = try PaymobCardTokenSignature(secrets: secrets, merchantID: RecordedDelivery.paymobMerchantID)
        let subscriptions = try PaymobSubscriptionSignature(secrets: secrets)
        var seen: [PaymobCallback] = []
        for recorded in [RecordedDelivery.paymobSample, .paymobCardToken, .paymobSubscription] {
            let callback = try PaymobCallback(body: recorded.body)
            seen.append(callback)
            switch callback {
            case .transaction: _ = try transactions.verify(.init(recorded), at: .epoch)
            case .cardToken: _ = try cards.verify(.init(recorded), at: .epoch)
            case .subscription: _ = try subscriptions.verify(.init(recorded), at: .epoch)
            case .unknown: Issue.record("unknown")
            }
        }
        #expect(seen == [.transaction, .cardToken, .subscription])
    }

    @Test func `A type that is not known is a value`() throws {
        #expect(try callback(#"{"type":"DELIVERY_STATUS","obj":{}}"#) == .unknown(type: "DELIVERY_STATUS"))
        #expect(try callback(#"{"type":"token"}"#) == .unknown(type: "token"))
        for text in [
            "{}", #"{"type":null,"trigger_type":"a","subscription_data":{}}"#, #"{"type":1}"#, #"{"type":""}"#,
            #"{"trigger_type":"suspended"}"#, #"{"type":"\#(String(repeating: "x", count: 65))"}"#,
        ] {
            #expect(try callback(text) == .unknown(type: nil), "\(text)")
        }
    }

    @Test func `A body that is no object, or too large, is refused`() {
        for text in ["", "[]", "null", "{", #"{"type":"TOKEN","type":"TOKEN"}"#] {
            #expect(failure { () throws(TammError) in try callback(text) }?.code == .invalidInput)
        }
        let large = [UInt8](repeating: 0x20, count: PaymobCallback.maxBodyBytes + 1)
        #expect(failure { () throws(TammError) in try PaymobCallback(body: large) }?.field == "body")
    }

    @Test func `No code of one callback fits another`() throws {
        let secrets = [try SigningSecret.text(RecordedDelivery.paymobSample.secret)]
        let cards = try PaymobCardTokenSignature(secrets: secrets, merchantID: RecordedDelivery.paymobMerchantID)
        for other in [RecordedDelivery.paymobSample, .paymobSubscription] {
            let error = failure { () throws(TammError) in
                try cards.verify(.init(body: RecordedDelivery.paymobCardToken.body, hmac: other.signature), at: .epoch)
            }
            #expect(error?.signatureRefusal == .mismatch)
        }
    }
}
