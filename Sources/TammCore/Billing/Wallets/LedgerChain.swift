internal import Crypto

/// A SHA-256 digest, as four big-endian words.
public struct ChainHash: Sendable, Hashable {
    public let words: (UInt64, UInt64, UInt64, UInt64)

    /// - Parameter bytes: exactly 32; nil otherwise.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var words: [UInt64] = [0, 0, 0, 0]
        for (index, byte) in bytes.enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
        self.words = (words[0], words[1], words[2], words[3])
    }

    /// The digest by its words, the first bytes first.
    package init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    init(_ digest: SHA256.Digest) {
        words = unsafe digest.withUnsafeBytes { bytes in
            unsafe (
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
            )
        }
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        [words.0, words.1, words.2, words.3].flatMap { word in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> $0) }
        }
    }

    public static func == (a: Self, b: Self) -> Bool { a.words == b.words }
    public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

extension ChainHash: CustomStringConvertible {
    /// 64 hexadecimal digits.
    public var description: String { hexadecimal(bytes) }
}

/// The chain of hashes over a wallet's entries: a changed, removed or reordered entry breaks every later link.
///
/// Canonical bytes, version 1: the byte 1, then each field as two bytes of length (big-endian) and its bytes, in
/// this order: sequence, kind, source, target, amount, grant, hold, command, occurredAt, recordedAt, available,
/// held, owed. Numbers are 8 bytes big-endian, enums 1, identifiers 16, text UTF-8; what is absent has length 0.
/// Workspace and wallet are bound by the genesis:
/// `SHA-256(length-prefixed "tamm-ledger-v1", workspace, wallet)`.
public enum LedgerChain {
    /// What a wallet's first entry follows: it binds the chain to workspace and wallet.
    public static func genesis(workspace: Identifier<Workspace>, wallet: Identifier<Wallet>) -> ChainHash {
        var encoder = CanonicalEncoder()
        encoder.field("tamm-ledger-v1")
        encoder.field(workspace)
        encoder.field(wallet)
        return encoder.digest()
    }

    /// The hash that `entry` must carry after an entry with the hash `previous`.
    public static func hash(_ entry: LedgerEntry, after previous: ChainHash) -> ChainHash {
        var encoder = CanonicalEncoder()
        return hash(entry, after: previous, with: &encoder)
    }

    static func hash(
        _ entry: borrowing LedgerEntry, after previous: ChainHash, with encoder: inout CanonicalEncoder
    ) -> ChainHash {
        encoder.reset()
        encoder.append(previous)
        encoder.append(entry)
        return encoder.digest()
    }

    /// The entry's canonical bytes, version 1.
    public static func canonicalBytes(of entry: LedgerEntry) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append(entry)
        return encoder.bytes
    }
}

extension CanonicalEncoder {
    mutating func append(_ hash: ChainHash) {
        append(hash.words.0)
        append(hash.words.1)
        append(hash.words.2)
        append(hash.words.3)
    }

    /// Version 1 of an entry's canonical bytes.
    mutating func append(_ entry: borrowing LedgerEntry) {
        append(UInt8(1))
        field(UInt64(bitPattern: entry.sequence))
        field(entry.kind.rawValue)
        field(entry.source.rawValue)
        field(entry.target.rawValue)
        field(entry.amount)
        field(entry.grant)
        field(entry.hold)
        field(entry.command?.text ?? "")
        field(entry.occurredAt)
        field(entry.recordedAt)
        field(entry.balance.available)
        field(entry.balance.held)
        field(entry.balance.owed)
    }
}
