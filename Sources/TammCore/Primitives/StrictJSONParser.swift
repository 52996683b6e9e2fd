/// Reads one document; the bytes are valid UTF-8.
struct StrictJSONParser {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(TammError) -> StrictJSON {
        let value = try value(depth: 0)
        skipBlanks()
        guard position == bytes.count else { throw failure("the end") }
        return value
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(TammError) -> StrictJSON {
        skipBlanks()
        guard let next else { throw failure("a value") }
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw failure("a value")
        }
    }

    private mutating func word(_ word: StaticString, _ value: StrictJSON) throws(TammError) -> StrictJSON {
        let text = word.description.utf8
        guard bytes[position...].starts(with: text) else { throw failure("a value") }
        position += text.count
        return value
    }

    private mutating func object(depth: Int) throws(TammError) -> StrictJSON {
        guard depth <= StrictJSON.maxDepth else { throw failure("at most \(StrictJSON.maxDepth) levels") }
        position += 1
        var members: [StrictJSON.Member] = []
        var names: Set<String> = []
        skipBlanks()
        if take("}") { return .object([]) }
        while true {
            skipBlanks()
            guard next == UInt8(ascii: "\"") else { throw failure("a member's name") }
            let start = position
            let name = try text()
            guard names.insert(name).inserted else {
                position = start
                throw failure("every name once")
            }
            skipBlanks()
            guard take(":") else { throw failure("a colon") }
            members.append(StrictJSON.Member(name, try value(depth: depth)))
            skipBlanks()
            if take("}") { return .object(members) }
            guard take(",") else { throw failure("a comma or a closing brace") }
        }
    }

    private mutating func array(depth: Int) throws(TammError) -> StrictJSON {
        guard depth <= StrictJSON.maxDepth else { throw failure("at most \(StrictJSON.maxDepth) levels") }
        position += 1
        var values: [StrictJSON] = []
        skipBlanks()
        if take("]") { return .array([]) }
        while true {
            values.append(try value(depth: depth))
            skipBlanks()
            if take("]") { return .array(values) }
            guard take(",") else { throw failure("a comma or a closing bracket") }
        }
    }

    private mutating func number() throws(TammError) -> StrictJSON {
        let start = position
        _ = take("-")
        if !take("0"), skipDigits() == 0 { throw failure("a digit") }
        var isWhole = true
        if take(".") {
            isWhole = false
            if skipDigits() == 0 { throw failure("a digit") }
        }
        if take("e") || take("E") {
            isWhole = false
            if !take("+") { _ = take("-") }
            if skipDigits() == 0 { throw failure("a digit") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard isWhole, let integer = Int64(text) else { return .decimal(text) }
        return .integer(integer)
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while let byte = next, (48...57).contains(byte) { position += 1 }
        return position - start
    }

    private mutating func text() throws(TammError) -> String {
        position += 1
        let start = position
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if next == UInt8(ascii: "\"") {
            position += 1
            return String(decoding: bytes[start..<(position - 1)], as: UTF8.self)
        }
        var content = Array(bytes[start..<position])
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"): try appendEscaped(to: &content)
            case 0..<0x20: throw failure("text without control characters")
            default:
                content.append(byte)
                position += 1
            }
        }
        throw failure("a closing quote")
    }

    private mutating func appendEscaped(to content: inout [UInt8]) throws(TammError) {
        let start = position
        position += 1
        let escaped = next
        position += 1
        switch escaped {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(bytes[position - 1])
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0c)
        case UInt8(ascii: "n"): content.append(0x0a)
        case UInt8(ascii: "r"): content.append(0x0d)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            guard let scalar = escapedScalar() else {
                position = start
                throw failure("an escaped Unicode scalar")
            }
            content += String(Character(scalar)).utf8
        default:
            position = start
            throw failure("an escape of JSON")
        }
    }

    /// The scalar after `\u`, from a pair of escapes where the first is a high surrogate.
    private mutating func escapedScalar() -> Unicode.Scalar? {
        guard let unit = hexadecimalUnit() else { return nil }
        guard (0xd800..<0xdc00).contains(unit) else { return Unicode.Scalar(unit) }
        guard take("\\"), take("u"), let low = hexadecimalUnit(), (0xdc00..<0xe000).contains(low) else { return nil }
        return Unicode.Scalar(0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00))
    }

    private mutating func hexadecimalUnit() -> UInt32? {
        guard position + 4 <= bytes.count else { return nil }
        var unit: UInt64 = 0
        for byte in bytes[position..<(position + 4)] {
            guard let digit = hexadecimalDigit(byte) else { return nil }
            unit = unit << 4 | digit
        }
        position += 4
        return UInt32(unit)
    }

    private func failure(_ wanted: String) -> TammError {
        let position = min(position, bytes.count)
        let line = bytes[..<position].count { $0 == 0x0a } + 1
        let column = position - (bytes[..<position].lastIndex(of: 0x0a) ?? -1)
        let rest = bytes[position..<min(position + 16, bytes.count)]
        let found = rest.isEmpty ? "the end" : excerpt(String(decoding: rest, as: UTF8.self))
        return TammError(.invalidInput, "JSON line \(line), column \(column): wanted \(wanted), found \(found)")
    }
}
