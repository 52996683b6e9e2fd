/// The statements of the wallets' tables. Sets of rows go in as arrays, one a column.
extension Statement {
    private static func lock(_ name: String, _ suffix: String) -> Statement {
        Statement(name, rows: "workspace_id uuid, wallet_id uuid") { set in
            """
            SELECT \(WalletColumns.wallet("w")), w.version FROM \(set) n
            JOIN tamm.workspace_wallets w ON w.workspace_id = n.workspace_id AND w.id = n.wallet_id
            ORDER BY w.workspace_id, w.id \(suffix)
            """
        }
    }

    static let lockWallets = lock("lock_wallets", "FOR NO KEY UPDATE OF w")
    static let lockFreeWallets = lock("lock_free_wallets", "FOR NO KEY UPDATE OF w SKIP LOCKED")
    static let lookAtWallets = lock("look_at_wallets", "")

    static let recordedCommands = Statement("recorded_commands", rows: "workspace_id uuid, key text") { set in
        """
        SELECT \(WalletColumns.command("c")) FROM \(set) n
        JOIN tamm.wallet_commands c ON c.workspace_id = n.workspace_id AND c.key = n.key
        """
    }

    static let recordedUsage = Statement("recorded_usage", rows: "workspace_id uuid, id text") { set in
        """
        SELECT u.workspace_id, u.id FROM \(set) n
        JOIN tamm.usage_events u ON u.workspace_id = n.workspace_id AND u.id = n.id
        """
    }

    static let lockFreeCounters = Statement(
        "lock_free_counters",
        """
        SELECT s.workspace_id FROM tamm.usage_sequences s WHERE s.workspace_id = ANY ($1::uuid[])
        ORDER BY s.workspace_id FOR NO KEY UPDATE SKIP LOCKED
        """)

    static let counters = Statement(
        "counters", "SELECT s.workspace_id FROM tamm.usage_sequences s WHERE s.workspace_id = ANY ($1::uuid[])")

    static let openGrants = Statement("open_grants", rows: "workspace_id uuid, wallet_id uuid") { set in
        """
        SELECT \(WalletColumns.grant("g")) FROM \(set) n
        JOIN tamm.credit_grants g ON g.workspace_id = n.workspace_id AND g.wallet_id = n.wallet_id AND g.is_open
        """
    }

    static let openReceivables = Statement("open_receivables", rows: "workspace_id uuid, wallet_id uuid") { set in
        """
        SELECT \(WalletColumns.receivable("r")) FROM \(set) n
        JOIN tamm.receivables r ON r.workspace_id = n.workspace_id AND r.wallet_id = n.wallet_id AND r.is_open
        """
    }

    static let dueHolds = Statement(
        "due_holds", rows: "workspace_id uuid, wallet_id uuid, due_by timestamptz"
    ) { set in
        """
        SELECT \(WalletColumns.hold("h")) FROM \(set) n
        JOIN tamm.credit_holds h ON h.workspace_id = n.workspace_id AND h.wallet_id = n.wallet_id
            AND h.status = 1 AND h.expires_at <= n.due_by
        """
    }

    private static func named(_ name: String, _ table: String, _ columns: (String) -> String) -> Statement {
        Statement(name, rows: "workspace_id uuid, wallet_id uuid, id uuid") { set in
            """
            SELECT \(columns("t")) FROM \(set) n
            JOIN tamm.\(table) t ON t.workspace_id = n.workspace_id AND t.wallet_id = n.wallet_id AND t.id = n.id
            """
        }
    }

    static let namedGrants = named("named_grants", "credit_grants", WalletColumns.grant)
    static let namedHolds = named("named_holds", "credit_holds", WalletColumns.hold)
    static let namedReceivables = named("named_receivables", "receivables", WalletColumns.receivable)

    private static let quotaKey = "workspace_id uuid, wallet_id uuid, meter text, period_start timestamptz"

    static let quotas = Statement("quotas", rows: quotaKey) { set in
        """
        SELECT q.workspace_id, q.wallet_id, q.meter, q.period_start, q.used FROM \(set) n
        JOIN tamm.quota_counters q ON q.workspace_id = n.workspace_id AND q.wallet_id = n.wallet_id
            AND q.meter = n.meter AND q.period_start = n.period_start
        """
    }

    // MARK: Pages

    static let entries = Statement(
        "entries",
        """
        SELECT \(WalletColumns.entry("e")) FROM tamm.ledger_entries e
        WHERE e.workspace_id = $1 AND e.wallet_id = $2 AND e.sequence > $3 ORDER BY e.sequence LIMIT $4
        """)

    /// Searches by halves: entries count without a gap, and their time never goes back. The subqueries are each one
    /// look into the key, whatever the planner thinks of the table.
    static let lastEntry = Statement(
        "last_entry",
        """
        WITH RECURSIVE search(low, high) AS (
            SELECT 0::int8, coalesce((
                SELECT e.sequence FROM tamm.ledger_entries e WHERE e.workspace_id = $1 AND e.wallet_id = $2
                ORDER BY e.sequence DESC LIMIT 1), 0)
            UNION ALL
            SELECT CASE WHEN m.is_past THEN m.middle ELSE m.low END, CASE WHEN m.is_past THEN m.high ELSE m.middle - 1 END
            FROM (
                SELECT s.low, s.high, (s.low + s.high + 1) / 2 AS middle, (
                    SELECT e.recorded_at <= $3 FROM tamm.ledger_entries e
                    WHERE e.workspace_id = $1 AND e.wallet_id = $2 AND e.sequence = (s.low + s.high + 1) / 2) AS is_past
                FROM search s WHERE s.low < s.high OFFSET 0) m)
        SELECT \(WalletColumns.entry("e")) FROM tamm.ledger_entries e
        WHERE e.workspace_id = $1 AND e.wallet_id = $2
            AND e.sequence = (SELECT s.low FROM search s WHERE s.low = s.high)
        """)

    static let usagePage = Statement(
        "usage_page",
        """
        SELECT \(WalletColumns.usage("u")) FROM tamm.usage_events u
        WHERE u.workspace_id = $1 AND u.position > CASE WHEN $2::text IS NULL THEN 0 ELSE
            (SELECT c.position FROM tamm.usage_events c WHERE c.workspace_id = $1 AND c.id = $2) END
        ORDER BY u.position LIMIT $3
        """)

    // MARK: Writes

    static let insertWallet = Statement(
        "insert_wallet",
        """
        INSERT INTO tamm.workspace_wallets
            (workspace_id, id, available, held, owed, open_holds, sequence, head, recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING
        """)

    /// Refuses a wallet that is of another version than the one that was gone by; that it goes, the database refuses.
    private static let nextVersion =
        "CASE WHEN w.version = coalesce(n.version, w.version) THEN w.version + 1 ELSE tamm.refuse_stale() END"

    static let updateWallets = Statement(
        "update_wallets",
        rows: "workspace_id uuid, id uuid, available int8, held int8, owed int8, open_holds int4, sequence int8, "
            + "head bytea, recorded_at timestamptz, version int8"
    ) { set in
        """
        UPDATE tamm.workspace_wallets w SET available = n.available, held = n.held, owed = n.owed,
            open_holds = n.open_holds, sequence = n.sequence, head = n.head, recorded_at = n.recorded_at,
            version = \(nextVersion)
        FROM \(set) n WHERE w.workspace_id = n.workspace_id AND w.id = n.id
        """
    }

    private static let version = "workspace_id uuid, id uuid, version int8"

    /// For wallets of which only what belongs to them changes.
    static let renewWallets = Statement("renew_wallets", rows: version) { set in
        """
        UPDATE tamm.workspace_wallets w SET version = \(nextVersion)
        FROM \(set) n WHERE w.workspace_id = n.workspace_id AND w.id = n.id
        """
    }

    /// Fails unless each wallet is of this version.
    static let proveVersions = Statement("prove_versions", rows: version) { set in
        """
        SELECT tamm.refuse_stale() FROM \(set) n
        LEFT JOIN tamm.workspace_wallets w ON w.workspace_id = n.workspace_id AND w.id = n.id
        WHERE w.version IS DISTINCT FROM n.version
        """
    }

    /// Fails unless none of the keys is recorded.
    static let proveNewKeys = Statement("prove_new_keys", rows: "workspace_id uuid, key text") { set in
        """
        SELECT tamm.refuse_stale() FROM \(set) n
        JOIN tamm.wallet_commands c ON c.workspace_id = n.workspace_id AND c.key = n.key
        """
    }

    static let insertEntries = Statement(
        "insert_entries",
        rows: "workspace_id uuid, wallet_id uuid, sequence int8, kind int2, source int2, target int2, amount int8, "
            + "grant_id uuid, hold_id uuid, command text, occurred_at timestamptz, recorded_at timestamptz, "
            + "available int8, held int8, owed int8, hash bytea"
    ) { set in
        """
        INSERT INTO tamm.ledger_entries (workspace_id, wallet_id, sequence, kind, source, target, amount, grant_id,
            hold_id, command, occurred_at, recorded_at, available, held, owed, hash)
        SELECT n.* FROM \(set) n
        """
    }

    static let updateGrants = Statement(
        "update_grants",
        rows: "workspace_id uuid, wallet_id uuid, id uuid, status int2, remaining int8, clawed_back int8, is_open bool"
    ) { set in
        """
        UPDATE tamm.credit_grants g SET status = n.status, remaining = n.remaining, clawed_back = n.clawed_back,
            is_open = n.is_open
        FROM \(set) n WHERE g.workspace_id = n.workspace_id AND g.wallet_id = n.wallet_id AND g.id = n.id
        """
    }

    static let putGrants = Statement(
        "put_grants",
        """
        INSERT INTO tamm.credit_grants AS g (workspace_id, wallet_id, id, amount, category, priority, effective_at,
            expires_at, source, status, remaining, clawed_back, is_open, created_at)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int8[], $5::int2[], $6::int2[],
            $7::timestamptz[], $8::timestamptz[], $9::text[], $10::int2[], $11::int8[], $12::int8[], $13::bool[],
            $14::timestamptz[])
        ON CONFLICT (workspace_id, wallet_id, id) DO UPDATE SET amount = excluded.amount, category = excluded.category,
            priority = excluded.priority, effective_at = excluded.effective_at, expires_at = excluded.expires_at,
            source = excluded.source, status = excluded.status, remaining = excluded.remaining,
            clawed_back = excluded.clawed_back, is_open = excluded.is_open, created_at = excluded.created_at
        """)

    /// A list within a row goes in as its text: an array of arrays would have to be of one length.
    static let putHolds = Statement(
        "put_holds",
        """
        INSERT INTO tamm.credit_holds AS h (workspace_id, wallet_id, id, amount, expires_at, portion_grants,
            portion_amounts, quota_meter, quota_quantity, quota_limit, quota_period_start, quota_resets_at, status,
            captured, created_at)
        SELECT workspace_id, wallet_id, id, amount, expires_at, portion_grants::uuid[], portion_amounts::int8[], meter,
            quantity, quota_limit, period_start, resets_at, status, captured, created_at
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int8[], $5::timestamptz[], $6::text[], $7::text[],
            $8::text[], $9::int8[], $10::int8[], $11::timestamptz[], $12::timestamptz[], $13::int2[], $14::int8[],
            $15::timestamptz[])
            AS n(workspace_id, wallet_id, id, amount, expires_at, portion_grants, portion_amounts, meter, quantity,
                quota_limit, period_start, resets_at, status, captured, created_at)
        ON CONFLICT (workspace_id, wallet_id, id) DO UPDATE SET amount = excluded.amount,
            expires_at = excluded.expires_at, portion_grants = excluded.portion_grants,
            portion_amounts = excluded.portion_amounts, quota_meter = excluded.quota_meter,
            quota_quantity = excluded.quota_quantity, quota_limit = excluded.quota_limit,
            quota_period_start = excluded.quota_period_start, quota_resets_at = excluded.quota_resets_at,
            status = excluded.status, captured = excluded.captured, created_at = excluded.created_at
        """)

    static let putReceivables = Statement(
        "put_receivables",
        """
        INSERT INTO tamm.receivables AS r (workspace_id, wallet_id, id, origin_grant, origin_charge, amount,
            settled_grants, settled_amounts, forgiven, is_open, created_at)
        SELECT workspace_id, wallet_id, id, origin_grant, origin_charge, amount, settled_grants::uuid[],
            settled_amounts::int8[], forgiven, is_open, created_at
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::int8[], $7::text[], $8::text[],
            $9::int8[], $10::bool[], $11::timestamptz[])
            AS n(workspace_id, wallet_id, id, origin_grant, origin_charge, amount, settled_grants, settled_amounts,
                forgiven, is_open, created_at)
        ON CONFLICT (workspace_id, wallet_id, id) DO UPDATE SET origin_grant = excluded.origin_grant,
            origin_charge = excluded.origin_charge, amount = excluded.amount,
            settled_grants = excluded.settled_grants, settled_amounts = excluded.settled_amounts,
            forgiven = excluded.forgiven, is_open = excluded.is_open, created_at = excluded.created_at
        """)

    static let putQuotas = Statement("put_quotas", rows: "\(quotaKey), used int8") { set in
        """
        INSERT INTO tamm.quota_counters (workspace_id, wallet_id, meter, period_start, used) SELECT n.* FROM \(set) n
        ON CONFLICT (workspace_id, wallet_id, meter, period_start) DO UPDATE SET used = excluded.used
        """
    }

    private static let commandColumns =
        "workspace_id uuid, key text, wallet_id uuid, kind int2, amount int8, shortfall int8, entries_from int8, "
        + "entries_to int8, available int8, held int8, owed int8, recorded_at timestamptz, subject_kind int2, "
        + "subject_id uuid, fingerprint bytea, reversed int8"

    static let insertCommands = Statement("insert_commands", rows: commandColumns) { set in
        """
        INSERT INTO tamm.wallet_commands (workspace_id, key, wallet_id, kind, amount, shortfall, entries_from,
            entries_to, available, held, owed, recorded_at, subject_kind, subject_id, fingerprint, reversed)
        SELECT n.* FROM \(set) n
        """
    }

    /// A command that is not there, or has another receipt, is not changed; how many are is looked at.
    static let reverseCommands = Statement("reverse_commands", rows: commandColumns) { set in
        """
        UPDATE tamm.wallet_commands c SET reversed = n.reversed FROM \(set) n
        WHERE c.workspace_id = n.workspace_id AND c.key = n.key
            AND (c.wallet_id, c.kind, c.amount, c.shortfall, c.entries_from, c.entries_to, c.available, c.held, c.owed,
                c.recorded_at)
            = (n.wallet_id, n.kind, n.amount, n.shortfall, n.entries_from, n.entries_to, n.available, n.held, n.owed,
                n.recorded_at)
            AND c.subject_kind IS NOT DISTINCT FROM n.subject_kind
            AND c.subject_id IS NOT DISTINCT FROM n.subject_id
        """
    }

    /// Numbers the events of each workspace without a gap, in the order in which transactions commit: the row that
    /// counts stays locked until then.
    static let insertUsage = Statement(
        "insert_usage",
        """
        WITH new AS (
            SELECT *, row_number() OVER (PARTITION BY workspace_id ORDER BY ordinal) AS number
            FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::int2[], $6::text[], $7::int8[], $8::int8[],
                $9::int8[], $10::int8[], $11::int8[], $12::int8[], $13::int8[], $14::timestamptz[],
                $15::timestamptz[]) WITH ORDINALITY
                AS n(workspace_id, id, wallet_id, command, usage_kind, name, prompt_tokens, cached_prompt_tokens,
                    completion_tokens, reasoning_tokens, quantity, cost, price_book, occurred_at, recorded_at,
                    ordinal)),
        added AS (SELECT workspace_id, count(*) AS count FROM new GROUP BY workspace_id ORDER BY workspace_id),
        counted AS (
            INSERT INTO tamm.usage_sequences AS s (workspace_id, last) SELECT workspace_id, count FROM added
            ON CONFLICT (workspace_id) DO UPDATE SET last = s.last + excluded.last RETURNING s.workspace_id, s.last)
        INSERT INTO tamm.usage_events (workspace_id, id, wallet_id, command, usage_kind, name, prompt_tokens,
            cached_prompt_tokens, completion_tokens, reasoning_tokens, quantity, cost, price_book, occurred_at,
            recorded_at, position)
        SELECT n.workspace_id, n.id, n.wallet_id, n.command, n.usage_kind, n.name, n.prompt_tokens,
            n.cached_prompt_tokens, n.completion_tokens, n.reasoning_tokens, n.quantity, n.cost, n.price_book,
            n.occurred_at, n.recorded_at, c.last - a.count + n.number
        FROM new n JOIN added a USING (workspace_id) JOIN counted c USING (workspace_id)
        ORDER BY n.ordinal
        """)
}

extension Listing {
    static let walletsOfWorkspace = Listing("wallets_of_workspace") { after in
        """
        SELECT \(WalletColumns.wallet("w")) FROM tamm.workspace_wallets w
        WHERE w.workspace_id = $2 \(after ? "AND w.id > $3" : "") ORDER BY w.id LIMIT $1
        """
    }

    static let walletsOfAll = Listing("wallets_of_all") { after in
        """
        SELECT \(WalletColumns.wallet("w")) FROM tamm.workspace_wallets w
        \(after ? "WHERE (w.workspace_id, w.id) > ($2, $3)" : "") ORDER BY w.workspace_id, w.id LIMIT $1
        """
    }

    private static func page(_ name: String, _ table: String, _ columns: @escaping (String) -> String) -> Listing {
        Listing(name) { after in
            """
            SELECT \(columns("t")) FROM tamm.\(table) t
            WHERE t.workspace_id = $2 AND t.wallet_id = $3 \(after ? "AND t.id > $4" : "") ORDER BY t.id LIMIT $1
            """
        }
    }

    static let grantPages = page("grant_page", "credit_grants", WalletColumns.grant)
    static let holdPages = page("hold_page", "credit_holds", WalletColumns.hold)
    static let receivablePages = page("receivable_page", "receivables", WalletColumns.receivable)
}
