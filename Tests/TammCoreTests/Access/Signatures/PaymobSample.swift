import TammTesting

@testable import TammCore

/// A transaction callback built from JSON texts, so that a test can change one of them.
struct PaymobSample {
    /// Path and JSON text of each signed field, in the order of the signature.
    var fields: [(path: String, json: String)]
    /// JSON members added under `obj`, without a comma before them.
    var unsigned = ""

    /// The callback's `type`.
    var type = "TRANSACTION"

    /// The documented sample: its concatenation has a published digest.
    static let official = PaymobSample(fields: [
        ("amount_cents", "100000"), ("created_at", #""2024-06-13T11:33:44.592345""#), ("currency", #""EGP""#),
        ("error_occured", "false"), ("has_parent_transaction", "false"), ("id", "192036465"),
        ("integration_id", "4097558"), ("is_3d_secure", "true"), ("is_auth", "false"), ("is_capture", "false"),
        ("is_refunded", "false"), ("is_standalone_payment", "true"), ("is_voided", "false"), ("order.id", "217503754"),
        ("owner", "302852"), ("pending", "false"), ("source_data.pan", #""2346""#),
        ("source_data.sub_type", #""MasterCard""#), ("source_data.type", #""card""#), ("success", "true"),
    ])

    static let officialHMAC = RecordedDelivery.paymobSample.signature

    /// A transaction without a pan, whose digest under the key `k` is published.
    static var withoutPan: PaymobSample {
        official.with([
            ("amount_cents", "100"), ("created_at", #""2026-01-01T00:00:00""#), ("id", "1"), ("integration_id", "2"),
            ("order.id", "3"), ("owner", "4"), ("source_data.pan", #""""#), ("source_data.sub_type", #""Visa""#),
        ])
    }

    static let withoutPanHMAC = """
        e8fae84f7b565c9531d3dd6226cdd10adc9329c417cab4e4f07ecdaa5a991b355d9b22893380ec4fa298d8228548ec6a83e40c28072d2c39\
        88577c63503fb858
        """

    subscript(path: String) -> String {
        get { fields.first { $0.path == path }?.json ?? "" }
        set { for index in fields.indices where fields[index].path == path { fields[index].json = newValue } }
    }

    func with(_ changes: [(String, String)]) -> PaymobSample {
        var changed = self
        for (path, json) in changes { changed[path] = json }
        return changed
    }

    func without(_ path: String) -> PaymobSample {
        PaymobSample(fields: fields.filter { $0.path != path }, unsigned: unsigned, type: type)
    }

    var text: String {
        let members = { (prefix: String) -> String in
            fields.filter { $0.path.hasPrefix(prefix) }
                .map { "\"\($0.path.dropFirst(prefix.count))\": \($0.json)" }.joined(separator: ", ")
        }
        let plain = fields.filter { !$0.path.contains(".") }.map { "\"\($0.path)\": \($0.json)" }
        let groups = ["order", "source_data"].filter { group in fields.contains { $0.path.hasPrefix(group + ".") } }
        let nested = groups.map { #""\#($0)": {\#(members($0 + "."))}"# }
        let all = plain + nested + (unsigned.isEmpty ? [] : [unsigned])
        return #"{"type": "\#(type)", "obj": {\#(all.joined(separator: ", "))}}"#
    }

    var body: [UInt8] { Array(text.utf8) }

    /// The text of a field as it is signed.
    func signedText(_ path: String) -> String { self[path].replacing("\"", with: "") }

    /// The redirect's query, with the order under `orderName`.
    func query(orderName: String = "order", hmac: String) -> String {
        let pairs = fields.map { field in
            let name = field.path == "order.id" ? orderName : field.path
            return "\(name)=\(signedText(field.path).replacing(":", with: "%3A"))"
        }
        return (["is_void=false"] + pairs + ["hmac=\(hmac)", "txn_response_code=APPROVED"]).joined(separator: "&")
    }
}

extension PaymobTransactionSignature {
    /// A verifier of the official sample.
    static func official(integrationIDs: Set<Int64> = [4_097_558], ownerID: Int64 = 302_852) throws -> Self {
        try PaymobTransactionSignature(
            secrets: [.text(RecordedDelivery.paymobSample.secret, id: "merchant")], integrationIDs: integrationIDs,
            ownerID: ownerID)
    }
}
