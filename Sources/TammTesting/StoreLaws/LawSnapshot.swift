import TammCore

/// All rows of an estate, as a store answers; and, as a model, what they become by a write.
struct Snapshot: Sendable, Hashable {
    var wallet: Wallet?
    var entries: [LedgerEntry]
    var grants: [Grant]
    var holds: [Hold]
    var receivables: [Receivable]
    var quotas: [QuotaCounter]
    var commands: [RecordedCommand?]
    var usage: [RecordedUsage]

    /// What is there of the wallet and of the keys that the estate's rows name.
    init(of estate: Estate, in t: borrowing some WalletRecords & ~Copyable) throws(TammError) {
        let place = estate.wallet.place
        wallet = try t.wallet(place)
        entries = try t.entries(of: place, after: 0, limit: maximumPage)
        grants = try t.grants(of: place, after: nil, limit: maximumPage)
        holds = try t.holds(of: place, after: nil, limit: maximumPage)
        receivables = try t.receivables(of: place, after: nil, limit: maximumPage)
        quotas = try t.quotas(estate.quotaKeys)
        commands = try t.recordedCommands(estate.commandKeys)
        usage = try t.usage(of: estate.wallet.workspace, after: nil, limit: maximumPage)
    }

    /// The model: rows by their keys, new ones after or between the others by their order.
    func applying(_ changes: WalletChanges, commandKeys: [CommandKey]) -> Snapshot {
        var after = self
        for changed in changes.wallets where changed.place == wallet?.place { after.wallet = changed }
        after.entries += changes.entries
        after.grants.merge(changes.grants, by: \.id)
        after.holds.merge(changes.holds, by: \.id)
        after.receivables.merge(changes.receivables, by: \.id)
        for counter in changes.quotas {
            if let index = quotas.firstIndex(where: { $0.key == counter.key }) { after.quotas[index] = counter }
        }
        for command in changes.commands + changes.reversals {
            if let index = commandKeys.firstIndex(of: command.commandKey) { after.commands[index] = command }
        }
        after.usage += changes.usage
        return after
    }
}

extension Array {
    fileprivate mutating func merge<Key: Comparable>(_ changed: [Element], by key: KeyPath<Element, Key>) {
        for row in changed {
            removeAll { $0[keyPath: key] == row[keyPath: key] }
            append(row)
        }
        sort { $0[keyPath: key] < $1[keyPath: key] }
    }
}

extension Estate {
    var quotaKeys: [QuotaCounter.Key] { next.quotas.map(\.key) }

    var commandKeys: [CommandKey] { (next.reversals + next.commands).map(\.commandKey) }

    /// Everything that is there of the estate, as the service sees it.
    func snapshot(in store: any TammStore) async throws(TammError) -> Snapshot {
        try await store.transaction(as: .service) { t throws(TammError) in try Snapshot(of: self, in: t) }
    }

    func lockAndWrite(
        _ changes: WalletChanges, in t: borrowing some WalletRecords & ~Copyable
    ) throws(TammError) { try t.lockAndWrite(changes, to: [wallet]) }
}

extension LawContext {
    func expect(_ found: Snapshot, _ wanted: Snapshot, _ what: String) throws(LawViolation) {
        try expect(found.wallet, wanted.wallet, "\(what), the wallet")
        try expect(found.entries, wanted.entries, "\(what), the entries")
        try expect(found.grants, wanted.grants, "\(what), the grants")
        try expect(found.holds, wanted.holds, "\(what), the holds")
        try expect(found.receivables, wanted.receivables, "\(what), the receivables")
        try expect(found.quotas, wanted.quotas, "\(what), the counters")
        try expect(found.commands, wanted.commands, "\(what), the commands")
        try expect(found.usage, wanted.usage, "\(what), the usage")
    }
}
