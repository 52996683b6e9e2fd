/// A JSON document read exactly as written: members in order and none twice, whole numbers as Int64.
///
/// `JSONDecoder` keeps one of two members of the same name and reads `1.0` and `1e0` as whole numbers, so that two
/// readers of one document may disagree about a price; it also names no path for an unknown member. This reader
/// refuses the first and keeps the second apart (``decimal(_:)``), and its errors name line and column.
///
/// Bounds: a document's size is the caller's to name (1 MiB by default); arrays and objects nest at most
/// ``maxDepth`` deep.
package enum StrictJSON: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// Any other number, as its text in the document: with a fraction or an exponent, or beyond Int64.
    case decimal(String)
    case text(String)
    case array([StrictJSON])
    /// Names are compared by canonical equivalence, as Swift compares text.
    case object([Member])

    package struct Member: Sendable, Hashable {
        package let name: String
        package let value: StrictJSON

        package init(_ name: String, _ value: StrictJSON) {
            self.name = name
            self.value = value
        }
    }

    package static let maxDepth = 32

    /// Parses RFC 8259 JSON in UTF-8 without a byte order mark.
    ///
    /// - Throws: `invalidInput` for other syntax, a lone surrogate, a repeated name, or a document above the bounds.
    package init(parsing bytes: [UInt8], atMost maxBytes: Int = 1 << 20) throws(TammError) {
        guard bytes.count <= maxBytes else {
            throw TammError(.invalidInput, "wanted JSON of at most \(maxBytes) bytes, found \(bytes.count)")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw TammError(.invalidInput, "wanted JSON in UTF-8, found other bytes")
        }
        var parser = StrictJSONParser(bytes)
        self = try parser.document()
    }

    /// An object with its members in the order of their names' bytes.
    package static func sorted(_ members: [String: StrictJSON]) -> StrictJSON {
        .object(
            members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { Member($0.key, $0.value) })
    }
}

extension StrictJSON {
    /// The document in UTF-8 without blank space, members in their order.
    package var bytes: [UInt8] {
        var output: [UInt8] = []
        write(to: &output, indent: nil)
        return output
    }

    /// The document for people: two blanks a level, an array or object without nesting on one line, a final newline.
    package var indentedBytes: [UInt8] {
        var output: [UInt8] = []
        write(to: &output, indent: 0)
        output.append(UInt8(ascii: "\n"))
        return output
    }

    private func write(to output: inout [UInt8], indent: Int?) {
        switch self {
        case .null: output += "null".utf8
        case .bool(let value): output += (value ? "true" : "false").utf8
        case .integer(let value): output += String(value).utf8
        case .decimal(let text): output += text.utf8
        case .text(let text): Self.write(text, to: &output)
        case .array(let values):
            output.append(UInt8(ascii: "["))
            let inner = values.contains { $0.isNesting } ? indent : nil
            for (index, value) in values.enumerated() {
                Self.separate(index, inner, flat: indent != nil, &output)
                value.write(to: &output, indent: inner.map { $0 + 1 })
            }
            if let inner { Self.newline(inner, &output) }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            let inner = members.contains { $0.value.isNesting } ? indent : nil
            for (index, member) in members.enumerated() {
                Self.separate(index, inner, flat: indent != nil, &output)
                Self.write(member.name, to: &output)
                output.append(UInt8(ascii: ":"))
                if indent != nil { output.append(UInt8(ascii: " ")) }
                member.value.write(to: &output, indent: inner.map { $0 + 1 } ?? indent)
            }
            if let inner { Self.newline(inner, &output) }
            output.append(UInt8(ascii: "}"))
        }
    }

    private var isNesting: Bool {
        switch self {
        case .array(let values): !values.isEmpty
        case .object(let members): !members.isEmpty
        default: false
        }
    }

    private static func separate(_ index: Int, _ inner: Int?, flat: Bool, _ output: inout [UInt8]) {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        if let inner {
            newline(inner + 1, &output)
        } else if flat, index > 0 {
            output.append(UInt8(ascii: " "))
        }
    }

    private static func newline(_ indent: Int, _ output: inout [UInt8]) {
        output.append(UInt8(ascii: "\n"))
        output += repeatElement(UInt8(ascii: " "), count: indent * 2)
    }

    private static func write(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                output.append(UInt8(ascii: "\\"))
                output.append(byte)
            case 0..<0x20:
                output += "\\u00".utf8
                output += hexadecimal([byte]).utf8
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}

extension StrictJSON {
    /// What kind of value it is, for an error message.
    var kindName: String {
        switch self {
        case .null: "null"
        case .bool(let value): String(value)
        case .integer(let value): String(value)
        case .decimal(let text): "the number \(excerpt(text))"
        case .text(let text): "the text \(excerpt(text))"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// The path of the first place where two documents differ, with what stands there; nil where they are equal.
    func firstDifference(from other: StrictJSON) -> (path: String, found: String, other: String)? {
        switch (self, other) {
        case (.array(let a), .array(let b)) where a.count == b.count:
            for index in a.indices {
                guard let inner = a[index].firstDifference(from: b[index]) else { continue }
                return (joinedPath("[\(index)]", inner.path), inner.found, inner.other)
            }
            return nil
        case (.object(let a), .object(let b)) where a.map(\.name) == b.map(\.name):
            for (member, counterpart) in zip(a, b) {
                guard let inner = member.value.firstDifference(from: counterpart.value) else { continue }
                return (joinedPath(member.name, inner.path), inner.found, inner.other)
            }
            return nil
        case (.array(let a), .array(let b)):
            return ("", "\(a.count) elements", "\(b.count)")
        default:
            return self == other ? nil : ("", kindName, other.kindName)
        }
    }
}

/// `prices` and `[2].amount` make `prices[2].amount`.
func joinedPath(_ outer: String, _ inner: String) -> String {
    inner.isEmpty || inner.hasPrefix("[") ? outer + inner : "\(outer).\(inner)"
}
