import TammCore

/// A listing that is read in pages.
struct Listing<Row: Sendable & Equatable, Cursor: Sendable>: Sendable {
    let cursor: @Sendable (Row) -> Cursor
    let read: @Sendable (borrowing any StoreTransaction & ~Copyable, Cursor?, Int) throws(TammError) -> [Row]

    init(
        by cursor: @escaping @Sendable (Row) -> Cursor,
        _ read:
            @escaping @Sendable (borrowing any StoreTransaction & ~Copyable, Cursor?, Int) throws(TammError) -> [Row]
    ) {
        self.cursor = cursor
        self.read = read
    }

    /// Walks the listing in pages of several sizes, and asks after every row.
    func check(_ rows: [Row], in store: any TammStore, _ context: LawContext) async throws {
        for limit in [1, 2, 3, rows.count - 1, rows.count, rows.count + 1, maximumPage] {
            var found: [Row] = []
            var cursor: Cursor?
            repeat {
                let after = cursor
                let page = try await store.transaction(as: .service) { t throws(TammError) in
                    try read(t, after, limit)
                }
                try context.expect(
                    page.count, min(limit, rows.count - found.count),
                    "the rows of a page of \(limit) after \(found.count)")
                found += page
                cursor = page.last.map(self.cursor)
                if page.count < limit { break }
            } while found.count <= rows.count
            try context.expect(found, rows, "all rows in pages of \(limit)")
        }
        for (index, row) in rows.enumerated() {
            let after = cursor(row)
            let page = try await store.transaction(as: .service) { t throws(TammError) in
                try read(t, after, maximumPage)
            }
            try context.expect(page, Array(rows[(index + 1)...]), "the rows after number \(index + 1)")
        }
    }
}

extension StoreLaw {
    static let pageLaws: [StoreLaw] = [
        StoreLaw("pages.members", .access, "Members are paged in the order of their identifiers, unsigned") {
            store, context in
            let (workspace, other) = (try await context.workspace(in: store), try await context.tenant(in: store))
            let ids: [Identifier<User>] = context.scattered()
            let made = ids.map { Member(workspace: workspace, user: $0, role: .admin, joinedAt: context.base) }
            try await store.transaction(as: .service) { t throws(TammError) in
                for member in made { try t.put(member) }
                try t.put(Member(workspace: other.id, user: context.id(), role: .admin, joinedAt: context.base))
            }
            let listing = Listing<Member, Identifier<User>>(by: { $0.user }) { t, cursor, limit throws(TammError) in
                try t.members(of: workspace, after: cursor, limit: limit)
            }
            try await listing.check(made.sorted { $0.user < $1.user }, in: store, context)
            try await context.checkBetween(ids) { cursor throws(TammError) in
                try await store.transaction(as: .service) { t throws(TammError) in
                    try t.members(of: workspace, after: cursor, limit: maximumPage).map(\.user)
                }
            }
        },
        StoreLaw(
            "pages.wallets", .billing, "A workspace's wallets are paged in the order of their identifiers, unsigned"
        ) {
            store, context in
            let workspace = try await context.workspace(in: store)
            _ = try await context.wallet(in: store)
            let ids: [Identifier<Wallet>] = context.scattered()
            let made = ids.map { Wallet(id: $0, workspace: workspace, openedAt: context.base) }
            try await store.transaction(as: .ledger) { t throws(TammError) in
                for wallet in made { _ = try t.insert(wallet) }
            }
            let listing = Listing<Wallet, WalletPlace>(by: { $0.place }) { t, cursor, limit throws(TammError) in
                try t.wallets(of: workspace, after: cursor, limit: limit)
            }
            try await listing.check(made.sorted { $0.id < $1.id }, in: store, context)
            try await context.checkBetween(ids) { id throws(TammError) in
                let cursor = WalletPlace(workspace: workspace, id: id)
                return try await store.transaction(as: .service) { t throws(TammError) in
                    try t.wallets(of: workspace, after: cursor, limit: maximumPage).map(\.id)
                }
            }
        },
        StoreLaw(
            "pages.wallets.all", .billing,
            "The wallets of all workspaces are paged in the order of their places: by workspace, then by identifier"
        ) {
            store, context in
            let ids: [Identifier<Workspace>] = context.scattered()
            // Neighbours, so that no other workspace lies between; the later one's wallets have lower identifiers too.
            let pairs = ids.map { [$0, Identifier<Workspace>(high: $0.high, low: $0.low + 1)] }
            let made = pairs.map { pair in
                let shared: Identifier<Wallet> = context.id()
                let (below, above) = (shared.before, Identifier<Wallet>(high: shared.high, low: shared.low + 1))
                return [(pair[0], shared), (pair[0], above), (pair[1], below), (pair[1], shared)].map {
                    Wallet(id: $0.1, workspace: $0.0, openedAt: context.base)
                }
            }
            try await store.transaction(as: .service) { t throws(TammError) in
                for id in pairs.joined() {
                    try t.insert(try Workspace(id: id, name: "A workspace", createdAt: context.base))
                }
                for wallet in made.joined() { _ = try t.insert(wallet) }
            }
            for wallets in made {
                let first = wallets[0].place
                let before = WalletPlace(workspace: first.workspace, id: first.id.before)
                for (index, cursor) in ([before] + wallets.map(\.place)).enumerated().dropLast() {
                    let found = try await store.transaction(as: .service) { t throws(TammError) in
                        try t.wallets(of: nil, after: cursor, limit: 4 - index)
                    }
                    try context.expect(found, Array(wallets[index...]), "the wallets from number \(index + 1) on")
                }
            }
            let sorted = made.joined().map(\.place).sorted()
            let (all, first) = try await store.transaction(as: .service) { t throws(TammError) in
                (
                    try t.wallets(of: nil, after: sorted[0], limit: maximumPage).map(\.place),
                    try t.wallets(of: nil, after: nil, limit: 1).map(\.place)
                )
            }
            try context.expect(all, all.sorted(), "the order of a page")
            try context.expect(all.allSatisfy { $0 > sorted[0] }, true, "all of a page after its cursor")
            try context.expect(first.count == 1 && first[0] <= sorted[0], true, "the first of all wallets")
        },
        StoreLaw("pages.entries", .billing, "A wallet's entries are paged in the order of their numbers") {
            store, context in
            var (wallet, grant) = try await context.funded(in: store)
            var changes = WalletChanges()
            for _ in 0..<7 { changes.entries.append(wallet.append(grant: grant.id, recordedAt: context.base)) }
            changes.wallets = [wallet]
            try await store.write(changes, to: wallet)
            let place = wallet.place
            let listing = Listing<LedgerEntry, Int64>(by: { $0.sequence }) { t, cursor, limit throws(TammError) in
                try t.entries(of: place, after: cursor ?? 0, limit: limit)
            }
            try await listing.check(changes.entries, in: store, context)
            for (number, count) in [(Int64.min, 7), (-1, 7), (8, 0), (.max, 0)] {
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.entries(of: place, after: number, limit: maximumPage)
                }
                try context.expect(found.count, count, "the entries after number \(number)")
            }
        },
        StoreLaw("pages.entries.long", .billing, "A page holds as many rows as were asked for, up to a thousand") {
            store, context in
            var (wallet, grant) = try await context.funded(in: store)
            var made: [LedgerEntry] = []
            for _ in 0..<11 {
                var changes = WalletChanges()
                for _ in 0..<100 { changes.entries.append(wallet.append(grant: grant.id, recordedAt: context.base)) }
                changes.wallets = [wallet]
                try await store.write(changes, to: wallet)
                made += changes.entries
            }
            let place = wallet.place
            for (number, limit) in [(0, maximumPage), (0, 999), (100, maximumPage), (101, maximumPage), (1023, 2)] {
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.entries(of: place, after: Int64(number), limit: limit)
                }
                try context.expect(found, Array(made[number...].prefix(limit)), "\(limit) entries after \(number)")
            }
            let more = wallet.append(grant: grant.id, recordedAt: context.base)
            try await context.rollBack(in: store) { [wallet] t throws(TammError) in
                var changes = WalletChanges()
                changes.entries = [more]
                try t.lockAndWrite(changes, to: [wallet])
            }
            let last = try await store.transaction(as: .service) { t throws(TammError) in
                try t.lastEntry(of: place, at: .max)
            }
            try context.expect(last, made.last, "the last entry after a failure")
        },
        StoreLaw(
            "pages.grants", .billing, "A wallet's grants, open or not, are paged in the order of their identifiers"
        ) {
            store, context in
            let wallet = try await context.wallet(in: store)
            let ids: [Identifier<Grant>] = context.scattered()
            let made = try ids.enumerated().map { index, id throws(TammError) in
                try context.grant(of: wallet, id: id, remaining: Int64(index % 3))
            }
            var changes = WalletChanges()
            changes.grants = made
            try await store.write(changes, to: wallet)
            let listing = Listing<Grant, Identifier<Grant>>(by: { $0.id }) { t, cursor, limit throws(TammError) in
                try t.grants(of: wallet.place, after: cursor, limit: limit)
            }
            try await listing.check(made.sorted { $0.id < $1.id }, in: store, context)
            try await context.checkBetween(ids) { cursor throws(TammError) in
                try await store.transaction(as: .service) { t throws(TammError) in
                    try t.grants(of: wallet.place, after: cursor, limit: maximumPage).map(\.id)
                }
            }
        },
        StoreLaw("pages.holds", .billing, "A wallet's holds, open or not, are paged in the order of their identifiers") {
            store, context in
            let (wallet, grant) = try await context.funded(in: store)
            let ids: [Identifier<Hold>] = context.scattered()
            let made = ids.enumerated().map { index, id in
                context.hold(
                    of: wallet, id: id, on: [grant], status: index % 2 == 0 ? .open : .released,
                    expiresAt: context.at(Int64(10 - index)))
            }
            var changes = WalletChanges()
            changes.holds = made
            try await store.write(changes, to: wallet)
            let listing = Listing<Hold, Identifier<Hold>>(by: { $0.id }) { t, cursor, limit throws(TammError) in
                try t.holds(of: wallet.place, after: cursor, limit: limit)
            }
            try await listing.check(made.sorted { $0.id < $1.id }, in: store, context)
            try await context.checkBetween(ids) { cursor throws(TammError) in
                try await store.transaction(as: .service) { t throws(TammError) in
                    try t.holds(of: wallet.place, after: cursor, limit: maximumPage).map(\.id)
                }
            }
        },
        StoreLaw(
            "pages.receivables", .billing,
            "A wallet's receivables, open or not, are paged in the order of their identifiers"
        ) { store, context in
            let (wallet, grant) = try await context.funded(in: store)
            let ids: [Identifier<Receivable>] = context.scattered()
            let made = ids.enumerated().map { index, id in
                context.receivable(of: wallet, id: id, for: grant, forgiven: index % 2 == 0 ? 5 : 0)
            }
            var changes = WalletChanges()
            changes.receivables = made
            try await store.write(changes, to: wallet)
            let listing = Listing<Receivable, Identifier<Receivable>>(by: { $0.id }) {
                t, cursor, limit throws(TammError) in try t.receivables(of: wallet.place, after: cursor, limit: limit)
            }
            try await listing.check(made.sorted { $0.id < $1.id }, in: store, context)
            try await context.checkBetween(ids) { cursor throws(TammError) in
                try await store.transaction(as: .service) { t throws(TammError) in
                    try t.receivables(of: wallet.place, after: cursor, limit: maximumPage).map(\.id)
                }
            }
        },
        StoreLaw("pages.usage", .billing, "Usage is paged in the order in which it was recorded, whatever its names") {
            store, context in
            let first = try await context.wallet(in: store)
            let second = try await context.wallet(of: first.workspace, in: store)
            var rows: [RecordedUsage] = []
            for (wallet, names) in [(first, ["m", "z", "a"]), (second, ["q"]), (first, ["b", "y", "B"])] {
                let command = context.command(of: wallet, key: try context.key("command"))
                var changes = WalletChanges()
                changes.commands = [command]
                changes.usage = try names.map { name throws(TammError) in
                    try context.usage(of: wallet, id: context.key(name), by: command.receipt.key)
                }
                try await store.write(changes, to: wallet)
                rows += changes.usage
            }
            let workspace = first.workspace
            let listing = Listing<RecordedUsage, UsageEvent.ID>(by: { $0.event.id }) {
                t, cursor, limit throws(TammError) in try t.usage(of: workspace, after: cursor, limit: limit)
            }
            try await listing.check(rows, in: store, context)
            let unknown = try context.key("unknown")
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                try t.usage(of: workspace, after: unknown, limit: maximumPage)
            }
            try context.expect(found, [], "the usage after an event that is not there")
        },
    ]
}

extension Identifier {
    /// The identifier just before.
    var before: Identifier { Identifier(high: high, low: low - 1) }
}

extension LawContext {
    /// Seven identifiers from both ends and the middle of their range, in no order.
    func scattered<Entity>() -> [Identifier<Entity>] {
        [0x7fff, 0x0001, 0xffff, 0x8000, 0x0190, 0x8001, 0x0002].map { (prefix: UInt64) in
            Identifier(high: prefix << 48 | entropy.next() >> 16, low: entropy.next() >> 1 | 0x10)
        }
    }

    /// A cursor between two rows, one before all and one after all need not be there themselves.
    func checkBetween<Entity>(
        _ ids: [Identifier<Entity>],
        _ after: (Identifier<Entity>) async throws(TammError) -> [Identifier<Entity>]
    ) async throws {
        let sorted = ids.sorted()
        for (index, id) in sorted.enumerated() {
            try expect(
                try await after(id.before), Array(sorted[index...]), "the rows after just before number \(index + 1)")
            let behind = Identifier<Entity>(high: id.high, low: id.low + 1)
            try expect(
                try await after(behind), Array(sorted[(index + 1)...]), "the rows after just behind number \(index + 1)"
            )
        }
    }
}
