import TammCore

@testable import TammInMemory

extension BrokenTransaction {
    borrowing func recordedCommands(_ keys: [CommandKey]) throws(TammError) -> [RecordedCommand?] {
        let found = seen(leaking: .leaksCommands) { $0.recordedCommands(keys) }
        switch flaw {
        case .reordersCommands: return found.filter { $0 != nil } + found.filter { $0 == nil }
        case .sharesKeysAmongWorkspaces:
            return zip(keys, found).map { key, command in
                command ?? notes.keys.first { $0.key == key.key }.flatMap { memory.commands[$0] }
            }
        case .findsTwinKeys:
            return keys.map { key in notes.keys.first { $0.key == key.key }.flatMap { memory.commands[$0] } }
        case .ignoresCaseOfKeys:
            return keys.map { key in
                notes.keys.first {
                    $0.workspace == key.workspace && $0.key.text.lowercased() == key.key.text.lowercased()
                }.flatMap { memory.commands[$0] }
            }
        default: return found
        }
    }

    borrowing func recordedUsage(_ keys: [UsageKey]) -> Set<UsageKey> {
        switch flaw {
        case .sharesUsageAmongWorkspaces:
            return Set(keys.filter { key in memory.usage.values.contains { $0.positions[key.id] != nil } })
        case .readsStaleUsage:
            let found = base.recordedUsage(keys)
            return found.filter { stale(notes.usage[$0]) ?? true }
        default: return base.recordedUsage(keys)
        }
    }

    borrowing func grants(
        _ ids: [Identifier<Grant>], of wallet: WalletPlace
    ) throws(TammError) -> [Grant] {
        let found = seen(leaking: .leaksGrants) { $0.grants(ids, of: wallet) }
        return flaw == .sortsNamedGrants ? found.sorted { $0.id < $1.id } : found
    }

    borrowing func receivables(
        _ ids: [Identifier<Receivable>], of wallet: WalletPlace
    ) throws(TammError) -> [Receivable] {
        let found = seen(leaking: .leaksReceivables) { $0.receivables(ids, of: wallet) }
        return flaw == .sortsNamedReceivables ? found.sorted { $0.id < $1.id } : found
    }

    borrowing func wallet(_ place: WalletPlace) throws(TammError) -> Wallet? {
        if flaw == .tearsReads, let stale = stale(notes.wallets[place]) { return stale }
        let place = twin(of: place, where: .findsTwinWallets)
        return seen(leaking: .leaksWallets) { $0.wallet(place) }
    }

    borrowing func wallets(
        of workspace: Identifier<Workspace>?, after cursor: WalletPlace?, limit: Int
    ) throws(TammError) -> [Wallet] {
        let found = base.wallets(of: workspace, after: cursor, limit: limit)
        switch flaw {
        case .leaksWalletLists where workspace == nil:
            let page = unbound { $0.wallets(of: nil, after: cursor, limit: limit) }
            return page.filter { base.mayRead(.wallets, $0.workspace) }
        case .reordersWallets where workspace != nil: return found.reversed()
        case .reordersAllWallets where workspace == nil: return found.reversed()
        case .ordersAllWalletsByIdentifier where workspace == nil:
            let all = base.wallets(of: nil, after: nil, limit: .max).sorted { $0.id < $1.id }
            return Array(all.filter { wallet in cursor.map { $0.id < wallet.id } ?? true }.prefix(limit))
        case .forgetsTheCursorsWallet where workspace == nil:
            let all = base.wallets(of: nil, after: nil, limit: .max)
            return Array(all.filter { wallet in cursor.map { $0.workspace < wallet.workspace } ?? true }.prefix(limit))
        default: return found
        }
    }

    borrowing func entries(
        of wallet: WalletPlace, after sequence: Int64, limit: Int
    ) throws(TammError) -> [LedgerEntry] {
        let limit = flaw == .shortensLongPages ? min(limit, 500) : limit
        let wallet = twin(of: wallet, where: .mixesTwinEntries)
        let found = seen(leaking: .leaksEntries) { $0.entries(of: wallet, after: sequence, limit: limit) }
        switch flaw {
        case .reordersEntries: return found.reversed()
        case .throwsAtUnknownWallets where memory.cells[wallet] == nil:
            throw TammError(.notFound, "no wallet \(wallet.id)")
        default: return found
        }
    }

    borrowing func lastEntry(of wallet: WalletPlace, at moment: Timestamp) throws(TammError) -> LedgerEntry? {
        let moment = flaw == .missesLastEntryAtItsMoment ? moment.advanced(by: .microseconds(-1)) : moment
        return seen(leaking: .leaksEntries) { $0.lastEntry(of: wallet, at: moment) }
    }

    borrowing func grants(
        of wallet: WalletPlace, after cursor: Identifier<Grant>?, limit: Int
    ) throws(TammError) -> [Grant] {
        switch flaw {
        case .includesCursor:
            let before = cursor.map { Identifier<Grant>(high: $0.high, low: $0.low - 1) }
            return base.grants(of: wallet, after: before, limit: limit)
        case .mixesWallets:
            let wallets = memory.cells.values.filter { $0.wallet.workspace == wallet.workspace }
            let all = wallets.flatMap { base.grants(of: $0.wallet.place, after: cursor, limit: limit) }
            return Array(all.sorted { $0.id < $1.id }.prefix(limit))
        default:
            let wallet = twin(of: wallet, where: .mixesTwinGrants)
            return seen(leaking: .leaksGrants) { $0.grants(of: wallet, after: cursor, limit: limit) }
        }
    }

    /// The place of the first wallet that has the same identifier, whatever its workspace.
    borrowing func twin(of place: WalletPlace, where flawed: Flaw) -> WalletPlace {
        guard flaw == flawed else { return place }
        return memory.walletPlaces.elements.first { $0.id == place.id } ?? place
    }

    borrowing func holds(
        of wallet: WalletPlace, after cursor: Identifier<Hold>?, limit: Int
    ) throws(TammError) -> [Hold] {
        let more = flaw == .skipsARow && cursor != nil ? 1 : 0
        let wallet = twin(of: wallet, where: .mixesTwinHolds)
        let found = seen(leaking: .leaksHolds) { $0.holds(of: wallet, after: cursor, limit: limit + more) }
        return Array(found.dropFirst(more))
    }

    borrowing func receivables(
        of wallet: WalletPlace, after cursor: Identifier<Receivable>?, limit: Int
    ) throws(TammError) -> [Receivable] {
        if flaw == .hidesReceivablesFromTheService, base.principal == .service { return [] }
        let limit = flaw == .ignoresLimit ? .max : limit
        let wallet = twin(of: wallet, where: .mixesTwinReceivables)
        return seen(leaking: .leaksReceivables) { $0.receivables(of: wallet, after: cursor, limit: limit) }
    }

    borrowing func usage(
        of workspace: Identifier<Workspace>, after cursor: UsageEvent.ID?, limit: Int
    ) throws(TammError) -> [RecordedUsage] {
        guard flaw == .ordersUsageByName else {
            return seen(leaking: .leaksUsage) { $0.usage(of: workspace, after: cursor, limit: limit) }
        }
        let all = base.usage(of: workspace, after: nil, limit: .max).sorted { $0.event.id.text < $1.event.id.text }
        return Array(all.filter { event in cursor.map { $0.text < event.event.id.text } ?? true }.prefix(limit))
    }

    borrowing func quotas(_ keys: [QuotaCounter.Key]) throws(TammError) -> [QuotaCounter] {
        let found = seen(leaking: .leaksCounters) { $0.quotas(keys) }
        switch flaw {
        case .sharesTwinCounters:
            return keys.map { key in
                let first = QuotaCounter.Key(
                    wallet: twin(of: key.wallet, where: .sharesTwinCounters), meter: key.meter,
                    periodStart: key.periodStart)
                return QuotaCounter(key: key, used: base.quotas([first])[0].used)
            }
        case .sortsCounters: return found.sorted { $0.used < $1.used }
        case .readsStaleCounters:
            return found.map { QuotaCounter(key: $0.key, used: stale(notes.counters[$0.key]) ?? $0.used) }
        case .countsOnReading:
            for counter in found where counter.used > 0 {
                memory.cells[counter.key.wallet]?.quotas[counter.key] = counter.used + 1
            }
            return found
        default: return found
        }
    }
}
