/// The texts of the signed fields, as received.
struct PaymobValues {
    /// Bytes of one value.
    static let valueBytes = 256
    /// Bytes of a redirect's query, and pairs in it.
    static let queryBytes = 8192, queryPairs = 128

    private var texts: [PaymobField: String] = [:]

    /// Reads the values under `obj` of `{"type":"TRANSACTION","obj":{…}}`.
    ///
    /// - Throws: `invalidInput` for a body that is not strict JSON of this form, a signed field that is missing,
    ///   twice there, too long or of another kind.
    init(body: [UInt8]) throws(TammError) {
        let members = try Self.members(of: StrictJSON(parsing: body, atMost: body.count), "the body")
        guard case .text(let type) = members["type"], type == "TRANSACTION" else {
            throw TammError(.invalidInput, "wanted the text TRANSACTION", field: "type")
        }
        for (name, value) in try Self.members(of: members["obj"], "obj") {
            if name == "order" || name == "source_data" {
                for (inner, value) in try Self.members(of: value, "obj.\(name)") {
                    try read(value, named: inner, under: name + ".")
                }
            } else {
                try read(value, named: name, under: "")
            }
        }
        try requireAll()
    }

    /// Reads the values of the query of a redirect.
    ///
    /// - Throws: `invalidInput` for a signed field that is missing, twice there or too long.
    init(query: PaymobQuery) throws(TammError) {
        for field in PaymobField.allCases {
            let value = field == .orderID ? query["order"] ?? query["order_id"] : query[field.rawValue]
            if let value { try set(value, for: field) }
        }
        try requireAll()
    }

    private static func members(of json: StrictJSON?, _ path: String) throws(TammError) -> [String: StrictJSON] {
        guard case .object(let members) = json else { throw TammError(.invalidInput, "wanted an object", field: path) }
        return Dictionary(members.map { ($0.name, $0.value) }) { first, _ in first }
    }

    subscript(field: PaymobField) -> String { texts[field] ?? "" }

    /// What Paymob signs: the values in order, with nothing between them.
    var concatenation: String { PaymobField.allCases.map { self[$0] }.joined() }

    /// A dot in a name is no path: `{"order.id": 1}` does not name the order.
    private mutating func read(_ value: StrictJSON, named name: String, under path: String) throws(TammError) {
        guard !name.utf8.contains(UInt8(ascii: ".")), let field = PaymobField(rawValue: path + name) else { return }
        try set(Self.text(of: value, field), for: field)
    }

    /// The text that is signed for a value; null, which Paymob does not document, is the empty text.
    private static func text(of value: StrictJSON, _ field: PaymobField) throws(TammError) -> String {
        switch (value, field.kind) {
        case (.null, _): return ""
        case (.bool(let value), .boolean): return value ? "true" : "false"
        case (.text(let text), .string): return text
        case (.integer(let value), .integer) where value >= 0: return String(value)
        default:
            throw TammError(
                .invalidInput, "wanted \(field.kind.rawValue), found another value", field: "obj.\(field.rawValue)")
        }
    }

    private mutating func set(_ text: String, for field: PaymobField) throws(TammError) {
        guard text.utf8.count <= Self.valueBytes else {
            throw TammError(
                .invalidInput, "a value has at most \(Self.valueBytes) bytes, found \(text.utf8.count)",
                field: "obj.\(field.rawValue)")
        }
        guard texts.updateValue(text, forKey: field) == nil else {
            throw TammError(.invalidInput, "wanted once, found twice", field: "obj.\(field.rawValue)")
        }
    }

    private func requireAll() throws(TammError) {
        for field in PaymobField.allCases where texts[field] == nil {
            throw TammError(.invalidInput, "wanted a value, found nothing", field: "obj.\(field.rawValue)")
        }
    }
}
