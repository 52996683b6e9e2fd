extension Migration {
    /// Wallets with everything that belongs to them.
    static let ledgerTables = Migration(
        id: "0002-ledger",
        up: #"""
            CREATE TABLE tamm.workspace_wallets (
                workspace_id uuid NOT NULL REFERENCES tamm.workspaces,
                id uuid NOT NULL,
                available int8 NOT NULL CHECK (available >= 0),
                held int8 NOT NULL CHECK (held >= 0),
                owed int8 NOT NULL CHECK (owed >= 0),
                open_holds int4 NOT NULL CHECK (open_holds >= 0),
                sequence int8 NOT NULL CHECK (sequence >= 0),
                head bytea NOT NULL CHECK (octet_length(head) = 32),
                recorded_at timestamptz NOT NULL,
                PRIMARY KEY (workspace_id, id)
            ) WITH (fillfactor = 50);
            COMMENT ON TABLE tamm.workspace_wallets IS 'required: credit balances, the sums of their entries';

            CREATE TABLE tamm.ledger_entries (
                workspace_id uuid NOT NULL,
                wallet_id uuid NOT NULL,
                sequence int8 NOT NULL CHECK (sequence > 0),
                kind int2 NOT NULL CHECK (kind BETWEEN 1 AND 13),
                source int2 NOT NULL,
                target int2 NOT NULL,
                amount int8 NOT NULL CHECK (amount > 0),
                grant_id uuid,
                hold_id uuid,
                command text COLLATE "C",
                occurred_at timestamptz NOT NULL,
                recorded_at timestamptz NOT NULL,
                available int8 NOT NULL CHECK (available >= 0),
                held int8 NOT NULL CHECK (held >= 0),
                owed int8 NOT NULL CHECK (owed >= 0),
                hash bytea NOT NULL CHECK (octet_length(hash) = 32),
                PRIMARY KEY (workspace_id, wallet_id, sequence)
            );
            COMMENT ON TABLE tamm.ledger_entries IS 'required: every movement of credits; append-only';

            CREATE TABLE tamm.credit_grants (
                workspace_id uuid NOT NULL,
                wallet_id uuid NOT NULL,
                id uuid NOT NULL,
                amount int8 NOT NULL CHECK (amount > 0),
                category int2 NOT NULL CHECK (category BETWEEN 1 AND 3),
                priority int2 NOT NULL,
                effective_at timestamptz,
                expires_at timestamptz,
                source text COLLATE "C",
                status int2 NOT NULL CHECK (status BETWEEN 1 AND 3),
                remaining int8 NOT NULL CHECK (remaining >= 0),
                clawed_back int8 NOT NULL CHECK (clawed_back >= 0),
                is_open bool NOT NULL CHECK (is_open = (status = 1 OR remaining > 0)),
                created_at timestamptz NOT NULL,
                PRIMARY KEY (workspace_id, wallet_id, id),
                FOREIGN KEY (workspace_id, wallet_id) REFERENCES tamm.workspace_wallets
            ) WITH (fillfactor = 70);
            CREATE INDEX credit_grants_open ON tamm.credit_grants (workspace_id, wallet_id) WHERE is_open;
            COMMENT ON TABLE tamm.credit_grants IS 'required: lots of credits and what is left of them';

            CREATE TABLE tamm.credit_holds (
                workspace_id uuid NOT NULL,
                wallet_id uuid NOT NULL,
                id uuid NOT NULL,
                amount int8 NOT NULL CHECK (amount >= 0),
                expires_at timestamptz NOT NULL,
                portion_grants uuid[] NOT NULL,
                portion_amounts int8[] NOT NULL CHECK (cardinality(portion_amounts) = cardinality(portion_grants)),
                quota_meter text COLLATE "C",
                quota_quantity int8 CHECK (quota_quantity >= 0),
                quota_limit int8 CHECK (quota_limit >= 0),
                quota_period_start timestamptz,
                quota_resets_at timestamptz,
                status int2 NOT NULL CHECK (status BETWEEN 1 AND 4),
                captured int8 NOT NULL CHECK (captured BETWEEN 0 AND amount),
                created_at timestamptz NOT NULL,
                PRIMARY KEY (workspace_id, wallet_id, id),
                FOREIGN KEY (workspace_id, wallet_id) REFERENCES tamm.workspace_wallets,
                CHECK (num_nulls(quota_meter, quota_quantity, quota_limit, quota_period_start, quota_resets_at) IN (0, 5))
            ) WITH (fillfactor = 70);
            CREATE INDEX credit_holds_open ON tamm.credit_holds (workspace_id, wallet_id, expires_at) WHERE status = 1;
            COMMENT ON TABLE tamm.credit_holds IS 'required: credits reserved for what is going on';

            CREATE TABLE tamm.receivables (
                workspace_id uuid NOT NULL,
                wallet_id uuid NOT NULL,
                id uuid NOT NULL,
                origin_grant uuid,
                origin_charge text COLLATE "C",
                amount int8 NOT NULL CHECK (amount >= 0),
                settled_grants uuid[] NOT NULL,
                settled_amounts int8[] NOT NULL CHECK (cardinality(settled_amounts) = cardinality(settled_grants)),
                forgiven int8 NOT NULL CHECK (forgiven BETWEEN 0 AND amount),
                is_open bool NOT NULL,
                created_at timestamptz NOT NULL,
                PRIMARY KEY (workspace_id, wallet_id, id),
                FOREIGN KEY (workspace_id, wallet_id) REFERENCES tamm.workspace_wallets,
                CHECK (num_nulls(origin_grant, origin_charge) = 1)
            );
            CREATE INDEX receivables_open ON tamm.receivables (workspace_id, wallet_id) WHERE is_open;
            COMMENT ON TABLE tamm.receivables IS 'required: credits that are owed';

            CREATE TABLE tamm.wallet_commands (
                workspace_id uuid NOT NULL,
                key text COLLATE "C" NOT NULL,
                wallet_id uuid NOT NULL,
                kind int2 NOT NULL,
                amount int8 NOT NULL CHECK (amount >= 0),
                shortfall int8 NOT NULL CHECK (shortfall >= 0),
                entries_from int8 NOT NULL,
                entries_to int8 NOT NULL CHECK (entries_to >= entries_from),
                available int8 NOT NULL CHECK (available >= 0),
                held int8 NOT NULL CHECK (held >= 0),
                owed int8 NOT NULL CHECK (owed >= 0),
                recorded_at timestamptz NOT NULL,
                subject_kind int2 CHECK (subject_kind BETWEEN 1 AND 3),
                subject_id uuid CHECK ((subject_id IS NULL) = (subject_kind IS NULL)),
                fingerprint bytea NOT NULL,
                reversed int8 NOT NULL CHECK (reversed >= 0),
                PRIMARY KEY (workspace_id, key)
            ) WITH (fillfactor = 95);
            COMMENT ON TABLE tamm.wallet_commands IS 'required: what was done under which idempotency key';

            CREATE TABLE tamm.quota_counters (
                workspace_id uuid NOT NULL,
                wallet_id uuid NOT NULL,
                meter text COLLATE "C" NOT NULL,
                period_start timestamptz NOT NULL,
                used int8 NOT NULL CHECK (used >= 0),
                PRIMARY KEY (workspace_id, wallet_id, meter, period_start),
                FOREIGN KEY (workspace_id, wallet_id) REFERENCES tamm.workspace_wallets
            ) WITH (fillfactor = 70);
            COMMENT ON TABLE tamm.quota_counters IS 'required: what is used of metered allowances';

            CREATE TABLE tamm.usage_sequences (
                workspace_id uuid PRIMARY KEY REFERENCES tamm.workspaces,
                last int8 NOT NULL CHECK (last >= 0)
            ) WITH (fillfactor = 50);
            COMMENT ON TABLE tamm.usage_sequences IS 'derived: the number of the last usage event of a workspace';

            CREATE TABLE tamm.usage_events (
                workspace_id uuid NOT NULL,
                id text COLLATE "C" NOT NULL,
                wallet_id uuid NOT NULL,
                command text COLLATE "C" NOT NULL,
                usage_kind int2 NOT NULL CHECK (usage_kind BETWEEN 1 AND 3),
                name text COLLATE "C",
                prompt_tokens int8 CHECK (prompt_tokens >= 0),
                cached_prompt_tokens int8 CHECK (cached_prompt_tokens >= 0),
                completion_tokens int8 CHECK (completion_tokens >= 0),
                reasoning_tokens int8 CHECK (reasoning_tokens >= 0),
                quantity int8,
                cost int8 NOT NULL CHECK (cost >= 0),
                price_book int8,
                occurred_at timestamptz NOT NULL,
                recorded_at timestamptz NOT NULL,
                position int8 NOT NULL CHECK (position > 0),
                PRIMARY KEY (workspace_id, id),
                UNIQUE (workspace_id, position),
                FOREIGN KEY (workspace_id, wallet_id) REFERENCES tamm.workspace_wallets
            );
            COMMENT ON TABLE tamm.usage_events IS 'required: what was used, once each; append-only';

            CREATE FUNCTION tamm.keep_command() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                OLD.reversed := NEW.reversed;
                IF OLD IS DISTINCT FROM NEW THEN
                    RAISE EXCEPTION 'a recorded command does not change' USING ERRCODE = '42501';
                END IF;
                RETURN NEW;
            END $$;
            REVOKE EXECUTE ON FUNCTION tamm.keep_command() FROM PUBLIC;
            CREATE TRIGGER keep_command BEFORE UPDATE ON tamm.wallet_commands
                FOR EACH ROW EXECUTE FUNCTION tamm.keep_command();
            CREATE TRIGGER refuse_change BEFORE DELETE ON tamm.wallet_commands
                FOR EACH ROW EXECUTE FUNCTION tamm.refuse_change();
            CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON tamm.ledger_entries
                FOR EACH ROW EXECUTE FUNCTION tamm.refuse_change();
            CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON tamm.usage_events
                FOR EACH ROW EXECUTE FUNCTION tamm.refuse_change();
            CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON tamm.wallet_commands
                FOR EACH STATEMENT EXECUTE FUNCTION tamm.refuse_change();
            CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON tamm.ledger_entries
                FOR EACH STATEMENT EXECUTE FUNCTION tamm.refuse_change();
            CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON tamm.usage_events
                FOR EACH STATEMENT EXECUTE FUNCTION tamm.refuse_change();
            """#,
        down: .sql(
            """
            DROP TABLE tamm.usage_events, tamm.usage_sequences, tamm.quota_counters, tamm.wallet_commands,
                tamm.receivables, tamm.credit_holds, tamm.credit_grants, tamm.ledger_entries, tamm.workspace_wallets;
            DROP FUNCTION tamm.keep_command();
            """))
}
