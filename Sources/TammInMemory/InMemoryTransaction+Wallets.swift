import TammCore

extension InMemoryTransaction {
    /// The wallet's cell, where the principal may see rows of this table.
    borrowing func cell(_ place: WalletPlace, _ table: TenantTable) -> WalletCell? {
        mayRead(table, place.workspace) ? memory.cells[place] : nil
    }

    borrowing func insert(_ wallet: Wallet) throws(TammError) -> Bool {
        try requireLedger()
        guard memory.workspaces[wallet.workspace] != nil else {
            throw TammError(.notFound, "no workspace \(wallet.workspace)")
        }
        guard memory.cells[wallet.place] == nil else { return false }
        memory.willUndo(.walletInsert(wallet))
        memory.cells[wallet.place] = WalletCell(wallet)
        memory.walletPlaces.insert(wallet.place)
        memory.walletsByWorkspace[wallet.workspace, default: SortedList()].insert(wallet.place)
        return true
    }

    borrowing func lockWallets(_ batch: WalletBatch, waiting: Bool) throws(TammError) -> LockedBatch {
        try requireLedger()
        return LockedBatch(
            wallets: batch.wallets.map { need in walletState(need).map { .locked($0) } ?? .missing },
            commands: recordedCommands(batch.keys), usage: recordedUsage(batch.usage))
    }

    borrowing func walletState(_ need: WalletNeed) -> WalletState? {
        cell(need.place, .wallets)?.state(for: need)
    }

    borrowing func recordedCommands(_ keys: [CommandKey]) -> [RecordedCommand?] {
        keys.map { key in mayRead(.commands, key.workspace) ? memory.commands[key] : nil }
    }

    borrowing func recordedUsage(_ keys: [UsageKey]) -> Set<UsageKey> {
        var found: Set<UsageKey> = []
        for key in keys where mayRead(.usageEvents, key.workspace) {
            if memory.usage[key.workspace]?.positions[key.id] != nil { found.insert(key) }
        }
        return found
    }

    borrowing func grants(_ ids: [Identifier<Grant>], of wallet: WalletPlace) -> [Grant] {
        guard let cell = cell(wallet, .grants) else { return [] }
        return ids.compactMap { cell.grant($0) }
    }

    borrowing func receivables(
        _ ids: [Identifier<Receivable>], of wallet: WalletPlace
    ) -> [Receivable] {
        guard let cell = cell(wallet, .receivables) else { return [] }
        return ids.compactMap { cell.receivable($0) }
    }

    borrowing func wallet(_ place: WalletPlace) -> Wallet? { cell(place, .wallets)?.wallet }

    borrowing func wallets(
        of workspace: Identifier<Workspace>?, after cursor: WalletPlace?, limit: Int
    ) -> [Wallet] {
        guard let workspace else {
            var found: [Wallet] = []
            for place in memory.walletPlaces.page(after: cursor, limit: .max) {
                if found.count == limit { break }
                if let wallet = wallet(place) { found.append(wallet) }
            }
            return found
        }
        guard mayRead(.wallets, workspace), let places = memory.walletsByWorkspace[workspace] else { return [] }
        return places.page(after: cursor, limit: limit).compactMap { memory.cells[$0]?.wallet }
    }

    borrowing func entries(
        of wallet: WalletPlace, after sequence: Int64, limit: Int
    ) -> [LedgerEntry] {
        guard let cell = cell(wallet, .entries), sequence < cell.entries.count, limit > 0 else { return [] }
        return cell.entries.page(from: Int(max(0, sequence)), limit: limit)
    }

    borrowing func lastEntry(of wallet: WalletPlace, at moment: Timestamp) -> LedgerEntry? {
        cell(wallet, .entries)?.lastEntry(at: moment)
    }

    borrowing func grants(
        of wallet: WalletPlace, after cursor: Identifier<Grant>?, limit: Int
    ) -> [Grant] {
        cell(wallet, .grants)?.grants(after: cursor, limit: limit) ?? []
    }

    borrowing func holds(of wallet: WalletPlace, after cursor: Identifier<Hold>?, limit: Int) -> [Hold] {
        cell(wallet, .holds)?.holds(after: cursor, limit: limit) ?? []
    }

    borrowing func receivables(
        of wallet: WalletPlace, after cursor: Identifier<Receivable>?, limit: Int
    ) -> [Receivable] {
        cell(wallet, .receivables)?.receivables(after: cursor, limit: limit) ?? []
    }

    borrowing func usage(
        of workspace: Identifier<Workspace>, after cursor: UsageEvent.ID?, limit: Int
    ) -> [RecordedUsage] {
        guard mayRead(.usageEvents, workspace), let log = memory.usage[workspace] else { return [] }
        let start = cursor.map { (log.positions[$0] ?? log.events.count - 1) + 1 } ?? 0
        return Array(log.events[start...].prefix(limit))
    }

    borrowing func quotas(_ keys: [QuotaCounter.Key]) -> [QuotaCounter] {
        keys.map { QuotaCounter(key: $0, used: cell($0.wallet, .quotas)?.quotas[$0] ?? 0) }
    }

    borrowing func write(_ changes: WalletChanges) throws(TammError) {
        try requireLedger()
        let mark = memory.mark
        do throws(TammError) {
            try put(changes)
        } catch {
            memory.rollBack(to: mark)
            throw error
        }
    }

    private borrowing func put(_ changes: WalletChanges) throws(TammError) {
        for wallet in changes.wallets {
            let cell = try writable(wallet.place)
            memory.willUndo(.wallet(cell, cell.wallet))
            cell.wallet = wallet
        }
        try append(changes.entries)
        for grant in changes.grants {
            let cell = try writable(grant.wallet)
            memory.willUndo(.grant(cell, grant.id, cell.set(grant.id, grant)))
        }
        for hold in changes.holds {
            let cell = try writable(hold.wallet)
            memory.willUndo(.hold(cell, hold.id, cell.set(hold.id, hold)))
        }
        for receivable in changes.receivables {
            let cell = try writable(receivable.wallet)
            memory.willUndo(.receivable(cell, receivable.id, cell.set(receivable.id, receivable)))
        }
        for counter in changes.quotas {
            let cell = try writable(counter.key.wallet)
            memory.willUndo(.quota(cell, counter.key, cell.quotas.updateValue(counter.used, forKey: counter.key)))
        }
        for command in changes.commands { try add(command) }
        for command in changes.reversals { try replace(command) }
        for event in changes.usage { try append(event) }
    }

    /// - Throws: `forbidden` unless the principal writes ledger tables, which does not depend on a workspace.
    private borrowing func requireLedger() throws(TammError) {
        switch principal {
        case .ledger, .service: break
        case .user, .key, .platformAdmin: throw TammError(.forbidden, "only the ledger and the service write wallets")
        }
    }

    private borrowing func writable(
        _ place: WalletPlace
    ) throws(TammError) -> WalletCell {
        guard let cell = memory.cells[place] else {
            throw TammError(.notFound, "no wallet \(place.id) in workspace \(place.workspace)")
        }
        return cell
    }

    private borrowing func append(_ entries: [LedgerEntry]) throws(TammError) {
        var marked: WalletCell?
        for entry in entries {
            let cell: WalletCell
            if let marked, marked.wallet.place == entry.place {
                cell = marked
            } else {
                cell = try writable(entry.place)
                memory.willUndo(.entries(cell, cell.entries.count))
                marked = cell
            }
            guard entry.sequence == cell.entries.count + 1 else {
                throw TammError(
                    .conflict,
                    "wallet \(entry.wallet) has \(cell.entries.count) entries, found number \(entry.sequence)")
            }
            cell.entries.append(entry)
        }
    }

    private borrowing func add(_ command: RecordedCommand) throws(TammError) {
        _ = try writable(command.receipt.place)
        guard memory.commands.add(command) == nil else {
            throw TammError(.conflict, "key \(command.receipt.key) is recorded already")
        }
        memory.willUndo(.newCommand)
    }

    private borrowing func replace(_ command: RecordedCommand) throws(TammError) {
        _ = try writable(command.receipt.place)
        guard let present = memory.commands[command.key], present.receipt == command.receipt else {
            throw TammError(.notFound, "no command \(command.receipt.key) to reverse")
        }
        memory.willUndo(.command(present))
        memory.commands.replace(command)
    }

    private borrowing func append(_ usage: RecordedUsage) throws(TammError) {
        let workspace = usage.event.workspace
        _ = try writable(usage.place)
        var log = memory.usage.removeValue(forKey: workspace) ?? Memory.UsageLog()
        defer { memory.usage[workspace] = log }
        guard log.positions[usage.event.id] == nil else {
            throw TammError(.conflict, "usage event \(usage.event.id) is recorded already")
        }
        log.positions[usage.event.id] = log.events.count
        log.events.append(usage)
        memory.willUndo(.usage(workspace))
    }
}
