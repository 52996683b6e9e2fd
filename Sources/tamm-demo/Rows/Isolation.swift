import TammCore
import TammTesting

extension LaunchChecklist {
    static let isolation = ChecklistArea(
        "Isolation", [.built(CrossWorkspace.self), .built(MemberAdmin.self), .built(ServiceRole.self)])
}

/// What the owner of one workspace finds of another's.
struct CrossWorkspace: LaunchRow {
    static let id = "isolation.cross-workspace"
    static let title = "reading, writing or counting another workspace's rows yields nothing or an error"
    static let completeness = Completeness.partial(missing: "the tables of channels and conversations")

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        let house = try await DemoHouse(context)
        try await house.grant(10, "top-up")
        let desk = try KeyDesk(house)
        let (key, _) = try await desk.issue()
        _ = try await house.workspaces.invite(
            as: .member, into: house.workspace.id, lifetime: .seconds(60), as: desk.owner
        ).rawToken()
        let stranger = Identifier<User>(high: 1, low: 1)
        let other = try await house.workspaces.create(named: "Delta Books", owner: stranger, as: .service)
        row.did("the owner of another workspace reads and writes this one's rows, also by claiming to act in it")
        for principal in [Principal.user(stranger, in: other.id), .user(stranger, in: house.workspace.id)] {
            let wallet = house.wallet.place
            let seen = try await house.store.transaction(as: principal) { t throws(TammError) in
                var seen = 0
                if try t.workspace(house.workspace.id) != nil { seen += 1 }
                seen += try t.members(of: house.workspace.id, after: nil, limit: 10).count
                if try t.subscription(of: house.workspace.id) != nil { seen += 1 }
                if try t.wallet(wallet) != nil { seen += 1 }
                seen += try t.wallets(of: house.workspace.id, after: nil, limit: 10).count
                seen += try t.entries(of: wallet, after: 0, limit: 10).count
                seen += try t.grants(of: wallet, after: nil, limit: 10).count
                seen += try t.holds(of: wallet, after: nil, limit: 10).count
                seen += try t.usage(of: house.workspace.id, after: nil, limit: 10).count
                seen += try t.payments(of: house.workspace.id, after: nil, limit: 10).count
                seen += try t.invitations(of: house.workspace.id, after: nil, limit: 10).count
                seen += try t.apiKeys(of: house.workspace.id, after: nil, limit: 10).count
                if try t.apiKey(key.place) != nil { seen += 1 }
                seen += try t.auditEntries(of: house.workspace.id, after: nil, limit: 10).count
                return seen
            }
            row.evidence(
                "\(seen) rows seen as \(principal == .user(stranger, in: other.id) ? "its own workspace's owner" : "a claimed member")")
            row.expect(seen, equals: 0, "rows of the other workspace")
            await row.expectRefusal("a debit from the other workspace") { () throws(TammError) in
                _ = try await house.wallets.debit(.one, from: house.wallet, key: IdempotencyKey("theft"), as: principal)
            }
            await row.expectRefusal("a key of the other workspace revoked") { () throws(TammError) in
                try await desk.keys.revoke(key.place, as: principal)
            }
            await row.expectRefusal("a member put into the other workspace") { () throws(TammError) in
                try await house.workspaces.setRole(.owner, of: stranger, in: house.workspace.id, as: principal)
            }
        }
        let kept = try await desk.keys.keys(of: house.workspace.id, as: .service)
        row.evidence("its key is \(kept.map(\.status.rawValue).joined()) still")
        row.expect(kept.map(\.status), equals: [.active], "the key's status")
        let balance = try await house.balance()
        row.evidence("the wallet still has \(balance.available) credits")
        row.expect(balance.available, equals: try Credits(10), "the wallet's credits")
    }
}

/// What a member may not do and an admin may.
struct MemberAdmin: LaunchRow {
    static let id = "isolation.member-admin"
    static let title = "a member cannot write what only an admin may: roles, billing, keys, channels"
    static let completeness = Completeness.partial(missing: "channels")

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        let house = try await DemoHouse(context)
        let (member, admin) = (Identifier<User>(high: 2, low: 1), Identifier<User>(high: 2, low: 2))
        try await house.workspaces.setRole(.member, of: member, in: house.workspace.id, as: .service)
        try await house.workspaces.setRole(.admin, of: admin, in: house.workspace.id, as: .service)
        let (asMember, asAdmin) = (Principal.user(member, in: house.workspace.id), Principal.user(admin, in: house.workspace.id))
        row.did("a member raises its own role, opens a wallet, makes a key, and grants itself credits; then an admin does")
        let desk = try KeyDesk(house)
        let (key, _) = try await desk.issue()
        await row.expectRefusal("a member's new key") { () throws(TammError) in _ = try await desk.issue(as: asMember) }
        await row.expectRefusal("a member's look at the keys") { () throws(TammError) in
            _ = try await desk.keys.keys(of: house.workspace.id, as: asMember)
        }
        await row.expectRefusal("a member's end of a key") { () throws(TammError) in
            try await desk.keys.revoke(key.place, as: asMember)
        }
        await row.expectRefusal("a member's row of a key, past the service") { () throws(TammError) in
            try await house.store.transaction(as: asMember) { t throws(TammError) in
                try t.put(key.with(status: .revoked))
            }
        }
        try await desk.keys.disable(key.place, as: asAdmin)
        let keys = try await desk.keys.keys(of: house.workspace.id, as: asAdmin)
        row.evidence("keys in the store, as the admin left them: \(keys.map(\.status.rawValue).joined(separator: ", "))")
        row.expect(keys.map(\.status), equals: [.disabled], "the keys")
        await row.expectRefusal("a member's change of role") { () throws(TammError) in
            try await house.workspaces.setRole(.admin, of: member, in: house.workspace.id, as: asMember)
        }
        await row.expectRefusal("a member's new wallet") { () throws(TammError) in
            _ = try await house.wallets.open(in: house.workspace.id, named: "second", as: asMember)
        }
        for principal in [asMember, asAdmin] {
            await row.expectRefusal("a grant by a member of the workspace") { () throws(TammError) in
                _ = try await house.wallets.grant(
                    GrantTerms(.one, .promotional), to: house.wallet, key: IdempotencyKey("gift"), as: principal)
            }
        }
        await row.expectRefusal("an admin's new owner") { () throws(TammError) in
            try await house.workspaces.setRole(.owner, of: admin, in: house.workspace.id, as: asAdmin)
        }
        try await house.workspaces.setRole(.admin, of: member, in: house.workspace.id, as: asAdmin)
        let roles = try await house.workspaces.members(of: house.workspace.id, as: .service).map { "\($0.role)" }.sorted()
        row.evidence("roles in the store: \(roles.joined(separator: ", "))")
        row.expect(roles, equals: ["admin", "admin", "owner"], "the roles")
        let wallets = try await house.store.transaction(as: .service) { t throws(TammError) in
            try t.wallets(of: house.workspace.id, after: nil, limit: 10).count
        }
        row.evidence("\(wallets) wallet in the store, with \(try await house.balance().available) credits")
        row.expect(wallets, equals: 1, "wallets")
    }
}

/// The service takes usage in for every workspace.
struct ServiceRole: LaunchRow {
    static let id = "isolation.service"
    static let title = "the service role ingests across workspaces"
    static let completeness = Completeness.partial(missing: "webhooks and conversations")

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        let house = try await DemoHouse(context)
        let other = try await house.workspaces.create(named: "Delta Books", owner: house.owner, as: .service)
        let second = try await house.wallets.open(in: other.id, as: .service)
        row.did("the service records usage in two workspaces")
        for wallet in [house.wallet, second] {
            _ = try await house.metering.record(
                .messages(channel: "webchat", count: 1), id: IdempotencyKey("message-1"), occurredAt: house.time.now,
                from: wallet, as: .service)
            let usage = try await house.wallets.usage(of: wallet.workspace, as: .service)
            row.evidence("workspace \(wallet.workspace): \(usage.map { "\($0.event.id)" })")
            row.expect(usage.count, equals: 1, "usage events")
        }
    }
}

extension RowRecorder {
    /// Fails the row unless `body` is refused for who asks, or for what it may not see.
    func expectRefusal(_ what: String, _ body: () async throws(TammError) -> Void) async {
        do {
            try await body()
            fail("\(what) was not refused")
        } catch {
            expect([.forbidden, .notFound].contains(error.code), "\(what) is refused, found \(error)")
            evidence("\(what): \(error.code.rawValue)")
        }
    }
}
