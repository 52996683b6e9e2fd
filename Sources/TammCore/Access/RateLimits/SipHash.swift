/// SipHash-2-4 with 128 bits of output (Aumasson, Bernstein 2012) over 64-bit words: who does not know the key cannot
/// make two inputs meet.
struct SipHash {
    private var v0, v1, v2, v3: UInt64
    private var words: UInt64 = 0

    init(_ key0: UInt64, _ key1: UInt64) {
        v0 = key0 ^ 0x736f_6d65_7073_6575
        v1 = key1 ^ 0x646f_7261_6e64_6f6d ^ 0xee
        v2 = key0 ^ 0x6c79_6765_6e65_7261
        v3 = key1 ^ 0x7465_6462_7974_6573
    }

    @inline(__always)
    mutating func absorb(_ word: UInt64) {
        words &+= 1
        v3 ^= word
        round()
        round()
        v0 ^= word
    }

    /// The bytes after their number, eight in a word.
    mutating func absorb(_ bytes: some Collection<UInt8>) {
        absorb(UInt64(bytes.count))
        var (word, shift): (UInt64, UInt64) = (0, 0)
        for byte in bytes {
            word |= UInt64(byte) << shift
            shift += 8
            if shift == 64 {
                absorb(word)
                (word, shift) = (0, 0)
            }
        }
        if shift > 0 { absorb(word) }
    }

    @inline(__always)
    consuming func finish() -> (high: UInt64, low: UInt64) {
        // The last word holds the length, as in the original.
        absorb((words &* 8) << 56)
        v2 ^= 0xee
        for _ in 0..<4 { round() }
        let high = v0 ^ v1 ^ v2 ^ v3
        v1 ^= 0xdd
        for _ in 0..<4 { round() }
        return (high, v0 ^ v1 ^ v2 ^ v3)
    }

    @inline(__always)
    private mutating func round() {
        v0 &+= v1
        v1 = (v1 << 13 | v1 >> 51) ^ v0
        v0 = v0 << 32 | v0 >> 32
        v2 &+= v3
        v3 = (v3 << 16 | v3 >> 48) ^ v2
        v0 &+= v3
        v3 = (v3 << 21 | v3 >> 43) ^ v0
        v2 &+= v1
        v1 = (v1 << 17 | v1 >> 47) ^ v2
        v2 = v2 << 32 | v2 >> 32
    }
}
