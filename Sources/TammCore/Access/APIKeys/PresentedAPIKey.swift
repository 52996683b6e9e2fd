/// Which of the platform's worlds a key is for; its text says so.
public enum APIKeyEnvironment: String, Sendable, Hashable, CaseIterable {
    /// What is done costs credits and reaches customers.
    case live
    /// For trying things out.
    case test
}

/// A text that has the form of an API key and its checksum: nobody has looked it up yet.
///
/// `tamm_live_` or `tamm_test_`, 8 characters that name the key, `_`, 43 of its secret and 6 of the CRC-32 of all before
/// them, in base62. A typing error, or what a scanner took for a key, is refused without a look-up. It prints as redacted
/// and is not Codable.
public struct PresentedAPIKey: Sendable {
    /// The number of bytes of every key.
    public static let length = 68
    static let (labelWidth, secretWidth, checkWidth) = (8, 43, 6)
    /// `tamm_live_`: everything before the label.
    private static let head = 10

    public let environment: APIKeyEnvironment
    let text: String

    /// Nil for a text of another form or with another checksum.
    public init?(_ text: borrowing String) {
        guard let environment = unsafe withContiguousUTF8(text, { unsafe Self.check($0) }) else { return nil }
        (self.text, self.environment) = (copy text, environment)
    }

    /// A new key: a name that may be shown, and 256 random bits that may not.
    init(_ environment: APIKeyEnvironment, entropy: EntropySource) {
        var bytes = Array("tamm_\(environment.rawValue)_".utf8)
        bytes += Base62.encode(entropy.next(), width: Self.labelWidth)
        bytes.append(UInt8(ascii: "_"))
        bytes += Base62.encode(words: (0..<4).map { _ in entropy.next() }, width: Self.secretWidth)
        let check = unsafe bytes.withUnsafeBytes { unsafe CRC32.checksum($0) }
        bytes += Base62.encode(UInt64(check), width: Self.checkWidth)
        self.environment = environment
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// The text with `[key]` in the place of everything that has the shape of a key, or of the beginning of one: with a
    /// wrong checksum or cut off too, and with its underscores as Markdown (`\_`) or a URL (`%5F`) may have them.
    static func redacted(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var (shown, index) = ([UInt8](), 0)
        while index < bytes.count {
            if let rest = rest(afterHeadOf: bytes[index...]) {
                index = rest.startIndex
                while let width = width(ofPart: bytes[index...]) { index += width }
                shown += "[key]".utf8
            } else {
                shown.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: shown, as: UTF8.self)
    }

    private static let underscores = ["_", "\\_", "%5F", "%5f"].map { Array($0.utf8) }

    private static func rest(afterHeadOf text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard text.starts(with: "tamm".utf8), let first = underscore(text.dropFirst(4)) else { return nil }
        let name = text.dropFirst(4 + first)
        guard let environment = APIKeyEnvironment.allCases.first(where: { name.starts(with: $0.rawValue.utf8) }) else {
            return nil
        }
        let end = name.dropFirst(environment.rawValue.utf8.count)
        return underscore(end).map { end.dropFirst($0) }
    }

    /// How many bytes the underscore has with which the text begins.
    private static func underscore(_ text: ArraySlice<UInt8>) -> Int? {
        underscores.first { text.starts(with: $0) }?.count
    }

    private static func width(ofPart text: ArraySlice<UInt8>) -> Int? {
        guard let byte = text.first else { return nil }
        let isAlphanumeric =
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        return isAlphanumeric ? 1 : underscore(text)
    }

    /// What the key is called where it is listed: no part of its secret.
    public var label: String { String(decoding: text.utf8.dropFirst(Self.head).prefix(Self.labelWidth), as: UTF8.self) }

    /// The states of the checksum after `tamm_live_` and `tamm_test_`, which a test computes.
    @inline(__always)
    static var liveState: UInt32 { 0x5d56_e041 }
    @inline(__always)
    static var testState: UInt32 { 0x1202_6241 }

    /// The environment of a text in the form of a key; the checksum, which finds nearly everything, comes first.
    @inline(__always)
    static func check(_ bytes: UnsafeRawBufferPointer) -> APIKeyEnvironment? {
        guard bytes.count == length else { return nil }
        let start = unsafe UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        let rest = unsafe UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self))
        let environment: APIKeyEnvironment
        switch (start, rest) {
        case (0x7669_6c5f_6d6d_6174, 0x5f65): environment = .live  // tamm_liv e_
        case (0x7365_745f_6d6d_6174, 0x5f74): environment = .test  // tamm_tes t_
        default: return nil
        }
        let end = length &- checkWidth
        let state = environment == .live ? liveState : testState
        let check = unsafe ~CRC32.update(state, UnsafeRawBufferPointer(rebasing: bytes[head..<end]))
        let written = unsafe Base62.decode(UnsafeRawBufferPointer(rebasing: bytes[end...]))
        guard written == UInt64(check), unsafe bytes[head &+ labelWidth] == UInt8(ascii: "_") else { return nil }
        // The label fills one word, the secret five and a little, which the last of them overlaps.
        var areDigits = Base62.areDigits(unsafe bytes.loadUnaligned(fromByteOffset: head, as: UInt64.self))
        for word in 0..<secretWidth / 8 {
            let offset = head &+ labelWidth &+ 1 &+ 8 &* word
            areDigits &= Base62.areDigits(unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        areDigits &= Base62.areDigits(unsafe bytes.loadUnaligned(fromByteOffset: end &- 8, as: UInt64.self))
        return areDigits == Base62.allDigits ? environment : nil
    }
}

extension PresentedAPIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "‹redacted›" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
