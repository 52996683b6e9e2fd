extension Migration {
    /// Subscriptions, payments and what leads to them.
    static let purchaseTables = Migration(
        id: "0003-purchases",
        up: #"""
            CREATE TABLE tamm.subscriptions (
                workspace_id uuid PRIMARY KEY REFERENCES tamm.workspaces,
                plan text COLLATE "C" NOT NULL,
                plan_version int8 NOT NULL,
                status text COLLATE "C" NOT NULL
                    CHECK (status IN ('trialing', 'active', 'past_due', 'canceled', 'expired')),
                period_start timestamptz,
                period_end timestamptz CHECK (period_end >= period_start),
                next_plan text COLLATE "C",
                next_plan_version int8,
                next_start timestamptz,
                next_end timestamptz CHECK (next_end >= next_start),
                grace_start timestamptz,
                grace_end timestamptz,
                ended_at timestamptz,
                billing_interval text COLLATE "C",
                currency text COLLATE "C",
                provider text COLLATE "C",
                anchor timestamptz NOT NULL,
                credited_through timestamptz NOT NULL,
                ending text COLLATE "C" CHECK (ending IN ('cancel', 'move')),
                ending_plan text COLLATE "C",
                ending_plan_version int8,
                had_trial bool NOT NULL,
                collections int8 NOT NULL,
                top_up_pack text COLLATE "C",
                top_up_threshold int8,
                top_up_monthly_maximum int8,
                top_up_currency text COLLATE "C",
                top_up_provider text COLLATE "C",
                top_up_pending uuid,
                top_up_month timestamptz,
                top_up_count int8,
                top_up_stop text COLLATE "C" CHECK (top_up_stop IN ('unpaid', 'returned', 'asked')),
                created_at timestamptz NOT NULL,
                due_at timestamptz,
                CHECK (CASE status
                    WHEN 'active' THEN num_nonnulls(grace_start, ended_at) = 0
                    WHEN 'trialing' THEN num_nonnulls(grace_start, ended_at) = 0 AND period_start IS NOT NULL
                    WHEN 'past_due' THEN num_nonnulls(period_start, ended_at) = 0 AND grace_start IS NOT NULL
                    ELSE num_nonnulls(period_start, grace_start) = 0 AND ended_at IS NOT NULL END),
                CHECK (num_nulls(period_start, period_end) IN (0, 2)),
                CHECK (num_nulls(next_plan, next_plan_version, next_start, next_end) IN (0, 4)),
                CHECK (num_nulls(grace_start, grace_end) IN (0, 2)),
                CHECK (num_nulls(billing_interval, currency, provider) IN (0, 3)),
                CHECK (coalesce(ending = 'move', false) = (ending_plan IS NOT NULL)),
                CHECK (num_nulls(ending_plan, ending_plan_version) IN (0, 2)),
                CHECK (num_nulls(top_up_pack, top_up_threshold, top_up_monthly_maximum, top_up_currency, top_up_provider,
                    top_up_month, top_up_count) IN (0, 7))
            );
            CREATE INDEX subscriptions_due ON tamm.subscriptions (due_at, workspace_id) WHERE due_at IS NOT NULL;
            COMMENT ON TABLE tamm.subscriptions IS 'required: the plan that a workspace is on, and until when';

            CREATE TABLE tamm.payments (
                workspace_id uuid NOT NULL REFERENCES tamm.workspaces,
                id uuid NOT NULL,
                purpose text COLLATE "C" NOT NULL
                    CHECK (purpose IN ('start', 'renewal', 'upgrade', 'upgrade-to-year', 'credits')),
                plan text COLLATE "C",
                plan_version int8,
                billing_interval text COLLATE "C",
                renewal_of timestamptz,
                from_plan text COLLATE "C",
                from_plan_version int8,
                paid_through timestamptz,
                pack text COLLATE "C",
                credits int8,
                expires_after_days int8,
                is_top_up bool,
                amount_minor int8 NOT NULL CHECK (amount_minor >= 0),
                currency text COLLATE "C" NOT NULL,
                provider text COLLATE "C" NOT NULL,
                account text COLLATE "C" NOT NULL,
                opened_at timestamptz NOT NULL,
                expires_at timestamptz NOT NULL,
                order_provider text COLLATE "C",
                order_account text COLLATE "C",
                order_reference text COLLATE "C",
                claim_provider text COLLATE "C",
                claim_account text COLLATE "C",
                claim_reference text COLLATE "C",
                claimed_at timestamptz,
                status text COLLATE "C" NOT NULL CHECK (status IN ('pending', 'confirmed', 'failed', 'expired',
                    'partly-refunded', 'refunded', 'voided', 'unknown')),
                grant_ids uuid[] NOT NULL,
                grant_amounts int8[] NOT NULL,
                grant_withdrawn int8[] NOT NULL,
                grant_disputed int8[] NOT NULL,
                period_start timestamptz,
                period_end timestamptz CHECK (period_end >= period_start),
                refund_keys text[] COLLATE "C" NOT NULL,
                refund_open_key text COLLATE "C",
                refund_open_transaction text COLLATE "C",
                refund_open_through int8,
                has_saved_card bool NOT NULL,
                is_automatic bool NOT NULL,
                task text COLLATE "C" CHECK (task IN ('order', 'charge', 'inquire', 'expire')),
                due_at timestamptz,
                attempts int8 NOT NULL,
                is_for_review bool NOT NULL,
                PRIMARY KEY (workspace_id, id),
                CHECK (num_nulls(order_provider, order_account, order_reference) IN (0, 3)),
                CHECK (num_nulls(claim_provider, claim_account, claim_reference, claimed_at) IN (0, 4)),
                CHECK (num_nulls(period_start, period_end) IN (0, 2)),
                CHECK (num_nulls(refund_open_key, refund_open_transaction, refund_open_through) IN (0, 3)),
                CHECK (cardinality(grant_ids) = cardinality(grant_amounts)
                    AND cardinality(grant_ids) = cardinality(grant_withdrawn)
                    AND cardinality(grant_ids) = cardinality(grant_disputed))
            );
            CREATE INDEX payments_due ON tamm.payments (due_at, workspace_id, id) WHERE due_at IS NOT NULL;
            CREATE INDEX payments_opened ON tamm.payments (workspace_id, opened_at, id);
            CREATE INDEX payments_for_review ON tamm.payments (workspace_id, id) WHERE is_for_review;
            COMMENT ON TABLE tamm.payments IS 'required: money asked of a workspace, and what came of it';

            CREATE TABLE tamm.payment_transactions (
                workspace_id uuid NOT NULL,
                payment_id uuid NOT NULL,
                position int8 NOT NULL CHECK (position >= 0),
                id text COLLATE "C" NOT NULL,
                progress int2 NOT NULL CHECK (progress BETWEEN 1 AND 4),
                amount_minor int8 CHECK (amount_minor >= 0),
                currency text COLLATE "C",
                refunded int8 NOT NULL,
                is_voided bool NOT NULL,
                dispute int2 NOT NULL CHECK (dispute BETWEEN 1 AND 4),
                use text COLLATE "C",
                first_seen_at timestamptz NOT NULL,
                PRIMARY KEY (workspace_id, payment_id, position),
                UNIQUE (workspace_id, payment_id, id),
                FOREIGN KEY (workspace_id, payment_id) REFERENCES tamm.payments,
                CHECK (num_nulls(amount_minor, currency) IN (0, 2))
            );
            COMMENT ON TABLE tamm.payment_transactions IS 'required: money moved, or tried to be, for a payment';

            CREATE TABLE tamm.payment_orders (
                provider text COLLATE "C" NOT NULL,
                account text COLLATE "C" NOT NULL,
                reference text COLLATE "C" NOT NULL,
                workspace_id uuid NOT NULL,
                payment_id uuid NOT NULL,
                PRIMARY KEY (provider, account, reference)
            );
            CREATE INDEX payment_orders_payment ON tamm.payment_orders (workspace_id, payment_id);
            COMMENT ON TABLE tamm.payment_orders IS 'required: which payment a provider''s order is';

            CREATE TABLE tamm.payment_transfers (
                provider text COLLATE "C" NOT NULL,
                account text COLLATE "C" NOT NULL,
                reference text COLLATE "C" NOT NULL,
                workspace_id uuid NOT NULL,
                payment_id uuid NOT NULL,
                PRIMARY KEY (provider, account, reference)
            );
            CREATE INDEX payment_transfers_payment ON tamm.payment_transfers (workspace_id, payment_id);
            COMMENT ON TABLE tamm.payment_transfers IS 'required: which payment a transfer is claimed or received for';

            CREATE TABLE tamm.unmatched_transactions (
                provider text COLLATE "C" NOT NULL,
                account text COLLATE "C" NOT NULL,
                reference text COLLATE "C" NOT NULL,
                id text COLLATE "C" NOT NULL,
                progress int2 NOT NULL CHECK (progress BETWEEN 1 AND 4),
                amount_minor int8 CHECK (amount_minor >= 0),
                currency text COLLATE "C",
                refunded int8 NOT NULL,
                is_voided bool NOT NULL,
                dispute int2 NOT NULL CHECK (dispute BETWEEN 1 AND 4),
                use text COLLATE "C",
                first_seen_at timestamptz NOT NULL,
                PRIMARY KEY (provider, account, reference, id),
                CHECK (num_nulls(amount_minor, currency) IN (0, 2))
            );
            COMMENT ON TABLE tamm.unmatched_transactions IS 'required: genuine money for orders that nobody has opened';

            CREATE TABLE tamm.saved_cards (
                workspace_id uuid PRIMARY KEY REFERENCES tamm.workspaces,
                provider text COLLATE "C" NOT NULL,
                account text COLLATE "C" NOT NULL,
                token bytea NOT NULL,
                masked_number text COLLATE "C" NOT NULL,
                brand text COLLATE "C" NOT NULL,
                saved_at timestamptz NOT NULL
            );
            COMMENT ON TABLE tamm.saved_cards IS 'required: cards that workspaces let be charged';
            """#,
        down: .sql(
            """
            DROP TABLE tamm.saved_cards, tamm.unmatched_transactions, tamm.payment_transfers, tamm.payment_orders,
                tamm.payment_transactions, tamm.payments, tamm.subscriptions;
            """))
}
