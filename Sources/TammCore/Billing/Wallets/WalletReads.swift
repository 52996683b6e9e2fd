/// A page of a wallet's statement.
public struct Statement: Sendable, Hashable {
    public let entries: [LedgerEntry]
    /// Pass it as `after` for the next page; nil at the end.
    public let next: Int64?
}

extension Wallets {
    /// The wallet as it is stored, or nil where the principal sees none.
    public func wallet(_ place: WalletPlace, as principal: Principal) async throws(TammError) -> Wallet? {
        try await store.transaction(as: principal) { t throws(TammError) in try t.wallet(place) }
    }

    /// The balances as of now: what has expired counts as expired, whether or not it has been booked.
    ///
    /// - Throws: `notFound` where the principal sees no such wallet.
    public func balance(of wallet: Wallet, as principal: Principal) async throws(TammError) -> Balance {
        try await balance(of: wallet.place, as: principal)
    }

    func balance(of wallet: WalletPlace, as principal: Principal) async throws(TammError) -> Balance {
        let now = now()
        let need = WalletNeed(workspace: wallet.workspace, wallet: wallet.id, dueBy: now)
        let state = try await store.transaction(as: principal) { t throws(TammError) in try t.walletState(need) }
        guard let state else { throw Self.missing(wallet) }
        return try self.state(state, at: now)
    }

    /// The balances as they had been recorded at a past moment; zero before the first entry.
    ///
    /// - Throws: `notFound` where the principal sees no such wallet.
    public func balance(
        of wallet: Wallet, at moment: Timestamp, as principal: Principal
    ) async throws(TammError) -> Balance {
        let (present, entry) = try await store.transaction(as: principal) { t throws(TammError) in
            (try t.wallet(wallet.place), try t.lastEntry(of: wallet.place, at: moment))
        }
        guard present != nil else { throw Self.missing(wallet.place) }
        return entry?.balance ?? Balance(available: .zero, held: .zero, owed: .zero)
    }

    /// The entries after a sequence number, ascending, at most `limit` (1 to 1,000).
    ///
    /// - Throws: `notFound` where the principal sees no such wallet, `invalidInput` for the limit.
    public func statement(
        of wallet: Wallet, after sequence: Int64 = 0, limit: Int = 100, as principal: Principal
    ) async throws(TammError) -> Statement {
        let limit = try pageLimit(limit)
        let (present, entries) = try await store.transaction(as: principal) { t throws(TammError) in
            (try t.wallet(wallet.place), try t.entries(of: wallet.place, after: sequence, limit: limit))
        }
        guard let present else { throw Self.missing(wallet.place) }
        let last = entries.last?.sequence
        return Statement(entries: entries, next: last.flatMap { $0 < present.sequence ? $0 : nil })
    }

    /// The wallet's grants in the order of their identifiers, at most `limit` (1 to 1,000) after `cursor`.
    public func grants(
        of wallet: Wallet, after cursor: Identifier<Grant>? = nil, limit: Int = 100, as principal: Principal
    ) async throws(TammError) -> [Grant] {
        let limit = try pageLimit(limit)
        return try await store.transaction(as: principal) { t throws(TammError) in
            try t.grants(of: wallet.place, after: cursor, limit: limit)
        }
    }

    /// The wallet's holds in the order of their identifiers, at most `limit` (1 to 1,000) after `cursor`.
    public func holds(
        of wallet: Wallet, after cursor: Identifier<Hold>? = nil, limit: Int = 100, as principal: Principal
    ) async throws(TammError) -> [Hold] {
        let limit = try pageLimit(limit)
        return try await store.transaction(as: principal) { t throws(TammError) in
            try t.holds(of: wallet.place, after: cursor, limit: limit)
        }
    }

    /// The wallet's receivables in the order of their identifiers, at most `limit` (1 to 1,000) after `cursor`.
    public func receivables(
        of wallet: Wallet, after cursor: Identifier<Receivable>? = nil, limit: Int = 100, as principal: Principal
    ) async throws(TammError) -> [Receivable] {
        let limit = try pageLimit(limit)
        return try await store.transaction(as: principal) { t throws(TammError) in
            try t.receivables(of: wallet.place, after: cursor, limit: limit)
        }
    }

    /// What the workspace has used, in the order in which it was recorded, at most `limit` (1 to 1,000) events after
    /// the event `cursor`.
    public func usage(
        of workspace: Identifier<Workspace>, after cursor: UsageEvent.ID? = nil, limit: Int = 100,
        as principal: Principal
    ) async throws(TammError) -> [RecordedUsage] {
        let limit = try pageLimit(limit)
        return try await store.transaction(as: principal) { t throws(TammError) in
            try t.usage(of: workspace, after: cursor, limit: limit)
        }
    }

    /// The receipts of the commands recorded under these keys for this wallet, looked up for the platform itself.
    func receipts(_ keys: [IdempotencyKey], in wallet: Wallet) async throws(TammError) -> [WalletReceipt?] {
        let keys = keys.map { CommandKey(workspace: wallet.workspace, key: $0) }
        let found = try await store.transaction(as: .ledger) { t throws(TammError) in try t.recordedCommands(keys) }
        return found.map { $0.flatMap { $0.receipt.place == wallet.place ? $0.receipt : nil } }
    }

    /// One hold, looked up for the platform itself.
    func hold(_ id: Identifier<Hold>, in wallet: Wallet) async throws(TammError) -> Hold? {
        var need = WalletNeed(workspace: wallet.workspace, wallet: wallet.id, dueBy: .min)
        need.holds = [id]
        let asked = need
        let state = try await store.transaction(as: .ledger) { t throws(TammError) in try t.walletState(asked) }
        return state?.holds.first { $0.id == id }
    }

    static func missing(_ wallet: WalletPlace) -> TammError {
        TammError(.notFound, "no wallet \(wallet.id) in workspace \(wallet.workspace)")
    }
}
