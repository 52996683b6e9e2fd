internal import Crypto

/// A 128-bit identifier of one kind of thing: a UUIDv7 when drawn, a UUIDv8 when derived from a parent.
///
/// Text is RFC 9562's, lower case: `01890a5d-ac96-774b-bcce-b302099a8057`. Order is that of the bytes, which for
/// drawn and derived identifiers is the order of creation, to the millisecond.
public struct Identifier<Entity>: Sendable, Hashable, Comparable {
    /// The first and the last eight bytes, big-endian.
    public let high: UInt64, low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new UUIDv7.
    public init(at now: Timestamp, entropy: EntropySource) {
        let milliseconds = UInt64(max(0, now.microseconds) / 1000)
        high = milliseconds << 16 | 0x7000 | (entropy.next() & 0x0fff)
        low = 0x8000_0000_0000_0000 | (entropy.next() >> 2)
    }

    /// The identifier that `parent` and `label` always give: a retry makes the same child, not another one.
    ///
    /// It keeps the parent's 48 bits of time, so that children sort with their parents.
    public init(derivedFrom parent: Identifier<some Any>, label: String) {
        self.init(milliseconds: parent.high >> 16, derivedFrom: parent, label: label)
    }

    /// The identifier that `parent` and `label` always give at this moment, so that children sort by their age.
    public init(derivedFrom parent: Identifier<some Any>, label: String, at moment: Timestamp) {
        self.init(milliseconds: UInt64(max(0, moment.microseconds) / 1000), derivedFrom: parent, label: label)
    }

    private init(milliseconds: UInt64, derivedFrom parent: Identifier<some Any>, label: String) {
        var hash = SHA256()
        hash.update(data: parent.bytes)
        hash.update(data: Array(label.utf8))
        var (first, second): (UInt64, UInt64) = (0, 0)
        for (index, byte) in hash.finalize().prefix(16).enumerated() {
            if index < 8 { first = first << 8 | UInt64(byte) } else { second = second << 8 | UInt64(byte) }
        }
        high = milliseconds << 16 | 0x8000 | (first & 0x0fff)
        low = 0x8000_0000_0000_0000 | (second >> 2)
    }

    /// The 16 bytes, big-endian.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        for word in [high, low] {
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        return bytes
    }

    public static func < (a: Self, b: Self) -> Bool { (a.high, a.low) < (b.high, b.low) }
}

extension Identifier: CustomStringConvertible, LosslessStringConvertible {
    public var description: String {
        unsafe String(unsafeUninitializedCapacity: 36) { text in
            var position = 0
            for index in 0..<32 {
                if index == 8 || index == 12 || index == 16 || index == 20 {
                    unsafe text[position] = UInt8(ascii: "-")
                    position += 1
                }
                let digit = UInt8(truncatingIfNeeded: (index < 16 ? high : low) >> (60 - 4 * (index & 15))) & 15
                unsafe text[position] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + (digit - 10)
                position += 1
            }
            return position
        }
    }

    public init?(_ text: String) {
        do { try self.init(parsing: text) } catch { return nil }
    }

    /// Parses 36 characters, hexadecimal of either case with hyphens in RFC 9562's places; any version.
    ///
    /// - Throws: `invalidInput`.
    public init(parsing text: String) throws(TammError) {
        var words: (UInt64, UInt64) = (0, 0)
        var digits = 0
        var valid = text.utf8.count == 36
        if valid {
            for (index, byte) in text.utf8.enumerated() {
                if [8, 13, 18, 23].contains(index) {
                    valid = valid && byte == UInt8(ascii: "-")
                } else if let digit = hexadecimalDigit(byte) {
                    if digits < 16 { words.0 = words.0 << 4 | digit } else { words.1 = words.1 << 4 | digit }
                    digits += 1
                } else {
                    valid = false
                }
            }
        }
        guard valid else {
            throw TammError(.invalidInput, "wanted a UUID of 36 characters, found \(excerpt(text))")
        }
        self.init(high: words.0, low: words.1)
    }
}

extension Identifier: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        try self.init(parsing: text)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
