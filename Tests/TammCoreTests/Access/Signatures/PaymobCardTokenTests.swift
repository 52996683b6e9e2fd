import TammTesting
import Testing

@testable import TammCore

@Suite struct PaymobCardTokenTests {
    let scheme: PaymobCardTokenSignature
    let now = Timestamp("2024-11-13T10:32:30Z")!
    let hmac = RecordedDelivery.paymobCardToken.signature

    init() throws { scheme = try Self.scheme() }

    static func scheme(merchantID: Int64 = RecordedDelivery.paymobMerchantID) throws -> PaymobCardTokenSignature {
        try PaymobCardTokenSignature(
            secrets: [.text(RecordedDelivery.paymobCardToken.secret, id: "merchant")], merchantID: merchantID)
    }

    /// The documented sample as JSON texts.
    static let sample = PaymobSample(
        fields: [
            ("card_subtype", #""MasterCard""#), ("created_at", #""2024-11-13T12:32:23.859982""#),
            ("email", #""test@test.com""#), ("id", "8555026"), ("masked_pan", #""xxxx-xxxx-xxxx-2346""#),
            ("merchant_id", "246628"), ("order_id", #""264064419""#),
            ("token", #""e98aceb96f5a370ddf46460db9d555f88bf12448f80e1839b39f78ab""#),
        ], type: "TOKEN")

    private func error(_ sample: PaymobSample, hmac: String? = RecordedDelivery.paymobCardToken.signature) -> TammError? {
        failure { () throws(TammError) in try scheme.verify(.init(body: sample.body, hmac: hmac), at: now) }
    }

    /// The error of a sample that is signed as it is.
    private func signedError(_ sample: PaymobSample) throws -> TammError? {
        error(sample, hmac: try scheme.signature(for: .init(body: sample.body, hmac: nil)))
    }

    @Test func `The documented sample verifies, and the proof holds its signed fields`() throws {
        let proof = try scheme.verify(.init(.paymobCardToken), at: now)
        #expect(proof.payload.body == RecordedDelivery.paymobCardToken.body)
        #expect(proof.payload.coverage == .someFields)
        #expect(proof.payload.scheme == "paymob.card-token")
        #expect(proof.payload.secretID == "merchant")
        let card = proof.card
        #expect(card.token == Secret("e98aceb96f5a370ddf46460db9d555f88bf12448f80e1839b39f78ab"))
        #expect(card.id == 8_555_026)
        #expect(card.orderID == 264_064_419)
        #expect(card.merchantID == 246_628)
        #expect(card.maskedPan == "xxxx-xxxx-xxxx-2346")
        #expect(card.cardSubtype == "MasterCard")
        #expect(card.email == "test@test.com")
        #expect(card.createdAt == "2024-11-13T12:32:23.859982")
        #expect(card.createdAtUTC == nil)
        #expect(try scheme.signature(for: .init(.paymobCardToken)) == hmac)
        #expect(error(Self.sample) == nil)
    }

    /// Both strings are printed in Paymob's documentation, at two times.
    @Test func `The values are joined in the documented order`() throws {
        #expect(
            try PaymobValues<PaymobCardTokenField>(body: RecordedDelivery.paymobCardToken.body).concatenation == """
                MasterCard2024-11-13T12:32:23.859982test@test.com8555026xxxx-xxxx-xxxx-2346246628264064419\
                e98aceb96f5a370ddf46460db9d555f88bf12448f80e1839b39f78ab
                """)
        let later = Self.sample.with([
            ("created_at", #""2026-08-24T13:28:31.015314""#), ("email", #""kiyedi3052@claspira.com""#), ("id", "15978654"),
            ("merchant_id", "1053928"), ("order_id", "593881581"),
            ("token", #""3f22ce8a4e77125c70f0bc69830e34c36df469351e2fa6be76428be4""#),
        ])
        #expect(
            try PaymobValues<PaymobCardTokenField>(body: later.body).concatenation == """
                MasterCard2026-08-24T13:28:31.015314kiyedi3052@claspira.com15978654xxxx-xxxx-xxxx-2346\
                10539285938815813f22ce8a4e77125c70f0bc69830e34c36df469351e2fa6be76428be4
                """)
    }

    @Test func `Each byte of body and signature counts`() {
        let body = RecordedDelivery.paymobCardToken.body
        for index in body.indices {
            for bit in 0..<8 {
                let changed = flipped(body, at: index, mask: 1 << UInt8(bit))
                #expect(failure { () throws(TammError) in try scheme.verify(.init(body: changed, hmac: hmac), at: now) } != nil)
            }
        }
        for index in 0..<hmac.utf8.count {
            #expect(error(Self.sample, hmac: changed(hmac, at: index))?.signatureRefusal == .mismatch)
        }
        for text in [hmac.uppercased(), hmac + "0", "sha512=" + hmac] {
            #expect(error(Self.sample, hmac: text)?.signatureRefusal == .malformed)
        }
        for text in [nil, ""] { #expect(error(Self.sample, hmac: text)?.signatureRefusal == .missing) }
    }

    @Test func `The order's id may be an integer or its digits, and signs alike`() {
        #expect(error(Self.sample.with([("order_id", "264064419")])) == nil)
        #expect(error(Self.sample.with([("order_id", #""0264064419""#)]))?.signatureRefusal == .mismatch)
    }

    @Test func `Unsigned fields can be anything, signed ones are there once`() throws {
        var sample = Self.sample
        sample.unsigned = #""user_added": false, "next_payment_intention": "pi_test_2a9c", "order": {"id": 1}"#
        #expect(error(sample) == nil)
        for (path, json) in Self.sample.fields {
            #expect(error(Self.sample.without(path))?.field == "obj.\(path)")
            var twice = Self.sample
            twice.fields.append((path, json))
            #expect(error(twice)?.code == .invalidInput)
        }
    }

    @Test func `The token is not shown by what prints, dumps or reflects the proof`() throws {
        let proof = try scheme.verify(.init(.paymobCardToken), at: now)
        var dumped = ""
        dump(proof, to: &dumped)
        dump(proof.card, to: &dumped)
        let body = "\(RecordedDelivery.paymobCardToken.body)".dropFirst().dropLast()
        for text in [dumped, "\(proof)", "\(proof.card)", String(reflecting: proof), String(reflecting: proof.card)] {
            #expect(!text.contains("e98aceb9"))
            #expect(!text.contains(body))
            #expect(text.contains("8555026"))
        }
    }

    @Test func `However many characters move between two neighbours, the card that is accepted is the same`() throws {
        let sample = Self.sample
        for (left, right) in zip(sample.fields, sample.fields.dropFirst()) {
            let joined = sample.signedText(left.path) + sample.signedText(right.path)
            for length in 0...joined.count where length != sample.signedText(left.path).count {
                let moved = sample.with([
                    (left.path, quoted(String(joined.prefix(length)), like: left.json)),
                    (right.path, quoted(String(joined.dropFirst(length)), like: right.json)),
                ])
                #expect(error(moved) != nil, "\(moved.text)")
            }
        }
    }

    private func quoted(_ text: String, like json: String) -> String { json.hasPrefix("\"") ? "\"\(text)\"" : text }

    @Test func `A digit moved between merchant and order fits the signature and is refused by the pinned merchant`() throws {
        let moved = Self.sample.with([("merchant_id", "2466282"), ("order_id", "64064419")])
        #expect(error(moved)?.signatureRefusal == .unexpectedOwner)
        let careless = try Self.scheme(merchantID: 2_466_282)
        #expect(try careless.verify(.init(body: moved.body, hmac: hmac), at: now).card.orderID == 64_064_419)
    }

    @Test func `An address that holds another card's fields does not become that card`() throws {
        let crafted = "a1xxxx-xxxx-xxxx-0001246628777" + String(repeating: "a", count: 56) + "@b.c"
        let sample = Self.sample.with([("email", "\"\(crafted)\"")])
        let hmac = try scheme.signature(for: .init(body: sample.body, hmac: nil))
        #expect(error(sample, hmac: hmac) == nil)
        let tail = "@b.c8555026xxxx-xxxx-xxxx-2346246628264064419e98aceb96f5a370ddf46460db9d555f88bf12448f80e1839b39f78ab"
        let other = Self.sample.with([
            ("email", #""a""#), ("id", "1"), ("masked_pan", #""xxxx-xxxx-xxxx-0001""#), ("order_id", "777"),
            ("token", "\"\(String(repeating: "a", count: 56))\(tail)\""),
        ])
        #expect(try scheme.signature(for: .init(body: other.body, hmac: nil)) == hmac)
        #expect(error(other, hmac: hmac)?.field == "obj.token")
    }

    @Test(arguments: [
        ("token", #""e98aceb96f5a370ddf46460db9d555f88bf12448f80e1839b39f78a""#), ("token", #""""#), ("token", "null"),
        ("token", #""E98ACEB96F5A370DDF46460DB9D555F88BF12448F80E1839B39F78AB""#), ("masked_pan", #""2346""#),
        ("masked_pan", #""4111-xxxx-xxxx-2346""#), ("masked_pan", #""xxxx-xxxx-xxxx-234""#), ("masked_pan", #""xxxx-xxxx-xxxx-12346""#),
        ("masked_pan", "null"), ("card_subtype", #""Visa2""#), ("card_subtype", "\"\(String(repeating: "a", count: 65))\""),
        ("created_at", #""2024-11-13T12:32:23.85998""#), ("created_at", #""2024-11-13 12:32:23""#), ("created_at", "null"),
        ("email", #""a@b.c1""#), ("email", #"".a@b.c""#), ("email", #""a b@c.d""#), ("email", "\"\(String(repeating: "a", count: 255))\""),
        ("id", "0"), ("id", "null"), ("merchant_id", "0"), ("order_id", #""""#), ("order_id", #""01""#), ("order_id", #""-1""#),
        ("order_id", #""99999999999999999999""#), ("order_id", "0"),
    ])
    func `What is signed but not in its field's form is invalid input`(_ path: String, _ json: String) throws {
        let error = try signedError(Self.sample.with([(path, json)]))
        #expect(error?.code == .invalidInput)
        #expect(error?.field == "obj.\(path)")
    }

    @Test(arguments: [
        ("masked_pan", #""****2346""#), ("masked_pan", #""xxxx-xxxxxx-x2346""#), ("card_subtype", #""""#), ("card_subtype", "null"),
        ("card_subtype", #""Oman Net""#), ("created_at", #""2024-11-13T12:32:23""#), ("created_at", #""2016-12-26T06:49:18.017207Z""#),
        ("created_at", #""2025-10-12T18:52:16.459109+03:00""#), ("email", "null"), ("email", #""NA""#), ("email", #""م@مثال.مصر""#),
    ])
    func `Other values that occur are accepted`(_ path: String, _ json: String) throws {
        #expect(try signedError(Self.sample.with([(path, json)])) == nil)
    }

    @Test(arguments: [
        ("id", #""8555026""#), ("merchant_id", "246628.0"), ("order_id", "264064419.0"), ("order_id", "true"), ("token", "1"),
        ("email", "[]"), ("order_id", "-1"),
    ])
    func `Other kinds of values are refused`(_ path: String, _ json: String) {
        #expect(error(Self.sample.with([(path, json)]))?.code == .invalidInput)
    }

    @Test func `Bodies of other callbacks, large ones and a merchant of zero are refused`() throws {
        for body in [RecordedDelivery.paymobSample.body, RecordedDelivery.paymobSubscription.body, [], Array("{}".utf8)] {
            #expect(failure { () throws(TammError) in try scheme.verify(.init(body: body, hmac: hmac), at: now) }?.code == .invalidInput)
        }
        let limited = try PaymobCardTokenSignature(secrets: [.letter("k")], merchantID: 1, maxBodyBytes: 100)
        #expect(failure { () throws(TammError) in try limited.verify(.init(.paymobCardToken), at: now) }?.field == "body")
        #expect(failure { () throws(TammError) in try limited.signature(for: .init(.paymobCardToken)) }?.field == "body")
        let secret = try SigningSecret.letter("k")
        #expect(failure { () throws(TammError) in try PaymobCardTokenSignature(secrets: [secret], merchantID: 0) }?.field == "merchantID")
    }
}
