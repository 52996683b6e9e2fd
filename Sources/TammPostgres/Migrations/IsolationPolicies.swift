extension Migration {
    /// Who sees and writes which row of the tables of access and the ledger: `RowPolicy`, in the database.
    static let isolationPolicies = Migration(
        id: "0004-isolation",
        up: #"""
            -- What every tenant table has: nobody but the platform's own roles and administrators sees beyond the
            -- workspace in which its user acts, whatever other policy says.
            CREATE FUNCTION tamm.isolate(tenant_table regclass, tenant name DEFAULT 'workspace_id') RETURNS void
                LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tenant_table);
                EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tenant_table);
                EXECUTE format(
                    'CREATE POLICY tenant ON %s AS RESTRICTIVE TO PUBLIC USING ('
                    '(SELECT current_user = ANY (''{tamm_ledger,tamm_service,tamm_lookup}''::name[])) '
                    'OR (SELECT tamm.is_platform_admin()) OR %I = (SELECT tamm.acting_in()))', tenant_table, tenant);
                EXECUTE format('CREATE POLICY service ON %s TO tamm_service USING (true)', tenant_table);
                EXECUTE format('GRANT SELECT ON %s TO tamm_backup', tenant_table);
            END $$;
            REVOKE EXECUTE ON FUNCTION tamm.isolate(regclass, name) FROM PUBLIC;

            -- Those who read: members in these roles, and platform administrators.
            CREATE FUNCTION tamm.let_read(tenant_table regclass, VARIADIC roles text[]) RETURNS void LANGUAGE plpgsql
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                EXECUTE format('GRANT SELECT ON %s TO tamm_runtime', tenant_table);
                EXECUTE format(
                    'CREATE POLICY members_read ON %s FOR SELECT TO tamm_runtime USING ('
                    '(SELECT tamm.acting_role()) = ANY (%L::text[]))', tenant_table, roles);
                EXECUTE format(
                    'CREATE POLICY administrators_read ON %s FOR SELECT TO tamm_runtime USING ('
                    '(SELECT tamm.is_platform_admin()))', tenant_table);
            END $$;
            REVOKE EXECUTE ON FUNCTION tamm.let_read(regclass, text[]) FROM PUBLIC;

            -- Tables that platform administrators write beside the service.
            CREATE FUNCTION tamm.let_administrators_write(tenant_table regclass) RETURNS void LANGUAGE plpgsql
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                EXECUTE format('GRANT INSERT, UPDATE, DELETE ON %s TO tamm_runtime', tenant_table);
                EXECUTE format(
                    'CREATE POLICY administrators_write ON %s TO tamm_runtime USING ('
                    '(SELECT tamm.is_platform_admin()))', tenant_table);
            END $$;
            REVOKE EXECUTE ON FUNCTION tamm.let_administrators_write(regclass) FROM PUBLIC;

            SELECT tamm.isolate('tamm.workspaces', 'id');
            SELECT tamm.let_read('tamm.workspaces', 'member', 'admin', 'owner');
            GRANT SELECT, INSERT, UPDATE, DELETE ON tamm.workspaces TO tamm_service;
            GRANT INSERT, UPDATE, DELETE ON tamm.workspaces TO tamm_runtime;
            CREATE POLICY administrators_write ON tamm.workspaces TO tamm_runtime
                USING ((SELECT tamm.is_platform_admin()));
            CREATE POLICY members_write ON tamm.workspaces FOR UPDATE TO tamm_runtime
                USING ((SELECT tamm.acting_role()) IN ('admin', 'owner'));
            CREATE POLICY lookup ON tamm.workspaces TO tamm_lookup USING (true);

            SELECT tamm.isolate('tamm.workspace_users');
            SELECT tamm.let_read('tamm.workspace_users', 'member', 'admin', 'owner');
            SELECT tamm.let_administrators_write('tamm.workspace_users');
            GRANT SELECT, INSERT, UPDATE, DELETE ON tamm.workspace_users TO tamm_service;
            CREATE POLICY members_insert ON tamm.workspace_users FOR INSERT TO tamm_runtime
                WITH CHECK (CASE role WHEN 'owner' THEN (SELECT tamm.acting_role()) = 'owner'
                    ELSE (SELECT tamm.acting_role()) IN ('admin', 'owner') END);
            CREATE POLICY members_update ON tamm.workspace_users FOR UPDATE TO tamm_runtime
                USING (CASE role WHEN 'owner' THEN (SELECT tamm.acting_role()) = 'owner'
                    ELSE (SELECT tamm.acting_role()) IN ('admin', 'owner') END)
                WITH CHECK (CASE role WHEN 'owner' THEN (SELECT tamm.acting_role()) = 'owner'
                    ELSE (SELECT tamm.acting_role()) IN ('admin', 'owner') END);
            CREATE POLICY members_delete ON tamm.workspace_users FOR DELETE TO tamm_runtime
                USING (CASE role WHEN 'owner' THEN (SELECT tamm.acting_role()) = 'owner'
                    ELSE (SELECT tamm.acting_role()) IN ('admin', 'owner') END);
            CREATE POLICY lookup ON tamm.workspace_users FOR SELECT TO tamm_lookup USING (true);

            ALTER TABLE tamm.platform_admins ENABLE ROW LEVEL SECURITY;
            ALTER TABLE tamm.platform_admins FORCE ROW LEVEL SECURITY;
            GRANT SELECT, INSERT, DELETE ON tamm.platform_admins TO tamm_service;
            GRANT SELECT ON tamm.platform_admins TO tamm_backup;
            CREATE POLICY platform ON tamm.platform_admins AS RESTRICTIVE TO PUBLIC
                USING ((SELECT current_user = ANY ('{tamm_service,tamm_lookup}'::name[])));
            CREATE POLICY service ON tamm.platform_admins TO tamm_service USING (true);
            CREATE POLICY lookup ON tamm.platform_admins FOR SELECT TO tamm_lookup USING (true);

            SELECT tamm.isolate('tamm.audit_logs');
            SELECT tamm.let_read('tamm.audit_logs', 'admin', 'owner');
            GRANT SELECT, INSERT ON tamm.audit_logs TO tamm_service;
            GRANT INSERT ON tamm.audit_logs TO tamm_runtime;
            CREATE POLICY administrators_write ON tamm.audit_logs FOR INSERT TO tamm_runtime
                WITH CHECK ((SELECT tamm.is_platform_admin()));

            -- Ledger tables: no user writes them, whatever its role.
            DO $$
            DECLARE
                name text;
            BEGIN
                FOREACH name IN ARRAY ARRAY['workspace_wallets', 'ledger_entries', 'credit_grants', 'credit_holds',
                    'receivables', 'wallet_commands', 'quota_counters', 'usage_sequences', 'usage_events']
                LOOP
                    PERFORM tamm.isolate(format('tamm.%I', name)::regclass);
                    PERFORM tamm.let_read(format('tamm.%I', name)::regclass, 'admin', 'owner');
                    EXECUTE format('CREATE POLICY ledger ON tamm.%I TO tamm_ledger USING (true)', name);
                    EXECUTE format('GRANT SELECT, INSERT ON tamm.%I TO tamm_ledger, tamm_service', name);
                    IF name NOT IN ('ledger_entries', 'usage_events') THEN
                        EXECUTE format('GRANT UPDATE ON tamm.%I TO tamm_ledger, tamm_service', name);
                    END IF;
                END LOOP;
            END $$;
            SELECT tamm.isolate('tamm.subscriptions');
            SELECT tamm.let_read('tamm.subscriptions', 'member', 'admin', 'owner');
            SELECT tamm.let_administrators_write('tamm.subscriptions');
            GRANT SELECT, INSERT, UPDATE ON tamm.subscriptions TO tamm_service;

            SELECT tamm.isolate('tamm.payments');
            SELECT tamm.let_read('tamm.payments', 'admin', 'owner');
            SELECT tamm.let_administrators_write('tamm.payments');
            GRANT SELECT, INSERT, UPDATE ON tamm.payments TO tamm_service;

            SELECT tamm.isolate('tamm.payment_transactions');
            SELECT tamm.let_read('tamm.payment_transactions', 'admin', 'owner');
            SELECT tamm.let_administrators_write('tamm.payment_transactions');
            GRANT SELECT, INSERT, UPDATE, DELETE ON tamm.payment_transactions TO tamm_service;

            SELECT tamm.isolate('tamm.saved_cards');
            GRANT SELECT, INSERT, UPDATE, DELETE ON tamm.saved_cards TO tamm_service;

            -- What is looked up before the workspace is known belongs to the platform.
            DO $$
            DECLARE
                name text;
            BEGIN
                FOREACH name IN ARRAY ARRAY['payment_orders', 'payment_transfers', 'unmatched_transactions']
                LOOP
                    EXECUTE format('ALTER TABLE tamm.%I ENABLE ROW LEVEL SECURITY', name);
                    EXECUTE format('ALTER TABLE tamm.%I FORCE ROW LEVEL SECURITY', name);
                    EXECUTE format(
                        'CREATE POLICY tenant ON tamm.%I AS RESTRICTIVE TO PUBLIC USING ('
                        '(SELECT current_user = ''tamm_service'') OR (SELECT tamm.is_platform_admin()))', name);
                    EXECUTE format('CREATE POLICY service ON tamm.%I TO tamm_service USING (true)', name);
                    EXECUTE format(
                        'CREATE POLICY administrators ON tamm.%I TO tamm_runtime USING ('
                        '(SELECT tamm.is_platform_admin()))', name);
                    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON tamm.%I TO tamm_service, tamm_runtime', name);
                    EXECUTE format('GRANT SELECT ON tamm.%I TO tamm_backup', name);
                END LOOP;
            END $$;

            GRANT SELECT ON tamm.migrations TO tamm_backup, tamm_runtime, tamm_ledger, tamm_service;
            """#,
        down: .sql(
            #"""
            DO $$
            DECLARE
                policy record;
                name text;
            BEGIN
                FOR policy IN SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'tamm' LOOP
                    EXECUTE format('DROP POLICY %I ON tamm.%I', policy.policyname, policy.tablename);
                END LOOP;
                FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'tamm' LOOP
                    EXECUTE format('ALTER TABLE tamm.%I NO FORCE ROW LEVEL SECURITY', name);
                    EXECUTE format('ALTER TABLE tamm.%I DISABLE ROW LEVEL SECURITY', name);
                    EXECUTE format('REVOKE ALL ON tamm.%I FROM tamm_runtime, tamm_ledger, tamm_service, tamm_backup', name);
                END LOOP;
            END $$;
            DROP FUNCTION tamm.isolate(regclass, name), tamm.let_read(regclass, text[]),
                tamm.let_administrators_write(regclass);
            """#))
}
