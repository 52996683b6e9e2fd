import TammCore
import TammPostgres
import Testing

/// What the catalogue says of every table, so that a new one cannot be forgotten.
@Suite struct `The database's catalogue` {
    /// Tables that are looked up before the workspace is known, or belong to none.
    private static let platform =
        "('payment_orders', 'payment_transfers', 'unmatched_transactions', 'api_key_digests', 'api_key_readers', "
        + "'api_key_refreshes', 'platform_admins', 'migrations')"

    /// Each rule as a statement that lists what breaks it.
    private static let rules: [(String, String)] = [
        (
            "row-level security is enabled and forced",
            """
            SELECT relname FROM pg_class WHERE relnamespace = 'tamm'::regnamespace AND relkind IN ('r', 'p')
                AND relname <> 'migrations' AND NOT (relrowsecurity AND relforcerowsecurity)
            """
        ),
        (
            "one restrictive policy for everybody stands in the way of all others",
            """
            SELECT relname FROM pg_class c WHERE relnamespace = 'tamm'::regnamespace AND relkind IN ('r', 'p')
                AND relname NOT IN ('platform_admins', 'migrations') AND 1 <> (
                    SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND NOT p.polpermissive
                        AND p.polname = 'tenant' AND p.polcmd = '*' AND p.polroles = '{0}')
            """
        ),
        (
            "keys, unique indexes and foreign keys of a tenant's table begin with the workspace",
            """
            SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
                JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
            WHERE c.relnamespace = 'tamm'::regnamespace AND i.indisunique AND c.relname NOT IN \(platform)
                AND a.attname <> CASE c.relname WHEN 'workspaces' THEN 'id' ELSE 'workspace_id' END
            UNION ALL
            SELECT k.conrelid::regclass || '.' || k.conname FROM pg_constraint k
                JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
            WHERE k.connamespace = 'tamm'::regnamespace AND k.contype = 'f' AND a.attname <> 'workspace_id'
            """
        ),
        (
            "each table says whether a backup has to hold it",
            """
            SELECT relname FROM pg_class c WHERE relnamespace = 'tamm'::regnamespace AND relkind IN ('r', 'p')
                AND coalesce(obj_description(c.oid), '') !~ '^(required|derived|ephemeral): '
            """
        ),
        (
            "only the owner may truncate, refer to or put triggers on a table",
            """
            SELECT table_name || ' ' || privilege_type || ' ' || grantee FROM information_schema.role_table_grants
            WHERE table_schema = 'tamm' AND grantee <> 'tamm_owner'
                AND privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER')
            """
        ),
        (
            "nothing is granted to everybody",
            """
            SELECT c.relname FROM pg_class c, aclexplode(c.relacl) a
            WHERE c.relnamespace = 'tamm'::regnamespace AND a.grantee = 0
            UNION ALL
            SELECT p.proname FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
            WHERE p.pronamespace = 'tamm'::regnamespace AND a.grantee = 0
            UNION ALL
            SELECT n.nspname FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname = 'tamm' AND a.grantee = 0
            """
        ),
        (
            "functions have a pinned search path in which temporary things come last, and none is leakproof",
            """
            SELECT proname FROM pg_proc WHERE pronamespace = 'tamm'::regnamespace
                AND (proleakproof OR NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (proconfig), false))
            """
        ),
        (
            "only the backup's role sees around the policies",
            "SELECT rolname FROM pg_roles WHERE rolname LIKE 'tamm%' AND (rolsuper OR rolbypassrls) AND rolname <> 'tamm_backup'"
        ),
    ]

    @Test(arguments: rules.indices)
    func `keeps each rule`(index: Int) async throws {
        _ = try await Server.shared
        let (rule, sql) = Self.rules[index]
        #expect(try await Admin.run(sql) == "", "\(rule)")
    }

    /// A table without anything is found by the rules about tables; each of the others by a violation of its own.
    @Test func `finds what breaks a rule`() async throws {
        let scratch = try await Scratch()
        try await Admin.run(
            """
            CREATE TABLE tamm.forgotten (id uuid PRIMARY KEY, workspace_id uuid);
            GRANT TRUNCATE ON tamm.forgotten TO tamm_service;
            GRANT SELECT ON tamm.forgotten TO PUBLIC;
            CREATE FUNCTION tamm.loose() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
            """, database: scratch.name)
        for (rule, sql) in Self.rules.dropLast() {
            let found = try await Admin.run(sql, database: scratch.name)
            #expect(found.contains("forgotten") || found.contains("loose"), "\(rule)")
        }
        await scratch.close()
    }

    @Test(arguments: [
        "ledger_entries", "usage_events", "audit_logs", "wallet_commands", "channel_doc_audit_logs",
        "external_api_audit_logs",
    ])
    func `lets nobody change or remove what is append-only`(table: String) async throws {
        let scratch = try await Scratch()
        let context = LawWorld()
        try await context.fill(scratch.store)
        let change = table == "wallet_commands" ? "SET amount = amount + 1" : "SET workspace_id = workspace_id"
        for role in ["postgres", "tamm_owner"] {
            for sql in ["UPDATE tamm.\(table) \(change)", "DELETE FROM tamm.\(table)", "TRUNCATE tamm.\(table) CASCADE"] {
                // The owner is held to the policies, which show it no row; the triggers hold everybody.
                let outcome = try await Admin.run(
                    """
                    DO $$ DECLARE changed int8; BEGIN
                        SET LOCAL ROLE \(role);
                        \(sql);
                        GET DIAGNOSTICS changed = ROW_COUNT;
                        IF changed > 0 THEN RAISE EXCEPTION 'changed % rows', changed; END IF;
                    EXCEPTION WHEN insufficient_privilege THEN NULL; END $$;
                    RESET ROLE;
                    SELECT count(*) > 0 FROM tamm.\(table) WHERE workspace_id = '\(context.seen)';
                    """, database: scratch.name)
                #expect(outcome == "t", "\(sql) as \(role)")
            }
        }
        await scratch.close()
    }

    @Test func `keeps what is reversed of a command`() async throws {
        let scratch = try await Scratch()
        try await LawWorld().fill(scratch.store)
        let outcome = try await Admin.run(
            """
            UPDATE tamm.wallet_commands SET reversed = reversed + 2;
            DO $$ BEGIN
                UPDATE tamm.wallet_commands SET reversed = reversed - 1;
            EXCEPTION WHEN insufficient_privilege THEN NULL; END $$;
            SELECT min(reversed) FROM tamm.wallet_commands;
            """, database: scratch.name)
        #expect(outcome == "2")
        await scratch.close()
    }
}
