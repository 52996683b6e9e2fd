internal import Crypto
internal import FoundationEssentials

/// HMAC (RFC 2104) under one key, with the states of the hash after the inner and the outer pad kept: each message
/// copies them instead of hashing the pads again.
///
/// The states can sign, and are as secret as the key: they are not shown when printed, dumped or reflected.
struct KeyedHMAC<Hash: HashFunction>: Sendable {
    private let inner: Hash
    private let outer: Hash

    init(key: Secret) {
        var block = [UInt8](repeating: 0, count: Hash.blockByteCount)
        key.reveal { bytes in
            if bytes.count > block.count {
                var hash = Hash()
                unsafe bytes.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
                for (index, byte) in hash.finalize().enumerated() { block[index] = byte }
            } else {
                for index in 0..<bytes.count { block[index] = bytes[index] }
            }
        }
        inner = Self.absorb(&block, mask: 0x36)
        outer = Self.absorb(&block, mask: 0x36 ^ 0x5c)
        for index in block.indices { block[index] = 0 }
    }

    /// The state after `block` masked, which stays masked.
    private static func absorb(_ block: inout [UInt8], mask: UInt8) -> Hash {
        for index in block.indices { block[index] ^= mask }
        var hash = Hash()
        hash.absorb(block)
        return hash
    }

    /// The code of the message that `write` hands to the hash.
    @inline(__always)
    func code(over write: (inout Hash) -> Void) -> AuthenticationCode {
        unsafe digest(over: write).withUnsafeBytes { unsafe AuthenticationCode($0) }
    }

    /// The same as the hash gives it.
    @inline(__always)
    func digest(over write: (inout Hash) -> Void) -> Hash.Digest {
        var hash = inner
        write(&hash)
        var wrapped = outer
        unsafe hash.finalize().withUnsafeBytes { unsafe wrapped.update(bufferPointer: $0) }
        return wrapped.finalize()
    }
}

extension KeyedHMAC: CustomStringConvertible, CustomReflectable {
    var description: String { "‹redacted›" }
    var customMirror: Mirror { Mirror(self, children: []) }
}

extension HashFunction {
    @inline(__always)
    mutating func absorb(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe update(bufferPointer: $0) }
    }

    /// The UTF-8 of `text`.
    @inline(__always)
    mutating func absorb(_ text: String) {
        unsafe withContiguousUTF8(text) { unsafe update(bufferPointer: $0) }
    }
}
