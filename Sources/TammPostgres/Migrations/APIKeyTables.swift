extension Migration {
    /// API keys, by what they are found before the workspace is known, and who answers for them from a cache.
    static let apiKeyTables = Migration(
        id: "0006-api-keys",
        up: #"""
            CREATE TABLE tamm.workspace_api_keys (
                workspace_id uuid NOT NULL REFERENCES tamm.workspaces,
                id uuid NOT NULL,
                environment text COLLATE "C" NOT NULL CHECK (environment IN ('live', 'test')),
                label text COLLATE "C" NOT NULL,
                digest bytea NOT NULL CHECK (octet_length(digest) = 32),
                pepper_version int8 NOT NULL,
                name text COLLATE "C" NOT NULL,
                scopes text[] COLLATE "C" NOT NULL,
                addresses text[] COLLATE "C" NOT NULL,
                limit_names text[] COLLATE "C" NOT NULL,
                limit_counts int8[] NOT NULL CHECK (cardinality(limit_counts) = cardinality(limit_names)),
                limit_seconds int8[] NOT NULL CHECK (cardinality(limit_seconds) = cardinality(limit_names)),
                limit_bursts int8[] NOT NULL CHECK (cardinality(limit_bursts) = cardinality(limit_names)),
                budget_credits int8 CHECK (budget_credits >= 0),
                budget_period text COLLATE "C" CHECK (budget_period IN ('day', 'month', 'lifetime')),
                status text COLLATE "C" NOT NULL CHECK (status IN ('active', 'disabled', 'revoked')),
                expires_at timestamptz,
                replaces uuid,
                lineage uuid NOT NULL,
                created_at timestamptz NOT NULL,
                last_used_at timestamptz,
                changes int8 NOT NULL DEFAULT 0,
                PRIMARY KEY (workspace_id, id),
                CHECK (num_nulls(budget_credits, budget_period) IN (0, 2))
            );
            COMMENT ON TABLE tamm.workspace_api_keys IS 'required: keys to the external API; of each text a digest alone';
            COMMENT ON COLUMN tamm.workspace_api_keys.status IS 'may be changed by hand: it acts at once, and is audited';
            COMMENT ON COLUMN tamm.workspace_api_keys.changes IS
                'goes up with each change that is audited by who makes it; one by hand leaves it as it is';
            SELECT tamm.isolate('tamm.workspace_api_keys');
            SELECT tamm.let_read('tamm.workspace_api_keys', 'admin', 'owner');
            GRANT SELECT, INSERT, UPDATE ON tamm.workspace_api_keys TO tamm_service;
            GRANT INSERT, UPDATE ON tamm.workspace_api_keys TO tamm_runtime;
            CREATE POLICY administrators_write ON tamm.workspace_api_keys TO tamm_runtime
                USING ((SELECT tamm.is_platform_admin()));
            CREATE POLICY members_write ON tamm.workspace_api_keys TO tamm_runtime
                USING ((SELECT tamm.acting_role()) IN ('admin', 'owner'));

            CREATE TABLE tamm.api_key_digests (
                digest bytea PRIMARY KEY,
                workspace_id uuid NOT NULL,
                key_id uuid NOT NULL,
                FOREIGN KEY (workspace_id, key_id) REFERENCES tamm.workspace_api_keys ON DELETE CASCADE
            );
            CREATE INDEX api_key_digests_key ON tamm.api_key_digests (workspace_id, key_id);
            COMMENT ON TABLE tamm.api_key_digests IS 'derived: the key that has a digest, before its workspace is known';

            CREATE TABLE tamm.api_key_readers (
                id uuid PRIMARY KEY,
                staleness_us int8 NOT NULL CHECK (staleness_us BETWEEN 1 AND 1000000),
                acknowledged int8 NOT NULL
            );
            COMMENT ON TABLE tamm.api_key_readers IS 'ephemeral: processes that answer for API keys from a cache';
            CREATE TABLE tamm.api_key_refreshes (
                is_only bool PRIMARY KEY CHECK (is_only),
                number int8 NOT NULL
            );
            COMMENT ON TABLE tamm.api_key_refreshes IS 'ephemeral: how often those processes were asked to forget';
            INSERT INTO tamm.api_key_refreshes VALUES (true, 0);

            DO $$
            DECLARE
                name text;
            BEGIN
                FOREACH name IN ARRAY ARRAY['api_key_digests', 'api_key_readers', 'api_key_refreshes']
                LOOP
                    EXECUTE format('ALTER TABLE tamm.%I ENABLE ROW LEVEL SECURITY', name);
                    EXECUTE format('ALTER TABLE tamm.%I FORCE ROW LEVEL SECURITY', name);
                    EXECUTE format(
                        'CREATE POLICY tenant ON tamm.%I AS RESTRICTIVE TO PUBLIC USING ('
                        '(SELECT current_user = ANY (''{tamm_service,tamm_lookup}''::name[])))', name);
                    EXECUTE format('CREATE POLICY service ON tamm.%I TO tamm_service USING (true)', name);
                    EXECUTE format('GRANT SELECT ON tamm.%I TO tamm_service, tamm_backup', name);
                END LOOP;
            END $$;
            GRANT INSERT, UPDATE, DELETE ON tamm.api_key_readers TO tamm_service;
            GRANT UPDATE ON tamm.api_key_refreshes TO tamm_service;
            GRANT SELECT, INSERT, DELETE ON tamm.api_key_digests TO tamm_lookup;
            CREATE POLICY lookup ON tamm.api_key_digests TO tamm_lookup USING (true);

            CREATE FUNCTION tamm.keep_api_key_digest() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                IF TG_OP = 'UPDATE' THEN
                    DELETE FROM tamm.api_key_digests d WHERE d.digest = OLD.digest;
                END IF;
                INSERT INTO tamm.api_key_digests (digest, workspace_id, key_id) VALUES (NEW.digest, NEW.workspace_id, NEW.id);
                RETURN NULL;
            END $$;
            CREATE FUNCTION tamm.note_api_key_by_hand() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
            REVOKE EXECUTE ON FUNCTION tamm.keep_api_key_digest(), tamm.note_api_key_by_hand() FROM PUBLIC;
            CREATE TRIGGER keep_digest AFTER INSERT OR UPDATE OF digest ON tamm.workspace_api_keys FOR EACH ROW
                EXECUTE FUNCTION tamm.keep_api_key_digest();
            CREATE TRIGGER note_by_hand AFTER UPDATE ON tamm.workspace_api_keys FOR EACH ROW
                WHEN (OLD.changes = NEW.changes
                    AND (OLD.environment, OLD.name, OLD.scopes, OLD.addresses, OLD.limit_names, OLD.limit_counts,
                        OLD.limit_seconds, OLD.limit_bursts, OLD.budget_credits, OLD.budget_period, OLD.status,
                        OLD.expires_at, OLD.lineage)
                    IS DISTINCT FROM (NEW.environment, NEW.name, NEW.scopes, NEW.addresses, NEW.limit_names,
                        NEW.limit_counts, NEW.limit_seconds, NEW.limit_bursts, NEW.budget_credits, NEW.budget_period,
                        NEW.status, NEW.expires_at, NEW.lineage))
                EXECUTE FUNCTION tamm.note_api_key_by_hand();
            CREATE TRIGGER note_deletion AFTER DELETE ON tamm.workspace_api_keys FOR EACH ROW
                EXECUTE FUNCTION tamm.note_api_key_by_hand();
            GRANT CREATE ON SCHEMA tamm TO tamm_lookup;
            ALTER FUNCTION tamm.keep_api_key_digest() OWNER TO tamm_lookup;
            ALTER FUNCTION tamm.note_api_key_by_hand() OWNER TO tamm_lookup;
            REVOKE CREATE ON SCHEMA tamm FROM tamm_lookup;
            """#,
        down: .sql(
            #"""
            DROP TABLE tamm.api_key_digests, tamm.workspace_api_keys, tamm.api_key_readers, tamm.api_key_refreshes;
            DROP FUNCTION tamm.keep_api_key_digest(), tamm.note_api_key_by_hand();
            """#))
}
