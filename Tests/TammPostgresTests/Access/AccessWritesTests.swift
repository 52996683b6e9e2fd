import Foundation
import TammCore
import TestCommands
import Testing

@testable import TammPostgres
@testable import TammTesting

/// What SQL may do to the tables of access, past the services, and what is written down of it.
@Suite struct `Access by SQL` {
    private struct House {
        let scratch: Scratch
        let tenant: Tenant
        let administrator: Identifier<User>
        let context = LawContext(law: "access.sql", name: "Access by SQL", seed: EntropySource.system.next())

        init() async throws {
            scratch = try await Scratch { $0.connections = 2 }
            tenant = try await context.tenant(in: scratch.store)
            let administrator: Identifier<User> = context.id()
            self.administrator = administrator
            try await scratch.store.transaction(as: .service) { t throws(TammError) in
                _ = try t.setPlatformAdmin(administrator, true)
            }
        }

        /// Runs statements in a transaction as a user of the workspace, or as the platform's administrator.
        @discardableResult
        func run(_ sql: String, as user: Identifier<User>) async throws -> String {
            let kind = user == administrator ? "platform_admin" : "user"
            return try await Admin.run(
                """
                BEGIN;
                DO $$ BEGIN
                    PERFORM set_config('role', 'tamm_runtime', true), set_config('tamm.workspace_id', '\(tenant.id)', true),
                        set_config('tamm.actor_kind', '\(kind)', true), set_config('tamm.actor_id', '\(user)', true);
                END $$;
                \(sql);
                COMMIT;
                """, database: scratch.name)
        }

        func run(_ sql: String) async throws { try await Admin.run(sql, database: scratch.name) }

        /// Who did what, with the details, of the workspace or the platform, after the first `count`.
        func entries(of workspace: Identifier<Workspace>? = nil, after count: Int = 0) async throws -> [String] {
            let place = AuditPlace(workspace: workspace ?? tenant.id, log: .actions)
            let chain = try await scratch.store.transaction(as: .service) { t throws(TammError) in
                try t.auditChain(place, after: Int64(count), limit: 100)
            }
            return chain.compactMap { link in
                guard case .action(let entry) = link.record else { return nil }
                return ["\(entry.actor)", entry.action.name, entry.subject.id].joined(separator: " ")
                    + entry.details.map { " \($0.value)" }.joined()
            }
        }

        func isClean() async throws -> Bool { try await AuditTrail(store: scratch.store).verify(as: .service).isClean }
    }

    @Test func `Nobody but the service writes keys, invitations and the audit log`() async throws {
        let house = try await House()
        for user in [house.tenant.member, house.tenant.admin, house.tenant.owner, house.administrator] {
            for sql in [
                "UPDATE tamm.workspace_api_keys SET status = 'active', changes = changes + 1",
                "UPDATE tamm.workspace_api_keys SET digest = sha256('')",
                "INSERT INTO tamm.workspace_api_keys SELECT * FROM tamm.workspace_api_keys",
                "UPDATE tamm.workspace_invitations SET status = 'open', expires_at = 'infinity'",
                "INSERT INTO tamm.workspace_invitations SELECT * FROM tamm.workspace_invitations",
                "DELETE FROM tamm.workspace_invitations",
                "INSERT INTO tamm.audit_logs SELECT * FROM tamm.audit_logs",
            ] {
                await #expect { try await house.run(sql, as: user) } throws: { "\($0)".contains("permission denied") }
            }
        }
        #expect(
            try await house.run("SELECT count(*) FROM tamm.workspace_invitations", as: house.tenant.admin).contains("1"))
        await house.scratch.close()
    }

    @Test func `A revoked key stays revoked, and the terms of a key never change, also for the service`() async throws {
        let house = try await House()
        for role in ["", "SET ROLE tamm_service; "] {
            for change in [
                "name = 'Another'", "scopes = '{admin}'", "addresses = '{}', environment = 'test'",
                "budget_credits = 9, budget_period = 'day'",
                "limit_names = '{a}', limit_counts = '{1}', limit_seconds = '{1}', limit_bursts = '{1}'", "lineage = id",
                "label = 'aaaaaaaa'", "created_at = now()", "replaces = id",
            ] {
                await #expect { try await house.run("\(role)UPDATE tamm.workspace_api_keys SET \(change)") } throws: {
                    "\($0)".contains("issue another")
                }
            }
        }
        try await house.run("UPDATE tamm.workspace_api_keys SET status = 'revoked', expires_at = now()")
        for status in ["active", "disabled"] {
            for role in ["", "SET ROLE tamm_service; "] {
                await #expect {
                    try await house.run("\(role)UPDATE tamm.workspace_api_keys SET status = '\(status)', changes = changes + 1")
                } throws: {
                    "\($0)".contains("stays revoked")
                }
            }
        }
        await house.scratch.close()
    }

    @Test func `A count that goes up hides a change from the audit log for the library alone`() async throws {
        let house = try await House()
        let (key, id) = (house.tenant.apiKey.id, house.tenant.id)
        let before = try await house.entries().count
        try await house.run("UPDATE tamm.workspace_api_keys SET status = 'disabled', changes = changes + 1")
        try await house.run("UPDATE tamm.workspace_api_keys SET digest = sha256(''), pepper_version = pepper_version + 1")
        try await house.run("SET ROLE tamm_service; UPDATE tamm.workspace_api_keys SET digest = sha256('x')")
        try await house.run(
            "UPDATE tamm.workspaces SET status = 'suspended', status_changes = status_changes + 1 WHERE id = '\(id)'",
            as: house.administrator)
        try await house.run("UPDATE tamm.workspaces SET status = 'active', status_changes = 9 WHERE id = '\(id)'")
        try await house.run(
            "UPDATE tamm.subscriptions SET status = 'canceled', changes = changes + 1", as: house.administrator)
        try await house.run(
            """
            SET ROLE tamm_service;
            UPDATE tamm.workspace_api_keys SET status = 'active', changes = changes + 1;
            UPDATE tamm.workspace_api_keys SET digest = sha256('y'), pepper_version = pepper_version + 1;
            UPDATE tamm.workspaces SET status = 'closing', status_changes = status_changes + 1 WHERE id = '\(id)';
            UPDATE tamm.subscriptions SET status = 'expired', changes = changes + 1
            """)
        let administrator = AuditActor.platformAdmin(house.administrator)
        #expect(
            try await house.entries(after: before) == [
                "service api-key.changed \(key) active disabled",
                "service api-key.changed \(key) disabled disabled replaced",
                "service api-key.changed \(key) disabled disabled replaced",
                "\(administrator) workspace.status-changed \(id) active suspended",
                "service workspace.status-changed \(id) suspended active",
                "\(administrator) subscription.status-changed \(id) \(house.tenant.plan.status.rawValue) canceled",
                "service api-key.changed \(key) disabled active", "service api-key.changed \(key) active active replaced",
                "service workspace.status-changed \(id) active closing",
                "service subscription.status-changed \(id) canceled expired",
            ])
        #expect(try await house.isClean())
        await house.scratch.close()
    }

    @Test func `Whatever becomes of a revoked key's digest by SQL is written down`() async throws {
        let house = try await House()
        try await house.run("UPDATE tamm.workspace_api_keys SET status = 'revoked'")
        let (key, digest) = (house.tenant.apiKey.place, try house.context.keyDigest(pepper: 7))
        let before = try await house.entries().count
        try await house.scratch.store.transaction(as: .service) { t throws(TammError) in
            try t.record([APIKeyUse(key, at: .epoch, digest: digest)])
        }
        #expect(try await house.entries(after: before) == [])
        try await house.run(
            "SET ROLE tamm_service; UPDATE tamm.workspace_api_keys SET digest = sha256(''), pepper_version = pepper_version + 1")
        #expect(
            try await house.entries(after: before) == [
                "service api-key.changed \(house.tenant.apiKey.id) revoked revoked replaced"
            ])
        await house.scratch.close()
    }

    @Test func `What is added, changed or removed by hand is written down with who did it, and what the library does once`() async throws {
        let house = try await House()
        let (tenant, user) = (house.tenant, house.context.id() as Identifier<User>)
        let (key, made): (Identifier<APIKey>, Identifier<Workspace>) = (house.context.id(), house.context.id())
        let before = try await house.entries().count
        try await house.run(
            """
            INSERT INTO tamm.workspace_api_keys SELECT (jsonb_populate_record(k, jsonb_build_object('id', '\(key)', 'digest',
                '\\x' || encode(sha256('new'), 'hex')))).* FROM tamm.workspace_api_keys k
            """)
        try await house.run(
            "INSERT INTO tamm.workspace_users VALUES ('\(tenant.id)', '\(user)', 'member', now())", as: tenant.admin)
        try await house.run("UPDATE tamm.workspace_users SET role = 'admin' WHERE user_id = '\(user)'", as: house.administrator)
        try await house.run("SET ROLE tamm_service; UPDATE tamm.workspace_users SET joined_at = now()")
        try await house.run("DELETE FROM tamm.workspace_users WHERE user_id = '\(user)'", as: user)
        #expect(
            try await house.entries(after: before) == [
                "service api-key.added \(key) active", "\(AuditActor.user(tenant.admin)) member.added \(user) member",
                "\(AuditActor.platformAdmin(house.administrator)) member.role-changed \(user) member admin",
                "\(AuditActor.user(user)) member.removed \(user) admin",
            ])
        try await house.run("INSERT INTO tamm.workspaces VALUES ('\(made)', E'By\\u0085hand', now())")
        #expect(try await house.entries(of: made) == ["service workspace.created \(made) By?hand"])
        try await house.run("INSERT INTO tamm.platform_admins VALUES ('\(user)')")
        try await house.run("SET ROLE tamm_service; DELETE FROM tamm.platform_admins WHERE user_id = '\(user)'")
        let workspaces = Workspaces(store: house.scratch.store, time: .system, entropy: .system)
        try await workspaces.setPlatformAdmin(user, true, as: .service)
        #expect(
            try await house.entries(of: Workspace.platform.id) == [
                "service platform-admin.added \(user)", "service platform-admin.removed \(user)",
                "service platform-admin.added \(user)",
            ])
        let library = try await workspaces.create(named: "By the library", owner: user, as: .platformAdmin(user)).id
        try await workspaces.setRole(.admin, of: tenant.member, in: library, as: .user(user, in: library))
        try await workspaces.setRole(.member, of: tenant.member, in: library, as: .user(user, in: library))
        try await workspaces.remove(tenant.member, from: library, as: .user(user, in: library))
        #expect(try await house.entries(of: library).count == 4)
        #expect(try await house.isClean())
        await house.scratch.close()
    }

    @Test func `A subscription that is taken away and made anew by SQL is written down`() async throws {
        let house = try await House()
        let (id, before) = (house.tenant.id, try await house.entries().count)
        try await house.run(
            """
            CREATE TEMPORARY TABLE kept AS SELECT * FROM tamm.subscriptions;
            DELETE FROM tamm.subscriptions;
            INSERT INTO tamm.subscriptions SELECT * FROM kept
            """, as: house.administrator)
        let (actor, status) = (AuditActor.platformAdmin(house.administrator), house.tenant.plan.status.rawValue)
        #expect(
            try await house.entries(after: before) == [
                "\(actor) subscription.removed \(id) \(status)", "\(actor) subscription.added \(id) \(status)",
            ])
        await house.scratch.close()
    }

    @Test func `The platform's place stays, has no members, and is nobody's to change by SQL`() async throws {
        let house = try await House()
        let (id, user) = ("00000000-0000-0000-0000-000000000000", house.tenant.member)
        for sql in [
            "DELETE FROM tamm.workspaces WHERE id = '\(id)'", "UPDATE tamm.workspaces SET status = 'active' WHERE id = '\(id)'",
            "UPDATE tamm.workspaces SET id = gen_random_uuid() WHERE id = '\(id)'",
            "INSERT INTO tamm.workspace_users VALUES ('\(id)', '\(user)', 'owner', now())",
            "UPDATE tamm.workspace_users SET workspace_id = '\(id)' WHERE user_id = '\(user)'",
        ] {
            await #expect { try await house.run(sql, as: house.administrator) } throws: { "\($0)".contains("the platform's place") }
            await #expect { try await house.run(sql) } throws: { "\($0)".contains("the platform's place") }
        }
        await house.scratch.close()
    }

    @Test func `The caller's own statements do not pass for the library's`() async throws {
        let house = try await House()
        let (user, id) = (house.context.id() as Identifier<User>, house.tenant.id)
        let before = try await house.entries().count
        try await house.scratch.store.unitOfWork(as: .service) { t throws(TammError) in
            _ = try t.member(user, of: id)
            try t.execute(
                """
                DO $$ BEGIN
                    SET LOCAL ROLE tamm_service;
                    INSERT INTO tamm.workspace_users VALUES ('\(id)', '\(user)', 'member', now());
                END $$
                """)
            try t.put(Member(workspace: id, user: user, role: .admin, joinedAt: .epoch))
        }
        #expect(try await house.entries(after: before) == ["service member.added \(user) member"])
        await house.scratch.close()
    }

    @Test func `A platform administrator is removed when nothing is done for it any more`() async throws {
        let house = try await House()
        let (administrator, id) = (house.administrator, house.tenant.id)
        let url = try Server.url("TAMM_POSTGRES_ADMIN_URL").replacing("/tamm?", with: "/\(house.scratch.name)?")
        let removed = try await house.scratch.store.transaction(as: .service) { t throws(TammError) in
            guard try t.standing(of: .platformAdmin(administrator), in: id) == .platformAdmin else { return nil as Bool? }
            let sql = "SET lock_timeout = '100ms'; DELETE FROM tamm.platform_admins WHERE user_id = '\(administrator)'"
            return (try? Command.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql, url])) != nil
        }
        #expect(removed == false)
        try await Workspaces(store: house.scratch.store, time: .system, entropy: .system)
            .setPlatformAdmin(administrator, false, as: .service)
        let standing = try await house.scratch.store.transaction(as: .service) { t throws(TammError) in
            try t.standing(of: .platformAdmin(administrator), in: id)
        }
        #expect(standing == .stranger)
        await house.scratch.close()
    }

    @Test func `Uses are recorded under locks that are taken in one order, of keys whose digest alone moves too`() async throws {
        let house = try await House()
        let (key, second) = (house.tenant.apiKey.place, try house.context.apiKey(of: house.tenant.id))
        let (digest, moved) = (try house.context.keyDigest(), try house.context.keyDigest(pepper: 2))
        let url = try Server.url("TAMM_POSTGRES_ADMIN_URL").replacing("/tamm?", with: "/\(house.scratch.name)?")
        try await house.scratch.store.transaction(as: .service) { t throws(TammError) in
            try t.insert(second, digest: digest)
            try t.record([APIKeyUse(key, at: .max)])
        }
        let free = try await house.scratch.store.transaction(as: .service) { t throws(TammError) in
            try t.record([APIKeyUse(key, at: .epoch), APIKeyUse(second.place, at: .epoch, digest: moved)])
            _ = try t.apiKey(key)
            // What another transaction could lock now.
            let sql = "SELECT count(*) FROM (SELECT FROM tamm.workspace_api_keys FOR NO KEY UPDATE SKIP LOCKED) AS k"
            return try? Command.run(["psql", "-X", "-q", "-A", "-t", "-c", sql, url])
        }
        #expect(free == "0")
        await house.scratch.close()
    }

    @Test func `A migration gives way to transactions that take its tables in any order`() async throws {
        let house = try await House()
        await house.scratch.store.shutdown(within: .zero)
        var owner = try Server.configuration("TAMM_POSTGRES_OWNER_URL")
        owner.database = house.scratch.name
        let migrations = PostgresMigrations(owner)
        let tables = ["audit_logs", "workspaces", "workspace_users", "subscriptions"]
        for (first, second) in zip(tables, tables.dropFirst() + tables.prefix(1)) {
            try await migrations.revert(to: "0008-audit-chains")
            // Takes the second when the migration waits for the first.
            async let rows: Void = house.run(
                """
                BEGIN;
                SELECT FROM tamm.\(first);
                DO $$ BEGIN
                    FOR attempt IN 1..6000 LOOP
                        EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'tamm.\(first)'::regclass);
                        PERFORM pg_sleep(0.01);
                    END LOOP;
                END $$;
                LOCK TABLE tamm.\(second) IN ROW EXCLUSIVE MODE;
                COMMIT;
                """)
            async let begun: String = Admin.run(
                """
                DO $$ BEGIN
                    FOR attempt IN 1..6000 LOOP
                        EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE granted AND relation = 'tamm.\(first)'::regclass
                            AND mode = 'AccessShareLock' AND pid <> pg_backend_pid());
                        PERFORM pg_sleep(0.01);
                    END LOOP;
                END $$
                """, database: house.scratch.name)
            _ = try await begun
            #expect(try await migrations.apply().first == "0009-access-writes")
            try await rows
        }
        await house.scratch.close()
    }

    @Test func `One that a process of before has written is listed and revoked, and never accepted`() async throws {
        let house = try await House()
        let workspaces = Workspaces(store: house.scratch.store, time: .system, entropy: .system)
        let admin = Principal.user(house.tenant.admin, in: house.tenant.id)
        let issued = try await workspaces.invite(as: .member, into: house.tenant.id, lifetime: .seconds(600), as: admin)
        let id = issued.invitation.id
        let token = try InvitationToken(parsing: issued.rawToken())
        let columns = "workspace_id, id, role, digest, status, created_at, expires_at, accepted_by"
        try await house.run(
            """
            CREATE TEMP TABLE old AS SELECT * FROM tamm.workspace_invitations WHERE id = '\(id)';
            DELETE FROM tamm.workspace_invitations WHERE id = '\(id)';
            INSERT INTO tamm.workspace_invitations (\(columns)) SELECT \(columns) FROM old;
            """)
        #expect(try await workspaces.accept(token, for: house.context.id()) == .refused)
        try await workspaces.revoke(id, of: house.tenant.id, as: admin)
        let found = try await workspaces.invitations(of: house.tenant.id, as: admin).first { $0.id == id }
        #expect(found?.status == .revoked && found?.invitedBy == nil)
        await house.scratch.close()
    }

    @Test func `Invitations from before are their inviter's by the audit log, and those of nobody known are revoked`() async throws {
        let house = try await House()
        let workspaces = Workspaces(store: house.scratch.store, time: .system, entropy: .system)
        let admin = Principal.user(house.tenant.admin, in: house.tenant.id)
        let issued = try await workspaces.invite(as: .member, into: house.tenant.id, lifetime: .seconds(600), as: admin)
        let invitation = issued.invitation
        let unknown = try house.context.invitation(of: house.tenant.id, expiresAt: .max)
        try await house.scratch.store.transaction(as: .service) { t throws(TammError) in try t.put(unknown) }
        try await workspaces.setPlatformAdmin(house.context.id(), true, as: .service)
        await house.scratch.store.shutdown(within: .zero)
        var owner = try Server.configuration("TAMM_POSTGRES_OWNER_URL")
        owner.database = house.scratch.name
        #expect(try await PostgresMigrations(owner).revert(to: "0008-audit-chains").last == "0009-access-writes")
        try await PostgresMigrations(owner).apply()
        var configuration = try Server.configuration()
        configuration.database = house.scratch.name
        let store = try await PostgresStore(configuration)
        let found = try await store.transaction(as: .service) { t throws(TammError) in
            try t.invitations(of: house.tenant.id, after: nil, limit: 10)
        }
        #expect(found.contains(invitation) && found.count == 2)
        let other = found.first { $0.id != invitation.id }
        #expect(other?.status == .revoked && other?.invitedBy == nil)
        #expect(try await AuditTrail(store: store).verify(as: .service).isClean)
        await store.shutdown(within: .zero)
        await house.scratch.close()
    }
}
