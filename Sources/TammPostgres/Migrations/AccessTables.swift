extension Migration {
    /// Workspaces, members, platform administrators, the audit log, and how a transaction's user is looked up.
    static let accessTables = Migration(
        id: "0001-access",
        up: #"""
            CREATE SCHEMA tamm;
            REVOKE ALL ON SCHEMA tamm FROM PUBLIC;
            GRANT USAGE ON SCHEMA tamm TO tamm_runtime, tamm_ledger, tamm_service, tamm_lookup, tamm_backup;

            CREATE TABLE tamm.migrations (
                id text COLLATE "C" PRIMARY KEY,
                digest bytea NOT NULL,
                applied_at timestamptz NOT NULL
            );
            COMMENT ON TABLE tamm.migrations IS 'required: which steps the schema has taken';

            CREATE FUNCTION tamm.refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '42501';
            END $$;
            REVOKE EXECUTE ON FUNCTION tamm.refuse_change() FROM PUBLIC;

            CREATE TABLE tamm.workspaces (
                id uuid PRIMARY KEY,
                name text COLLATE "C" NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 200),
                created_at timestamptz NOT NULL,
                member_changes int8 NOT NULL DEFAULT 0
            );
            COMMENT ON TABLE tamm.workspaces IS 'required: tenants';
            COMMENT ON COLUMN tamm.workspaces.member_changes IS
                'goes up with each change of members, so that two changes of one moment conflict';

            CREATE TABLE tamm.workspace_users (
                workspace_id uuid NOT NULL REFERENCES tamm.workspaces,
                user_id uuid NOT NULL,
                role text COLLATE "C" NOT NULL CHECK (role IN ('member', 'admin', 'owner')),
                joined_at timestamptz NOT NULL,
                PRIMARY KEY (workspace_id, user_id)
            );
            COMMENT ON TABLE tamm.workspace_users IS 'required: who belongs to a workspace, in which role';

            CREATE TABLE tamm.platform_admins (
                user_id uuid PRIMARY KEY
            );
            COMMENT ON TABLE tamm.platform_admins IS 'required: the platform''s own administrators';

            CREATE TABLE tamm.audit_logs (
                workspace_id uuid NOT NULL REFERENCES tamm.workspaces,
                id uuid NOT NULL,
                actor_kind text COLLATE "C" NOT NULL CHECK (actor_kind IN ('user', 'platform_admin', 'service')),
                actor_id uuid CHECK ((actor_kind = 'service') = (actor_id IS NULL)),
                action text COLLATE "C" NOT NULL,
                subject_kind text COLLATE "C" NOT NULL,
                subject_id text COLLATE "C" NOT NULL,
                reason text COLLATE "C" NOT NULL,
                detail_names text[] COLLATE "C" NOT NULL,
                detail_values text[] COLLATE "C" NOT NULL CHECK (cardinality(detail_names) = cardinality(detail_values)),
                at timestamptz NOT NULL,
                PRIMARY KEY (workspace_id, id)
            );
            COMMENT ON TABLE tamm.audit_logs IS 'required: who did what to what, and why; append-only';
            CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON tamm.audit_logs
                FOR EACH ROW EXECUTE FUNCTION tamm.refuse_change();
            CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON tamm.audit_logs
                FOR EACH STATEMENT EXECUTE FUNCTION tamm.refuse_change();

            -- Who acts is a claim of the transaction's settings; what the actor is, these look up.
            GRANT SELECT ON tamm.workspace_users, tamm.platform_admins TO tamm_lookup;
            GRANT CREATE ON SCHEMA tamm TO tamm_lookup;

            CREATE FUNCTION tamm.acting_role() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
                SELECT u.role FROM tamm.workspace_users u
                WHERE current_setting('tamm.actor_kind', true) = 'user'
                    AND u.workspace_id = NULLIF(current_setting('tamm.workspace_id', true), '')::uuid
                    AND u.user_id = NULLIF(current_setting('tamm.actor_id', true), '')::uuid
            $$;
            CREATE FUNCTION tamm.acting_in() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
                SELECT u.workspace_id FROM tamm.workspace_users u
                WHERE current_setting('tamm.actor_kind', true) = 'user'
                    AND u.workspace_id = NULLIF(current_setting('tamm.workspace_id', true), '')::uuid
                    AND u.user_id = NULLIF(current_setting('tamm.actor_id', true), '')::uuid
            $$;
            CREATE FUNCTION tamm.is_platform_admin() RETURNS bool LANGUAGE sql STABLE SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
                SELECT EXISTS (
                    SELECT FROM tamm.platform_admins a
                    WHERE current_setting('tamm.actor_kind', true) = 'platform_admin'
                        AND a.user_id = NULLIF(current_setting('tamm.actor_id', true), '')::uuid)
            $$;
            CREATE FUNCTION tamm.note_member_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                UPDATE tamm.workspaces SET member_changes = member_changes + 1
                WHERE id = coalesce(NEW.workspace_id, OLD.workspace_id);
                RETURN NULL;
            END $$;
            GRANT SELECT, UPDATE ON tamm.workspaces TO tamm_lookup;
            REVOKE EXECUTE ON FUNCTION tamm.acting_role(), tamm.acting_in(), tamm.is_platform_admin(),
                tamm.note_member_change() FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION tamm.acting_role(), tamm.acting_in(), tamm.is_platform_admin()
                TO tamm_runtime, tamm_ledger, tamm_service, tamm_lookup;
            CREATE TRIGGER note_member_change AFTER INSERT OR UPDATE OR DELETE ON tamm.workspace_users
                FOR EACH ROW EXECUTE FUNCTION tamm.note_member_change();
            ALTER FUNCTION tamm.acting_role() OWNER TO tamm_lookup;
            ALTER FUNCTION tamm.acting_in() OWNER TO tamm_lookup;
            ALTER FUNCTION tamm.is_platform_admin() OWNER TO tamm_lookup;
            ALTER FUNCTION tamm.note_member_change() OWNER TO tamm_lookup;
            REVOKE CREATE ON SCHEMA tamm FROM tamm_lookup;
            """#,
        down: .sql("DROP SCHEMA tamm CASCADE"))
}
