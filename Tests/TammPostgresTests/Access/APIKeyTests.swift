import TammCore
import TammTesting
import Testing

@testable import TammPostgres

/// A workspace with a key, and two stores of their own on its database: two processes, as far as the database can tell.
private struct KeyWorld {
    let scratch: Scratch
    let second: PostgresStore
    let workspace: Identifier<Workspace>
    let owner: Principal
    let keys: APIKeys
    let there: APIKeys
    let key: APIKey
    let text: String

    static func keys(_ store: PostgresStore, cache: APIKeyCache? = nil) throws -> APIKeys {
        APIKeys(
            store: store, time: .system, entropy: .system, wallets: Wallets(store: store, time: .system),
            environment: .live, peppers: try PepperRing([Pepper(version: 1, Secret([UInt8](repeating: 5, count: 32)))]),
            cache: cache)
    }

    init(_ change: (inout PostgresConfiguration) -> Void = { _ in }) async throws {
        scratch = try await Scratch(change)
        var configuration = try Server.configuration()
        configuration.database = scratch.name
        configuration.connections = 2
        second = try await PostgresStore(configuration)
        let user = Identifier<User>(at: TimeSource.system.now(), entropy: .system)
        workspace = try await Workspaces(store: scratch.store, time: .system, entropy: .system)
            .create(named: "Keys", owner: user, as: .service).id
        owner = .user(user, in: workspace)
        (keys, there) = (try Self.keys(scratch.store), try Self.keys(second))
        let issued = try await keys.issue(
            APIKeyTerms(name: "k", scopes: [APIKeyScope("a")]), .live, in: workspace, expiresAt: nil, as: owner)
        key = issued.key
        text = issued.rawKey()
    }

    func refusal(_ keys: APIKeys? = nil) async throws -> APIKeyRefusal? {
        if case .refused(let refusal) = try await (keys ?? there).verify(text, requiring: nil, from: nil) { return refusal }
        return nil
    }

    func audit() async throws -> [AuditEntry] {
        try await AuditTrail(store: scratch.store).entries(of: workspace, limit: 1000, as: .service)
    }

    func close() async {
        await second.shutdown(within: .seconds(1))
        await scratch.close()
    }
}

@Suite struct `API keys on PostgreSQL` {
    @Test(arguments: ["", "SET ROLE tamm_service; "])
    func `that an operator revokes, disables or stops by one SQL statement fail the very next time, and it is audited`(
        role: String
    ) async throws {
        let world = try await KeyWorld()
        let keyTable = "UPDATE tamm.workspace_api_keys SET status ="
        let here = "WHERE workspace_id = '\(world.workspace)'"
        let steps: [(String, APIKeyRefusal?, String)] = [
            ("\(keyTable) 'disabled' \(here)", .disabled, "api-key.changed active disabled"),
            ("\(keyTable) 'active' \(here)", nil, "api-key.changed disabled active"),
            (
                "UPDATE tamm.workspaces SET status = 'suspended' WHERE id = '\(world.workspace)'", .workspaceSuspended,
                "workspace.status-changed active suspended"
            ),
            (
                "UPDATE tamm.workspaces SET status = 'active' WHERE id = '\(world.workspace)'", nil,
                "workspace.status-changed suspended active"
            ),
            (
                "UPDATE tamm.workspace_api_keys SET expires_at = now() - interval '1 second' \(here)", .expired,
                "api-key.changed active active"
            ),
            ("\(keyTable) 'revoked' \(here)", .revoked, "api-key.changed active revoked"),
        ]
        #expect(try await world.refusal() == nil)
        for (sql, refusal, line) in steps {
            let before = try await world.audit().count
            try await Admin.run(role + sql, database: world.scratch.name)
            for keys in [world.there, world.keys] { #expect(try await world.refusal(keys) == refusal, "\(sql)") }
            let entries = try await world.audit()
            #expect(entries.count == before + 1)
            let entry = try #require(entries.last)
            #expect(([entry.action.name] + entry.details.map(\.value)).joined(separator: " ") == line)
            #expect(entry.actor == .service && entry.reason == "by SQL, as postgres")
        }
        await world.close()
    }

    @Test func `that the library changes are audited once, by who did it`() async throws {
        let world = try await KeyWorld()
        try await world.keys.disable(world.key.place, because: "odd", as: world.owner)
        #expect(try await world.refusal() == .disabled)
        try await world.there.enable(world.key.place, as: world.owner)
        #expect(try await world.refusal(world.keys) == nil)
        try await world.keys.recordUses()
        try await world.keys.revoke(world.key.place, as: world.owner)
        #expect(try await world.refusal() == .revoked)
        let workspaces = Workspaces(store: world.second, time: .system, entropy: .system)
        try await workspaces.suspend(world.workspace, because: "unpaid", as: .service)
        let entries = try await world.audit()
        #expect(
            entries.map(\.action.name).sorted() == [
                "api-key.disabled", "api-key.enabled", "api-key.issued", "api-key.revoked", "workspace.created",
                "workspace.status-changed",
            ])
        #expect(!entries.contains { $0.reason.hasPrefix("by SQL") })
        await world.close()
    }

    @Test func `lie in the database as digests, and in no row as their text`() async throws {
        let world = try await KeyWorld()
        let invited = try await Workspaces(store: world.second, time: .system, entropy: .system).invite(
            as: .admin, into: world.workspace, lifetime: .seconds(60), as: world.owner)
        let secrets = [String(world.text.suffix(49)), String(invited.rawToken().suffix(49))]
        let tables = try await Admin.run(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'tamm'", database: world.scratch.name)
        for table in tables.split(separator: "\n") {
            for secret in secrets {
                let count = try await Admin.run(
                    "SELECT count(*) FROM tamm.\(table) t WHERE t::text LIKE '%\(secret)%'", database: world.scratch.name)
                #expect(count == "0", "\(table)")
            }
        }
        let digest = try await Admin.run(
            "SELECT octet_length(digest), pepper_version FROM tamm.workspace_api_keys", database: world.scratch.name)
        #expect(digest == "32|1")
        await world.close()
    }

    @Test func `are found by three indexes, in one statement`() async throws {
        let world = try await KeyWorld()
        let plan = try await Admin.run(
            """
            SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan;
            PREPARE found (bytea[]) AS \(Statement.apiKeyByDigest.sql);
            EXPLAIN (COSTS off) EXECUTE found (ARRAY['\\x00'::bytea]);
            """, database: world.scratch.name)
        #expect(!plan.contains("Seq Scan"), "\(plan)")
        #expect(plan.contains("api_key_digests_pkey") && plan.contains("workspace_api_keys_pkey"), "\(plan)")
        await world.close()
    }

    @Test func `are verified without prepared statements too`() async throws {
        let world = try await KeyWorld { $0.preparesStatements = false }
        for _ in 0..<2 { #expect(try await world.refusal(world.keys) == nil) }
        try await world.there.revoke(world.key.place, as: world.owner)
        #expect(try await world.refusal(world.keys) == .revoked)
        await world.close()
    }

    @Test func `of a workspace are out of its members' hands, and the status of the workspace out of everybody's but the platform's`()
        async throws
    {
        let world = try await KeyWorld()
        let (admin, member) = (Identifier<User>(high: 1, low: 1), Identifier<User>(high: 1, low: 2))
        let workspaces = Workspaces(store: world.second, time: .system, entropy: .system)
        try await workspaces.setRole(.admin, of: admin, in: world.workspace, as: .service)
        try await workspaces.setRole(.member, of: member, in: world.workspace, as: .service)
        func change(_ sql: String, as user: Identifier<User>) async throws -> String {
            try await Admin.run(
                """
                DO $$ BEGIN
                    PERFORM set_config('tamm.workspace_id', '\(world.workspace)', false),
                        set_config('tamm.actor_kind', 'user', false), set_config('tamm.actor_id', '\(user)', false);
                END $$;
                SET ROLE tamm_runtime;
                WITH changed AS (\(sql) RETURNING 1) SELECT count(*) FROM changed;
                """, database: world.scratch.name)
        }
        let disable = "UPDATE tamm.workspace_api_keys SET status = 'disabled' WHERE status = 'active'"
        for user in [member, admin] {
            await #expect { _ = try await change(disable, as: user) } throws: { "\($0)".contains("permission denied") }
        }
        let suspend = "UPDATE tamm.workspaces SET status = 'suspended' WHERE status <> 'closing'"
        #expect(try await change(suspend, as: member) == "0")
        await #expect { _ = try await change(suspend, as: admin) } throws: { "\($0)".contains("only the platform") }
        await #expect {
            _ = try await change("UPDATE tamm.workspaces SET status_changes = 7", as: admin)
        } throws: { "\($0)".contains("only the platform") }
        #expect(try await change("UPDATE tamm.workspaces SET name = 'New'", as: admin) == "1")
        await #expect { _ = try await change("DELETE FROM tamm.workspace_api_keys", as: admin) } throws: {
            "\($0)".contains("permission denied")
        }
        for table in ["api_key_digests", "api_key_readers", "api_key_refreshes"] {
            await #expect {
                _ = try await Admin.run("SET ROLE tamm_runtime; SELECT FROM tamm.\(table)", database: world.scratch.name)
            } throws: { "\($0)".contains("permission denied") }
        }
        await world.close()
    }

    @Test func `that are used all the time can be switched off all the same, and the switch stays`() async throws {
        let world = try await KeyWorld()
        let now = TimeSource.system.now()
        let users = Task {
            for step in 0..<100 {
                let uses = [APIKeyUse(world.key.place, at: now.advanced(by: .seconds(step)))]
                try await world.second.transaction(as: .service) { t throws(TammError) in try t.record(uses) }
            }
        }
        for _ in 0..<10 {
            try await Admin.run("UPDATE tamm.workspace_api_keys SET status = 'disabled'", database: world.scratch.name)
            #expect(try await world.refusal() == .disabled)
            try await world.keys.enable(world.key.place, as: world.owner)
            #expect(try await world.refusal() == nil)
        }
        try await world.keys.disable(world.key.place, as: world.owner)
        try await users.value
        #expect(try await world.refusal() == .disabled)
        let kept = try await world.keys.keys(of: world.workspace, as: world.owner)
        #expect(kept[0].lastUsedAt == now.advanced(by: .seconds(99)))
        await world.close()
    }

    @Test func `that have to be signed work no more where nobody would ask for the signature`() async throws {
        let world = try await KeyWorld()
        let terms = try APIKeyTerms(name: "signed", scopes: [APIKeyScope("a")], signature: .required)
        _ = try await world.keys.issue(terms, .live, in: world.workspace, expiresAt: nil, as: world.owner)
        for store in [world.scratch.store, world.second] { await store.shutdown(within: .zero) }
        var owner = try Server.configuration("TAMM_POSTGRES_OWNER_URL")
        owner.database = world.scratch.name
        try await PostgresMigrations(owner).revert(to: "0009-access-writes")
        let found = try await Admin.run(
            "SELECT string_agg(name || ' ' || status, ', ' ORDER BY name) FROM tamm.workspace_api_keys",
            database: world.scratch.name)
        #expect(found == "k active, signed disabled")
        await world.close()
    }
}

/// One process with a cache, one that revokes, and the machine's own clock.
@Suite struct `A cache of API keys on PostgreSQL` {
    @Test func `makes a revocation wait for a process that hears nothing, and then answers no more`() async throws {
        let world = try await KeyWorld()
        let cache = try APIKeyCache(
            id: Identifier(at: TimeSource.system.now(), entropy: .system), store: world.second, staleness: .milliseconds(700))
        let cached = try KeyWorld.keys(world.second, cache: cache)
        // The lease lasts from here on at most.
        let start = ContinuousClock.now
        try await cache.refresh()
        #expect(try await world.refusal(cached) == nil)
        try await Admin.run("UPDATE tamm.workspace_api_keys SET status = 'disabled'", database: world.scratch.name)
        let isStale = try await world.refusal(cached) == nil
        // A machine that took longer than the staleness until here has seen no stale answer.
        #expect(isStale || ContinuousClock.now - start >= .milliseconds(700))
        let revoked = ContinuousClock.now
        try await world.keys.revoke(world.key.place, as: world.owner)
        #expect(ContinuousClock.now - revoked >= .milliseconds(700))
        #expect(try await world.refusal(cached) == .revoked)
        await world.close()
    }

    @Test func `that renews its lease lets a revocation return when it has forgotten`() async throws {
        let world = try await KeyWorld()
        let cache = try APIKeyCache(
            id: Identifier(at: TimeSource.system.now(), entropy: .system), store: world.second, staleness: .seconds(1))
        let cached = try KeyWorld.keys(world.second, cache: cache)
        try await cache.refresh()
        let renewing = Task { await cache.run() }
        for round in 0..<3 {
            let issued = try await world.keys.issue(
                APIKeyTerms(name: "\(round)", scopes: []), .live, in: world.workspace, expiresAt: nil, as: world.owner)
            let place = issued.key.place
            let text = issued.rawKey()
            for _ in 0..<3 {
                guard case .accepted = try await cached.verify(text, requiring: nil, from: nil) else {
                    Issue.record("not accepted before")
                    continue
                }
            }
            try await world.keys.revoke(place, as: world.owner)
            guard case .refused(.revoked) = try await cached.verify(text, requiring: nil, from: nil) else {
                Issue.record("accepted after the revocation has returned")
                continue
            }
        }
        renewing.cancel()
        await renewing.value
        let left = try await world.second.transaction(as: .service) { t throws(TammError) in try t.apiKeyReaders() }
        #expect(left == [])
        await world.close()
    }
}
