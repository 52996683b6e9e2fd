/// Whether the library's own transaction of the service writes: it records what it does itself.
private let isByLibrary =
    "coalesce(current_user = 'tamm_service' AND current_setting('tamm.audited_by', true) = 'library', false)"

private let octet = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
/// Whether an address has the one spelling in which the core writes it: RFC 5952's, which in `::/96` the server does not
/// write, and of IPv4 dotted decimal alone.
private let isAddress = #"""
    CASE WHEN address ~ '^(\#(octet)\.){3}\#(octet)$' THEN true
                        WHEN address ~ '^::([1-9a-f][0-9a-f]{0,3}(:(0|[1-9a-f][0-9a-f]{0,3}))?)?$' THEN true
                        WHEN address ~ '^[0-9a-f:]{2,39}$' THEN host(address::inet) = address
                        ELSE address IS NULL END
    """#

extension Migration {
    /// Who writes the tables of access, what an audit record may hold, and what is recorded of changes by hand: members,
    /// administrators, new workspaces and keys too.
    static let accessWrites = Migration(
        id: "0009-access-writes",
        up: locking([
            "workspaces", "workspace_users", "platform_admins", "subscriptions", "workspace_api_keys",
            "workspace_invitations", "external_api_audit_logs", "channel_doc_audit_logs", "audit_logs",
        ]) + #"""
            -- The service alone writes what a row's policy cannot judge, on behalf of users too.
            REVOKE INSERT ON tamm.audit_logs FROM tamm_runtime;
            DROP POLICY administrators_write ON tamm.audit_logs;
            REVOKE INSERT, UPDATE ON tamm.workspace_api_keys FROM tamm_runtime;
            DROP POLICY administrators_write ON tamm.workspace_api_keys;
            DROP POLICY members_write ON tamm.workspace_api_keys;
            REVOKE INSERT, UPDATE, DELETE ON tamm.workspace_invitations FROM tamm_runtime;
            DROP POLICY administrators_write ON tamm.workspace_invitations;
            DROP POLICY members_write ON tamm.workspace_invitations;

            -- Who made an open invitation is in the audit log, where its entry has an identifier of the same millisecond;
            -- one of nobody is revoked.
            ALTER TABLE tamm.workspace_invitations ADD COLUMN inviter_kind text COLLATE "C", ADD COLUMN inviter_id uuid;
            ALTER TABLE tamm.workspace_invitations NO FORCE ROW LEVEL SECURITY;
            ALTER TABLE tamm.audit_logs NO FORCE ROW LEVEL SECURITY;
            UPDATE tamm.workspace_invitations i SET inviter_kind = known.actor_kind, inviter_id = known.actor_id
            FROM (
                SELECT o.workspace_id, o.id, a.actor_kind, a.actor_id
                FROM (
                    SELECT workspace_id, id, lpad(to_hex(floor(extract(epoch FROM created_at) * 1000)::int8), 12, '0') AS hex
                    FROM tamm.workspace_invitations
                    WHERE status = 'open' AND created_at >= '1970-01-01 00:00:00+00'
                ) AS o
                JOIN tamm.audit_logs a ON a.workspace_id = o.workspace_id
                    AND a.id >= rpad(hex, 32, '0')::uuid AND a.id <= rpad(hex, 32, 'f')::uuid
                    AND a.action = 'member.invited' AND a.subject_id = o.id::text
            ) AS known
            WHERE i.workspace_id = known.workspace_id AND i.id = known.id;
            UPDATE tamm.workspace_invitations SET status = 'revoked' WHERE status = 'open' AND inviter_kind IS NULL;
            ALTER TABLE tamm.audit_logs FORCE ROW LEVEL SECURITY;
            ALTER TABLE tamm.workspace_invitations FORCE ROW LEVEL SECURITY;
            -- One that a process of before writes meanwhile is of nobody: listed and revoked, and never accepted.
            ALTER TABLE tamm.workspace_invitations ADD CONSTRAINT workspace_invitations_inviter CHECK (
                CASE WHEN inviter_kind IS NULL THEN inviter_id IS NULL
                    ELSE inviter_kind IN ('user', 'platform_admin', 'service')
                        AND (inviter_kind = 'service') = (inviter_id IS NULL) END);

            -- Who acts for an administrator keeps its row as it is meanwhile.
            GRANT UPDATE (user_id) ON tamm.platform_admins TO tamm_service;

            -- Rows that are there already stay as they are.
            CREATE FUNCTION tamm.are_audit_details(names text[], contents text[]) RETURNS bool LANGUAGE sql IMMUTABLE
                SET search_path = pg_catalog, pg_temp AS $$
                SELECT cardinality(names) <= 16 AND coalesce(array_ndims(names), 1) = 1
                    AND coalesce(array_ndims(contents), 1) = 1 AND NOT EXISTS (
                        SELECT FROM unnest(names, contents) AS d(name, content)
                        WHERE (d.name COLLATE "C" ~ '^[a-z][a-z0-9._-]{0,63}$' AND octet_length(d.content) <= 255
                            AND d.content COLLATE "C" !~ '[\u0001-\u001f\u007f-\u009f\u2028\u2029]') IS NOT TRUE)
                    AND (SELECT count(*) = count(DISTINCT n.name COLLATE "C") FROM unnest(names) AS n(name))
            $$;
            REVOKE EXECUTE ON FUNCTION tamm.are_audit_details(text[], text[]) FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION tamm.are_audit_details(text[], text[]) TO tamm_service, tamm_lookup;
            ALTER TABLE tamm.audit_logs ADD CONSTRAINT audit_logs_form CHECK (
                action ~ '^[a-z][a-z0-9._-]{0,63}$' AND subject_kind ~ '^[a-z][a-z0-9._-]{0,63}$'
                AND octet_length(subject_id) BETWEEN 1 AND 255 AND octet_length(reason) <= 500
                AND (subject_id || reason) !~ '[\u0001-\u001f\u007f-\u009f\u2028\u2029]'
                AND tamm.are_audit_details(detail_names, detail_values)
                AND at BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999999+00') NOT VALID;
            ALTER TABLE tamm.channel_doc_audit_logs ADD CONSTRAINT channel_doc_audit_logs_form CHECK (
                octet_length(channel) BETWEEN 1 AND 255 AND octet_length(agent) BETWEEN 1 AND 255
                AND octet_length(document) BETWEEN 1 AND 255
                AND (coalesce(channel, '') || coalesce(agent, '') || document)
                    !~ '[\u0001-\u001f\u007f-\u009f\u2028\u2029]'
                AND at BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999999+00') NOT VALID;
            ALTER TABLE tamm.external_api_audit_logs ADD CONSTRAINT external_api_audit_logs_form CHECK (
                method ~ '^[!-~]{1,16}$' AND path ~ '^[!-~]+$' AND octet_length(path) <= 1024
                AND refusal ~ '^[a-z][a-z0-9._-]{0,63}$' AND \#(isAddress)
                AND microseconds <= 86400000000 AND request_id ~ '^[!-~]{1,128}$'
                AND at BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999999+00') NOT VALID;
            CREATE OR REPLACE FUNCTION tamm.audit_field(value bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                IF octet_length(value) > 65535 THEN
                    RAISE EXCEPTION 'a field of an audit record has at most 65,535 bytes' USING ERRCODE = '22001';
                END IF;
                RETURN substring(int4send(coalesce(octet_length(value), 0)) FROM 3) || coalesce(value, ''::bytea);
            END $$;

            -- What belongs to no workspace is recorded here.
            ALTER TABLE tamm.workspaces NO FORCE ROW LEVEL SECURITY;
            INSERT INTO tamm.workspaces (id, name, created_at, status)
            VALUES ('00000000-0000-0000-0000-000000000000', 'The platform', '1970-01-01 00:00:00+00', 'closing');
            ALTER TABLE tamm.workspaces FORCE ROW LEVEL SECURITY;

            -- Members and administrators whose transaction it is are named; others act by the login they have.
            CREATE OR REPLACE FUNCTION tamm.audit_by_hand(
                workspace uuid, action text, kind text, subject text, names text[], contents text[]
            ) RETURNS void LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
                INSERT INTO tamm.audit_logs (workspace_id, id, actor_kind, actor_id, action, subject_kind, subject_id,
                    reason, detail_names, detail_values, at)
                SELECT workspace, (lpad(to_hex((extract(epoch FROM now) * 1000)::int8), 12, '0') || '7'
                        || substr(replace(random, '-', ''), 14))::uuid,
                    actor, CASE WHEN actor <> 'service' THEN current_setting('tamm.actor_id')::uuid END, action, kind,
                    subject, 'by SQL, as '
                        || regexp_replace(left(session_user, 100), '[\u0001-\u001f\u007f-\u009f\u2028\u2029]', '?', 'g'),
                    names, contents, now
                FROM (SELECT clock_timestamp() AS now, gen_random_uuid()::text AS random,
                    CASE WHEN current_setting('role') <> 'tamm_runtime' THEN 'service'
                        WHEN current_setting('tamm.actor_kind', true) = 'platform_admin' THEN 'platform_admin'
                        WHEN current_setting('tamm.actor_kind', true) = 'user'
                            AND current_setting('tamm.workspace_id', true) = workspace::text THEN 'user'
                        ELSE 'service' END AS actor) AS drawn
            $$;
            CREATE OR REPLACE FUNCTION tamm.note_api_key_by_hand() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                IF TG_OP = 'DELETE' THEN
                    PERFORM tamm.audit_by_hand(OLD.workspace_id, 'api-key.deleted', 'api-key', OLD.id::text,
                        ARRAY['from'], ARRAY[OLD.status]);
                ELSIF TG_OP = 'INSERT' THEN
                    PERFORM tamm.audit_by_hand(NEW.workspace_id, 'api-key.added', 'api-key', NEW.id::text,
                        ARRAY['to'], ARRAY[NEW.status]);
                ELSIF OLD.digest <> NEW.digest THEN
                    PERFORM tamm.audit_by_hand(NEW.workspace_id, 'api-key.changed', 'api-key', NEW.id::text,
                        ARRAY['from', 'to', 'digest'], ARRAY[OLD.status, NEW.status, 'replaced']);
                ELSE
                    PERFORM tamm.audit_by_hand(NEW.workspace_id, 'api-key.changed', 'api-key', NEW.id::text,
                        ARRAY['from', 'to'], ARRAY[OLD.status, NEW.status]);
                END IF;
                RETURN NULL;
            END $$;
            CREATE OR REPLACE FUNCTION tamm.note_subscription_by_hand() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                IF TG_OP = 'DELETE' THEN
                    PERFORM tamm.audit_by_hand(OLD.workspace_id, 'subscription.removed', 'subscription',
                        OLD.workspace_id::text, ARRAY['from'], ARRAY[OLD.status]);
                ELSIF TG_OP = 'INSERT' THEN
                    PERFORM tamm.audit_by_hand(NEW.workspace_id, 'subscription.added', 'subscription',
                        NEW.workspace_id::text, ARRAY['to'], ARRAY[NEW.status]);
                ELSE
                    PERFORM tamm.audit_by_hand(NEW.workspace_id, 'subscription.status-changed', 'subscription',
                        NEW.workspace_id::text, ARRAY['from', 'to'], ARRAY[OLD.status, NEW.status]);
                END IF;
                RETURN NULL;
            END $$;
            CREATE FUNCTION tamm.note_workspace_insertion() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                PERFORM tamm.audit_by_hand(NEW.id, 'workspace.created', 'workspace', NEW.id::text, ARRAY['name'],
                    ARRAY[regexp_replace(NEW.name, '[\u0001-\u001f\u007f-\u009f\u2028\u2029]', '?', 'g')]);
                RETURN NULL;
            END $$;
            CREATE FUNCTION tamm.note_member_by_hand() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                IF TG_OP = 'UPDATE' AND (OLD.workspace_id, OLD.user_id) = (NEW.workspace_id, NEW.user_id) THEN
                    IF OLD.role <> NEW.role THEN
                        PERFORM tamm.audit_by_hand(NEW.workspace_id, 'member.role-changed', 'user', NEW.user_id::text,
                            ARRAY['from', 'to'], ARRAY[OLD.role, NEW.role]);
                    END IF;
                    RETURN NULL;
                END IF;
                IF TG_OP <> 'INSERT' THEN
                    PERFORM tamm.audit_by_hand(OLD.workspace_id, 'member.removed', 'user', OLD.user_id::text,
                        ARRAY['role'], ARRAY[OLD.role]);
                END IF;
                IF TG_OP <> 'DELETE' THEN
                    PERFORM tamm.audit_by_hand(NEW.workspace_id, 'member.added', 'user', NEW.user_id::text,
                        ARRAY['role'], ARRAY[NEW.role]);
                END IF;
                RETURN NULL;
            END $$;
            CREATE FUNCTION tamm.note_administrator_by_hand() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                IF TG_OP <> 'INSERT' THEN
                    PERFORM tamm.audit_by_hand('00000000-0000-0000-0000-000000000000', 'platform-admin.removed', 'user',
                        OLD.user_id::text, '{}', '{}');
                END IF;
                IF TG_OP <> 'DELETE' THEN
                    PERFORM tamm.audit_by_hand('00000000-0000-0000-0000-000000000000', 'platform-admin.added', 'user',
                        NEW.user_id::text, '{}', '{}');
                END IF;
                RETURN NULL;
            END $$;
            CREATE FUNCTION tamm.refuse_key_change() RETURNS trigger LANGUAGE plpgsql
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                RAISE EXCEPTION 'a revoked key stays revoked, and the terms of a key never change: issue another'
                    USING ERRCODE = '23514';
            END $$;
            CREATE FUNCTION tamm.keep_platform() RETURNS trigger LANGUAGE plpgsql
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                RAISE EXCEPTION 'the platform''s place stays as it is, and has no members' USING ERRCODE = '42501';
            END $$;
            REVOKE EXECUTE ON FUNCTION tamm.note_workspace_insertion(), tamm.note_member_by_hand(),
                tamm.note_administrator_by_hand(), tamm.refuse_key_change(), tamm.keep_platform() FROM PUBLIC;
            CREATE TRIGGER keep_platform BEFORE UPDATE ON tamm.workspaces FOR EACH ROW
                WHEN (OLD.id = '00000000-0000-0000-0000-000000000000'
                    AND (OLD.id, OLD.name, OLD.status, OLD.created_at)
                    IS DISTINCT FROM (NEW.id, NEW.name, NEW.status, NEW.created_at))
                EXECUTE FUNCTION tamm.keep_platform();
            CREATE TRIGGER keep_platform_row BEFORE DELETE ON tamm.workspaces FOR EACH ROW
                WHEN (OLD.id = '00000000-0000-0000-0000-000000000000') EXECUTE FUNCTION tamm.keep_platform();
            CREATE TRIGGER keep_platform BEFORE INSERT OR UPDATE ON tamm.workspace_users FOR EACH ROW
                WHEN (NEW.workspace_id = '00000000-0000-0000-0000-000000000000') EXECUTE FUNCTION tamm.keep_platform();

            -- A count that goes up says that the change is recorded already, from the library alone.
            DROP TRIGGER note_by_hand ON tamm.workspaces;
            CREATE TRIGGER note_by_hand AFTER UPDATE ON tamm.workspaces FOR EACH ROW
                WHEN (OLD.status <> NEW.status AND NOT (OLD.status_changes <> NEW.status_changes AND \#(isByLibrary)))
                EXECUTE FUNCTION tamm.note_workspace_by_hand();
            DROP TRIGGER note_by_hand ON tamm.subscriptions;
            CREATE TRIGGER note_by_hand AFTER UPDATE ON tamm.subscriptions FOR EACH ROW
                WHEN (OLD.status <> NEW.status AND NOT (OLD.changes <> NEW.changes AND \#(isByLibrary)))
                EXECUTE FUNCTION tamm.note_subscription_by_hand();
            CREATE TRIGGER note_presence AFTER INSERT OR DELETE ON tamm.subscriptions FOR EACH ROW
                WHEN (NOT \#(isByLibrary))
                EXECUTE FUNCTION tamm.note_subscription_by_hand();
            DROP TRIGGER note_by_hand ON tamm.workspace_api_keys;
            CREATE TRIGGER note_by_hand AFTER UPDATE ON tamm.workspace_api_keys FOR EACH ROW
                WHEN ((OLD.status, OLD.expires_at) IS DISTINCT FROM (NEW.status, NEW.expires_at)
                    AND NOT (OLD.changes <> NEW.changes AND \#(isByLibrary))
                    OR OLD.digest <> NEW.digest
                    AND NOT (OLD.pepper_version <> NEW.pepper_version AND OLD.status <> 'revoked'
                        AND \#(isByLibrary)))
                EXECUTE FUNCTION tamm.note_api_key_by_hand();
            CREATE TRIGGER note_insertion AFTER INSERT ON tamm.workspace_api_keys FOR EACH ROW
                WHEN (NOT \#(isByLibrary))
                EXECUTE FUNCTION tamm.note_api_key_by_hand();
            CREATE TRIGGER refuse_change BEFORE UPDATE ON tamm.workspace_api_keys FOR EACH ROW
                WHEN (OLD.status = 'revoked' AND NEW.status <> 'revoked'
                    OR (OLD.workspace_id, OLD.id, OLD.environment, OLD.label, OLD.name, OLD.scopes, OLD.addresses,
                        OLD.limit_names, OLD.limit_counts, OLD.limit_seconds, OLD.limit_bursts, OLD.budget_credits,
                        OLD.budget_period, OLD.replaces, OLD.lineage, OLD.created_at)
                    IS DISTINCT FROM (NEW.workspace_id, NEW.id, NEW.environment, NEW.label, NEW.name, NEW.scopes,
                        NEW.addresses, NEW.limit_names, NEW.limit_counts, NEW.limit_seconds, NEW.limit_bursts,
                        NEW.budget_credits, NEW.budget_period, NEW.replaces, NEW.lineage, NEW.created_at))
                EXECUTE FUNCTION tamm.refuse_key_change();
            CREATE TRIGGER note_insertion AFTER INSERT ON tamm.workspaces FOR EACH ROW
                WHEN (NOT \#(isByLibrary))
                EXECUTE FUNCTION tamm.note_workspace_insertion();
            -- After note_member_change, so that the workspace is locked before the head of its log.
            CREATE TRIGGER record_by_hand AFTER INSERT OR UPDATE OR DELETE ON tamm.workspace_users FOR EACH ROW
                WHEN (NOT \#(isByLibrary))
                EXECUTE FUNCTION tamm.note_member_by_hand();
            CREATE TRIGGER note_by_hand AFTER INSERT OR UPDATE OR DELETE ON tamm.platform_admins FOR EACH ROW
                WHEN (NOT \#(isByLibrary))
                EXECUTE FUNCTION tamm.note_administrator_by_hand();
            GRANT CREATE ON SCHEMA tamm TO tamm_lookup;
            ALTER FUNCTION tamm.note_workspace_insertion() OWNER TO tamm_lookup;
            ALTER FUNCTION tamm.note_member_by_hand() OWNER TO tamm_lookup;
            ALTER FUNCTION tamm.note_administrator_by_hand() OWNER TO tamm_lookup;
            REVOKE CREATE ON SCHEMA tamm FROM tamm_lookup;
            """#,
        down: .sql(
            #"""
            DROP TRIGGER note_insertion ON tamm.workspaces;
            DROP TRIGGER record_by_hand ON tamm.workspace_users;
            DROP TRIGGER note_by_hand ON tamm.platform_admins;
            DROP TRIGGER note_insertion ON tamm.workspace_api_keys;
            DROP TRIGGER refuse_change ON tamm.workspace_api_keys;
            DROP TRIGGER keep_platform ON tamm.workspaces;
            DROP TRIGGER keep_platform_row ON tamm.workspaces;
            DROP TRIGGER keep_platform ON tamm.workspace_users;
            DROP FUNCTION tamm.note_workspace_insertion(), tamm.note_member_by_hand(), tamm.note_administrator_by_hand(),
                tamm.refuse_key_change(), tamm.keep_platform();
            DROP TRIGGER note_by_hand ON tamm.workspaces;
            CREATE TRIGGER note_by_hand AFTER UPDATE ON tamm.workspaces FOR EACH ROW
                WHEN (OLD.status <> NEW.status AND OLD.status_changes = NEW.status_changes)
                EXECUTE FUNCTION tamm.note_workspace_by_hand();
            DROP TRIGGER note_presence ON tamm.subscriptions;
            CREATE OR REPLACE FUNCTION tamm.note_subscription_by_hand() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                PERFORM tamm.audit_by_hand(NEW.workspace_id, 'subscription.status-changed', 'subscription',
                    NEW.workspace_id::text, ARRAY['from', 'to'], ARRAY[OLD.status, NEW.status]);
                RETURN NULL;
            END $$;
            DROP TRIGGER note_by_hand ON tamm.subscriptions;
            CREATE TRIGGER note_by_hand AFTER UPDATE ON tamm.subscriptions FOR EACH ROW
                WHEN (OLD.status <> NEW.status AND OLD.changes = NEW.changes)
                EXECUTE FUNCTION tamm.note_subscription_by_hand();
            DROP TRIGGER note_by_hand ON tamm.workspace_api_keys;
            CREATE TRIGGER note_by_hand AFTER UPDATE ON tamm.workspace_api_keys FOR EACH ROW
                WHEN (OLD.changes = NEW.changes
                    AND (OLD.environment, OLD.name, OLD.scopes, OLD.addresses, OLD.limit_names, OLD.limit_counts,
                        OLD.limit_seconds, OLD.limit_bursts, OLD.budget_credits, OLD.budget_period, OLD.status,
                        OLD.expires_at, OLD.lineage)
                    IS DISTINCT FROM (NEW.environment, NEW.name, NEW.scopes, NEW.addresses, NEW.limit_names,
                        NEW.limit_counts, NEW.limit_seconds, NEW.limit_bursts, NEW.budget_credits, NEW.budget_period,
                        NEW.status, NEW.expires_at, NEW.lineage))
                EXECUTE FUNCTION tamm.note_api_key_by_hand();
            CREATE OR REPLACE FUNCTION tamm.note_api_key_by_hand() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                IF TG_OP = 'DELETE' THEN
                    PERFORM tamm.audit_by_hand(OLD.workspace_id, 'api-key.deleted', 'api-key', OLD.id::text,
                        ARRAY['from'], ARRAY[OLD.status]);
                ELSE
                    PERFORM tamm.audit_by_hand(NEW.workspace_id, 'api-key.changed', 'api-key', NEW.id::text,
                        ARRAY['from', 'to'], ARRAY[OLD.status, NEW.status]);
                END IF;
                RETURN NULL;
            END $$;
            CREATE OR REPLACE FUNCTION tamm.audit_by_hand(
                workspace uuid, action text, kind text, subject text, names text[], contents text[]
            ) RETURNS void LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
                INSERT INTO tamm.audit_logs (workspace_id, id, actor_kind, actor_id, action, subject_kind, subject_id,
                    reason, detail_names, detail_values, at)
                SELECT workspace, (lpad(to_hex((extract(epoch FROM now) * 1000)::int8), 12, '0') || '7'
                        || substr(replace(random, '-', ''), 14))::uuid,
                    'service', NULL, action, kind, subject, 'by SQL, as ' || left(session_user, 100), names, contents, now
                FROM (SELECT clock_timestamp() AS now, gen_random_uuid()::text AS random) AS drawn
            $$;
            CREATE OR REPLACE FUNCTION tamm.audit_field(value bytea) RETURNS bytea LANGUAGE sql IMMUTABLE
                SET search_path = pg_catalog, pg_temp AS $$
                SELECT substring(int4send(coalesce(octet_length(value), 0)) FROM 3) || coalesce(value, ''::bytea)
            $$;
            ALTER TABLE tamm.audit_logs DROP CONSTRAINT audit_logs_form;
            ALTER TABLE tamm.channel_doc_audit_logs DROP CONSTRAINT channel_doc_audit_logs_form;
            ALTER TABLE tamm.external_api_audit_logs DROP CONSTRAINT external_api_audit_logs_form;
            DROP FUNCTION tamm.are_audit_details(text[], text[]);

            ALTER TABLE tamm.workspaces NO FORCE ROW LEVEL SECURITY;
            ALTER TABLE tamm.audit_logs NO FORCE ROW LEVEL SECURITY, DISABLE TRIGGER refuse_change;
            ALTER TABLE tamm.audit_heads NO FORCE ROW LEVEL SECURITY, DISABLE TRIGGER refuse_removal;
            DELETE FROM tamm.audit_logs WHERE workspace_id = '00000000-0000-0000-0000-000000000000';
            DELETE FROM tamm.audit_heads WHERE workspace_id = '00000000-0000-0000-0000-000000000000';
            DELETE FROM tamm.workspaces WHERE id = '00000000-0000-0000-0000-000000000000';
            ALTER TABLE tamm.audit_heads FORCE ROW LEVEL SECURITY, ENABLE TRIGGER refuse_removal;
            ALTER TABLE tamm.audit_logs FORCE ROW LEVEL SECURITY, ENABLE TRIGGER refuse_change;
            ALTER TABLE tamm.workspaces FORCE ROW LEVEL SECURITY;

            ALTER TABLE tamm.workspace_invitations DROP COLUMN inviter_kind, DROP COLUMN inviter_id;
            REVOKE UPDATE (user_id) ON tamm.platform_admins FROM tamm_service;
            GRANT INSERT ON tamm.audit_logs TO tamm_runtime;
            CREATE POLICY administrators_write ON tamm.audit_logs FOR INSERT TO tamm_runtime
                WITH CHECK ((SELECT tamm.is_platform_admin()));
            GRANT INSERT, UPDATE ON tamm.workspace_api_keys TO tamm_runtime;
            CREATE POLICY administrators_write ON tamm.workspace_api_keys TO tamm_runtime
                USING ((SELECT tamm.is_platform_admin()));
            CREATE POLICY members_write ON tamm.workspace_api_keys TO tamm_runtime
                USING ((SELECT tamm.acting_role()) IN ('admin', 'owner'));
            SELECT tamm.let_administrators_write('tamm.workspace_invitations');
            CREATE POLICY members_write ON tamm.workspace_invitations TO tamm_runtime
                USING (CASE role WHEN 'owner' THEN (SELECT tamm.acting_role()) = 'owner'
                    ELSE (SELECT tamm.acting_role()) IN ('admin', 'owner') END)
                WITH CHECK (CASE role WHEN 'owner' THEN (SELECT tamm.acting_role()) = 'owner'
                    ELSE (SELECT tamm.acting_role()) IN ('admin', 'owner') END);
            """#))
}
