/// A strict reader of JSON (RFC 8259) that walks the text and gives scalars as they stand in it, for signatures
/// over values as received: `100`, `100.0` and `1e2` are three different numbers.
///
/// Bounds: nesting to a depth of 64. Strings that are skipped are checked for escapes and control characters, not
/// for valid UTF-8.
struct JSONScanner {
    enum Scalar {
        /// With its escapes resolved.
        case string(String)
        /// As written.
        case number(String)
        case boolean(Bool)
        case null
    }

    static let maxDepth = 64

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Reads an object and hands each name to `member`, which must read or skip exactly one value.
    mutating func readObject(
        _ member: (String, inout JSONScanner) throws(TammError) -> Void
    ) throws(TammError) {
        try readList(open: "{", close: "}") { (scanner) throws(TammError) in
            let name = try scanner.readString()
            try scanner.expect(":")
            try member(name, &scanner)
        }
    }

    /// Reads a string, number, boolean or null.
    ///
    /// - Throws: `invalidInput` for an object or an array as well.
    mutating func readScalar() throws(TammError) -> Scalar {
        skipBlanks()
        switch current {
        case UInt8(ascii: "\""): return try .string(readString())
        case UInt8(ascii: "t"): return try readWord("true", .boolean(true))
        case UInt8(ascii: "f"): return try readWord("false", .boolean(false))
        case UInt8(ascii: "n"): return try readWord("null", .null)
        default: return try .number(readNumber())
        }
    }

    mutating func skipValue() throws(TammError) {
        skipBlanks()
        switch current {
        case UInt8(ascii: "{"):
            try readList(open: "{", close: "}") { (scanner) throws(TammError) in
                try scanner.skipString()
                try scanner.expect(":")
                try scanner.skipValue()
            }
        case UInt8(ascii: "["):
            try readList(open: "[", close: "]") { (scanner) throws(TammError) in try scanner.skipValue() }
        case UInt8(ascii: "\""): try skipString()
        default: _ = try readScalar()
        }
    }

    /// Requires that nothing but blanks follows.
    mutating func finish() throws(TammError) {
        skipBlanks()
        guard position == bytes.count else { throw fault("the end") }
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func fault(_ wanted: String) -> TammError {
        TammError(.invalidInput, "wanted JSON with \(wanted) at byte \(position)", field: "body")
    }

    private mutating func skipBlanks() {
        while let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(TammError) {
        skipBlanks()
        guard take(character) else { throw fault(String(character)) }
    }

    private mutating func readList(
        open: Unicode.Scalar, close: Unicode.Scalar, _ element: (inout JSONScanner) throws(TammError) -> Void
    ) throws(TammError) {
        try expect(open)
        guard depth < Self.maxDepth else { throw fault("at most \(Self.maxDepth) levels") }
        depth += 1
        skipBlanks()
        if !take(close) {
            repeat {
                try element(&self)
                skipBlanks()
            } while take(",")
            try expect(close)
        }
        depth -= 1
    }

    private mutating func readWord(_ word: StaticString, _ value: Scalar) throws(TammError) -> Scalar {
        for index in 0..<word.utf8CodeUnitCount {
            guard current == (unsafe word.utf8Start[index]) else { throw fault("\(word)") }
            position += 1
        }
        return value
    }

    private mutating func readNumber() throws(TammError) -> String {
        let start = position
        _ = take("-")
        if !take("0") { try skipDigits() }
        if take(".") { try skipDigits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try skipDigits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func skipDigits() throws(TammError) {
        let start = position
        while let byte = current, (48...57).contains(byte) { position += 1 }
        guard position > start else { throw fault("a value") }
    }

    private mutating func skipString() throws(TammError) {
        try expect("\"")
        while let byte = current, byte >= 0x20 {
            position += 1
            if byte == UInt8(ascii: "\"") { return }
            if byte == UInt8(ascii: "\\") { _ = try readEscape() }
        }
        throw fault("the end of a string")
    }

    private mutating func readString() throws(TammError) -> String {
        try expect("\"")
        var text: [UInt8] = []
        while let byte = current, byte >= 0x20 {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: text, as: UTF8.self) else { throw fault("UTF-8") }
                return text
            case UInt8(ascii: "\\"): text.append(contentsOf: UTF8.encode(try readEscape()) ?? .init())
            default: text.append(byte)
            }
        }
        throw fault("the end of a string")
    }

    /// What follows a backslash.
    private mutating func readEscape() throws(TammError) -> Unicode.Scalar {
        let meaning: Unicode.Scalar
        switch current {
        case UInt8(ascii: "\""): meaning = "\""
        case UInt8(ascii: "\\"): meaning = "\\"
        case UInt8(ascii: "/"): meaning = "/"
        case UInt8(ascii: "b"): meaning = "\u{8}"
        case UInt8(ascii: "f"): meaning = "\u{c}"
        case UInt8(ascii: "n"): meaning = "\n"
        case UInt8(ascii: "r"): meaning = "\r"
        case UInt8(ascii: "t"): meaning = "\t"
        default: return try readUnicodeEscape()
        }
        position += 1
        return meaning
    }

    /// One or two UTF-16 units.
    private mutating func readUnicodeEscape() throws(TammError) -> Unicode.Scalar {
        let unit = try readUnit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard (0xd800...0xdbff).contains(unit), take("\\") else { throw fault("a surrogate pair") }
        let second = try readUnit()
        guard (0xdc00...0xdfff).contains(second),
            let scalar = Unicode.Scalar(0x10000 + ((unit & 0x3ff) << 10) + (second & 0x3ff))
        else { throw fault("a surrogate pair") }
        return scalar
    }

    /// A `u` and four hexadecimal digits.
    private mutating func readUnit() throws(TammError) -> UInt32 {
        guard take("u") else { throw fault("an escape") }
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = hexadecimalDigit(byte) else { throw fault("a hexadecimal digit") }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }
}
