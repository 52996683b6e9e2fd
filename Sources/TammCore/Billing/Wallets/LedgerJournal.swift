/// The ledger as a plain-text accounting journal, which hledger, ledger and beancount-like programs read: an outside
/// program can recompute every balance.
///
/// One transaction an entry, the commodity `CR`; accounts are `wallet:<id>:available`, `wallet:<id>:held`,
/// `wallet:<id>:owed` and `system:issued`, `system:consumed`, … The wallet's balance after the entry stands as an
/// assertion (`=`), so that a program that reads it checks each.
public enum LedgerJournal {
    /// One transaction of the journal, with a blank line after it.
    public static func text(of entry: LedgerEntry) -> String {
        let day = entry.recordedAt.description.prefix(10)
        let command = entry.command.map { " key=\(sanitized($0.text))" } ?? ""
        var text = "\(day) (\(entry.sequence)) \(entry.kind)\(command) at=\(entry.recordedAt)\n"
        text += posting(entry.target, entry, sign: "")
        text += posting(entry.source, entry, sign: "-")
        return text + "\n"
    }

    private static func posting(_ account: Account, _ entry: LedgerEntry, sign: String) -> String {
        let assertion: String =
            switch account {
            case .available: " = CR \(entry.balance.available)"
            case .held: " = CR \(entry.balance.held)"
            case .owed: entry.balance.owed.isZero ? " = CR 0" : " = CR -\(entry.balance.owed)"
            case .issued, .consumed, .expired, .clawedBack, .writtenOff: ""
            }
        return "    \(name(of: account, entry.wallet))  CR \(sign)\(entry.amount)\(assertion)\n"
    }

    /// The account's name in the journal.
    public static func name(of account: Account, _ wallet: Identifier<Wallet>) -> String {
        account.isWallets ? "wallet:\(wallet):\(account)" : "system:\(account)"
    }

    /// A semicolon would begin a comment, a bar a payee's note.
    private static func sanitized(_ text: String) -> String {
        String(text.map { $0 == ";" || $0 == "|" ? "_" : $0 })
    }
}

extension Wallets {
    /// Writes the journal of a workspace, or of all, wallet after wallet, in pieces of at most 1,000 entries.
    ///
    /// - Throws: as ``verify(workspace:against:as:)``, and what `write` throws.
    public func exportJournal(
        workspace: Identifier<Workspace>? = nil, as principal: Principal,
        to write: (String) async throws(TammError) -> Void
    ) async throws(TammError) {
        try await authorizeAudit(of: workspace, as: principal)
        try await forEachWallet(of: workspace) { wallet throws(TammError) in
            try await self.forEachPage(of: wallet) { page throws(TammError) in
                try await write(page.map(LedgerJournal.text).joined())
            }
        }
    }
}
