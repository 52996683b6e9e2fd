extension Migration {
    /// Keys as principals: what their scopes let them read, and whether their requests have to be signed.
    static let apiKeyStanding = Migration(
        id: "0010-api-key-standing",
        up: locking([
            "workspaces", "workspace_users", "subscriptions", "workspace_api_keys", "payments", "payment_transactions",
            "workspace_wallets", "ledger_entries", "credit_grants", "credit_holds", "receivables", "wallet_commands",
            "quota_counters", "usage_sequences", "usage_events", "external_api_audit_logs", "channel_doc_audit_logs",
            "audit_logs", "audit_heads",
        ]) + #"""
            ALTER TABLE tamm.workspace_api_keys ADD COLUMN signature text COLLATE "C" NOT NULL DEFAULT 'optional'
                CHECK (signature IN ('optional', 'required'));
            COMMENT ON COLUMN tamm.workspace_api_keys.signature IS
                'whether each request has to carry an HTTP message signature';
            CREATE FUNCTION tamm.refuse_signature_change() RETURNS trigger LANGUAGE plpgsql
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                RAISE EXCEPTION 'the terms of a key never change: issue another' USING ERRCODE = '23514';
            END $$;
            REVOKE EXECUTE ON FUNCTION tamm.refuse_signature_change() FROM PUBLIC;
            CREATE TRIGGER refuse_signature_change BEFORE UPDATE ON tamm.workspace_api_keys FOR EACH ROW
                WHEN (OLD.signature <> NEW.signature) EXECUTE FUNCTION tamm.refuse_signature_change();

            GRANT SELECT ON tamm.workspace_api_keys TO tamm_lookup;
            CREATE POLICY lookup ON tamm.workspace_api_keys FOR SELECT TO tamm_lookup USING (true);
            GRANT CREATE ON SCHEMA tamm TO tamm_lookup;
            CREATE FUNCTION tamm.acting_scopes() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
                SELECT k.scopes FROM tamm.workspace_api_keys k JOIN tamm.workspaces w ON w.id = k.workspace_id
                WHERE current_setting('tamm.actor_kind', true) = 'key'
                    AND k.workspace_id = NULLIF(current_setting('tamm.workspace_id', true), '')::uuid
                    AND k.id = NULLIF(current_setting('tamm.actor_id', true), '')::uuid
                    AND k.status = 'active' AND w.status = 'active'
            $$;
            CREATE OR REPLACE FUNCTION tamm.acting_in() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
                SELECT u.workspace_id FROM tamm.workspace_users u
                WHERE current_setting('tamm.actor_kind', true) = 'user'
                    AND u.workspace_id = NULLIF(current_setting('tamm.workspace_id', true), '')::uuid
                    AND u.user_id = NULLIF(current_setting('tamm.actor_id', true), '')::uuid
                UNION ALL
                SELECT k.workspace_id FROM tamm.workspace_api_keys k JOIN tamm.workspaces w ON w.id = k.workspace_id
                WHERE current_setting('tamm.actor_kind', true) = 'key'
                    AND k.workspace_id = NULLIF(current_setting('tamm.workspace_id', true), '')::uuid
                    AND k.id = NULLIF(current_setting('tamm.actor_id', true), '')::uuid
                    AND k.status = 'active' AND w.status = 'active'
            $$;
            REVOKE EXECUTE ON FUNCTION tamm.acting_scopes() FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION tamm.acting_scopes() TO tamm_runtime;
            ALTER FUNCTION tamm.acting_scopes() OWNER TO tamm_lookup;
            REVOKE CREATE ON SCHEMA tamm FROM tamm_lookup;

            -- The rule of `Permission.init(_:)`; no scope lets a key write.
            DO $$
            DECLARE
                rule record;
            BEGIN
                FOR rule IN SELECT * FROM (VALUES
                    ('workspaces', 'workspace.read'), ('workspace_users', 'workspace.read'),
                    ('subscriptions', 'workspace.read'), ('workspace_wallets', 'billing.read'),
                    ('ledger_entries', 'billing.read'), ('credit_grants', 'billing.read'),
                    ('credit_holds', 'billing.read'), ('receivables', 'billing.read'),
                    ('wallet_commands', 'billing.read'), ('quota_counters', 'billing.read'),
                    ('usage_sequences', 'billing.read'), ('usage_events', 'billing.read'), ('payments', 'billing.read'),
                    ('payment_transactions', 'billing.read'), ('audit_logs', 'audit.read'),
                    ('channel_doc_audit_logs', 'audit.read'), ('external_api_audit_logs', 'audit.read'),
                    ('audit_heads', 'audit.read')) AS rules (name, scope)
                LOOP
                    EXECUTE format(
                        'CREATE POLICY keys_read ON tamm.%I FOR SELECT TO tamm_runtime USING ('
                        '(SELECT %L = ANY (tamm.acting_scopes())))', rule.name, rule.scope);
                END LOOP;
            END $$;
            """#,
        down: .sql(
            #"""
            DO $$
            DECLARE
                name text;
            BEGIN
                FOR name IN SELECT tablename FROM pg_policies WHERE schemaname = 'tamm' AND policyname = 'keys_read' LOOP
                    EXECUTE format('DROP POLICY keys_read ON tamm.%I', name);
                END LOOP;
            END $$;
            GRANT CREATE ON SCHEMA tamm TO tamm_lookup;
            CREATE OR REPLACE FUNCTION tamm.acting_in() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
                SELECT u.workspace_id FROM tamm.workspace_users u
                WHERE current_setting('tamm.actor_kind', true) = 'user'
                    AND u.workspace_id = NULLIF(current_setting('tamm.workspace_id', true), '')::uuid
                    AND u.user_id = NULLIF(current_setting('tamm.actor_id', true), '')::uuid
            $$;
            REVOKE CREATE ON SCHEMA tamm FROM tamm_lookup;
            DROP FUNCTION tamm.acting_scopes();
            DROP POLICY lookup ON tamm.workspace_api_keys;
            REVOKE SELECT ON tamm.workspace_api_keys FROM tamm_lookup;
            -- Without the column nobody would ask these for a signature.
            ALTER TABLE tamm.workspace_api_keys NO FORCE ROW LEVEL SECURITY;
            UPDATE tamm.workspace_api_keys SET status = 'disabled' WHERE signature = 'required' AND status = 'active';
            ALTER TABLE tamm.workspace_api_keys FORCE ROW LEVEL SECURITY;
            DROP TRIGGER refuse_signature_change ON tamm.workspace_api_keys;
            DROP FUNCTION tamm.refuse_signature_change();
            ALTER TABLE tamm.workspace_api_keys DROP COLUMN signature;
            """#))
}
