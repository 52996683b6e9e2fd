/// Decodes RFC 4648's standard base64 strictly: padded, no blanks, unused bits zero.
///
/// - Parameter emit: takes the bytes in order; those of an invalid text are to be thrown away.
/// - Returns: whether `text` is valid. The empty text is, and gives no bytes.
@inline(__always)
func decodeBase64(_ text: Substring.UTF8View, _ emit: (UInt8) -> Void) -> Bool {
    guard text.count % 4 == 0 else { return false }
    var bits: UInt32 = 0
    var characters = 0
    var padding = 0
    for character in text {
        if character == UInt8(ascii: "=") {
            padding += 1
            guard padding <= 2 else { return false }
        } else {
            guard padding == 0, let value = base64Value(character) else { return false }
            bits = bits << 6 | value
            characters += 1
            if characters % 4 != 1 { emit(UInt8(truncatingIfNeeded: bits >> (6 - UInt32(characters - 1) % 4 * 2))) }
        }
    }
    switch characters % 4 {
    case 0: return padding == 0
    case 2: return padding == 2 && bits & 0b1111 == 0
    case 3: return padding == 1 && bits & 0b11 == 0
    default: return false
    }
}

/// RFC 4648's standard base64 of `bytes`, padded.
func encodeBase64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
        for index in 0...group.count { text.append(alphabet[Int(bits >> UInt32(18 - 6 * index) & 63)]) }
        for _ in group.count..<3 { text.append(UInt8(ascii: "=")) }
    }
    return String(decoding: text, as: UTF8.self)
}

@inline(__always)
private func base64Value(_ character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a") + 26)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0") + 52)
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
}
