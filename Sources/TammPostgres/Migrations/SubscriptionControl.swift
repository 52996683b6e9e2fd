extension Migration {
    /// A subscription that an operator ends by hand.
    static let subscriptionControl = Migration(
        id: "0007-subscription-control",
        up: #"""
            ALTER TABLE tamm.subscriptions ADD COLUMN changes int8 NOT NULL DEFAULT 0;
            COMMENT ON COLUMN tamm.subscriptions.status IS
                'may be set to canceled or expired by hand: it acts at once, and is audited';
            COMMENT ON COLUMN tamm.subscriptions.changes IS
                'goes up with each change that is audited by who makes it; one by hand leaves it as it is';

            -- What a subscription that has ended cannot have goes with the status.
            CREATE FUNCTION tamm.end_subscription() RETURNS trigger LANGUAGE plpgsql
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                NEW.ended_at := clock_timestamp();
                NEW.due_at := NEW.ended_at;
                NEW.credited_through := least(NEW.credited_through, NEW.ended_at + interval '1 month');
                NEW.collections := 0;
                NEW.period_start := NULL; NEW.period_end := NULL; NEW.grace_start := NULL; NEW.grace_end := NULL;
                NEW.next_plan := NULL; NEW.next_plan_version := NULL; NEW.next_start := NULL; NEW.next_end := NULL;
                NEW.ending := NULL; NEW.ending_plan := NULL; NEW.ending_plan_version := NULL;
                RETURN NEW;
            END $$;
            CREATE FUNCTION tamm.note_subscription_by_hand() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                PERFORM tamm.audit_by_hand(NEW.workspace_id, 'subscription.status-changed', 'subscription',
                    NEW.workspace_id::text, ARRAY['from', 'to'], ARRAY[OLD.status, NEW.status]);
                RETURN NULL;
            END $$;
            REVOKE EXECUTE ON FUNCTION tamm.end_subscription(), tamm.note_subscription_by_hand() FROM PUBLIC;
            CREATE TRIGGER end_by_hand BEFORE UPDATE ON tamm.subscriptions FOR EACH ROW
                WHEN (NEW.status IN ('canceled', 'expired') AND NEW.ended_at IS NULL)
                EXECUTE FUNCTION tamm.end_subscription();
            CREATE TRIGGER note_by_hand AFTER UPDATE ON tamm.subscriptions FOR EACH ROW
                WHEN (OLD.status <> NEW.status AND OLD.changes = NEW.changes)
                EXECUTE FUNCTION tamm.note_subscription_by_hand();
            GRANT CREATE ON SCHEMA tamm TO tamm_lookup;
            ALTER FUNCTION tamm.note_subscription_by_hand() OWNER TO tamm_lookup;
            REVOKE CREATE ON SCHEMA tamm FROM tamm_lookup;
            """#,
        down: .sql(
            """
            DROP TRIGGER end_by_hand ON tamm.subscriptions;
            DROP TRIGGER note_by_hand ON tamm.subscriptions;
            DROP FUNCTION tamm.end_subscription(), tamm.note_subscription_by_hand();
            ALTER TABLE tamm.subscriptions DROP COLUMN changes;
            COMMENT ON COLUMN tamm.subscriptions.status IS NULL;
            """))
}
