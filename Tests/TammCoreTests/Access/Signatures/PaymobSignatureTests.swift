import TammTesting
import Testing

@testable import TammCore

@Suite struct PaymobSignatureTests {
    let scheme: PaymobTransactionSignature
    let now = Timestamp("2024-06-13T08:33:45Z")!

    init() throws { scheme = try .official() }

    private func error(_ sample: PaymobSample, hmac: String? = PaymobSample.officialHMAC) -> TammError? {
        failure { () throws(TammError) in try scheme.verify(.init(body: sample.body, hmac: hmac), at: now) }
    }

    @Test("The documented sample verifies, and the proof holds its signed fields")
    func official() throws {
        let proof = try scheme.verify(.init(.paymobSample), at: now)
        #expect(proof.payload.body == RecordedDelivery.paymobSample.body)
        #expect(proof.payload.coverage == .someFields)
        #expect(proof.payload.scheme == "paymob.transaction")
        #expect(proof.payload.secretID == "merchant")
        #expect(proof.payload.verifiedAt == now)
        let transaction = proof.transaction
        #expect(transaction.amountCents == 100_000)
        #expect(transaction.currency == .egp)
        #expect(transaction.createdAt == "2024-06-13T11:33:44.592345")
        #expect(transaction.createdAtUTC == nil)
        #expect(transaction.id == 192_036_465)
        #expect(transaction.integrationID == RecordedDelivery.paymobIntegrationID)
        #expect(transaction.orderID == 217_503_754)
        #expect(transaction.owner == RecordedDelivery.paymobOwnerID)
        #expect(transaction.success && transaction.isStandalonePayment && transaction.is3DSecure)
        #expect(!transaction.pending && !transaction.isAuth && !transaction.isCapture && !transaction.isRefunded)
        #expect(!transaction.isVoided && !transaction.hasParentTransaction && !transaction.errorOccurred)
        #expect(transaction.sourcePan == "2346")
        #expect(transaction.sourceSubType == "MasterCard")
        #expect(transaction.sourceType == "card")
        #expect(proof == (try scheme.verify(.init(.paymobSample), at: now)))
    }

    @Test("The values are joined in the documented order, and signing gives the documented digest")
    func concatenation() throws {
        #expect(
            try PaymobValues<PaymobTransactionField>(body: RecordedDelivery.paymobSample.body).concatenation == """
                1000002024-06-13T11:33:44.592345EGPfalsefalse1920364654097558truefalsefalsefalsetruefalse217503754302852\
                false2346MasterCardcardtrue
                """)
        let unsigned = PaymobTransactionSignature.Delivery(body: PaymobSample.official.body, hmac: nil)
        #expect(try scheme.signature(for: unsigned) == PaymobSample.officialHMAC)
    }

    @Test("Each byte of the sample's body counts: it holds signed fields only")
    func everyByte() {
        let sample = RecordedDelivery.paymobSample
        for index in sample.body.indices {
            for bit in 0..<8 {
                let body = flipped(sample.body, at: index, mask: 1 << bit)
                #expect(
                    failure { () throws(TammError) in
                        try scheme.verify(.init(body: body, hmac: sample.signature), at: now)
                    } != nil, "byte \(index), bit \(bit)")
            }
        }
    }

    @Test(
        "Each signed field counts",
        arguments: [
            ("amount_cents", "100001"), ("created_at", #""2024-06-13T11:33:44.592346""#), ("currency", #""USD""#),
            ("error_occured", "true"), ("has_parent_transaction", "true"), ("id", "192036466"),
            ("integration_id", "4097559"),
            ("is_3d_secure", "false"), ("is_auth", "true"), ("is_capture", "true"), ("is_refunded", "true"),
            ("is_standalone_payment", "false"), ("is_voided", "true"), ("order.id", "217503755"), ("owner", "302853"),
            ("pending", "true"), ("source_data.pan", #""2347""#), ("source_data.sub_type", #""Visa""#),
            ("source_data.type", #""wallet""#), ("success", "false"),
        ])
    func everyField(_ path: String, _ json: String) {
        #expect(error(PaymobSample.official.with([(path, json)]))?.signatureRefusal == .mismatch)
    }

    @Test("Each character of the signature counts, and its digits are lower case")
    func everyDigit() {
        let hmac = PaymobSample.officialHMAC
        for index in 0..<hmac.utf8.count {
            #expect(error(.official, hmac: changed(hmac, at: index))?.signatureRefusal == .mismatch)
        }
        for text in [hmac.uppercased(), hmac + "0", String(hmac.dropLast(2)), hmac + "," + hmac, "sha512=" + hmac] {
            #expect(error(.official, hmac: text)?.signatureRefusal == .malformed)
        }
        for text in [nil, ""] { #expect(error(.official, hmac: text)?.signatureRefusal == .missing) }
        #expect(error(.official, hmac: String(repeating: "0", count: 128))?.signatureRefusal == .mismatch)
    }

    @Test("An hmac in the body is no signature")
    func hmacInTheBody() {
        var sample = PaymobSample.official
        sample.unsigned = #""hmac": "\#(PaymobSample.officialHMAC)""#
        #expect(error(sample, hmac: nil)?.signatureRefusal == .missing)
    }

    @Test("Null signs as the empty text, and stands only where a text may be empty", arguments: ["null", #""""#])
    func null(_ pan: String) throws {
        let scheme = try PaymobTransactionSignature(
            secrets: [.text("k")], integrationIDs: [2], ownerID: 4)
        let sample = PaymobSample.withoutPan.with([("source_data.pan", pan)])
        let proof = try scheme.verify(.init(body: sample.body, hmac: PaymobSample.withoutPanHMAC), at: now)
        #expect(proof.transaction.sourcePan.isEmpty)
    }

    @Test("A signed null in any other field is refused", arguments: PaymobSample.official.fields.map(\.path))
    func signedNull(_ path: String) throws {
        let sample = PaymobSample.official.with([(path, "null")])
        let hmac = try scheme.signature(for: .init(body: sample.body, hmac: nil))
        let error = error(sample, hmac: hmac)
        if path.hasPrefix("source_data.") {
            #expect(error == nil)
        } else {
            #expect(error?.code == .invalidInput)
            #expect(error?.field == "obj.\(path)")
        }
    }

    @Test("A field that is missing, or twice there, is refused", arguments: PaymobSample.official.fields.map(\.path))
    func missingOrTwice(_ path: String) throws {
        #expect(error(PaymobSample.official.without(path))?.field == "obj.\(path)")
        var twice = PaymobSample.official
        twice.fields.append((path, twice[path]))
        #expect(error(twice)?.code == .invalidInput)
    }

    @Test(
        "Other kinds of values are refused, even where they print alike",
        arguments: [
            ("amount_cents", #""100000""#), ("amount_cents", "100000.0"), ("amount_cents", "1e5"),
            ("amount_cents", "-100000"),
            ("amount_cents", "true"), ("amount_cents", "[100000]"), ("amount_cents", "99999999999999999999"),
            ("success", #""true""#), ("success", "1"), ("is_voided", #""False""#), ("created_at", "20240613"),
            ("currency", #"{"code": "EGP"}"#), ("source_data.pan", "2346"), ("order.id", #""217503754""#),
        ])
    func kinds(_ path: String, _ json: String) {
        let error = error(PaymobSample.official.with([(path, json)]))
        #expect(error?.code == .invalidInput)
    }

    @Test(
        "Words of other languages and leading zeros are no JSON",
        arguments: ["True", "False", "None", "0100000", "+1", "NaN"])
    func otherLanguages(_ json: String) {
        #expect(error(PaymobSample.official.with([("success", json)]))?.code == .invalidInput)
        #expect(error(PaymobSample.official.with([("amount_cents", json)]))?.code == .invalidInput)
    }

    @Test(
        "What is signed but not in its field's form is invalid input",
        arguments: [
            ("created_at", #""13/06/2024 11:33""#), ("created_at", #""2024-06-31T11:33:44""#),
            ("created_at", #""2024-06-13 11:33:44""#), ("created_at", #""2024-06-13T11:33""#), ("currency", #""egp""#),
            ("currency", #""EUROS""#), ("amount_cents", "1000000000000001"), ("id", "0"),
        ])
    func signedButMalformed(_ path: String, _ json: String) throws {
        let sample = PaymobSample.official.with([(path, json)])
        let hmac = try scheme.signature(for: .init(body: sample.body, hmac: nil))
        let error = error(sample, hmac: hmac)
        #expect(error?.code == .invalidInput)
        #expect(error?.field == "obj.\(path)")
    }

    @Test("A time with an offset is a moment as well")
    func offset() throws {
        let sample = PaymobSample.official.with([("created_at", #""2024-06-13T11:33:44.5+03:00""#)])
        let hmac = try scheme.signature(for: .init(body: sample.body, hmac: nil))
        let proof = try scheme.verify(.init(body: sample.body, hmac: hmac), at: now)
        #expect(proof.transaction.createdAt == "2024-06-13T11:33:44.5+03:00")
        #expect(proof.transaction.createdAtUTC == Timestamp("2024-06-13T08:33:44.5Z"))
    }

    @Test("Unsigned fields can be anything: the proof is about the signed ones")
    func unsignedFields() throws {
        var sample = PaymobSample.official
        sample.unsigned =
            #""merchant_order_id": "x", "is_refund": true, "order.id": 1, "data": {"id": 5, "owner": [1, {}]}"#
        let proof = try scheme.verify(.init(body: sample.body, hmac: PaymobSample.officialHMAC), at: now)
        #expect(proof.transaction.orderID == 217_503_754)
        #expect(proof.payload.coverage == .someFields)
    }

    @Test("Escapes in names and values are resolved before signing")
    func escapes() throws {
        let text = PaymobSample.official.text
            .replacing(#""MasterCard""#, with: #""Master\u0043ard""#).replacing(#""owner""#, with: #""own\u0065r""#)
        _ = try scheme.verify(.init(body: Array(text.utf8), hmac: PaymobSample.officialHMAC), at: now)
        let twice = PaymobSample.official.text
            .replacing(#""owner""#, with: #""own\u0065r": 302852, "owner""#)
        let error = failure { () throws(TammError) in
            try scheme.verify(.init(body: Array(twice.utf8), hmac: PaymobSample.officialHMAC), at: now)
        }
        #expect(error?.code == .invalidInput)
    }

    @Test(
        "Bodies that are no transaction callback are refused",
        arguments: [
            "", "{}", "[]", "null", "TRANSACTION", #"{"type":"TRANSACTION"}"#, #"{"type":"TRANSACTION","obj":null}"#,
            #"{"type":"TRANSACTION","obj":{}}"#, #"{"type":"TRANSACTION","obj":{"order":5}}"#, #"{"obj":{}}"#,
            PaymobSample.official.text.replacing("TRANSACTION", with: "TOKEN"),
            PaymobSample.official.text.replacing(#""TRANSACTION""#, with: "null"), PaymobSample.official.text + "x",
            PaymobSample.official.text.replacing(
                #""type": "TRANSACTION""#, with: #""type": "TRANSACTION", "type": "TRANSACTION""#),
        ])
    func otherBodies(_ text: String) {
        let error = failure { () throws(TammError) in
            try scheme.verify(.init(body: Array(text.utf8), hmac: PaymobSample.officialHMAC), at: now)
        }
        #expect(error?.code == .invalidInput)
    }

    @Test("A body or a value above its bound is refused")
    func bounds() throws {
        let limited = try PaymobTransactionSignature(
            secrets: [.letter("k")], integrationIDs: [1], ownerID: 1, maxBodyBytes: 100)
        let large = PaymobTransactionSignature.Delivery(
            body: PaymobSample.official.body, hmac: PaymobSample.officialHMAC)
        #expect(failure { () throws(TammError) in try limited.verify(large, at: now) }?.field == "body")
        #expect(failure { () throws(TammError) in try limited.signature(for: large) }?.field == "body")
        let long = PaymobSample.official.with([("source_data.type", "\"\(String(repeating: "x", count: 257))\"")])
        #expect(error(long)?.field == "obj.source_data.type")
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: SignedPayload.maxBodyBytes)
        let nested = PaymobTransactionSignature.Delivery(body: deep, hmac: PaymobSample.officialHMAC)
        #expect(failure { () throws(TammError) in try scheme.verify(nested, at: now) }?.code == .invalidInput)
    }

    @Test("Several secrets verify at once")
    func rotation() throws {
        let old = try SigningSecret.text(RecordedDelivery.paymobSample.secret, id: "old")
        let rotating = try PaymobTransactionSignature(
            secrets: [.letter("n"), old], integrationIDs: [4_097_558], ownerID: 302_852)
        #expect(try rotating.verify(.init(.paymobSample), at: now).payload.secretID == "old")
    }
}
