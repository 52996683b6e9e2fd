import TammTesting
import Testing

@testable import TammCore

@Suite struct PaymobReturnTests {
    let scheme: PaymobTransactionSignature
    let hmac = PaymobSample.officialHMAC

    init() throws { scheme = try .official() }

    private func error(_ query: String) -> TammError? {
        failure { () throws(TammError) in try scheme.verifyForDisplay(query: query) }
    }

    @Test("The redirect's twenty values verify, with the order under either name", arguments: ["order", "order_id"])
    func verified(_ orderName: String) throws {
        let shown = try scheme.verifyForDisplay(query: PaymobSample.official.query(orderName: orderName, hmac: hmac))
        #expect(shown.outcome == .succeeded)
        #expect(shown.amountCents == 100_000)
        #expect(shown.currency == .egp)
        #expect(shown.transactionID == 192_036_465)
        #expect(shown.orderID == 217_503_754)
    }

    @Test("`order` comes before `order_id`")
    func order() throws {
        let query = PaymobSample.official.query(hmac: hmac)
        #expect(try scheme.verifyForDisplay(query: query + "&order_id=1").orderID == 217_503_754)
    }

    @Test(
        "What is shown follows success and pending",
        arguments: [
            ("true", "false", PaymobReturn.Outcome.succeeded), ("false", "true", .pending),
            ("false", "false", .declined),
        ])
    func outcome(_ success: String, _ pending: String, _ expected: PaymobReturn.Outcome) throws {
        let sample = PaymobSample.official.with([("success", success), ("pending", pending)])
        let hmac = try scheme.signature(for: .init(body: sample.body, hmac: nil))
        #expect(try scheme.verifyForDisplay(query: sample.query(hmac: hmac)).outcome == expected)
    }

    @Test("Each value counts", arguments: PaymobSample.official.fields.map(\.path))
    func everyValue(_ path: String) {
        let sample = PaymobSample.official
        let text = sample.signedText(path)
        let other = text == "true" ? "false" : text == "false" ? "true" : changed(text, at: 0)
        #expect(error(sample.with([(path, other)]).query(hmac: hmac))?.signatureRefusal == .mismatch)
        #expect(error(sample.without(path).query(hmac: hmac))?.field == "obj.\(path)")
    }

    @Test("Names twice, broken escapes and large queries are refused")
    func malformed() {
        let query = PaymobSample.official.query(hmac: hmac)
        for text in [
            query + "&owner=302852", query + "&hmac=\(hmac)", query + "&x=%", query + "&x=%4", query + "&x=%zz",
            query + "&x=%ff", query + "&x=" + String(repeating: "y", count: 8192),
            query + (0..<128).map { "&a\($0)=" }.joined(),
        ] {
            #expect(error(text)?.code == .invalidInput)
        }
    }

    @Test("An absent, malformed or wrong hmac is refused")
    func hmacs() {
        #expect(error("")?.signatureRefusal == .missing)
        #expect(error(PaymobSample.official.query(hmac: ""))?.signatureRefusal == .missing)
        #expect(error(PaymobSample.official.query(hmac: hmac.uppercased()))?.signatureRefusal == .malformed)
        #expect(error(PaymobSample.official.query(hmac: changed(hmac, at: 3)))?.signatureRefusal == .mismatch)
    }

    @Test("The expected integration and owner hold here too, and integers have one spelling")
    func pinned() {
        let moved = PaymobSample.official.with([("id", "19203646"), ("integration_id", "54097558")])
        #expect(error(moved.query(hmac: hmac))?.signatureRefusal == .unexpectedIntegration)
        let owner = PaymobSample.official.with([("order.id", "21750375"), ("owner", "4302852")])
        #expect(error(owner.query(hmac: hmac))?.signatureRefusal == .unexpectedOwner)
        let zero = PaymobSample.official.with([("error_occured", "fals"), ("has_parent_transaction", "efalse")])
        #expect(error(zero.query(hmac: hmac))?.code == .invalidInput)
    }
}
