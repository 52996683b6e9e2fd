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
        var scanner = JSONScanner(body)
        var type: String?
        var values: PaymobValues?
        try scanner.readObject { (name, scanner) throws(TammError) in
            switch name {
            case "type":
                guard type == nil, case .string(let text) = try scanner.readScalar() else {
                    throw TammError(.invalidInput, "wanted one text", field: "type")
                }
                type = text
            case "obj":
                guard values == nil else { throw TammError(.invalidInput, "wanted once, found twice", field: "obj") }
                values = try PaymobValues(object: &scanner)
            default: try scanner.skipValue()
            }
        }
        try scanner.finish()
        guard type == "TRANSACTION" else {
            throw TammError(
                .invalidInput, "wanted TRANSACTION, found \(type.map(excerpt) ?? "nothing")", field: "type")
        }
        guard let values else { throw TammError(.invalidInput, "wanted an object, found nothing", field: "obj") }
        self = values
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

    private init(object scanner: inout JSONScanner) throws(TammError) {
        var nested: Set<String> = []
        try scanner.readObject { (name, scanner) throws(TammError) in
            guard name == "order" || name == "source_data" else {
                try read(name, under: "", &scanner)
                return
            }
            guard nested.insert(name).inserted else {
                throw TammError(.invalidInput, "wanted once, found twice", field: "obj.\(name)")
            }
            try scanner.readObject { (inner, scanner) throws(TammError) in
                try read(inner, under: name + ".", &scanner)
            }
        }
    }

    subscript(field: PaymobField) -> String { texts[field] ?? "" }

    /// What Paymob signs: the values in order, with nothing between them.
    var concatenation: String { PaymobField.allCases.map { self[$0] }.joined() }

    /// A dot in a name is no path: `{"order.id": 1}` does not name the order.
    private mutating func read(_ name: String, under path: String, _ scanner: inout JSONScanner) throws(TammError) {
        guard !name.utf8.contains(UInt8(ascii: ".")), let field = PaymobField(rawValue: path + name) else {
            try scanner.skipValue()
            return
        }
        try set(Self.text(of: scanner.readScalar(), field), for: field)
    }

    /// The text that is signed for a value; null, which Paymob does not document, is the empty text.
    private static func text(of value: JSONScanner.Scalar, _ field: PaymobField) throws(TammError) -> String {
        switch (value, field.kind) {
        case (.null, _): return ""
        case (.boolean(let value), .boolean): return value ? "true" : "false"
        case (.string(let text), .string): return text
        case (.number(let text), .integer) where Int64(canonicalDecimal: text.utf8) != nil: return text
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
