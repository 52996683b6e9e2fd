import TammCore

/// Two workspaces whose wallets, and the rows of them, have the same identifiers and other contents.
private struct Twins: Sendable {
    let wallets: [Wallet]
    /// What has been written of each.
    let rows: [WalletChanges]

    var places: [WalletPlace] { wallets.map(\.place) }
}

extension StoreLaw {
    static let twinLaws: [StoreLaw] = [
        StoreLaw(
            "twins.wallets", .billing, "Two workspaces may each have a wallet with the same identifier, and find their own"
        ) { store, context in
            let id: Identifier<Wallet> = context.id()
            let workspaces = [try await context.workspace(in: store), try await context.workspace(in: store)]
            for (index, workspace) in workspaces.enumerated() {
                let wallet = Wallet(id: id, workspace: workspace, openedAt: context.at(Int64(index)))
                let inserted = try await store.transaction(as: .ledger) { t throws(TammError) in
                    [try t.insert(wallet), try t.insert(wallet)]
                }
                try context.expect(inserted, [true, false], "inserted")
            }
            for (index, workspace) in workspaces.enumerated() {
                let wallet = Wallet(id: id, workspace: workspace, openedAt: context.at(Int64(index)))
                let (found, listed) = try await store.transaction(as: .service) { t throws(TammError) in
                    (try t.wallet(wallet.place), try t.wallets(of: workspace, after: nil, limit: 10))
                }
                try context.expect(found, wallet, "the wallet of workspace \(index + 1)")
                try context.expect(listed, [wallet], "all wallets of workspace \(index + 1)")
            }
        },
        StoreLaw(
            "twins.lock", .billing, "Wallets with the same identifier are locked together, each with its own rows"
        ) { store, context in
            let twins = try await context.twins(in: store)
            for order in [[0, 1], [1, 0]] {
                let needs = order.map { twin in
                    var need = twins.wallets[twin].need(dueBy: .max)
                    need.quotas = twins.rows[twin].quotas.map(\.key)
                    return need
                }
                let locked = try await context.locked(needs, in: store)
                for (twin, (need, found)) in zip(order, zip(needs, locked)) {
                    let rows = twins.rows[twin]
                    let wanted = WalletState(
                        wallet: twins.wallets[twin], grants: rows.grants, holds: rows.holds,
                        receivables: rows.receivables, quotas: rows.quotas)
                    try context.expect(found, wanted, "the wallet of workspace \(twin + 1)")
                    let looked = try await store.transaction(as: .service) { t throws(TammError) in
                        try t.walletState(need)
                    }
                    try context.expect(looked, wanted, "the same without a lock")
                }
            }
        },
        twinLaw("entries", "entries") { place, _, t throws(TammError) in
            (try t.entries(of: place, after: 0, limit: 10), try t.lastEntry(of: place, at: .max))
        } check: { context, found, rows throws(LawViolation) in
            try context.expect(found.0, rows.entries, "the entries")
            try context.expect(found.1, rows.entries.last, "the last entry")
        },
        twinLaw("grants", "grants") { place, rows, t throws(TammError) in
            [try t.grants(of: place, after: nil, limit: 10), try t.grants(rows.grants.map(\.id), of: place)]
        } check: { context, found, rows throws(LawViolation) in
            try context.expect(found, [rows.grants, rows.grants], "the grants, paged and named")
        },
        twinLaw("holds", "holds") { place, _, t throws(TammError) in
            try t.holds(of: place, after: nil, limit: 10)
        } check: { context, found, rows throws(LawViolation) in
            try context.expect(found, rows.holds, "the holds")
        },
        twinLaw("receivables", "receivables") { place, rows, t throws(TammError) in
            [
                try t.receivables(of: place, after: nil, limit: 10),
                try t.receivables(rows.receivables.map(\.id), of: place),
            ]
        } check: { context, found, rows throws(LawViolation) in
            try context.expect(found, [rows.receivables, rows.receivables], "the receivables, paged and named")
        },
        twinLaw("quotas", "counters") { _, rows, t throws(TammError) in
            try t.quotas(rows.quotas.map(\.key))
        } check: { context, found, rows throws(LawViolation) in
            try context.expect(found, rows.quotas, "the counters")
        },
        twinLaw("keys", "commands and usage") { place, rows, t throws(TammError) in
            let keys = rows.commands.map(\.commandKey)
            let batch = WalletBatch(
                keys: keys, usage: rows.usage.map { UsageKey(workspace: place.workspace, id: $0.event.id) })
            let locked = try t.lockWallets(batch, waiting: true)
            return ([try t.recordedCommands(keys), locked.commands], locked.usage.map(\.id))
        } check: { context, found, rows throws(LawViolation) in
            try context.expect(found.0, [rows.commands, rows.commands], "the commands, alone and with the locks")
            try context.expect(found.1, rows.usage.map(\.event.id), "the recorded usage events")
        },
    ]

    /// Each workspace finds its own rows and no others.
    private static func twinLaw<Found: Sendable>(
        _ id: String, _ what: String,
        _ read:
            @escaping @Sendable (WalletPlace, WalletChanges, borrowing any StoreTransaction & ~Copyable)
            throws(TammError) -> Found,
        check: @escaping @Sendable (LawContext, Found, WalletChanges) throws(LawViolation) -> Void
    ) -> StoreLaw {
        StoreLaw(
            "twins.\(id)", .billing, "Wallets with the same identifier in two workspaces keep their \(what) apart"
        ) { store, context in
            let twins = try await context.twins(in: store)
            for (place, rows) in zip(twins.places, twins.rows) {
                let found = try await store.transaction(as: .ledger) { t throws(TammError) in try read(place, rows, t) }
                try check(context, found, rows)
            }
        }
    }
}

extension LawContext {
    /// Two wallets with the same identifier and something of everything in each, committed.
    fileprivate func twins(in store: any TammStore) async throws(TammError) -> Twins {
        let (id, first): (Identifier<Wallet>, Identifier<Grant>) = (self.id(), self.id())
        let (hold, owed): (Identifier<Hold>, Identifier<Receivable>) = (self.id(), self.id())
        let (key, event) = (try self.key("command"), try self.key("event"))
        var wallets: [Wallet] = []
        var written: [WalletChanges] = []
        for number: Int64 in [1, 2] {
            let opened = Wallet(id: id, workspace: try await workspace(in: store), openedAt: at(number))
            var wallet = opened
            let grant = try grant(of: wallet, id: first, 10 * number)
            var rows = WalletChanges()
            rows.entries = (0..<number).map { wallet.append(grant: first, recordedAt: at($0 + number)) }
            rows.wallets = [wallet]
            rows.grants = [grant]
            rows.holds = [self.hold(of: wallet, id: hold, on: [grant], expiresAt: at(number))]
            rows.receivables = [receivable(of: wallet, id: owed, for: grant, forgiven: number)]
            rows.quotas = [QuotaCounter(key: try quotaKey(of: wallet), used: UInt64(number))]
            rows.commands = [command(of: wallet, key: key, amount: number)]
            rows.usage = [usage(of: wallet, id: event, by: key)]
            let changes = rows
            try await store.transaction(as: .ledger) { t throws(TammError) in
                _ = try t.insert(opened)
                try t.lockAndWrite(changes, to: [opened])
            }
            wallets.append(wallet)
            written.append(changes)
        }
        return Twins(wallets: wallets, rows: written)
    }
}
