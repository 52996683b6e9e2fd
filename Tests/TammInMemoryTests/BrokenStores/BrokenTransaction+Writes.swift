import TammCore

@testable import TammInMemory

extension BrokenTransaction {
    borrowing func insert(_ wallet: Wallet) throws(TammError) -> Bool {
        guard flaw == .insertsWalletsTwice else { return try base.insert(wallet) }
        if try base.insert(wallet) { return true }
        var changes = WalletChanges()
        changes.wallets = [wallet]
        try base.write(changes)
        return true
    }

    borrowing func write(_ changes: WalletChanges) throws(TammError) {
        for entry in changes.entries where notes.entries[entry.wallet] == nil {
            notes.entries[entry.wallet] = memory.cells[entry.wallet]?.entries.count
        }
        for wallet in changes.wallets {
            if let present = memory.cells[wallet.id]?.wallet { notes.wallets[wallet.id] = (present, notes.commits + 1) }
        }
        notes.keys += changes.commands.map(\.key)
        switch flaw {
        case .runsNothing: break
        case .letsOwnersWriteTheLedger:
            if case .user(_, let own) = base.principal, case .member(.owner, _) = base.standing(in: own) {
                try unbound().write(changes)
            } else {
                try base.write(changes)
            }
        case .tellsHiddenFromMissing:
            let isMissing = changes.wallets.contains { memory.cells[$0.id] == nil }
            if isMissing { throw TammError(.notFound, "no such wallet") }
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

    /// The changes as the flaw would have them.
    private borrowing func bent(_ changes: WalletChanges) -> WalletChanges {
        var changes = changes
        switch flaw {
        case .losesLastEntry: if changes.entries.count > 1 { changes.entries.removeLast() }
        case .losesUsage: if changes.usage.count > 1 { changes.usage.removeLast() }
        case .losesReversals: changes.commands.removeAll { memory.commands[$0.key]?.receipt == $0.receipt }
        case .keepsFirstHold: changes.holds.removeAll { memory.cells[$0.wallet]?.hold($0.id) != nil }
        case .acceptsDuplicateKeys:
            for command in changes.commands { base.memory.commands.replace(command) }
        case .acceptsDuplicateUsage:
            changes.usage.removeAll { memory.usage[$0.event.workspace]?.positions[$0.event.id] != nil }
        case .acceptsRepeatedNumbers:
            changes.entries.removeAll { $0.sequence <= memory.cells[$0.wallet]?.entries.count ?? 0 }
        case .truncatesToSeconds: changes.entries = changes.entries.map(\.truncated)
        case .sortsPortions: changes.holds = changes.holds.map(\.sorted)
        case .forgetsEmptyRanges: changes.commands = changes.commands.map(\.withoutEmptyRange)
        case .dropsZeroPortions:
            for index in changes.receivables.indices {
                changes.receivables[index].settledBy.removeAll { $0.amount.isZero }
            }
        case .saturatesCredits:
            for index in changes.grants.indices {
                let kept = min(changes.grants[index].remaining.micro, Int64(Int32.max))
                changes.grants[index].remaining = Credits(unchecked: kept)
            }
        default: break
        }
        return changes
    }
}

extension RecordedCommand {
    fileprivate var key: CommandKey { CommandKey(workspace: receipt.workspace, key: receipt.key) }

    fileprivate var withoutEmptyRange: RecordedCommand {
        guard receipt.entries.isEmpty else { return self }
        return RecordedCommand(
            receipt: WalletReceipt(
                workspace: receipt.workspace, wallet: receipt.wallet, key: receipt.key, kind: receipt.kind,
                amount: receipt.amount, shortfall: receipt.shortfall, entries: 0..<0, balance: receipt.balance,
                recordedAt: receipt.recordedAt, subject: receipt.subject),
            fingerprint: fingerprint, reversed: reversed)
    }
}

extension LedgerEntry {
    fileprivate var truncated: LedgerEntry {
        let moment = (try? Timestamp(seconds: occurredAt.seconds)) ?? occurredAt
        return LedgerEntry(
            workspace: workspace, wallet: wallet, sequence: sequence, kind: kind, source: source, target: target,
            amount: amount, grant: grant, hold: hold, command: command, occurredAt: moment, recordedAt: recordedAt,
            balance: balance, hash: hash)
    }
}

extension Hold {
    fileprivate var sorted: Hold {
        Hold(
            id: id, wallet: wallet, amount: amount, expiresAt: expiresAt,
            portions: portions.sorted { $0.grant < $1.grant }, quota: quota, status: status, captured: captured,
            createdAt: createdAt)
    }
}
