internal import Crypto

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
        let signed = signedText
        return signed + "hmac \(hexadecimal(Self.authentication(of: signed, key)))\n"
    }

    /// Reads an exported checkpoint.
    ///
    /// - Throws: `invalidInput` for another form or more than 64 MiB, `unauthenticated` when the key did not make it.
    public init(text: String, key: Secret) throws(TammError) {
        guard text.utf8.count <= 64 << 20 else {
            throw TammError(.invalidInput, "a checkpoint has at most 64 MiB, found \(text.utf8.count) bytes")
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 4, lines.last == "", lines[0] == "tamm-checkpoint 1", lines[1].hasPrefix("taken "),
            lines[lines.count - 2].hasPrefix("hmac ")
        else { throw TammError(.invalidInput, "wanted an exported checkpoint, found \(excerpt(text))") }
        takenAt = try Timestamp(parsing: String(lines[1].dropFirst(6)))
        var heads: [Head] = []
        for line in lines[2..<(lines.count - 2)] { heads.append(try Head(line: line)) }
        self.heads = heads
        // The whole text, as it is written: no other spelling of the same heads passes.
        guard constantTimeEqual(Array(self.text(key: key).utf8), Array(text.utf8)) else {
            throw TammError(.unauthenticated, "the checkpoint's authentication does not fit the key")
        }
    }

    private var signedText: String {
        var text = "tamm-checkpoint 1\ntaken \(takenAt)\n"
        for head in heads { text += "head \(head.workspace) \(head.wallet) \(head.sequence) \(head.hash)\n" }
        return text
    }

    private static func authentication(of text: String, _ key: Secret) -> [UInt8] {
        key.reveal { key in
            Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: copy key)))
        }
    }
}

extension LedgerCheckpoint.Head {
    init(line: Substring) throws(TammError) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 5, words[0] == "head", let sequence = Int64(decimal: words[3].utf8, decimals: 0),
            let digest = bytes(hexadecimal: words[4].utf8), let hash = ChainHash(digest)
        else { throw TammError(.invalidInput, "wanted a line of a checkpoint, found \(excerpt(String(line)))") }
        try self.init(
            workspace: Identifier(parsing: words[1]), wallet: Identifier(parsing: words[2]), sequence: sequence,
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
