import TammCore

extension StoreLaw {
    static let writeLaws: [StoreLaw] =
        TenantTable.allCases.compactMap { table in
            part(of: table).map { ledgerWriteLaw(table, $0) }
        } + [
            StoreLaw(
                "writes.workspaces", .access, "Only the service and platform administrators make workspaces"
            ) { store, context in
                let cast = try await context.cast(in: store)
                for observer in cast.observers {
                    let mayWrite = [.service, .platformAdmin].contains(observer.standing)
                    let workspace = try Workspace(id: context.id(), name: "A workspace", createdAt: context.base)
                    let error = await context.failure(in: store, as: observer.principal) { t throws(TammError) in
                        try t.insert(workspace)
                    }
                    try context.expect(error?.code, mayWrite ? nil : .forbidden, "made by \(observer.name)")
                    let found = try await store.transaction(as: .service) { t throws(TammError) in
                        try t.workspace(workspace.id)
                    }
                    try context.expect(found, mayWrite ? workspace : nil, "what \(observer.name) made")
                }
            },
            memberWriteLaw("put.new", "adds a member") { cast, user, t throws(TammError) in
                try t.put(Member(workspace: cast.seen.id, user: user, role: .member, joinedAt: .epoch))
            },
            memberWriteLaw("put.role", "changes a member's role") { cast, _, t throws(TammError) in
                try t.put(Member(workspace: cast.seen.id, user: cast.seen.member, role: .admin, joinedAt: .epoch))
            },
            memberWriteLaw("remove", "removes a member") { cast, _, t throws(TammError) in
                try t.removeMember(cast.seen.member, from: cast.seen.id)
            },
            StoreLaw(
                "writes.wallets.insert", .access, "Only the ledger and the service open wallets"
            ) { store, context in
                let cast = try await context.cast(in: store)
                for observer in cast.observers {
                    let mayWrite = RowPolicy.mayWrite(.wallets, in: cast.seen.id, as: observer.standing)
                    let wallet = Wallet(id: context.id(), workspace: cast.seen.id, openedAt: context.base)
                    let error = await context.failure(in: store, as: observer.principal) { t throws(TammError) in
                        _ = try t.insert(wallet)
                    }
                    try context.expect(error?.code, mayWrite ? nil : .forbidden, "opened by \(observer.name)")
                    let found = try await store.transaction(as: .service) { t throws(TammError) in
                        try t.wallet(wallet.place)
                    }
                    try context.expect(found, mayWrite ? wallet : nil, "what \(observer.name) opened")
                }
            },
            StoreLaw("writes.lock", .access, "Only the ledger and the service lock wallets") { store, context in
                let cast = try await context.cast(in: store)
                let wallet = try await context.wallet(of: cast.seen.id, in: store)
                for observer in cast.observers {
                    let mayWrite = RowPolicy.mayWrite(.wallets, in: cast.seen.id, as: observer.standing)
                    for waiting in [true, false] {
                        let error = await context.failure(in: store, as: observer.principal) { t throws(TammError) in
                            _ = try t.lockWallets([wallet.need], waiting: waiting)
                        }
                        try context.expect(error?.code, mayWrite ? nil : .forbidden, "locked by \(observer.name)")
                    }
                }
            },
            StoreLaw(
                "writes.hidden", .access,
                "Whoever may not see a row learns nothing by writing it: the error is that for a missing row"
            ) { store, context in
                let cast = try await context.cast(in: store)
                let estate = try await context.estate(of: cast.seen, in: store)
                let nowhere: Identifier<Workspace> = context.id()
                let missing = Wallet(id: context.id(), workspace: nowhere, openedAt: context.base)
                let user: Identifier<User> = context.id()
                for observer in cast.observers {
                    guard case .user = observer.principal, observer.standing == .stranger else { continue }
                    let entries = [try context.audit(of: cast.seen.id), try context.audit(of: nowhere)]
                    for (what, there, absent) in hiddenWrites(estate, missing, user, entries) {
                        let seen = await context.failure(in: store, as: observer.principal, there)
                        let unseen = await context.failure(in: store, as: observer.principal, absent)
                        try context.expect(seen?.code, unseen?.code, "the error of \(what) by \(observer.name)")
                    }
                }
            },
        ]

    private typealias Body = @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Void

    /// The same write to something that is there and to something that is not.
    private static func hiddenWrites(
        _ estate: Estate, _ missing: Wallet, _ user: Identifier<User>, _ audit: [AuditEntry]
    ) -> [(String, Body, Body)] {
        let (here, nowhere) = (estate.tenant.id, missing.workspace)
        func put(_ workspace: Identifier<Workspace>) -> Body {
            { t throws(TammError) in
                try t.put(Member(workspace: workspace, user: user, role: .owner, joinedAt: .epoch))
            }
        }
        func assign(_ workspace: Identifier<Workspace>) -> Body {
            let plan = LawContext.hidden(workspace, estate.tenant.plan)
            return { t throws(TammError) in try t.put(plan, dueAt: nil) }
        }
        func remove(_ workspace: Identifier<Workspace>) -> Body {
            { t throws(TammError) in try t.removeMember(estate.tenant.member, from: workspace) }
        }
        func place(_ workspace: Identifier<Workspace>) -> Body {
            { t throws(TammError) in _ = try t.lockSubscription(of: workspace) }
        }
        func pay(_ workspace: Identifier<Workspace>) -> Body {
            let payment = LawContext.hidden(workspace, estate.tenant.payment)
            return { t throws(TammError) in try t.put(payment) }
        }
        func save(_ workspace: Identifier<Workspace>) -> Body {
            let card = estate.tenant.card
            return { t throws(TammError) in
                try t.put(
                    SavedCard(
                        workspace: workspace, provider: card.provider, account: card.account, token: card.token,
                        maskedNumber: card.maskedNumber, brand: card.brand, savedAt: card.savedAt))
            }
        }
        func forget(_ workspace: Identifier<Workspace>) -> Body {
            { t throws(TammError) in try t.removeSavedCard(of: workspace) }
        }
        func record(_ entry: AuditEntry) -> Body { { t throws(TammError) in try t.append([entry]) } }
        func open(_ workspace: Identifier<Workspace>) -> Body {
            let wallet = Wallet(id: missing.id, workspace: workspace, openedAt: .epoch)
            return { t throws(TammError) in _ = try t.insert(wallet) }
        }
        func write(_ wallet: Wallet) -> Body {
            var changes = WalletChanges()
            changes.wallets = [wallet]
            return { [changes] t throws(TammError) in try t.write(changes) }
        }
        func lock(_ wallet: Wallet) -> Body {
            { t throws(TammError) in _ = try t.lockWallets([wallet.need], waiting: true) }
        }
        return [
            ("assigning a plan", assign(here), assign(nowhere)), ("adding a member", put(here), put(nowhere)),
            ("removing a member", remove(here), remove(nowhere)),
            ("opening a wallet", open(here), open(nowhere)), ("writing a wallet", write(estate.wallet), write(missing)),
            ("locking a wallet", lock(estate.wallet), lock(missing)),
            ("recording", record(audit[0]), record(audit[1])),
            ("locking a subscription", place(here), place(nowhere)), ("putting a payment", pay(here), pay(nowhere)),
            ("saving a card", save(here), save(nowhere)), ("removing a card", forget(here), forget(nowhere)),
        ]
    }

    private static func memberWriteLaw(
        _ id: String, _ what: String,
        _ body:
            @escaping @Sendable (Cast, Identifier<User>, borrowing any StoreTransaction & ~Copyable)
            throws(TammError) -> Void
    ) -> StoreLaw {
        StoreLaw(
            "writes.workspace_users.\(id)", .access,
            "Whoever RowPolicy lets write members \(what), and nobody else does"
        ) { store, context in
            for index in try await context.cast(in: store).observers.indices {
                let cast = try await context.cast(in: store)
                let observer = cast.observers[index]
                let before = try await members(of: cast, in: store)
                let user: Identifier<User> = context.id()
                let error = await context.failure(in: store, as: observer.principal) { t throws(TammError) in
                    try body(cast, user, t)
                }
                let after = try await members(of: cast, in: store)
                if RowPolicy.mayWrite(.workspaceUsers, in: cast.seen.id, as: observer.standing) {
                    try context.expect(error, nil, "the error for \(observer.name)")
                    try context.expect(after == before, false, "no change by \(observer.name)")
                } else {
                    let isSeen = RowPolicy.mayRead(.workspaceUsers, in: cast.seen.id, as: observer.standing)
                    let refused = error?.code == .forbidden || (!isSeen && error?.code == .notFound)
                    try context.expect(refused, true, "forbidden for \(observer.name), found \(error as Any)")
                    try context.expect(after, before, "the members after \(observer.name)")
                }
            }
        }
    }

    private static func members(of cast: Cast, in store: any TammStore) async throws(TammError) -> [Member] {
        try await store.transaction(as: .service) { t throws(TammError) in
            try t.members(of: cast.seen.id, after: nil, limit: maximumPage)
        }
    }

    private static func ledgerWriteLaw(_ table: TenantTable, _ part: WalletPart) -> StoreLaw {
        StoreLaw(
            "writes.\(table.rawValue)", .access,
            "Rows of \(table.rawValue) are written by the ledger and the service, and by no user whatever its role"
        ) { store, context in
            let cast = try await context.cast(in: store)
            for observer in cast.observers {
                let estate = try await context.estate(of: cast.seen, in: store)
                let before = try await estate.snapshot(in: store)
                let changes = estate.next(part)
                let mayWrite = RowPolicy.mayWrite(table, in: cast.seen.id, as: observer.standing)
                let error = await context.failure(in: store, as: observer.principal) { t throws(TammError) in
                    if mayWrite { _ = try t.lock(estate.wallet.need) }
                    try t.write(changes)
                }
                try context.expect(error?.code, mayWrite ? nil : .forbidden, "the error for \(observer.name)")
                let after = mayWrite ? before.applying(changes, commandKeys: estate.commandKeys) : before
                try context.expect(try await estate.snapshot(in: store), after, "the rows after \(observer.name)")
            }
        }
    }

    private static func part(of table: TenantTable) -> WalletPart? {
        switch table {
        case .workspaces, .workspaceUsers, .invitations, .apiKeys, .subscriptions, .payments, .savedCards, .auditLogs,
            .documentAccesses, .externalRequests:
            nil
        case .wallets: .wallets
        case .entries: .entries
        case .grants: .grants
        case .holds: .holds
        case .receivables: .receivables
        case .commands: .commands
        case .quotas: .quotas
        case .usageEvents: .usage
        }
    }
}

extension LawContext {
    /// The same subscription in another workspace.
    static func hidden(_ workspace: Identifier<Workspace>, _ model: Subscription) -> Subscription {
        Subscription(
            workspace: workspace, plan: model.plan, state: model.state, terms: nil, anchor: .epoch,
            creditedThrough: .epoch, ending: nil, hadTrial: false, collections: 0, topUp: nil, createdAt: .epoch)
    }

    /// The same payment in another workspace.
    static func hidden(_ workspace: Identifier<Workspace>, _ model: Payment) -> Payment {
        Payment(
            id: model.id, workspace: workspace, purpose: model.purpose, amount: model.amount, provider: model.provider,
            account: model.account, openedAt: model.openedAt, expiresAt: model.expiresAt, order: nil, claim: nil,
            status: model.status, transactions: [], grants: [], period: nil, refunds: .init(), hasSavedCard: false, isAutomatic: false,
            task: nil, dueAt: nil,
            attempts: 0)
    }
}
