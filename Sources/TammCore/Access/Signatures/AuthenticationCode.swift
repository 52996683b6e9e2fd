/// A message authentication code of at most 64 bytes, kept in place; unused bytes are zero.
struct AuthenticationCode: Sendable {
    static let maxBytes = 64

    /// The bytes as they lie in memory.
    fileprivate var words = SIMD8<UInt64>()

    init(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count <= Self.maxBytes)
        unsafe withUnsafeMutableBytes(of: &words) { unsafe $0.copyMemory(from: bytes) }
    }

    /// Reads exactly `prefix` and the lower-case hexadecimal of `byteCount` bytes, a multiple of four; nil for
    /// anything else.
    ///
    /// Upper case is refused: a code has one spelling, so that its text can be compared or stored.
    init?(hexadecimal text: borrowing String, prefix: StaticString = "", byteCount: Int) {
        precondition(byteCount <= Self.maxBytes && byteCount % 4 == 0)
        var words = SIMD8<UInt64>()
        let valid = unsafe withContiguousUTF8(text) { characters in
            let start = prefix.utf8CodeUnitCount
            guard characters.count == start + byteCount * 2 else { return false }
            for index in 0..<start {
                guard unsafe characters[index] == prefix.utf8Start[index] else { return false }
            }
            return unsafe withUnsafeMutableBytes(of: &words) { bytes in
                var faults: UInt64 = 0
                for index in 0..<byteCount / 4 {
                    let digits = unsafe characters.loadUnaligned(fromByteOffset: start &+ index &* 8, as: UInt64.self)
                    let four = fourBytes(hexadecimal: UInt64(littleEndian: digits), faults: &faults)
                    unsafe bytes.storeBytes(of: four.littleEndian, toByteOffset: index &* 4, as: UInt32.self)
                }
                return faults == 0
            }
        }
        guard valid else { return nil }
        self.words = words
    }

    /// Reads the value of a header or query item: `prefix` and lower-case hexadecimal.
    ///
    /// - Throws: `unauthenticated` (missing, malformed).
    static func received(
        _ signature: String?, prefix: StaticString = "", byteCount: Int
    ) throws(TammError) -> AuthenticationCode {
        guard let signature, !signature.isEmpty else { throw .refused(.missing) }
        guard let code = AuthenticationCode(hexadecimal: signature, prefix: prefix, byteCount: byteCount) else {
            throw .refused(.malformed)
        }
        return code
    }

    /// Reads strict base64 of `byteCount` bytes; nil for anything else.
    init?(base64 text: Substring.UTF8View, byteCount: Int) {
        precondition(byteCount <= Self.maxBytes)
        guard text.count == (byteCount + 2) / 3 * 4 else { return nil }
        var count = 0
        var words = SIMD8<UInt64>()
        let valid = unsafe withUnsafeMutableBytes(of: &words) { bytes in
            decodeBase64(text) { byte in
                if count < byteCount { unsafe bytes[count] = byte }
                count += 1
            }
        }
        guard valid, count == byteCount else { return nil }
        self.words = words
    }

    /// The first `count` bytes.
    func bytes(_ count: Int) -> [UInt8] {
        unsafe withUnsafeBytes(of: words) { unsafe Array($0.prefix(count)) }
    }
}

/// Lends the UTF-8 of `text`, without a copy where it lies in one piece, as Swift's own strings do.
@inline(__always)
func withContiguousUTF8<Value>(_ text: borrowing String, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    if #available(macOS 26, *) {
        // Without taking part in keeping the text alive, which costs as much as checking a key's form.
        return unsafe text.utf8Span.span.bytes.withUnsafeBytes { unsafe body($0) }
    }
    let value = unsafe text.utf8.withContiguousStorageIfAvailable { unsafe body(UnsafeRawBufferPointer($0)) }
    if let value { return value }
    return unsafe Array(text.utf8).withUnsafeBytes { unsafe body($0) }
}

/// Whether the codes are equal, in the same time for all codes.
@inline(never)
func constantTimeEqual(_ a: AuthenticationCode, _ b: AuthenticationCode) -> Bool {
    let difference = a.words ^ b.words
    var bits: UInt64 = 0
    for index in 0..<8 { bits |= difference[index] }
    return bits == 0
}

/// The four bytes that eight lower-case hexadecimal digits stand for, both with the first in the lowest place.
///
/// All eight are decoded at once. A character that is no digit gives a value above 15, or another character when the
/// result is encoded again; either sets bits of `faults`.
@inline(__always)
private func fourBytes(hexadecimal digits: UInt64, faults: inout UInt64) -> UInt32 {
    let one: UInt64 = 0x0101_0101_0101_0101
    let values = (digits & (one &* 15)) &+ (digits >> 6 & one) &* 9
    let letters = (values &+ one &* 118) >> 7 & one
    let encoded = values &+ one &* 0x30 &+ letters &* 0x27
    faults |= (values & (one &* 0xf0)) | (encoded ^ digits)
    let pairs = (values << 4 | values >> 8) & 0x00ff_00ff_00ff_00ff
    let fours = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff
    return UInt32(truncatingIfNeeded: fours | fours >> 16)
}
