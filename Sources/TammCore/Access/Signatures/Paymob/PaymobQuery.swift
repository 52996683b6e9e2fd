/// The pairs of a query string, percent-decoded; a name that is there twice is refused.
struct PaymobQuery {
    /// Bytes of a query, and pairs in it.
    static let maxBytes = 8192, maxPairs = 128

    private var pairs: [String: String] = [:]

    /// - Parameter text: the query without its question mark, as received.
    /// - Throws: `invalidInput` for a text above the bounds, a broken escape, or a name twice.
    init(_ text: String) throws(TammError) {
        guard text.utf8.count <= Self.maxBytes else {
            throw TammError(
                .invalidInput, "a query has at most \(Self.maxBytes) bytes, found \(text.utf8.count)",
                field: "query")
        }
        let parts = text.utf8.split(
            separator: UInt8(ascii: "&"), maxSplits: Self.maxPairs, omittingEmptySubsequences: true)
        guard parts.count <= Self.maxPairs else {
            throw TammError(
                .invalidInput, "a query has at most \(Self.maxPairs) pairs, found more", field: "query")
        }
        for part in parts {
            let sides = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(sides[0]), let value = sides.count == 2 ? Self.decode(sides[1]) : "" else {
                throw TammError(.invalidInput, "wanted percent-encoded UTF-8, found another form", field: "query")
            }
            guard pairs.updateValue(value, forKey: name) == nil else {
                throw TammError(.invalidInput, "wanted \(excerpt(name)) once, found it twice", field: "query")
            }
        }
    }

    subscript(name: String) -> String? { pairs[name] }

    /// Resolves `%hh` and `+`, which stands for a blank.
    private static func decode(_ text: Substring.UTF8View) -> String? {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(hexadecimalDigit),
                    let low = rest.popFirst().flatMap(hexadecimalDigit)
                else { return nil }
                bytes.append(UInt8(high << 4 | low))
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
