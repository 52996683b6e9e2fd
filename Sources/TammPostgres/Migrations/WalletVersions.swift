extension Migration {
    /// A number by which a wallet's state is known again without reading it.
    static let walletVersions = Migration(
        id: "0011-wallet-versions",
        up: #"""
            ALTER TABLE tamm.workspace_wallets ADD COLUMN version int8 NOT NULL DEFAULT 0;
            COMMENT ON COLUMN tamm.workspace_wallets.version IS
                'derived: goes up with each change of the wallet, its grants, holds and receivables, also by hand';

            CREATE FUNCTION tamm.refuse_stale() RETURNS int8 LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                RAISE EXCEPTION 'a wallet has changed since it was read' USING ERRCODE = '40001';
            END $$;
            -- What writes a wallet and does not count its version up, or writes what belongs to it.
            CREATE FUNCTION tamm.renew_wallet() RETURNS trigger LANGUAGE plpgsql
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                IF TG_TABLE_NAME = 'workspace_wallets' THEN
                    UPDATE tamm.workspace_wallets SET version = OLD.version + 1
                        WHERE workspace_id = NEW.workspace_id AND id = NEW.id;
                    RETURN NULL;
                END IF;
                IF TG_OP <> 'INSERT' THEN
                    UPDATE tamm.workspace_wallets SET version = version + 1
                        WHERE workspace_id = OLD.workspace_id AND id = OLD.wallet_id;
                END IF;
                IF TG_OP <> 'DELETE' THEN
                    UPDATE tamm.workspace_wallets SET version = version + 1
                        WHERE workspace_id = NEW.workspace_id AND id = NEW.wallet_id;
                END IF;
                RETURN NULL;
            END $$;
            REVOKE EXECUTE ON FUNCTION tamm.refuse_stale(), tamm.renew_wallet() FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION tamm.refuse_stale() TO tamm_ledger, tamm_service;

            -- What is reversed of a command stays reversed.
            CREATE OR REPLACE FUNCTION tamm.keep_command() RETURNS trigger LANGUAGE plpgsql
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                IF NEW.reversed >= OLD.reversed THEN OLD.reversed := NEW.reversed; END IF;
                IF OLD IS DISTINCT FROM NEW THEN
                    RAISE EXCEPTION 'a recorded command does not change' USING ERRCODE = '42501';
                END IF;
                RETURN NEW;
            END $$;

            CREATE TRIGGER renew_wallet AFTER UPDATE ON tamm.workspace_wallets FOR EACH ROW
                WHEN (NEW.version <= OLD.version) EXECUTE FUNCTION tamm.renew_wallet();
            -- The library's batches count for themselves, and say so.
            CREATE TRIGGER renew_wallet AFTER INSERT OR UPDATE OR DELETE ON tamm.credit_grants FOR EACH ROW
                WHEN (current_setting('tamm.counts_versions', true) IS DISTINCT FROM 'on')
                EXECUTE FUNCTION tamm.renew_wallet();
            CREATE TRIGGER renew_wallet AFTER INSERT OR UPDATE OR DELETE ON tamm.credit_holds FOR EACH ROW
                WHEN (current_setting('tamm.counts_versions', true) IS DISTINCT FROM 'on')
                EXECUTE FUNCTION tamm.renew_wallet();
            CREATE TRIGGER renew_wallet AFTER INSERT OR UPDATE OR DELETE ON tamm.receivables FOR EACH ROW
                WHEN (current_setting('tamm.counts_versions', true) IS DISTINCT FROM 'on')
                EXECUTE FUNCTION tamm.renew_wallet();
            -- A wallet that goes would leave entries that are nobody's.
            CREATE TRIGGER refuse_change BEFORE DELETE ON tamm.workspace_wallets
                FOR EACH ROW EXECUTE FUNCTION tamm.refuse_change();
            CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON tamm.workspace_wallets
                FOR EACH STATEMENT EXECUTE FUNCTION tamm.refuse_change();
            CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON tamm.credit_grants
                FOR EACH STATEMENT EXECUTE FUNCTION tamm.refuse_change();
            CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON tamm.credit_holds
                FOR EACH STATEMENT EXECUTE FUNCTION tamm.refuse_change();
            CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON tamm.receivables
                FOR EACH STATEMENT EXECUTE FUNCTION tamm.refuse_change();
            """#,
        down: .sql(
            """
            DROP TRIGGER refuse_truncate ON tamm.receivables;
            DROP TRIGGER refuse_truncate ON tamm.credit_holds;
            DROP TRIGGER refuse_truncate ON tamm.credit_grants;
            DROP TRIGGER refuse_truncate ON tamm.workspace_wallets;
            DROP TRIGGER refuse_change ON tamm.workspace_wallets;
            DROP TRIGGER renew_wallet ON tamm.receivables;
            DROP TRIGGER renew_wallet ON tamm.credit_holds;
            DROP TRIGGER renew_wallet ON tamm.credit_grants;
            DROP TRIGGER renew_wallet ON tamm.workspace_wallets;
            DROP FUNCTION tamm.renew_wallet(), tamm.refuse_stale();
            CREATE OR REPLACE FUNCTION tamm.keep_command() RETURNS trigger LANGUAGE plpgsql
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                OLD.reversed := NEW.reversed;
                IF OLD IS DISTINCT FROM NEW THEN
                    RAISE EXCEPTION 'a recorded command does not change' USING ERRCODE = '42501';
                END IF;
                RETURN NEW;
            END $$;
            ALTER TABLE tamm.workspace_wallets DROP COLUMN version;
            """))
}
