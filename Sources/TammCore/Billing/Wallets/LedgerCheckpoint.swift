/// The heads of all chains at one time, under a key that the database does not hold: kept elsewhere, it shows when
/// entries are cut off or a whole chain is computed anew.
///
/// Text, for export: `tamm-checkpoint 1`, `taken <time>`, a line `head <workspace> <wallet> <sequence> <hash>` each,
/// and `hmac <HMAC-SHA256 of all lines before, in hexadecimal>`; lines end with a line feed.
public struct LedgerCheckpoint: Sendable, Hashable {
    /// The last entry of one wallet; sequence 0 and the genesis where it has none.
    public struct Head: Sendable, Hashable {
        public let workspace: Identifier<Workspace>
        public let wallet: Identifier<Wallet>
        public let sequence: Int64
        public let hash: ChainHash
    }

    public let takenAt: Timestamp
    /// In the order of the wallets' places.
    public let heads: [Head]

    init(takenAt: Timestamp, heads: [Head]) {
        self.takenAt = takenAt
        self.heads = heads
    }

    /// The text for export, authenticated with `key`.
    public func text(key: Secret) -> String {
        CheckpointText(title: Self.title, takenAt: takenAt, heads: heads.map(\.line)).sealed(key)
    }

    /// Reads an exported checkpoint.
    ///
    /// - Throws: `invalidInput` for another form or more than 64 MiB, `unauthenticated` when the key did not make it.
    public init(text: String, key: Secret) throws(TammError) {
        let read = try CheckpointText(title: Self.title, opening: text)
        var heads: [Head] = []
        for line in read.heads { heads.append(try Head(line: line)) }
        (takenAt, self.heads) = (read.takenAt, heads)
        try CheckpointText.require(text, is: self.text(key: key))
    }

    private static let title = "tamm-checkpoint 1"
}

extension LedgerCheckpoint.Head {
    fileprivate var line: String { "\(workspace) \(wallet) \(sequence) \(hash)" }

    fileprivate init(line: Substring) throws(TammError) {
        let (words, sequence, hash) = try CheckpointText.parts(of: line)
        try self.init(
            workspace: Identifier(parsing: words[0]), wallet: Identifier(parsing: words[1]), sequence: sequence,
            hash: hash)
    }
}

extension Wallets {
    /// Notes the heads of every wallet of a workspace, or of all.
    ///
    /// - Throws: as ``verify(workspace:against:as:)``.
    public func checkpoint(
        workspace: Identifier<Workspace>? = nil, as principal: Principal
    ) async throws(TammError) -> LedgerCheckpoint {
        try await authorizeAudit(of: workspace, as: principal)
        var heads: [LedgerCheckpoint.Head] = []
        try await forEachWallet(of: workspace) { wallet throws(TammError) in
            heads.append(
                LedgerCheckpoint.Head(
                    workspace: wallet.workspace, wallet: wallet.id, sequence: wallet.sequence, hash: wallet.head))
        }
        return LedgerCheckpoint(takenAt: now(), heads: heads)
    }
}
