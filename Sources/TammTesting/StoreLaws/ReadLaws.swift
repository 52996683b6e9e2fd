import TammCore

/// One way in which a port shows rows of a table, and how many it shows.
private struct Reading: Sendable {
    let name: String
    let count: @Sendable (Estate, borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Int

    init(
        _ name: String,
        _ count: @escaping @Sendable (Estate, borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Int
    ) {
        self.name = name
        self.count = count
    }
}

extension StoreLaw {
    static let readLaws: [StoreLaw] =
        TenantTable.allCases.map(visibilityLaw) + [
            StoreLaw(
                "reads.all", .access,
                "Listing the wallets of all workspaces shows each principal those it may see, in full pages"
            ) { store, context in
                let cast = try await context.cast(in: store)
                let ids: [Identifier<Wallet>] = (0..<3).map { _ in context.id() }.sorted()
                let wallets = [cast.seen.id, cast.other.id].sorted().flatMap { workspace in
                    ids.map { Wallet(id: $0, workspace: workspace, openedAt: context.base) }
                }
                let before = WalletPlace(workspace: wallets[0].workspace, id: ids[0].before)
                try await store.transaction(as: .ledger) { t throws(TammError) in
                    for wallet in wallets { _ = try t.insert(wallet) }
                }
                for observer in cast.observers {
                    let standing = [
                        cast.seen.id: observer.standing,
                        cast.other.id: try await store.transaction(as: observer.principal) { t throws(TammError) in
                            try t.standing(in: cast.other.id)
                        },
                    ]
                    let visible = wallets.filter { wallet in
                        RowPolicy.mayRead(.wallets, in: wallet.workspace, as: standing[wallet.workspace] ?? .stranger)
                    }
                    let found = try await store.transaction(as: observer.principal) { t throws(TammError) in
                        try t.wallets(of: nil, after: before, limit: 3)
                    }
                    try context.expect(found, Array(visible.prefix(3)), "what \(observer.name) sees")
                }
            }
        ]

    private static func visibilityLaw(_ table: TenantTable) -> StoreLaw {
        StoreLaw(
            "reads.\(table.rawValue)", .access,
            "Rows of \(table.rawValue) are seen by those whom RowPolicy lets read them, and by nobody else"
        ) { store, context in
            let cast = try await context.cast(in: store)
            let estate = try await context.estate(of: cast.seen, in: store)
            let other = try await context.estate(of: cast.other, in: store)
            for observer in cast.observers {
                let mayRead = RowPolicy.mayRead(table, in: cast.seen.id, as: observer.standing)
                for reading in readings(of: table) {
                    let found = try await store.transaction(as: observer.principal) { t throws(TammError) in
                        try reading.count(estate, t)
                    }
                    let all = try await store.transaction(as: .service) { t throws(TammError) in
                        try reading.count(estate, t)
                    }
                    try context.expect(all > 0, true, "the service sees rows by \(reading.name)")
                    try context.expect(found, mayRead ? all : 0, "rows that \(observer.name) sees by \(reading.name)")
                    if case .member = observer.standing {
                        let foreign = try await store.transaction(as: observer.principal) { t throws(TammError) in
                            try reading.count(other, t)
                        }
                        try context.expect(foreign, 0, "the other workspace's rows that \(observer.name) sees")
                    }
                }
            }
        }
    }

    /// Every reading of the ports that shows rows of the table.
    private static func readings(of table: TenantTable) -> [Reading] {
        switch table {
        case .workspaces:
            [Reading("workspace") { estate, t throws(TammError) in try t.workspace(estate.tenant.id) == nil ? 0 : 1 }]
        case .workspaceUsers:
            [
                Reading("member") { estate, t throws(TammError) in
                    try t.member(estate.tenant.owner, of: estate.tenant.id) == nil ? 0 : 1
                },
                Reading("members") { estate, t throws(TammError) in
                    try t.members(of: estate.tenant.id, after: nil, limit: maximumPage).count
                },
            ]
        case .invitations:
            [
                Reading("invitation") { estate, t throws(TammError) in
                    try t.invitation(estate.tenant.invitation.id, of: estate.tenant.id) == nil ? 0 : 1
                },
                Reading("invitations") { estate, t throws(TammError) in
                    try t.invitations(of: estate.tenant.id, after: nil, limit: maximumPage).count
                },
            ]
        case .apiKeys:
            [
                Reading("apiKey") { estate, t throws(TammError) in
                    try t.apiKey(estate.tenant.apiKey.place) == nil ? 0 : 1
                },
                Reading("apiKeys") { estate, t throws(TammError) in
                    try t.apiKeys(of: estate.tenant.id, after: nil, limit: maximumPage).count
                },
                Reading("usableAPIKeys") { estate, t throws(TammError) in
                    try t.usableAPIKeys(of: estate.tenant.id)
                },
            ]
        case .subscriptions:
            [
                Reading("subscription") { estate, t throws(TammError) in
                    try t.subscription(of: estate.tenant.id) == nil ? 0 : 1
                }
            ]
        case .payments:
            [
                Reading("payment") { estate, t throws(TammError) in
                    try t.payment(estate.tenant.payment.place) == nil ? 0 : 1
                },
                Reading("payments") { estate, t throws(TammError) in
                    try t.payments(of: estate.tenant.id, after: nil, limit: maximumPage).count
                },
                Reading("payments by their moments") { estate, t throws(TammError) in
                    try t.payments(of: estate.tenant.id, with: .paymob, openedIn: .min ..< .max, limit: maximumPage).count
                },
            ]
        case .savedCards:
            [
                Reading("savedCard") { estate, t throws(TammError) in
                    try t.savedCard(of: estate.tenant.id) == nil ? 0 : 1
                }
            ]
        case .wallets:
            [
                Reading("wallet") { estate, t throws(TammError) in try t.wallet(estate.wallet.place) == nil ? 0 : 1 },
                Reading("wallets of the workspace") { estate, t throws(TammError) in
                    try t.wallets(of: estate.tenant.id, after: nil, limit: maximumPage).count
                },
                Reading("walletState") { estate, t throws(TammError) in
                    try t.walletState(estate.wallet.need) == nil ? 0 : 1
                },
            ]
        case .entries:
            [
                Reading("entries") { estate, t throws(TammError) in
                    try t.entries(of: estate.wallet.place, after: 0, limit: maximumPage).count
                },
                Reading("lastEntry") { estate, t throws(TammError) in
                    try t.lastEntry(of: estate.wallet.place, at: .max) == nil ? 0 : 1
                },
            ]
        case .grants:
            [
                Reading("grants") { estate, t throws(TammError) in
                    try t.grants(of: estate.wallet.place, after: nil, limit: maximumPage).count
                },
                Reading("grants by identifier") { estate, t throws(TammError) in
                    try t.grants(estate.made.grants.map(\.id), of: estate.wallet.place).count
                },
            ]
        case .holds:
            [
                Reading("holds") { estate, t throws(TammError) in
                    try t.holds(of: estate.wallet.place, after: nil, limit: maximumPage).count
                }
            ]
        case .receivables:
            [
                Reading("receivables") { estate, t throws(TammError) in
                    try t.receivables(of: estate.wallet.place, after: nil, limit: maximumPage).count
                },
                Reading("receivables by identifier") { estate, t throws(TammError) in
                    try t.receivables(estate.made.receivables.map(\.id), of: estate.wallet.place).count
                },
            ]
        case .commands:
            [
                Reading("recordedCommands") { estate, t throws(TammError) in
                    try t.recordedCommands(estate.commandKeys).count { $0 != nil }
                }
            ]
        case .quotas:
            [
                Reading("quotas") { estate, t throws(TammError) in try t.quotas(estate.quotaKeys).count { $0.used > 0 }
                }
            ]
        case .usageEvents:
            [
                Reading("usage") { estate, t throws(TammError) in
                    try t.usage(of: estate.tenant.id, after: nil, limit: maximumPage).count
                }
            ]
        case .auditLogs:
            [
                Reading("auditEntries") { estate, t throws(TammError) in
                    try t.auditEntries(of: estate.tenant.id, after: nil, limit: maximumPage).count
                },
                chainReading(.actions),
                Reading("auditHeads") { estate, t throws(TammError) in
                    try t.auditHeads(of: estate.tenant.id, after: nil, limit: maximumPage).count
                },
                Reading("auditHeads of all") { estate, t throws(TammError) in
                    let before = AuditPlace(workspace: estate.tenant.id, log: .actions)
                    let last = AuditPlace(workspace: estate.tenant.id, log: .requests)
                    let mine = try t.auditHeads(of: nil, after: before, limit: 2)
                    return mine.count { $0.place <= last && $0.place.workspace == estate.tenant.id }
                },
            ]
        case .documentAccesses: [chainReading(.documents)]
        case .externalRequests: [chainReading(.requests)]
        }
    }

    private static func chainReading(_ log: AuditLog) -> Reading {
        Reading("auditChain of \(log.rawValue)") { estate, t throws(TammError) in
            try t.auditChain(AuditPlace(workspace: estate.tenant.id, log: log), after: nil, limit: maximumPage).count
        }
    }
}
