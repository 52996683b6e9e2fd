import TammCore

extension StoreLaw {
    static let lockLaws: [StoreLaw] = [
        StoreLaw("lock.order", .billing, "Wallets are answered in the order in which they are asked for") {
            store, context in
            let workspace = try await context.workspace(in: store)
            var made: [Wallet] = []
            for _ in 0..<5 { made.append(try await context.wallet(of: workspace, in: store)) }
            made.append(try await context.wallet(in: store))
            let sorted = made.sorted { $0.id < $1.id }
            for order in [sorted, sorted.reversed(), [4, 0, 5, 2, 1, 3].map { sorted[$0] }] {
                let found = try await context.locked(order.map(\.need), in: store)
                try context.expect(found.map { $0?.wallet }, order, "the wallets")
            }
        },
        StoreLaw("lock.missing", .billing, "A wallet that is not there is answered missing, and the others are locked") {
            store, context in
            let workspace = try await context.workspace(in: store)
            let first = try await context.wallet(of: workspace, in: store)
            let second = try await context.wallet(of: workspace, in: store)
            let unknown = WalletNeed(workspace: workspace, wallet: context.id(), dueBy: .max)
            let found = try await context.locked([second.need, unknown, first.need, unknown], in: store)
            try context.expect(found.map { $0?.wallet }, [second, nil, first, nil], "the wallets")
            let state = try await store.transaction(as: .ledger) { t throws(TammError) in try t.walletState(unknown) }
            try context.expect(state, nil, "its state without a lock")
        },
        StoreLaw("lock.elsewhere", .billing, "A wallet asked for in another workspace than its own is answered missing") {
            store, context in
            let (wallet, other) = (try await context.wallet(in: store), try await context.wallet(in: store))
            let wrong = WalletNeed(workspace: other.workspace, wallet: wallet.id, dueBy: .max)
            let found = try await context.locked([wrong, other.need], in: store)
            try context.expect(found.map { $0?.wallet }, [nil, other], "the wallets")
            let state = try await store.transaction(as: .ledger) { t throws(TammError) in try t.walletState(wrong) }
            try context.expect(state, nil, "its state without a lock")
        },
        StoreLaw("lock.nothing", .billing, "Asking for no wallets locks none") { store, context in
            for waiting in [true, false] {
                let count = try await store.transaction(as: .ledger) { t throws(TammError) in
                    try t.lockWallets([], waiting: waiting).count
                }
                try context.expect(count, 0, "the answers")
            }
        },
        StoreLaw(
            "lock.holds.due", .billing,
            "Open holds that expire at or before the moment, or the wallet's last entry, are read, and no later ones"
        ) {
            store, context in
            let (wallet, grant) = try await context.funded(in: store)
            let moments: [Int64] = [-3_000_000, -1, 0, 1, 3_000_000]
            let holds = moments.map { context.hold(of: wallet, on: [grant], expiresAt: context.at($0)) }
            let closed = [Hold.Status.captured, .released, .expired].map {
                context.hold(of: wallet, on: [grant], status: $0, expiresAt: context.at(-1))
            }
            var changes = WalletChanges()
            changes.holds = closed + holds
            try await store.write(changes, to: wallet)
            for moment in [-4_000_000, -2, -1, 0, 1, 2_999_999, 3_000_000] as [Int64] {
                let need = wallet.need(dueBy: context.at(moment))
                let wanted = holds.filter { $0.expiresAt <= max(need.dueBy, wallet.recordedAt) }
                let found = try await context.state(need, in: store)
                try context.expect(
                    found.holds.sorted { $0.id < $1.id }, wanted.sorted { $0.id < $1.id },
                    "the holds due \(moment) µs after the base")
            }
        },
        StoreLaw("lock.holds.named", .billing, "Holds that are named are read whatever their state, each once") {
            store, context in
            let (wallet, grant) = try await context.funded(in: store)
            let (other, otherGrant) = try await context.funded(in: store)
            let holds = [Hold.Status.open, .captured, .released, .expired].map {
                context.hold(of: wallet, on: [grant], status: $0)
            }
            let unnamed = context.hold(of: wallet, on: [grant], status: .captured)
            let foreign = context.hold(of: other, on: [otherGrant])
            var changes = WalletChanges()
            changes.holds = holds + [unnamed]
            try await store.write(changes, to: wallet)
            changes.holds = [foreign]
            try await store.write(changes, to: other)
            for moment in [Timestamp.min, .max] {
                var need = wallet.need(dueBy: moment)
                need.holds = [context.id(), foreign.id] + holds.map(\.id).reversed() + [context.id()]
                let found = try await context.state(need, in: store)
                try context.expect(
                    found.holds.sorted { $0.id < $1.id }, holds.sorted { $0.id < $1.id }, "the named holds")
            }
        },
        StoreLaw("lock.holds.closed", .billing, "A hold that has been settled is not due any more") { store, context in
            let (wallet, grant) = try await context.funded(in: store)
            var hold = context.hold(of: wallet, on: [grant], expiresAt: context.base)
            var changes = WalletChanges()
            changes.holds = [hold]
            try await store.write(changes, to: wallet)
            hold.status = .captured
            hold.captured = .one
            changes.holds = [hold]
            try await store.write(changes, to: wallet)
            let found = try await context.state(wallet.need(dueBy: .max), in: store)
            try context.expect(found.holds, [], "the holds due")
        },
        StoreLaw(
            "lock.grants.open", .billing, "All open grants are read: with something left, or with their day to come"
        ) {
            store, context in
            let wallet = try await context.wallet(in: store)
            let open = [
                try context.grant(of: wallet), try context.grant(of: wallet, remaining: 1),
                try context.grant(of: wallet, status: .scheduled, effectiveAt: context.at(1_000_000)),
                try context.grant(of: wallet, remaining: 0, status: .scheduled, effectiveAt: context.at(2)),
                try context.grant(of: wallet, remaining: 2, status: .expired),
            ]
            let closed = [
                try context.grant(of: wallet, remaining: 0),
                try context.grant(of: wallet, remaining: 0, status: .expired),
            ]
            var changes = WalletChanges()
            changes.grants = [closed[0]] + open + [closed[1]]
            try await store.write(changes, to: wallet)
            for moment in [Timestamp.min, .max] {
                let found = try await context.state(wallet.need(dueBy: moment), in: store)
                try context.expect(found.sortedGrants, open.sorted { $0.id < $1.id }, "the grants")
            }
        },
        StoreLaw("lock.grants.named", .billing, "Grants that are named are read whatever their state, each once") {
            store, context in
            let (other, foreign) = try await context.funded(in: store)
            let wallet = try await context.wallet(of: other.workspace, in: store)
            let named = [
                try context.grant(of: wallet), try context.grant(of: wallet, remaining: 0),
                try context.grant(of: wallet, remaining: 0, status: .expired),
            ]
            var changes = WalletChanges()
            changes.grants = named + [try context.grant(of: wallet, remaining: 0)]
            try await store.write(changes, to: wallet)
            var need = wallet.need
            need.grants = [foreign.id, context.id()] + named.map(\.id)
            let found = try await context.state(need, in: store)
            try context.expect(found.sortedGrants, named.sorted { $0.id < $1.id }, "the grants")
        },
        StoreLaw("lock.grants.behind", .billing, "Grants behind the holds that are read are read whatever their state") {
            store, context in
            let wallet = try await context.wallet(in: store)
            let spent = try (0..<4).map { _ throws(TammError) in try context.grant(of: wallet, remaining: 0) }
            let due = context.hold(of: wallet, on: [spent[0], spent[1]], expiresAt: context.base)
            let named = context.hold(of: wallet, on: [spent[1], spent[2]], status: .released)
            let neither = context.hold(of: wallet, on: [spent[3]])
            var changes = WalletChanges()
            changes.grants = spent
            changes.holds = [due, named, neither]
            try await store.write(changes, to: wallet)
            var need = wallet.need(dueBy: context.base)
            try context.expect(
                try await context.state(need, in: store).sortedGrants, spent[0...1].sorted { $0.id < $1.id },
                "the grants behind a due hold")
            need.holds = [named.id]
            try context.expect(
                try await context.state(need, in: store).sortedGrants, spent[0...2].sorted { $0.id < $1.id },
                "the grants behind a due and a named hold")
        },
        StoreLaw(
            "lock.grants.again", .billing, "A grant that is spent is left out, and is read again when credits return"
        ) {
            store, context in
            let (wallet, first) = try await context.funded(in: store)
            var grant = first
            for remaining: Int64 in [0, 5, 0] {
                grant.remaining = context.credits(remaining)
                var changes = WalletChanges()
                changes.grants = [grant]
                try await store.write(changes, to: wallet)
                let found = try await context.state(wallet.need, in: store)
                try context.expect(found.grants, remaining == 0 ? [] : [grant], "the grants with \(remaining) left")
            }
        },
        StoreLaw(
            "lock.receivables", .billing, "Open receivables are read, and closed ones where they are named, each once"
        ) {
            store, context in
            let (wallet, grant) = try await context.funded(in: store)
            let open = context.receivable(of: wallet, for: grant, forgiven: 4)
            let closed = context.receivable(of: wallet, for: grant, forgiven: 5)
            let named = context.receivable(of: wallet, for: grant, forgiven: 5)
            var paid = context.receivable(of: wallet, for: grant)
            var changes = WalletChanges()
            changes.receivables = [closed, open, named, paid]
            try await store.write(changes, to: wallet)
            paid.settledBy = [Portion(grant: grant.id, amount: context.credits(5))]
            changes.receivables = [paid]
            try await store.write(changes, to: wallet)
            var need = wallet.need
            try context.expect(try await context.state(need, in: store).receivables, [open], "the open receivables")
            need.receivables = [named.id, context.id(), open.id, paid.id]
            let found = try await context.state(need, in: store).receivables
            try context.expect(
                found.sorted { $0.id < $1.id }, [open, named, paid].sorted { $0.id < $1.id }, "with the named ones")
        },
        StoreLaw(
            "lock.quotas", .billing, "Counters that are named or claimed by a hold are read, 0 where nothing is counted"
        ) {
            store, context in
            let (wallet, grant) = try await context.funded(in: store)
            let keys = try ["messages", "pages", "tokens", "calls"].map { meter throws(TammError) in
                try context.quotaKey(of: wallet, meter)
            }
            let later = QuotaCounter.Key(wallet: wallet.place, meter: keys[0].meter, periodStart: context.at(1))
            var changes = WalletChanges()
            changes.quotas = [(0, 4), (1, 5), (3, 6)].map { QuotaCounter(key: keys[$0.0], used: $0.1) }
            changes.holds = [
                context.hold(of: wallet, on: [grant], expiresAt: context.base, quota: try context.claim(keys[1]))
            ]
            try await store.write(changes, to: wallet)
            var need = wallet.need(dueBy: context.base)
            need.quotas = [keys[2], keys[0], later]
            let found = try await context.state(need, in: store).quotas
            let wanted = [(keys[2], 0), (keys[0], 4), (later, 0), (keys[1], 5)].map {
                QuotaCounter(key: $0.0, used: $0.1)
            }
            try context.expect(Set(found), Set(wanted), "the counters")
        },
        StoreLaw(
            "lock.keys", .billing,
            "With the locks the commands are answered in the order of their keys, and the recorded usage events"
        ) { store, context in
            let (estate, other) = (try await context.estate(in: store), try await context.estate(in: store))
            let (mine, theirs) = (estate.made.commands[0], other.made.commands[0])
            let unknown = CommandKey(workspace: estate.tenant.id, key: try context.key("unknown"))
            let recorded = [estate, other].map { estate in
                UsageKey(workspace: estate.tenant.id, id: estate.made.usage[0].event.id)
            }
            let fresh = UsageKey(workspace: estate.tenant.id, id: try context.key("event"))
            let batch = WalletBatch(
                wallets: [other.wallet.need, estate.wallet.need],
                keys: [unknown, theirs.commandKey, unknown, mine.commandKey], usage: recorded + [fresh])
            for waiting in [true, false] {
                let found = try await store.transaction(as: .ledger) { t throws(TammError) in
                    try t.lockWallets(batch, waiting: waiting)
                }
                try context.expect(found.wallets.count, 2, "the wallets")
                try context.expect(found.commands, [nil, theirs, nil, mine], "the commands")
                try context.expect(found.usage, Set(recorded), "the recorded usage events")
            }
        },
        StoreLaw("lock.state", .billing, "Looking without a lock shows what locking shows") { store, context in
            let estate = try await context.estate(in: store)
            var named = estate.wallet.need(dueBy: .max)
            named.grants = estate.made.grants.map(\.id)
            named.receivables = estate.made.receivables.map(\.id)
            named.quotas = estate.quotaKeys
            for need in [estate.wallet.need, named] {
                let locked = try await context.state(need, in: store)
                let looked = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.walletState(need)
                }
                try context.expect(looked?.wallet, locked.wallet, "the wallet")
                try context.expect(looked?.sortedGrants, locked.sortedGrants, "the grants")
                try context.expect((looked?.holds).map { Set($0) }, Set(locked.holds), "the holds")
                try context.expect((looked?.receivables).map { Set($0) }, Set(locked.receivables), "the receivables")
                try context.expect((looked?.quotas).map { Set($0) }, Set(locked.quotas), "the counters")
            }
        },
    ]
}

extension WalletState {
    var sortedGrants: [Grant] { grants.sorted { $0.id < $1.id } }
}

extension LawContext {
    /// Locks the wallets as the ledger; nil where one is missing.
    func locked(_ needs: [WalletNeed], in store: any TammStore) async throws -> [WalletState?] {
        let answers = try await store.transaction(as: .ledger) { t throws(TammError) in
            try t.lockWallets(needs, waiting: true)
        }
        return try answers.map { answer in
            switch answer {
            case .locked(let state): state
            case .missing: nil
            case .busy: throw violation("a wallet that is waited for", "busy")
            }
        }
    }

    func state(_ need: WalletNeed, in store: any TammStore) async throws(TammError) -> WalletState {
        try await store.transaction(as: .ledger) { t throws(TammError) in try t.lock(need) }
    }
}
