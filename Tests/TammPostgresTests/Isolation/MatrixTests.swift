import TammCore
import TammPostgres
import Testing

@testable import TammTesting

/// Every tenant table, everybody who may or may not touch it, everything that can be done to it, in both workspaces: by
/// plain statements, past the store.
@Suite struct `The isolation matrix` {
    /// Tries one thing in a subtransaction that is always taken back, and tells what came of it.
    private static let function = """
        CREATE FUNCTION public.attempt(role text, workspace text, kind text, actor text, sql text) RETURNS text
            LANGUAGE plpgsql AS $$
        DECLARE
            n int8;
        BEGIN
            BEGIN
                PERFORM set_config('tamm.workspace_id', workspace, true), set_config('tamm.actor_kind', kind, true),
                    set_config('tamm.actor_id', actor, true), set_config('role', role, true);
                IF sql LIKE 'SELECT %' THEN EXECUTE sql INTO n; ELSE
                    EXECUTE sql;
                    GET DIAGNOSTICS n = ROW_COUNT;
                END IF;
                RAISE EXCEPTION USING ERRCODE = 'TM000', MESSAGE = n::text;
            EXCEPTION
                WHEN SQLSTATE 'TM000' THEN RETURN SQLERRM;
                WHEN OTHERS THEN RETURN SQLSTATE;
            END;
        END $$;
        """

    /// A copy of a row of the table under another key, as JSON; nothing where its key is the workspace alone.
    private static func copy(_ table: String, _ tenant: String, _ workspace: Identifier<Workspace>) -> String {
        """
        SELECT to_jsonb(t) || coalesce((
            SELECT jsonb_object_agg(a.attname, CASE a.atttypid
                WHEN 'uuid'::regtype THEN to_jsonb(gen_random_uuid())
                WHEN 'int8'::regtype THEN to_jsonb(1000000 + (random() * 1000000)::int8)
                WHEN 'timestamptz'::regtype THEN to_jsonb(now())
                ELSE to_jsonb('x' || gen_random_uuid()::text) END)
            FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
            WHERE i.indrelid = 'tamm.\(table)'::regclass AND i.indisunique AND a.attname <> '\(tenant)'
                AND a.attname NOT IN ('wallet_id', 'payment_id')), '{}')
            || CASE '\(table)' WHEN 'workspace_users' THEN '{"role": "member"}' ELSE '{}' END::jsonb
        FROM tamm.\(table) t WHERE t.\(tenant) = '\(workspace)' LIMIT 1
        """
    }

    @Test func `gives each what the row policy says and nobody anything else`() async throws {
        let scratch = try await Scratch()
        let world = LawWorld()
        try await world.fill(scratch.store)
        let cast = try #require(world.cast)
        try await Admin.run(Self.function, database: scratch.name)
        var attempts: [(what: String, sql: String, check: (String) -> String?)] = []
        let names = try await Admin.run(
            """
            SELECT table_name FROM information_schema.columns WHERE table_schema = 'tamm' AND column_name = 'workspace_id'
                AND table_name NOT IN ('payment_orders', 'payment_transfers', 'api_key_digests')
            UNION SELECT 'workspaces' ORDER BY 1
            """, database: scratch.name
        ).split(separator: "\n").map(String.init)
        for name in names {
            let table = try #require(Self.rule(of: name), "a table without a rule: \(name)")
            let tenant = table == .workspaces ? "id" : "workspace_id"
            for workspace in [cast.seen.id, cast.other.id] {
                let row = try await Admin.run(Self.copy(name, tenant, workspace), database: scratch.name)
                #expect(row != "", "\(name) holds rows of both workspaces")
                for observer in cast.observers {
                    let standing = try await Self.standing(of: observer.principal, in: workspace, scratch.store)
                    let mayRead = RowPolicy.mayRead(table, in: workspace, as: standing)
                    // The heads of the audit logs are written by triggers alone.
                    let mayWrite =
                        name != "audit_heads" && RowPolicy.mayWrite(table, in: workspace, as: standing)
                    let place = workspace == cast.seen.id ? "seen" : "other"
                    func add(_ kind: String, _ statement: String, _ check: @escaping (String) -> String?) {
                        let call = Self.call(observer.principal, statement)
                        attempts.append(("\(kind) \(name) of \(place) as \(observer.name)", call, check))
                    }
                    let here = "tamm.\(name) WHERE \(tenant) = '\(workspace)'"
                    let insert = "INSERT INTO tamm.\(name) SELECT * FROM jsonb_populate_record(NULL::tamm.\(name), '\(row)')"
                    add("count", "SELECT count(*) FROM \(here)") { found in
                        mayRead ? (Int(found) ?? 0 > 0 ? nil : "rows") : (found == "0" || found == "42501" ? nil : "nothing")
                    }
                    let refused: (String) -> String? = { found in
                        mayWrite || found == "0" || found == "42501" ? nil : "nothing"
                    }
                    // Of workspaces, members change the row and nobody but the platform adds one.
                    let isMember = if case .member = standing { true } else { false }
                    add("insert", insert) { found in
                        guard mayWrite, !(table == .workspaces && isMember) else {
                            return found == "42501" ? nil : "refused"
                        }
                        return found == "1" || found == "23505" ? nil : "added"
                    }
                    add("upsert", insert + " ON CONFLICT DO NOTHING") { found in
                        mayWrite || found == "0" || found == "42501" ? nil : "nothing"
                    }
                    add("update", "UPDATE tamm.\(name) SET \(tenant) = \(tenant) WHERE \(tenant) = '\(workspace)'", refused)
                    add("delete", "DELETE FROM \(here)", refused)
                }
            }
        }
        let text = attempts.map { "SELECT \($0.sql);" }.joined(separator: "\n")
        let found = try await Admin.run("BEGIN;\n\(text)\nROLLBACK;", database: scratch.name)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        await scratch.close()
        try #require(found.count == attempts.count)
        print("\(attempts.count) attempts on \(names.count) tables")
        let wrong = zip(attempts, found).compactMap { attempt, found in
            attempt.check(found).map { "\(attempt.what): wanted \($0), found \(found)" }
        }
        #expect(wrong == [])
    }

    @Test func `lets no reference tell of another workspace's row`() async throws {
        let scratch = try await Scratch()
        let world = LawWorld()
        try await world.fill(scratch.store)
        let cast = try #require(world.cast)
        try await Admin.run(Self.function, database: scratch.name)
        let references = try await Admin.run(
            """
            SELECT c.relname || ' ' || p.relname || ' ' || (
                SELECT string_agg(a.attname || '=' || b.attname, ' ')
                FROM unnest(k.conkey[2:], k.confkey[2:]) AS n(child, parent)
                JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = n.child
                JOIN pg_attribute b ON b.attrelid = p.oid AND b.attnum = n.parent)
            FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid
            WHERE k.connamespace = 'tamm'::regnamespace AND k.contype = 'f' AND cardinality(k.conkey) > 1 ORDER BY 1
            """, database: scratch.name
        ).split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(references.count >= 5)
        for reference in references {
            let (child, parent) = (reference[0], reference[1])
            let row = try await Admin.run(Self.copy(child, "workspace_id", cast.seen.id), database: scratch.name)
            let columns = reference.dropFirst(2).map { $0.split(separator: "=").map(String.init) }
            let theirs = try await Admin.run(
                """
                SELECT jsonb_build_object(\(columns.map { "'\($0[0])', \($0[1])" }.joined(separator: ", "))) FROM tamm.\(parent)
                WHERE workspace_id = '\(cast.other.id)' LIMIT 1
                """, database: scratch.name)
            let nobodys = try await Admin.run(
                "SELECT jsonb_build_object(\(columns.map { "'\($0[0])', gen_random_uuid()" }.joined(separator: ", ")))",
                database: scratch.name)
            for principal in [.service, .ledger] + cast.observers.map(\.principal) {
                var found: [String] = []
                for other in [theirs, nobodys] {
                    let insert =
                        "INSERT INTO tamm.\(child) SELECT * FROM jsonb_populate_record(NULL::tamm.\(child), '\(row)'::jsonb || '\(other)'::jsonb)"
                    found.append(
                        try await Admin.run("SELECT \(Self.call(principal, insert))", database: scratch.name))
                }
                #expect(found[0] == found[1], "\(child) to \(parent) as \(principal)")
                #expect(["23503", "42501"].contains(found[0]), "\(child) to \(parent) as \(principal): \(found)")
            }
        }
        await scratch.close()
    }

    /// The table whose rule holds for the one of that name: its own, or that of the table which it is a part of.
    private static func rule(of name: String) -> TenantTable? {
        switch name {
        case "payment_transactions": .payments
        case "audit_heads": .auditLogs
        case "usage_sequences": .usageEvents
        default: TenantTable(rawValue: name)
        }
    }

    private static func standing(
        of principal: Principal, in workspace: Identifier<Workspace>, _ store: PostgresStore
    ) async throws -> RowPolicy.Standing {
        try await store.transaction(as: principal) { t throws(TammError) in try t.standing(in: workspace) }
    }

    private static func call(_ principal: Principal, _ sql: String) -> String {
        let (role, workspace, kind, actor) =
            switch principal {
            case .user(let user, let own): ("tamm_runtime", own.description, "user", user.description)
            case .key(let key, let own): ("tamm_runtime", own.description, "key", key.description)
            case .platformAdmin(let user): ("tamm_runtime", "", "platform_admin", user.description)
            case .service: ("tamm_service", "", "", "")
            case .ledger: ("tamm_ledger", "", "", "")
            }
        return "public.attempt('\(role)', '\(workspace)', '\(kind)', '\(actor)', $sql$\(sql)$sql$)"
    }

    @Test func `shows nothing to whom no transaction speaks for`() async throws {
        let scratch = try await Scratch()
        try await LawWorld().fill(scratch.store)
        for table in TenantTable.allCases {
            let select = "SELECT count(*) FROM tamm.\(table.rawValue)"
            let count =
                table.isSecret
                ? try await Admin.run(
                    "SELECT has_table_privilege('tamm_runtime', 'tamm.\(table.rawValue)', 'SELECT')::int", database: scratch.name)
                : try await Admin.run("SET ROLE tamm_runtime; \(select)", database: scratch.name)
            #expect(count == "0", "\(table.rawValue)")
        }
        await scratch.close()
    }

    @Test func `keeps one transaction's settings from the next on the same connection`() async throws {
        let scratch = try await Scratch { $0.connections = 1 }
        let world = LawWorld()
        try await world.fill(scratch.store)
        let cast = try #require(world.cast)
        let (seen, other) = (cast.seen, cast.other)
        for _ in 0..<3 {
            let mine = try await scratch.store.transaction(as: .user(seen.owner, in: seen.id)) { t throws(TammError) in
                try t.wallets(of: nil, after: nil, limit: 10).map(\.workspace)
            }
            let theirs = try await scratch.store.transaction(as: .user(other.owner, in: other.id)) { t throws(TammError) in
                try t.wallets(of: nil, after: nil, limit: 10).map(\.workspace)
            }
            #expect(Set(mine) == [seen.id])
            #expect(Set(theirs) == [other.id])
            let left = try await scratch.store.unitOfWork(as: .ledger) { t throws(TammError) in
                _ = try t.wallets(of: nil, after: nil, limit: 1)
                return try t.execute("SELECT current_setting('tamm.actor_id', true)") { row throws(TammError) in
                    try row.nextIfPresent(String.self) ?? ""
                }
            }
            #expect(left == [""])
        }
        await scratch.close()
    }
}
