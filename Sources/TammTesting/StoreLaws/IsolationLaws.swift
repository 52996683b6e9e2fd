import TammCore

extension StoreLaw {
    private static let tasks = 8
    private static let rounds = 8

    static let isolationLaws: [StoreLaw] = [
        StoreLaw("isolation.counter", .unitOfWork, "Concurrent transactions that lock a wallet lose no count") {
            store, context in
            let wallet = try await context.wallet(in: store)
            let key = try context.quotaKey(of: wallet)
            try await concurrently { _ in try await count(key, of: wallet, in: store, waiting: true) }
            try context.expect(try await counted(key, in: store), UInt64(tasks * rounds), "the count")
        },
        StoreLaw(
            "isolation.busy", .unitOfWork,
            "A wallet that is locked elsewhere is waited for or answered busy, never shared"
        ) { store, context in
            let wallet = try await context.wallet(in: store)
            let key = try context.quotaKey(of: wallet)
            try await concurrently { _ in try await count(key, of: wallet, in: store, waiting: false) }
            try context.expect(try await counted(key, in: store), UInt64(tasks * rounds), "the count")
        },
        StoreLaw(
            "isolation.entries", .unitOfWork,
            "Concurrent transactions number a wallet's entries without gap or repetition"
        ) { store, context in
            let (wallet, grant) = try await context.funded(in: store)
            try await concurrently { _ in try await append(to: wallet, grant, in: store, at: context.base) }
            let (found, entries) = try await store.transaction(as: .service) { t throws(TammError) in
                (try t.wallet(wallet.place), try t.entries(of: wallet.place, after: 0, limit: maximumPage))
            }
            try context.expect(entries.map(\.sequence), Array(1...Int64(tasks * rounds)), "the numbers")
            try context.expect(found?.sequence, Int64(tasks * rounds), "the wallet's last number")
            var head = LedgerChain.genesis(workspace: wallet.workspace, wallet: wallet.id)
            for entry in entries {
                head = LedgerChain.hash(entry, after: head)
                try context.expect(entry.hash, head, "the hash of entry \(entry.sequence)")
            }
            try context.expect(found?.head, head, "the wallet's head")
        },
        StoreLaw(
            "isolation.wallets", .unitOfWork, "Concurrent transactions over other wallets do not disturb each other"
        ) {
            store, context in
            let workspace = try await context.workspace(in: store)
            var made: [Wallet] = []
            for _ in 0..<tasks { made.append(try await context.wallet(of: workspace, in: store)) }
            let wallets = made
            let keys = try wallets.map { wallet throws(TammError) in try context.quotaKey(of: wallet) }
            try await concurrently { task in
                try await count(keys[task], of: wallets[task], in: store, waiting: true)
            }
            for key in keys { try context.expect(try await counted(key, in: store), UInt64(rounds), "the count") }
        },
        StoreLaw(
            "isolation.order", .unitOfWork, "Transactions that ask for the same wallets in different orders all finish"
        ) { store, context in
            let workspace = try await context.workspace(in: store)
            let first = try await context.wallet(of: workspace, in: store)
            let second = try await context.wallet(of: workspace, in: store)
            let keys = [try context.quotaKey(of: first), try context.quotaKey(of: second)]
            try await concurrently { task in
                let wallets = task % 2 == 0 ? [first, second] : [second, first]
                let order = task % 2 == 0 ? keys : keys.reversed()
                try await store.transaction(as: .ledger) { t throws(TammError) in
                    _ = try t.lockWallets(wallets.map(\.need), waiting: true)
                    var changes = WalletChanges()
                    changes.quotas = try t.quotas(order).map { QuotaCounter(key: $0.key, used: $0.used + 1) }
                    try t.write(changes)
                }
            }
            for key in keys {
                try context.expect(try await counted(key, in: store), UInt64(tasks * rounds), "the count")
            }
        },
        StoreLaw("isolation.reads", .unitOfWork, "A transaction that reads sees no half of one that writes") {
            store, context in
            let (wallet, grant) = try await context.funded(in: store)
            let torn = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<tasks / 2 {
                    group.addTask {
                        for _ in 0..<rounds { try await append(to: wallet, grant, in: store, at: context.base) }
                        return []
                    }
                    group.addTask { try await halves(of: wallet, in: store) }
                }
                return try await group.reduce(into: [String]()) { $0 += $1 }
            }
            try context.expect(torn, [], "wallets whose last entry is another than the last")
        },
        StoreLaw("isolation.owners", .unitOfWork, "Of two owners who each step down because of the other, one stays") {
            store, context in
            for round in 0..<rounds {
                let tenant = try await context.tenant(in: store)
                let second: Identifier<User> = context.id()
                try await store.transaction(as: .service) { t throws(TammError) in
                    try t.put(Member(workspace: tenant.id, user: second, role: .owner, joinedAt: context.base))
                }
                await withTaskGroup { group in
                    for user in [tenant.owner, second] {
                        group.addTask { await stepDown(user, of: tenant.id, in: store) }
                    }
                }
                let members = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.members(of: tenant.id, after: nil, limit: 10)
                }
                try context.expect(
                    members.contains { $0.role == .owner }, true, "an owner is left after round \(round)")
            }
        },
        StoreLaw("isolation.insert", .unitOfWork, "Of those who insert the same wallet at once, one does") {
            store, context in
            let wallet = Wallet(
                id: context.id(), workspace: try await context.workspace(in: store), openedAt: context.base)
            let inserted = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<tasks {
                    group.addTask {
                        try await store.transaction(as: .ledger) { t throws(TammError) in try t.insert(wallet) }
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            try context.expect(inserted, 1, "how many inserted it")
        },
        StoreLaw(
            "isolation.keys", .unitOfWork,
            "Keys and usage events are read under the lock: of those who find neither and record both at once, one does"
        ) { store, context in
            let wallet = try await context.wallet(in: store)
            for round in 0..<rounds {
                let command = try context.command(of: wallet, key: context.key("command-\(round)"))
                let usage = try context.usage(of: wallet, id: context.key("event"), by: command.receipt.key)
                let event = UsageKey(workspace: wallet.workspace, id: usage.event.id)
                let batch = WalletBatch(wallets: [wallet.need], keys: [command.commandKey], usage: [event])
                let recorded = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<tasks {
                        group.addTask {
                            try await store.transaction(as: .ledger) { t throws(TammError) in
                                let found = try t.lockWallets(batch, waiting: true)
                                guard found.commands == [nil] || !found.usage.contains(event) else { return 0 }
                                var changes = WalletChanges()
                                changes.commands = [command]
                                changes.usage = [usage]
                                try t.write(changes)
                                return 1
                            }
                        }
                    }
                    return try await group.reduce(0, +)
                }
                try context.expect(recorded, 1, "how many recorded them")
            }
        },
        StoreLaw("isolation.usage", .unitOfWork, "Of those who record the same usage event at once, one does") {
            store, context in
            let wallet = try await context.wallet(in: store)
            let event = try context.key("event")
            let codes = try await withThrowingTaskGroup(of: TammError.Code?.self) { group in
                for task in 0..<tasks {
                    var changes = WalletChanges()
                    let command = try context.command(of: wallet, key: context.key("command-\(task)"))
                    changes.commands = [command]
                    changes.usage = [context.usage(of: wallet, id: event, by: command.receipt.key)]
                    let once = changes
                    group.addTask {
                        await context.failure(in: store, as: .ledger) { t throws(TammError) in
                            try t.lockAndWrite(once, to: [wallet])
                        }?.code
                    }
                }
                return try await group.reduce(into: [TammError.Code?]()) { $0.append($1) }
            }
            try context.expect(codes.count { $0 == nil }, 1, "how many recorded it")
            try context.expect(codes.count { $0 == .conflict }, tasks - 1, "how many were refused")
        },
    ]

    private static func concurrently(_ body: @escaping @Sendable (_ task: Int) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<tasks {
                group.addTask { for _ in 0..<rounds { try await body(task) } }
            }
            try await group.waitForAll()
        }
    }

    /// Reads the counter under the wallet's lock and writes one more; a busy wallet is asked for again.
    private static func count(
        _ key: QuotaCounter.Key, of wallet: Wallet, in store: any TammStore, waiting: Bool
    ) async throws {
        var need = wallet.need
        need.quotas = [key]
        let needs = [need]
        for _ in 0..<10_000 {
            let done = try await store.transaction(as: .ledger) { t throws(TammError) in
                guard case .locked(let state)? = try t.lockWallets(needs, waiting: waiting).first else { return false }
                var changes = WalletChanges()
                changes.quotas = [QuotaCounter(key: key, used: (state.quotas.first?.used ?? 0) + 1)]
                try t.write(changes)
                return true
            }
            if done { return }
            await Task.yield()
        }
        throw TammError(.unavailable, "the wallet was busy 10,000 times")
    }

    private static func counted(_ key: QuotaCounter.Key, in store: any TammStore) async throws(TammError) -> UInt64? {
        try await store.transaction(as: .service) { t throws(TammError) in try t.quotas([key]).first?.used }
    }

    private static func append(
        to wallet: Wallet, _ grant: Grant, in store: any TammStore, at moment: Timestamp
    ) async throws(TammError) {
        try await store.transaction(as: .ledger) { t throws(TammError) in
            var wallet = try t.lock(wallet.need).wallet
            var changes = WalletChanges()
            changes.entries = [wallet.append(grant: grant.id, recordedAt: moment)]
            changes.wallets = [wallet]
            try t.write(changes)
        }
    }

    private static func halves(of wallet: Wallet, in store: any TammStore) async throws(TammError) -> [String] {
        var torn: [String] = []
        for round in 0..<rounds {
            let found = try await store.transaction(as: round % 2 == 0 ? .service : .ledger) { t throws(TammError) in
                let first = try t.wallet(wallet.place)
                let last = try t.lastEntry(of: wallet.place, at: .max)
                return (first?.sequence, last?.sequence ?? 0)
            }
            if found.0 != found.1 { torn.append("\(found)") }
        }
        return torn
    }

    private static func stepDown(
        _ user: Identifier<User>, of workspace: Identifier<Workspace>, in store: any TammStore
    ) async {
        _ = try? await store.transaction(as: .user(user, in: workspace)) { t throws(TammError) in
            let members = try t.members(of: workspace, after: nil, limit: 10)
            guard let member = members.first(where: { $0.user == user }),
                members.contains(where: { $0.role == .owner && $0.user != user })
            else { return }
            try t.put(Member(workspace: workspace, user: user, role: .admin, joinedAt: member.joinedAt))
        }
    }
}

extension LawContext {
    /// A new wallet with one grant and no entries, committed.
    func funded(in store: any TammStore) async throws(TammError) -> (Wallet, Grant) {
        let wallet = try await wallet(in: store)
        let grant = try grant(of: wallet)
        var changes = WalletChanges()
        changes.grants = [grant]
        try await store.write(changes, to: wallet)
        return (wallet, grant)
    }
}
