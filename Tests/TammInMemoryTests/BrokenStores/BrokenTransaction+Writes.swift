import TammCore

@testable import TammInMemory

extension BrokenTransaction {
    borrowing func insert(_ wallet: Wallet) throws(TammError) -> Bool {
        switch (flaw, base.standing(in: wallet.workspace)) {
        case (.letsOwnersOpenWallets, .member(.owner, _)):
            return try unbound { t throws(TammError) in try t.insert(wallet) }
        case (.acceptsHomelessWallets, .ledger) where memory.workspaces[wallet.workspace] == nil: return true
        case (.opensWalletsInWholeSeconds, _):
            let moment = try Timestamp(seconds: wallet.recordedAt.seconds)
            return try base.insert(Wallet(id: wallet.id, workspace: wallet.workspace, openedAt: moment))
        case (.insertsWalletsTwice, _):
            if try base.insert(wallet) { return true }
            var changes = WalletChanges()
            changes.wallets = [wallet]
            try base.write(changes)
            return true
        case (.refusesTwinWallets, _) where home(of: wallet.place) != nil: return false
        default: return try base.insert(wallet)
        }
    }

    /// Where a wallet with this identifier is: there, or in another workspace.
    borrowing func home(of place: WalletPlace) -> WalletPlace? {
        memory.cells[place] == nil ? memory.walletPlaces.elements.first { $0.id == place.id } : place
    }

    private borrowing func isElsewhere(_ place: WalletPlace) -> Bool { home(of: place).map { $0 != place } ?? false }

    borrowing func write(_ changes: WalletChanges) throws(TammError) {
        remember(changes)
        switch flaw {
        case .writesNothing: break
        case .letsOwnersWriteTheLedger:
            if case .user(_, let own) = base.principal, case .member(.owner, _) = base.standing(in: own) {
                try unbound { t throws(TammError) in try t.write(changes) }
            } else {
                try base.write(changes)
            }
        case .tellsHiddenFromMissing:
            let isMissing = changes.wallets.contains { memory.cells[$0.place] == nil }
            if isMissing { throw TammError(.notFound, "no such wallet") }
            try base.write(changes)
        case .refusesEmptyWrites where changes.isEmpty && changes.grants.isEmpty && changes.holds.isEmpty:
            throw TammError(.invalidInput, "wanted a row")
        case .sharesUsageAmongWorkspaces:
            for event in changes.usage
            where memory.usage.values.contains(where: { $0.positions[event.event.id] != nil }) {
                throw TammError(.conflict, "usage event \(event.event.id) is recorded already")
            }
            try base.write(changes)
        case .keepsHalfOfARefusedWrite:
            var (rows, rest) = (changes, WalletChanges())
            rows.usage = []
            rest.usage = changes.usage
            try base.write(rows)
            try base.write(rest)
        default: try base.write(bent(changes))
        }
    }

    private borrowing func remember(_ changes: WalletChanges) {
        for entry in changes.entries where notes.entries[entry.place] == nil {
            notes.entries[entry.place] = memory.cells[entry.place]?.entries.count
        }
        for wallet in changes.wallets {
            if let present = memory.cells[wallet.place]?.wallet { notes.wallets[wallet.place] = past(present) }
        }
        for counter in changes.quotas {
            notes.counters[counter.key] = past(memory.cells[counter.key.wallet]?.quotas[counter.key] ?? 0)
        }
        for grant in changes.grants where !grant.isOpen { notes.closedGrants.insert(grant.id) }
        for command in changes.commands { notes.commands[command.key] = past(memory.commands[command.key]) }
        for row in changes.usage {
            let key = UsageKey(workspace: row.event.workspace, id: row.event.id)
            notes.usage[key] = past(base.recordedUsage([key]).contains(key))
        }
        notes.keys += changes.commands.map(\.key)
    }

    /// The changes as the flaw would have them.
    private borrowing func bent(_ changes: WalletChanges) -> WalletChanges {
        var changes = changes
        switch flaw {
        case .writesFirstRowsAlone:
            changes.grants = Array(changes.grants.prefix(1))
            changes.holds = Array(changes.holds.prefix(1))
            changes.receivables = Array(changes.receivables.prefix(1))
            changes.quotas = Array(changes.quotas.prefix(1))
            changes.commands = []
        case .losesLastEntry: if changes.entries.count > 1 { changes.entries.removeLast() }
        case .losesUsage: if changes.usage.count > 1 { changes.usage.removeLast() }
        case .losesReversals: changes.reversals = []
        case .losesWallets: changes.wallets = []
        case .keepsFirstHold: changes.holds.removeAll { memory.cells[$0.wallet]?.hold($0.id) != nil }
        case .writesOneWalletAlone: if let first = changes.wallets.first?.place { changes.keep { $0 == first } }
        case .sharesCountersAmongWallets: changes.quotas = changes.quotas.flatMap { shared($0) }
        case .acceptsDuplicateKeys:
            for command in changes.commands where memory.commands[command.key].map(\.receipt) != command.receipt {
                base.memory.commands.replace(command)
            }
        case .acceptsDuplicateUsage:
            changes.usage.removeAll { memory.usage[$0.event.workspace]?.positions[$0.event.id] != nil }
        case .acceptsRepeatedNumbers:
            changes.entries.removeAll { $0.sequence <= memory.cells[$0.place]?.entries.count ?? 0 }
        case .dropsRepeatedRows:
            changes.entries = changes.entries.unique(by: \.sequence)
            changes.usage = changes.usage.unique(by: \.event.id)
        case .dropsRowsOfMissingWallets: changes.keep { memory.cells[$0] != nil }
        case .dropsRowsOfOtherWorkspaces:
            changes.wallets.removeAll { isElsewhere($0.place) }
            changes.entries.removeAll { isElsewhere($0.place) }
            changes.commands.removeAll { isElsewhere($0.receipt.place) }
            changes.usage.removeAll { isElsewhere($0.place) }
        case .truncatesToSeconds: changes.entries = changes.entries.map(\.truncated)
        case .sortsPortions: changes.holds = changes.holds.map(\.sorted)
        case .forgetsEmptyRanges: changes.commands = changes.commands.map(\.withoutEmptyRange)
        case .dropsZeroPortions:
            for index in changes.receivables.indices {
                changes.receivables[index].settledBy.removeAll { $0.amount.isZero }
            }
        case .saturates: changes.saturate()
        default: break
        }
        return changes
    }

    private borrowing func shared(_ counter: QuotaCounter) -> [QuotaCounter] {
        let workspace = counter.key.wallet.workspace
        return memory.cells.values.filter { $0.wallet.workspace == workspace }.map {
            let key = QuotaCounter.Key(
                wallet: $0.wallet.place, meter: counter.key.meter, periodStart: counter.key.periodStart)
            return QuotaCounter(key: key, used: counter.used)
        }
    }
}
