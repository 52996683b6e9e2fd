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
