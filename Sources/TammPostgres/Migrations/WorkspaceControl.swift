extension Migration {
    /// The status of workspaces, invitations, and an audit entry for what operators change by hand.
    static let workspaceControl = Migration(
        id: "0005-workspace-control",
        up: #"""
            ALTER TABLE tamm.workspaces
                ADD COLUMN status text COLLATE "C" NOT NULL DEFAULT 'active'
                    CHECK (status IN ('active', 'suspended', 'closing')),
                ADD COLUMN status_changes int8 NOT NULL DEFAULT 0;
            COMMENT ON COLUMN tamm.workspaces.status IS 'may be changed by hand: it acts at once, and is audited';
            COMMENT ON COLUMN tamm.workspaces.status_changes IS
                'goes up with each change of status that is audited by who makes it; one by hand leaves it as it is';

            -- The entry of the audit log for a change that nobody else writes one for.
            CREATE FUNCTION tamm.audit_by_hand(
                workspace uuid, action text, kind text, subject text, names text[], contents text[]
            ) RETURNS void LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
                INSERT INTO tamm.audit_logs (workspace_id, id, actor_kind, actor_id, action, subject_kind, subject_id,
                    reason, detail_names, detail_values, at)
                SELECT workspace, (lpad(to_hex((extract(epoch FROM now) * 1000)::int8), 12, '0') || '7'
                        || substr(replace(random, '-', ''), 14))::uuid,
                    'service', NULL, action, kind, subject, 'by SQL, as ' || left(session_user, 100), names, contents, now
                FROM (SELECT clock_timestamp() AS now, gen_random_uuid()::text AS random) AS drawn
            $$;
            CREATE FUNCTION tamm.note_workspace_by_hand() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                PERFORM tamm.audit_by_hand(NEW.id, 'workspace.status-changed', 'workspace', NEW.id::text,
                    ARRAY['from', 'to'], ARRAY[OLD.status, NEW.status]);
                RETURN NULL;
            END $$;
            CREATE FUNCTION tamm.guard_workspace_status() RETURNS trigger LANGUAGE plpgsql
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                IF current_user = 'tamm_runtime' AND NOT tamm.is_platform_admin() THEN
                    RAISE EXCEPTION 'only the platform changes the status of a workspace' USING ERRCODE = '42501';
                END IF;
                RETURN NEW;
            END $$;
            REVOKE EXECUTE ON FUNCTION tamm.audit_by_hand(uuid, text, text, text, text[], text[]),
                tamm.note_workspace_by_hand(), tamm.guard_workspace_status() FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION tamm.audit_by_hand(uuid, text, text, text, text[], text[]) TO tamm_lookup;
            GRANT INSERT ON tamm.audit_logs TO tamm_lookup;
            CREATE POLICY lookup ON tamm.audit_logs FOR INSERT TO tamm_lookup WITH CHECK (true);
            CREATE TRIGGER guard_status BEFORE UPDATE ON tamm.workspaces FOR EACH ROW
                WHEN ((OLD.status, OLD.status_changes) IS DISTINCT FROM (NEW.status, NEW.status_changes))
                EXECUTE FUNCTION tamm.guard_workspace_status();
            CREATE TRIGGER note_by_hand AFTER UPDATE ON tamm.workspaces FOR EACH ROW
                WHEN (OLD.status <> NEW.status AND OLD.status_changes = NEW.status_changes)
                EXECUTE FUNCTION tamm.note_workspace_by_hand();
            GRANT CREATE ON SCHEMA tamm TO tamm_lookup;
            ALTER FUNCTION tamm.note_workspace_by_hand() OWNER TO tamm_lookup;
            REVOKE CREATE ON SCHEMA tamm FROM tamm_lookup;

            CREATE TABLE tamm.workspace_invitations (
                workspace_id uuid NOT NULL REFERENCES tamm.workspaces,
                id uuid NOT NULL,
                role text COLLATE "C" NOT NULL CHECK (role IN ('member', 'admin', 'owner')),
                digest bytea NOT NULL CHECK (octet_length(digest) = 32),
                status text COLLATE "C" NOT NULL CHECK (status IN ('open', 'accepted', 'revoked')),
                created_at timestamptz NOT NULL,
                expires_at timestamptz NOT NULL,
                accepted_by uuid,
                PRIMARY KEY (workspace_id, id)
            );
            COMMENT ON TABLE tamm.workspace_invitations IS 'required: who may join a workspace; of each token a digest alone';
            SELECT tamm.isolate('tamm.workspace_invitations');
            SELECT tamm.let_read('tamm.workspace_invitations', 'admin', 'owner');
            SELECT tamm.let_administrators_write('tamm.workspace_invitations');
            GRANT SELECT, INSERT, UPDATE, DELETE ON tamm.workspace_invitations TO tamm_service;
            CREATE POLICY members_write ON tamm.workspace_invitations TO tamm_runtime
                USING (CASE role WHEN 'owner' THEN (SELECT tamm.acting_role()) = 'owner'
                    ELSE (SELECT tamm.acting_role()) IN ('admin', 'owner') END)
                WITH CHECK (CASE role WHEN 'owner' THEN (SELECT tamm.acting_role()) = 'owner'
                    ELSE (SELECT tamm.acting_role()) IN ('admin', 'owner') END);
            """#,
        down: .sql(
            #"""
            DROP TABLE tamm.workspace_invitations;
            DROP TRIGGER guard_status ON tamm.workspaces;
            DROP TRIGGER note_by_hand ON tamm.workspaces;
            DROP POLICY lookup ON tamm.audit_logs;
            REVOKE INSERT ON tamm.audit_logs FROM tamm_lookup;
            DROP FUNCTION tamm.note_workspace_by_hand(), tamm.guard_workspace_status(),
                tamm.audit_by_hand(uuid, text, text, text, text[], text[]);
            ALTER TABLE tamm.workspaces DROP COLUMN status, DROP COLUMN status_changes;
            """#))
}
