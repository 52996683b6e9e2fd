extension Migration {
    /// The chains of the audit logs, and the logs of documents and of requests. Triggers chain what is added, so that
    /// nobody adds anything outside a chain, by hand or by the library: the bytes are those of `AuditChain`.
    static let auditChains = Migration(
        id: "0008-audit-chains",
        up: #"""
            CREATE TABLE tamm.audit_heads (
                workspace_id uuid NOT NULL REFERENCES tamm.workspaces,
                log text COLLATE "C" NOT NULL
                    CHECK (log IN ('audit_logs', 'channel_doc_audit_logs', 'external_api_audit_logs')),
                sequence int8 NOT NULL CHECK (sequence >= 0),
                hash bytea NOT NULL CHECK (octet_length(hash) = 32),
                PRIMARY KEY (workspace_id, log)
            ) WITH (fillfactor = 50);
            COMMENT ON TABLE tamm.audit_heads IS 'required: the end of each chain of the audit logs';

            CREATE TABLE tamm.channel_doc_audit_logs (
                workspace_id uuid NOT NULL REFERENCES tamm.workspaces,
                id uuid NOT NULL,
                channel text COLLATE "C",
                agent text COLLATE "C",
                document text COLLATE "C" NOT NULL,
                act text COLLATE "C" NOT NULL CHECK (act IN ('read', 'created', 'changed', 'deleted')),
                at timestamptz NOT NULL,
                sequence int8 NOT NULL CHECK (sequence > 0),
                hash bytea NOT NULL CHECK (octet_length(hash) = 32),
                PRIMARY KEY (workspace_id, id),
                UNIQUE (workspace_id, sequence),
                CHECK (num_nonnulls(channel, agent) > 0)
            );
            COMMENT ON TABLE tamm.channel_doc_audit_logs IS
                'required: which channel or agent read or changed which ingested document; append-only';

            CREATE TABLE tamm.external_api_audit_logs (
                workspace_id uuid NOT NULL REFERENCES tamm.workspaces,
                id uuid NOT NULL,
                key_id uuid,
                method text COLLATE "C" NOT NULL,
                path text COLLATE "C" NOT NULL,
                status int8 NOT NULL CHECK (status BETWEEN 100 AND 599),
                refusal text COLLATE "C",
                address text COLLATE "C",
                microseconds int8 NOT NULL CHECK (microseconds >= 0),
                request_id text COLLATE "C",
                at timestamptz NOT NULL,
                ends_link bool NOT NULL DEFAULT true,
                sequence int8 NOT NULL CHECK (sequence > 0),
                hash bytea CHECK (octet_length(hash) = 32),
                PRIMARY KEY (workspace_id, id),
                UNIQUE (workspace_id, sequence),
                CHECK (ends_link = (hash IS NOT NULL))
            );
            COMMENT ON TABLE tamm.external_api_audit_logs IS 'required: what was asked of the external API; append-only';
            COMMENT ON COLUMN tamm.external_api_audit_logs.hash IS
                'of the link that the row ends; a link covers what one statement adds';

            -- Canonical bytes, as AuditChain writes them.
            CREATE FUNCTION tamm.audit_field(value bytea) RETURNS bytea LANGUAGE sql IMMUTABLE
                SET search_path = pg_catalog, pg_temp AS $$
                SELECT substring(int4send(coalesce(octet_length(value), 0)) FROM 3) || coalesce(value, ''::bytea)
            $$;
            CREATE FUNCTION tamm.audit_field(value text) RETURNS bytea LANGUAGE sql STABLE
                SET search_path = pg_catalog, pg_temp AS $$
                SELECT tamm.audit_field(convert_to(value, 'UTF8'))
            $$;
            CREATE FUNCTION tamm.audit_field(value uuid) RETURNS bytea LANGUAGE sql IMMUTABLE
                SET search_path = pg_catalog, pg_temp AS $$
                SELECT tamm.audit_field(uuid_send(value))
            $$;
            CREATE FUNCTION tamm.audit_field(value int8) RETURNS bytea LANGUAGE sql IMMUTABLE
                SET search_path = pg_catalog, pg_temp AS $$
                SELECT tamm.audit_field(int8send(value))
            $$;
            CREATE FUNCTION tamm.audit_field(value timestamptz) RETURNS bytea LANGUAGE sql IMMUTABLE
                SET search_path = pg_catalog, pg_temp AS $$
                SELECT tamm.audit_field((extract(epoch FROM value) * 1000000)::int8)
            $$;

            ALTER TABLE tamm.audit_logs ADD COLUMN sequence int8, ADD COLUMN hash bytea;
            CREATE FUNCTION tamm.audit_bytes(entry tamm.audit_logs) RETURNS bytea LANGUAGE sql STABLE
                SET search_path = pg_catalog, pg_temp AS $$
                SELECT '\x01'::bytea || tamm.audit_field(entry.sequence) || tamm.audit_field(entry.id)
                    || tamm.audit_field(decode(CASE entry.actor_kind WHEN 'user' THEN '01' WHEN 'platform_admin' THEN '02'
                        ELSE '03' END, 'hex'))
                    || tamm.audit_field(entry.actor_id) || tamm.audit_field(entry.action)
                    || tamm.audit_field(entry.subject_kind) || tamm.audit_field(entry.subject_id)
                    || tamm.audit_field(entry.reason) || tamm.audit_field(entry.at)
                    || tamm.audit_field(cardinality(entry.detail_names)::int8)
                    || coalesce((
                        SELECT string_agg(tamm.audit_field(d.name) || tamm.audit_field(d.value), ''::bytea ORDER BY d.place)
                        FROM unnest(entry.detail_names, entry.detail_values) WITH ORDINALITY AS d(name, value, place)
                    ), ''::bytea)
            $$;
            CREATE FUNCTION tamm.audit_bytes(access tamm.channel_doc_audit_logs) RETURNS bytea LANGUAGE sql STABLE
                SET search_path = pg_catalog, pg_temp AS $$
                SELECT '\x01'::bytea || tamm.audit_field(access.sequence) || tamm.audit_field(access.id)
                    || tamm.audit_field(access.channel) || tamm.audit_field(access.agent)
                    || tamm.audit_field(access.document)
                    || tamm.audit_field(decode(CASE access.act WHEN 'read' THEN '01' WHEN 'created' THEN '02'
                        WHEN 'changed' THEN '03' ELSE '04' END, 'hex'))
                    || tamm.audit_field(access.at)
            $$;
            CREATE FUNCTION tamm.audit_bytes(request tamm.external_api_audit_logs) RETURNS bytea LANGUAGE sql STABLE
                SET search_path = pg_catalog, pg_temp AS $$
                SELECT '\x01'::bytea || tamm.audit_field(request.sequence) || tamm.audit_field(request.id)
                    || tamm.audit_field(request.key_id) || tamm.audit_field(request.method)
                    || tamm.audit_field(request.path) || tamm.audit_field(request.status)
                    || tamm.audit_field(request.refusal) || tamm.audit_field(request.address)
                    || tamm.audit_field(request.microseconds) || tamm.audit_field(request.request_id)
                    || tamm.audit_field(request.at)
            $$;
            CREATE FUNCTION tamm.audit_genesis(workspace uuid, log text) RETURNS bytea LANGUAGE sql STABLE
                SET search_path = pg_catalog, pg_temp AS $$
                SELECT sha256(tamm.audit_field('tamm-audit-v1'::text) || tamm.audit_field(log) || tamm.audit_field(workspace))
            $$;

            -- What is there already is chained in the order in which it was done.
            ALTER TABLE tamm.audit_logs NO FORCE ROW LEVEL SECURITY;
            ALTER TABLE tamm.audit_logs DISABLE TRIGGER refuse_change;
            DO $$
            DECLARE
                entry tamm.audit_logs;
                head tamm.audit_heads;
            BEGIN
                FOR entry IN SELECT * FROM tamm.audit_logs ORDER BY workspace_id, at, id LOOP
                    IF entry.workspace_id IS DISTINCT FROM head.workspace_id THEN
                        head := (entry.workspace_id, 'audit_logs', 0, tamm.audit_genesis(entry.workspace_id, 'audit_logs'));
                        INSERT INTO tamm.audit_heads SELECT head.*;
                    END IF;
                    head.sequence := head.sequence + 1;
                    entry.sequence := head.sequence;
                    head.hash := sha256(head.hash || tamm.audit_bytes(entry));
                    UPDATE tamm.audit_logs a SET sequence = head.sequence, hash = head.hash
                    WHERE a.workspace_id = entry.workspace_id AND a.id = entry.id;
                    UPDATE tamm.audit_heads h SET sequence = head.sequence, hash = head.hash
                    WHERE h.workspace_id = entry.workspace_id AND h.log = 'audit_logs';
                END LOOP;
            END $$;
            ALTER TABLE tamm.audit_logs ENABLE TRIGGER refuse_change;
            ALTER TABLE tamm.audit_logs FORCE ROW LEVEL SECURITY;
            ALTER TABLE tamm.audit_logs ALTER COLUMN sequence SET NOT NULL, ALTER COLUMN hash SET NOT NULL,
                ADD UNIQUE (workspace_id, sequence), ADD CHECK (sequence > 0), ADD CHECK (octet_length(hash) = 32);

            -- The head under its lock; without a workspace a row of nulls.
            CREATE FUNCTION tamm.lock_audit_head(workspace uuid, of_log text) RETURNS tamm.audit_heads LANGUAGE plpgsql
                SET search_path = pg_catalog, pg_temp AS $$
            DECLARE
                head tamm.audit_heads;
            BEGIN
                SELECT h.* INTO head FROM tamm.audit_heads h WHERE h.workspace_id = workspace AND h.log = of_log FOR UPDATE;
                IF NOT FOUND THEN
                    INSERT INTO tamm.audit_heads (workspace_id, log, sequence, hash)
                    SELECT w.id, of_log, 0, tamm.audit_genesis(w.id, of_log) FROM tamm.workspaces w WHERE w.id = workspace
                    ON CONFLICT DO NOTHING;
                    SELECT h.* INTO head FROM tamm.audit_heads h
                    WHERE h.workspace_id = workspace AND h.log = of_log FOR UPDATE;
                END IF;
                RETURN head;
            END $$;

            -- Under the head's lock nobody else adds a row, so that one whose key is taken is seen; it is not chained,
            -- and its insertion fails or does nothing. One of a workspace that is not there fails as well.
            CREATE FUNCTION tamm.chain_action() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
            DECLARE
                head tamm.audit_heads := tamm.lock_audit_head(NEW.workspace_id, 'audit_logs');
            BEGIN
                NEW.sequence := coalesce(head.sequence + 1, 1);
                NEW.hash := sha256(coalesce(head.hash, ''::bytea) || tamm.audit_bytes(NEW));
                IF NOT EXISTS (SELECT FROM tamm.audit_logs a WHERE a.workspace_id = NEW.workspace_id AND a.id = NEW.id) THEN
                    UPDATE tamm.audit_heads h SET sequence = NEW.sequence, hash = NEW.hash
                    WHERE h.workspace_id = NEW.workspace_id AND h.log = 'audit_logs';
                END IF;
                RETURN NEW;
            END $$;
            CREATE FUNCTION tamm.chain_document() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
            DECLARE
                head tamm.audit_heads := tamm.lock_audit_head(NEW.workspace_id, 'channel_doc_audit_logs');
            BEGIN
                NEW.sequence := coalesce(head.sequence + 1, 1);
                NEW.hash := sha256(coalesce(head.hash, ''::bytea) || tamm.audit_bytes(NEW));
                IF NOT EXISTS (
                    SELECT FROM tamm.channel_doc_audit_logs a WHERE a.workspace_id = NEW.workspace_id AND a.id = NEW.id)
                THEN
                    UPDATE tamm.audit_heads h SET sequence = NEW.sequence, hash = NEW.hash
                    WHERE h.workspace_id = NEW.workspace_id AND h.log = 'channel_doc_audit_logs';
                END IF;
                RETURN NEW;
            END $$;
            -- A link is what one statement adds to a workspace's chain: it ends with the row that says so.
            CREATE FUNCTION tamm.chain_request() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
            DECLARE
                head tamm.audit_heads := tamm.lock_audit_head(NEW.workspace_id, 'external_api_audit_logs');
            BEGIN
                NEW.sequence := 1 + coalesce((
                    SELECT max(a.sequence) FROM tamm.external_api_audit_logs a
                    WHERE a.workspace_id = NEW.workspace_id AND a.sequence > head.sequence), head.sequence, 0);
                NEW.hash := NULL;
                IF NEW.ends_link THEN
                    NEW.hash := sha256(coalesce(head.hash, ''::bytea) || coalesce((
                        SELECT string_agg(tamm.audit_bytes(a), ''::bytea ORDER BY a.sequence)
                        FROM tamm.external_api_audit_logs a
                        WHERE a.workspace_id = NEW.workspace_id AND a.sequence > head.sequence), ''::bytea)
                        || tamm.audit_bytes(NEW));
                    IF NOT EXISTS (
                        SELECT FROM tamm.external_api_audit_logs a WHERE a.workspace_id = NEW.workspace_id AND a.id = NEW.id)
                    THEN
                        UPDATE tamm.audit_heads h SET sequence = NEW.sequence, hash = NEW.hash
                        WHERE h.workspace_id = NEW.workspace_id AND h.log = 'external_api_audit_logs';
                    END IF;
                END IF;
                RETURN NEW;
            END $$;
            CREATE FUNCTION tamm.require_link_end() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                IF EXISTS (
                    SELECT FROM added a JOIN tamm.audit_heads h
                        ON h.workspace_id = a.workspace_id AND h.log = 'external_api_audit_logs'
                    WHERE a.sequence > h.sequence)
                THEN
                    RAISE EXCEPTION 'the last row of a statement ends the link' USING ERRCODE = '23514';
                END IF;
                RETURN NULL;
            END $$;

            SELECT tamm.isolate('tamm.audit_heads');
            SELECT tamm.let_read('tamm.audit_heads', 'admin', 'owner');
            GRANT SELECT ON tamm.audit_heads TO tamm_service;
            GRANT SELECT, INSERT, UPDATE ON tamm.audit_heads TO tamm_lookup;
            CREATE POLICY lookup ON tamm.audit_heads TO tamm_lookup USING (true);
            GRANT SELECT ON tamm.audit_logs TO tamm_lookup;
            CREATE POLICY lookup_read ON tamm.audit_logs FOR SELECT TO tamm_lookup USING (true);
            DO $$
            DECLARE
                name text;
            BEGIN
                FOREACH name IN ARRAY ARRAY['channel_doc_audit_logs', 'external_api_audit_logs'] LOOP
                    PERFORM tamm.isolate(format('tamm.%I', name)::regclass);
                    PERFORM tamm.let_read(format('tamm.%I', name)::regclass, 'admin', 'owner');
                    EXECUTE format('GRANT SELECT, INSERT ON tamm.%I TO tamm_service', name);
                    EXECUTE format('GRANT SELECT ON tamm.%I TO tamm_lookup', name);
                    EXECUTE format('CREATE POLICY lookup ON tamm.%I FOR SELECT TO tamm_lookup USING (true)', name);
                    EXECUTE format(
                        'CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON tamm.%I '
                        'FOR EACH ROW EXECUTE FUNCTION tamm.refuse_change()', name);
                    EXECUTE format(
                        'CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON tamm.%I '
                        'FOR EACH STATEMENT EXECUTE FUNCTION tamm.refuse_change()', name);
                END LOOP;
            END $$;
            CREATE TRIGGER refuse_removal BEFORE DELETE ON tamm.audit_heads
                FOR EACH ROW EXECUTE FUNCTION tamm.refuse_change();
            CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON tamm.audit_heads
                FOR EACH STATEMENT EXECUTE FUNCTION tamm.refuse_change();
            CREATE TRIGGER chain BEFORE INSERT ON tamm.audit_logs
                FOR EACH ROW EXECUTE FUNCTION tamm.chain_action();
            CREATE TRIGGER chain BEFORE INSERT ON tamm.channel_doc_audit_logs
                FOR EACH ROW EXECUTE FUNCTION tamm.chain_document();
            CREATE TRIGGER chain BEFORE INSERT ON tamm.external_api_audit_logs
                FOR EACH ROW EXECUTE FUNCTION tamm.chain_request();
            CREATE TRIGGER link_end AFTER INSERT ON tamm.external_api_audit_logs REFERENCING NEW TABLE AS added
                FOR EACH STATEMENT EXECUTE FUNCTION tamm.require_link_end();

            REVOKE EXECUTE ON FUNCTION tamm.audit_field(bytea), tamm.audit_field(text), tamm.audit_field(uuid),
                tamm.audit_field(int8), tamm.audit_field(timestamptz), tamm.audit_bytes(tamm.audit_logs),
                tamm.audit_bytes(tamm.channel_doc_audit_logs), tamm.audit_bytes(tamm.external_api_audit_logs),
                tamm.audit_genesis(uuid, text), tamm.lock_audit_head(uuid, text), tamm.chain_action(),
                tamm.chain_document(), tamm.chain_request(), tamm.require_link_end() FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION tamm.audit_field(bytea), tamm.audit_field(text), tamm.audit_field(uuid),
                tamm.audit_field(int8), tamm.audit_field(timestamptz), tamm.audit_bytes(tamm.audit_logs),
                tamm.audit_bytes(tamm.channel_doc_audit_logs), tamm.audit_bytes(tamm.external_api_audit_logs),
                tamm.audit_genesis(uuid, text), tamm.lock_audit_head(uuid, text) TO tamm_lookup;
            GRANT CREATE ON SCHEMA tamm TO tamm_lookup;
            ALTER FUNCTION tamm.chain_action() OWNER TO tamm_lookup;
            ALTER FUNCTION tamm.chain_document() OWNER TO tamm_lookup;
            ALTER FUNCTION tamm.chain_request() OWNER TO tamm_lookup;
            ALTER FUNCTION tamm.require_link_end() OWNER TO tamm_lookup;
            REVOKE CREATE ON SCHEMA tamm FROM tamm_lookup;
            """#,
        down: .sql(
            #"""
            DROP TRIGGER chain ON tamm.audit_logs;
            DROP FUNCTION tamm.audit_bytes(tamm.audit_logs), tamm.chain_action();
            DROP FUNCTION tamm.audit_bytes(tamm.channel_doc_audit_logs), tamm.audit_bytes(tamm.external_api_audit_logs);
            DROP TABLE tamm.channel_doc_audit_logs, tamm.external_api_audit_logs;
            DROP FUNCTION tamm.chain_document(), tamm.chain_request(), tamm.require_link_end(),
                tamm.lock_audit_head(uuid, text), tamm.audit_genesis(uuid, text), tamm.audit_field(timestamptz),
                tamm.audit_field(int8), tamm.audit_field(uuid), tamm.audit_field(text), tamm.audit_field(bytea);
            DROP TABLE tamm.audit_heads;
            DROP POLICY lookup_read ON tamm.audit_logs;
            REVOKE SELECT ON tamm.audit_logs FROM tamm_lookup;
            ALTER TABLE tamm.audit_logs DROP COLUMN sequence, DROP COLUMN hash;
            """#))
}
