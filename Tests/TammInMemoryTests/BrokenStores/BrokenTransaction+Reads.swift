import TammCore

@testable import TammInMemory

extension BrokenTransaction {
    borrowing func recordedCommands(_ keys: [CommandKey]) throws(TammError) -> [RecordedCommand?] {
        let found = base.recordedCommands(keys)
        switch flaw {
        case .reordersCommands: return found.filter { $0 != nil } + found.filter { $0 == nil }
        case .sharesKeysAmongWorkspaces:
            return zip(keys, found).map { key, command in
                command ?? notes.keys.first { $0.key == key.key }.flatMap { memory.commands[$0] }
            }
        case .ignoresCaseOfKeys:
            return keys.map { key in
                notes.keys.first {
                    $0.workspace == key.workspace && $0.key.text.lowercased() == key.key.text.lowercased()
                }.flatMap { memory.commands[$0] }
            }
        default: return found
        }
    }

    borrowing func recordedUsage(
        _ ids: [UsageEvent.ID], in workspace: Identifier<Workspace>
    ) throws(TammError) -> Set<UsageEvent.ID> { base.recordedUsage(ids, in: workspace) }

    borrowing func grants(
        _ ids: [Identifier<Grant>], of wallet: Identifier<Wallet>
    ) throws(TammError) -> [Grant] {
        let found = base.grants(ids, of: wallet)
        switch flaw {
        case .leaksGrants: return unbound().grants(ids, of: wallet)
        case .sortsNamedGrants: return found.sorted { $0.id < $1.id }
        default: return found
        }
    }

    borrowing func receivables(
        _ ids: [Identifier<Receivable>], of wallet: Identifier<Wallet>
    ) throws(TammError) -> [Receivable] { base.receivables(ids, of: wallet) }

    borrowing func wallet(_ id: Identifier<Wallet>) throws(TammError) -> Wallet? {
        if flaw == .tearsReads, let seen = notes.wallets[id], isStale(seen.commit) { return seen.wallet }
        return base.wallet(id)
    }

    borrowing func wallets(
        of workspace: Identifier<Workspace>?, after cursor: Identifier<Wallet>?, limit: Int
    ) throws(TammError) -> [Wallet] {
        guard flaw == .leaksWalletLists, workspace == nil else {
            return base.wallets(of: workspace, after: cursor, limit: limit)
        }
        let page = unbound().wallets(of: nil, after: cursor, limit: limit)
        return page.filter { base.mayRead(.wallets, $0.workspace) }
    }

    borrowing func entries(
        of wallet: Identifier<Wallet>, after sequence: Int64, limit: Int
    ) throws(TammError) -> [LedgerEntry] {
        let found = base.entries(of: wallet, after: sequence, limit: limit)
        return flaw == .reordersEntries ? found.reversed() : found
    }

    borrowing func lastEntry(of wallet: Identifier<Wallet>, at moment: Timestamp) throws(TammError) -> LedgerEntry? {
        let moment = flaw == .missesLastEntryAtItsMoment ? moment.advanced(by: .microseconds(-1)) : moment
        return base.lastEntry(of: wallet, at: moment)
    }

    borrowing func grants(
        of wallet: Identifier<Wallet>, after cursor: Identifier<Grant>?, limit: Int
    ) throws(TammError) -> [Grant] {
        switch flaw {
        case .leaksGrants: return unbound().grants(of: wallet, after: cursor, limit: limit)
        case .includesCursor:
            let before = cursor.map { Identifier<Grant>(high: $0.high, low: $0.low - 1) }
            return base.grants(of: wallet, after: before, limit: limit)
        default: return base.grants(of: wallet, after: cursor, limit: limit)
        }
    }

    borrowing func holds(
        of wallet: Identifier<Wallet>, after cursor: Identifier<Hold>?, limit: Int
    ) throws(TammError) -> [Hold] {
        guard flaw == .skipsARow, cursor != nil else { return base.holds(of: wallet, after: cursor, limit: limit) }
        return Array(base.holds(of: wallet, after: cursor, limit: limit + 1).dropFirst())
    }

    borrowing func receivables(
        of wallet: Identifier<Wallet>, after cursor: Identifier<Receivable>?, limit: Int
    ) throws(TammError) -> [Receivable] {
        switch (flaw, base.principal) {
        case (.hidesReceivablesFromTheService, .service): return []
        case (.ignoresLimit, _): return base.receivables(of: wallet, after: cursor, limit: .max)
        default: return base.receivables(of: wallet, after: cursor, limit: limit)
        }
    }

    borrowing func usage(
        of workspace: Identifier<Workspace>, after cursor: UsageEvent.ID?, limit: Int
    ) throws(TammError) -> [RecordedUsage] {
        switch flaw {
        case .leaksUsage: return unbound().usage(of: workspace, after: cursor, limit: limit)
        case .ordersUsageByName:
            let all = base.usage(of: workspace, after: nil, limit: .max).sorted { $0.event.id.text < $1.event.id.text }
            return Array(all.filter { event in cursor.map { $0.text < event.event.id.text } ?? true }.prefix(limit))
        default: return base.usage(of: workspace, after: cursor, limit: limit)
        }
    }

    borrowing func quotas(_ keys: [QuotaCounter.Key]) throws(TammError) -> [QuotaCounter] { base.quotas(keys) }
}
