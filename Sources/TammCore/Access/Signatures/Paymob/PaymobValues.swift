/// The texts of the signed fields, as received.
struct PaymobValues<Field: PaymobField> {
    /// Bytes of one value.
    private static var valueBytes: Int { 256 }

    private var texts: [Field: String] = [:]

    /// Reads the values under `obj` of `{"type":"TRANSACTION","obj":{…}}`, where the type is the field's own.
    ///
    /// - Throws: `invalidInput` for a body that is not strict JSON of this form, a signed field that is missing,
    ///   twice there, too long or of another kind.
    init(body: [UInt8]) throws(TammError) {
        let members = try Self.members(of: StrictJSON(parsing: body, atMost: body.count), "the body")
        guard case .text(let type) = members["type"], type == Field.callbackType else {
            throw TammError(.invalidInput, "wanted the text \(Field.callbackType)", field: "type")
        }
        for (name, value) in try Self.members(of: members["obj"], "obj") {
            if Field.groups.contains(name) {
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
    init(query: PaymobQuery) throws(TammError) where Field == PaymobTransactionField {
        for field in Field.allCases {
            let value = field == .orderID ? query["order"] ?? query["order_id"] : query[field.rawValue]
            if let value { try set(value, for: field) }
        }
        try requireAll()
    }

    private static func members(of json: StrictJSON?, _ path: String) throws(TammError) -> [String: StrictJSON] {
        guard let members = json?.members else { throw TammError(.invalidInput, "wanted an object", field: path) }
        return members
    }

    subscript(field: Field) -> String { texts[field] ?? "" }

    /// What Paymob signs: the values in order, with nothing between them.
    var concatenation: String { Field.allCases.map { self[$0] }.joined() }

    /// A dot in a name is no path: `{"order.id": 1}` does not name the order.
    private mutating func read(_ value: StrictJSON, named name: String, under path: String) throws(TammError) {
        guard !name.utf8.contains(UInt8(ascii: ".")), let field = Field(rawValue: path + name) else { return }
        try set(Self.text(of: value, field), for: field)
    }

    /// The text that is signed for a value; null, which Paymob does not document, is the empty text.
    private static func text(of value: StrictJSON, _ field: Field) throws(TammError) -> String {
        switch (value, field.kind) {
        case (.null, _): return ""
        case (.bool(let value), .boolean): return value ? "true" : "false"
        case (.text(let text), .string), (.text(let text), .digits): return text
        case (.integer(let value), .integer) where value >= 0, (.integer(let value), .digits) where value >= 0:
            return String(value)
        default:
            throw TammError(
                .invalidInput, "wanted \(field.kind.rawValue), found another value", field: "obj.\(field.rawValue)")
        }
    }

    private mutating func set(_ text: String, for field: Field) throws(TammError) {
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
        for field in Field.allCases where texts[field] == nil {
            throw TammError(.invalidInput, "wanted a value, found nothing", field: "obj.\(field.rawValue)")
        }
    }
}

extension PaymobValues {
    /// - Throws: `invalidInput` unless plain decimal digits.
    func integer(_ field: Field, from least: Int64) throws(TammError) -> Int64 {
        guard let value = Int64(canonicalDecimal: self[field].utf8), value >= least else {
            throw fault(field, "an integer from \(least)")
        }
        return value
    }

    /// - Throws: `invalidInput` for another word.
    func boolean(_ field: Field) throws(TammError) -> Bool {
        switch self[field] {
        case "true": return true
        case "false": return false
        default: throw fault(field, "true or false")
        }
    }

    /// A time as received, and in UTC where it has an offset.
    ///
    /// - Throws: `invalidInput` for another form.
    func time(_ field: Field) throws(TammError) -> (text: String, utc: Timestamp?) {
        let text = self[field]
        if let utc = Timestamp(text) { return (text, utc) }
        guard Timestamp(text + "Z") != nil else { throw fault(field, "a time such as 2026-01-31T23:59:59.123456") }
        return (text, nil)
    }

    /// The error of a value that is signed and not in its field's form.
    func fault(_ field: Field, _ wanted: String) -> TammError {
        TammError(.invalidInput, "wanted \(wanted), found another value", field: "obj.\(field.rawValue)")
    }
}
