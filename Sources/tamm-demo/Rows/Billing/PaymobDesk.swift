import TammCore
import TammTesting

/// Where Paymob's callbacks arrive, and a hand that can sign them.
struct PaymobDesk: Sendable {
    let scheme: PaymobTransactionSignature
    private let endpoint: PaymobEndpoint
    private let payments: Payments
    private let context: DemoContext

    /// Configured for the account of Paymob's documented sample.
    init(_ house: DemoHouse, _ context: DemoContext) throws(TammError) {
        let secrets = [try SigningSecret(id: "sample", Secret(RecordedDelivery.paymobSample.secret))]
        let integrationIDs: Set = [RecordedDelivery.paymobIntegrationID]
        scheme = try PaymobTransactionSignature(
            secrets: secrets, integrationIDs: integrationIDs, ownerID: RecordedDelivery.paymobOwnerID)
        endpoint = try PaymobEndpoint(
            payments: house.payments, secrets: secrets, integrationIDs: integrationIDs,
            ownerID: RecordedDelivery.paymobOwnerID, merchantID: RecordedDelivery.paymobMerchantID)
        payments = house.payments
        self.context = context
    }

    /// - Throws: `unauthenticated` or `invalidInput` for a delivery that does not verify.
    @discardableResult
    func receive(_ delivery: PaymobTransactionSignature.Delivery) async throws(TammError) -> EndpointOutcome {
        if let notice = context.notice { return .noted(try await payments.receive(notice(scheme, delivery))) }
        return try await endpoint.receive(body: delivery.body, hmac: delivery.hmac)
    }

    /// A delivery that Paymob could have signed.
    func signed(_ callback: PaymobTransactionCallback) throws(TammError) -> PaymobTransactionSignature.Delivery {
        let hmac = try scheme.signature(for: .init(body: callback.body, hmac: nil))
        return .init(body: callback.body, hmac: hmac)
    }
}

/// A transaction's callback, so that a row can change a field of it.
struct PaymobTransactionCallback: Sendable {
    /// The signed fields by their paths, each in JSON.
    private var fields: [(path: String, json: String)]
    /// JSON members under `obj` that the signature does not cover.
    var unsigned: [String] = []

    /// Paymob's documented sample: 1,000.00 EGP for order 217503754.
    static let sample = PaymobTransactionCallback(fields: [
        ("id", "192036465"), ("pending", "false"), ("amount_cents", "100000"), ("success", "true"),
        ("is_auth", "false"), ("is_capture", "false"), ("is_standalone_payment", "true"), ("is_voided", "false"),
        ("is_refunded", "false"), ("is_3d_secure", "true"), ("integration_id", "4097558"),
        ("has_parent_transaction", "false"), ("order.id", "217503754"),
        ("created_at", #""2024-06-13T11:33:44.592345""#), ("currency", #""EGP""#), ("source_data.pan", #""2346""#),
        ("source_data.type", #""card""#), ("source_data.sub_type", #""MasterCard""#), ("error_occured", "false"),
        ("owner", "302852"),
    ])

    private init(fields: [(path: String, json: String)]) { self.fields = fields }

    func with(_ changes: [String: String]) -> PaymobTransactionCallback {
        var changed = self
        for index in fields.indices {
            if let json = changes[fields[index].path] { changed.fields[index].json = json }
        }
        return changed
    }

    /// The sample, for another order.
    static func payment(of order: ProviderReference?) -> PaymobTransactionCallback {
        sample.with(["order.id": order?.text ?? "1"])
    }

    /// Says of a charge what Paymob would say.
    static func payment(_ charge: SimulatedProvider.Charge) -> PaymobTransactionCallback {
        payment(of: charge.order).with([
            "id": charge.id, "amount_cents": "\(charge.money.minorUnits)", "currency": #""\#(charge.money.currency)""#,
        ])
    }

    var body: [UInt8] {
        let plain = fields.filter { !$0.path.contains(".") }.map { #""\#($0.path)":\#($0.json)"# }
        let groups = ["order", "source_data"].map { group in
            let members = fields.filter { $0.path.hasPrefix(group + ".") }
                .map { #""\#($0.path.dropFirst(group.count + 1))":\#($0.json)"# }
            return #""\#(group)":{\#(members.joined(separator: ","))}"#
        }
        let members = (plain + groups + unsigned).joined(separator: ",")
        return Array(#"{"type":"TRANSACTION","obj":{\#(members)}}"#.utf8)
    }

    /// What the customer's browser brings back.
    func query(hmac: String) -> String {
        let pairs = fields.map { path, json in
            let value = json.filter { $0 != "\"" }.replacing(":", with: "%3A")
            return "\(path == "order.id" ? "order" : path)=\(value)"
        }
        return (pairs + ["hmac=\(hmac)", "txn_response_code=APPROVED"]).joined(separator: "&")
    }
}
