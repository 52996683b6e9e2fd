/// A message authentication code of at most 64 bytes, as eight big-endian words; unused words are zero.
struct AuthenticationCode: Sendable {
    fileprivate(set) var words = SIMD8<UInt64>()

    init() {}

    /// - Parameter bytes: a multiple of eight bytes, at most 64.
    init(_ bytes: UnsafeRawBufferPointer) {
        for index in 0..<bytes.count / 8 {
            words[index] = unsafe UInt64(
                bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
        }
    }

    /// Reads exactly `prefix` and the lower-case hexadecimal of `byteCount` bytes, a multiple of eight; nil for
    /// anything else.
    ///
    /// Upper case is refused: a code has one spelling, so that its text can be compared or stored.
    init?(hexadecimal text: String, prefix: StaticString = "", byteCount: Int) {
        var text = text
        let words = text.withUTF8 { characters -> SIMD8<UInt64>? in
            let start = prefix.utf8CodeUnitCount
            guard characters.count == start + byteCount * 2 else { return nil }
            for index in 0..<start {
                guard unsafe characters[index] == prefix.utf8Start[index] else { return nil }
            }
            let digits = UnsafeRawBufferPointer(characters)
            var words = SIMD8<UInt64>()
            for index in 0..<byteCount / 8 {
                let offset = start + index * 16
                guard let high = unsafe fourBytes(hexadecimal: digits.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
                    let low = unsafe fourBytes(hexadecimal: digits.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
                else { return nil }
                words[index] = high << 32 | low
            }
            return words
        }
        guard let words else { return nil }
        self.words = words
    }

    /// Reads strict base64 of `byteCount` bytes, a multiple of eight; nil for anything else.
    init?(base64 text: Substring.UTF8View, byteCount: Int) {
        guard text.count == (byteCount + 2) / 3 * 4 else { return nil }
        var count = 0
        var words = SIMD8<UInt64>()
        let valid = decodeBase64(text) { byte in
            words[count / 8 & 7] = words[count / 8 & 7] << 8 | UInt64(byte)
            count += 1
        }
        guard valid, count == byteCount else { return nil }
        self.words = words
    }

    /// The first `count` bytes.
    func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(56 - $0 % 8 * 8)) }
    }
}

/// Whether the codes are equal, in the same time for all codes.
@inline(never)
func constantTimeEqual(_ a: AuthenticationCode, _ b: AuthenticationCode) -> Bool {
    let difference = a.words ^ b.words
    var bits: UInt64 = 0
    for index in 0..<8 { bits |= difference[index] }
    return bits == 0
}

/// The four bytes that eight lower-case hexadecimal digits, as they lie in memory, stand for.
///
/// All eight are decoded at once; a character that is no digit gives a value above 15, or another character when the
/// result is encoded again.
@inline(__always)
private func fourBytes(hexadecimal text: UInt64) -> UInt64? {
    let characters = UInt64(bigEndian: text)
    let ones: UInt64 = 0x0101_0101_0101_0101
    let values = (characters & (ones &* 0x0f)) &+ (characters >> 6 & ones) &* 9
    let letters = (values &+ ones &* 118) >> 7 & ones
    guard values & (ones &* 0xf0) == 0, values &+ ones &* 0x30 &+ letters &* 0x27 == characters else { return nil }
    let pairs = (values | values >> 4) & 0x00ff_00ff_00ff_00ff
    let fours = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff
    return (fours | fours >> 16) & 0xffff_ffff
}
