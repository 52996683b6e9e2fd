import TammCore

extension WalletChanges {
    /// Keeps the rows of some wallets.
    mutating func keep(_ isKept: (WalletPlace) -> Bool) {
        wallets.removeAll { !isKept($0.place) }
        entries.removeAll { !isKept($0.place) }
        grants.removeAll { !isKept($0.wallet) }
        holds.removeAll { !isKept($0.wallet) }
        receivables.removeAll { !isKept($0.wallet) }
        quotas.removeAll { !isKept($0.key.wallet) }
        commands.removeAll { !isKept($0.receipt.place) }
        usage.removeAll { !isKept($0.place) }
    }

    /// Holds numbers at the largest of 32 bits.
    mutating func saturate() {
        let most = Int64(Int32.max)
        for index in wallets.indices {
            let owed = wallets[index].balance.owed
            wallets[index].balance.owed = Credits(unchecked: min(owed.micro, most))
        }
        for index in grants.indices {
            grants[index].remaining = Credits(unchecked: min(grants[index].remaining.micro, most))
        }
        entries = entries.map { $0.with(balance: Balance(available: .zero, held: .zero, owed: .zero)) }
        quotas = quotas.map { QuotaCounter(key: $0.key, used: min($0.used, UInt64(most))) }
        usage = usage.map { row in
            let event = row.event
            return RecordedUsage(
                event: UsageEvent(
                    workspace: event.workspace, id: event.id, usage: event.usage,
                    cost: Credits(unchecked: min(event.cost.micro, most)), priceBook: event.priceBook,
                    occurredAt: event.occurredAt),
                wallet: row.wallet, command: row.command, recordedAt: row.recordedAt)
        }
    }
}

extension RecordedCommand {
    var key: CommandKey { CommandKey(workspace: receipt.workspace, key: receipt.key) }

    var withoutEmptyRange: RecordedCommand {
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
    /// The entry with its moment in the world cut to seconds.
    var truncated: LedgerEntry {
        with(occurredAt: (try? Timestamp(seconds: occurredAt.seconds)) ?? occurredAt)
    }

    func with(occurredAt moment: Timestamp? = nil, balance: Balance? = nil) -> LedgerEntry {
        LedgerEntry(
            workspace: workspace, wallet: wallet, sequence: sequence, kind: kind, source: source, target: target,
            amount: amount, grant: grant, hold: hold, command: command, occurredAt: moment ?? occurredAt,
            recordedAt: recordedAt, balance: balance ?? self.balance, hash: hash)
    }
}

extension Hold {
    /// The hold with its portions in the order of their grants.
    var sorted: Hold {
        Hold(
            id: id, wallet: wallet, amount: amount, expiresAt: expiresAt,
            portions: portions.sorted { $0.grant < $1.grant }, quota: quota, status: status, captured: captured,
            createdAt: createdAt)
    }
}

extension Array {
    func unique<Key: Hashable>(by key: KeyPath<Element, Key>) -> [Element] {
        var seen: Set<Key> = []
        return filter { seen.insert($0[keyPath: key]).inserted }
    }
}
