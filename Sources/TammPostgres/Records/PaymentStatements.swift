private let paymentColumns = PaymentColumns.all.joined(separator: ", ")

/// One order's lock: its parts are visible ASCII, which the separator is not.
private let orderLock =
    "pg_advisory_xact_lock(hashtextextended('tamm.order' || chr(31) || $1 || chr(31) || $2 || chr(31) || $3, 0))"

extension Statement {
    static let payment = Statement(
        "payment", "SELECT \(paymentColumns) FROM tamm.payments WHERE workspace_id = $1 AND id = $2")

    static let paymentsOpened = Statement(
        "payments_opened",
        """
        SELECT \(paymentColumns) FROM tamm.payments
        WHERE workspace_id = $1 AND provider = $2 AND opened_at >= $3 AND opened_at < $4
        ORDER BY opened_at, id LIMIT $5
        """)

    static let transactions = Statement(
        "transactions",
        """
        SELECT t.workspace_id, t.payment_id, \(PaymentColumns.transaction)
        FROM unnest($1::uuid[], $2::uuid[]) AS n(workspace_id, payment_id)
        JOIN tamm.payment_transactions t USING (workspace_id, payment_id)
        ORDER BY t.workspace_id, t.payment_id, t.position
        """)

    /// Whose order or transfer it is, if it is not this payment's.
    static let takenReference = Statement(
        "taken_reference",
        """
        SELECT 'order'::text FROM tamm.payment_orders
        WHERE (provider, account, reference) = ($3, $4, $5) AND (workspace_id, payment_id) <> ($1, $2)
        UNION ALL
        SELECT 'claim'::text FROM unnest($6::text[], $7::text[], $8::text[]) AS n(provider, account, reference)
        JOIN tamm.payment_transfers t USING (provider, account, reference)
        WHERE (t.workspace_id, t.payment_id) <> ($1, $2)
        LIMIT 1
        """)

    static let putPayment: Statement = {
        let values = PaymentColumns.all.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
        let changes = PaymentColumns.all.dropFirst(2).map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
        return Statement(
            "put_payment",
            """
            INSERT INTO tamm.payments (\(paymentColumns)) VALUES (\(values))
            ON CONFLICT (workspace_id, id) DO UPDATE SET \(changes)
            """)
    }()

    static let dropTransactions = Statement(
        "drop_transactions", "DELETE FROM tamm.payment_transactions WHERE workspace_id = $1 AND payment_id = $2")

    static let insertTransactions = Statement(
        "insert_transactions",
        """
        INSERT INTO tamm.payment_transactions (workspace_id, payment_id, position, \(PaymentColumns.transaction))
        SELECT $1, $2, n.ordinal - 1, \(PaymentColumns.transaction)
        FROM unnest($3::text[], $4::int2[], $5::int8[], $6::text[], $7::int8[], $8::bool[], $9::int2[], $10::text[],
            $11::timestamptz[]) WITH ORDINALITY AS n(\(PaymentColumns.transaction), ordinal)
        """)

    private static func dropReferences(_ table: String) -> Statement {
        Statement(
            "drop_\(table)",
            """
            DELETE FROM tamm.\(table) WHERE workspace_id = $1 AND payment_id = $2
                AND (provider, account, reference) NOT IN (SELECT * FROM unnest($3::text[], $4::text[], $5::text[]))
            """)
    }

    private static func insertReferences(_ table: String) -> Statement {
        Statement(
            "insert_\(table)",
            """
            INSERT INTO tamm.\(table) (provider, account, reference, workspace_id, payment_id)
            SELECT n.provider, n.account, n.reference, $1, $2
            FROM unnest($3::text[], $4::text[], $5::text[]) AS n(provider, account, reference)
            WHERE NOT EXISTS (
                SELECT FROM tamm.\(table) t WHERE (t.provider, t.account, t.reference, t.workspace_id, t.payment_id)
                    = (n.provider, n.account, n.reference, $1, $2))
            """)
    }

    static let dropOrders = dropReferences("payment_orders")
    static let insertOrders = insertReferences("payment_orders")
    static let dropTransfers = dropReferences("payment_transfers")
    static let insertTransfers = insertReferences("payment_transfers")

    /// Held until the end of the transaction, so that a notice of an unknown order and the order's opening take turns.
    static let lockOrder = Statement("lock_order", "SELECT \(orderLock)")

    /// An order that the payment has already is nobody's to open any more.
    static let lockNewOrder = Statement(
        "lock_new_order",
        """
        SELECT \(orderLock) WHERE NOT EXISTS (
            SELECT FROM tamm.payment_orders
            WHERE (provider, account, reference, workspace_id, payment_id) = ($1, $2, $3, $4, $5))
        """)

    private static func place(_ name: String, _ table: String) -> Statement {
        Statement(
            name,
            """
            SELECT workspace_id, payment_id FROM tamm.\(table)
            WHERE provider = $1 AND account = $2 AND reference = $3
            """)
    }

    static let paymentOrdered = place("payment_ordered", "payment_orders")
    static let paymentClaiming = place("payment_claiming", "payment_transfers")

    static let unmatched = Statement(
        "unmatched",
        """
        SELECT provider, account, reference, \(PaymentColumns.transaction) FROM tamm.unmatched_transactions
        WHERE provider = $1 AND account = $2 AND reference = $3 AND id = $4
        """)

    static let putUnmatched = Statement(
        "put_unmatched",
        """
        INSERT INTO tamm.unmatched_transactions (provider, account, reference, \(PaymentColumns.transaction))
        SELECT $1, $2, $3, n.* FROM unnest($4::text[], $5::int2[], $6::int8[], $7::text[], $8::int8[], $9::bool[],
            $10::int2[], $11::text[], $12::timestamptz[]) AS n(\(PaymentColumns.transaction))
        ON CONFLICT (provider, account, reference, id) DO UPDATE SET progress = excluded.progress,
            amount_minor = excluded.amount_minor, currency = excluded.currency, refunded = excluded.refunded,
            is_voided = excluded.is_voided, dispute = excluded.dispute, use = excluded.use,
            first_seen_at = excluded.first_seen_at
        """)

    static let takeUnmatched = Statement(
        "take_unmatched",
        """
        DELETE FROM tamm.unmatched_transactions WHERE provider = $1 AND account = $2 AND reference = $3
        RETURNING provider, account, reference, \(PaymentColumns.transaction)
        """)

    static let savedCard = Statement(
        "saved_card",
        """
        SELECT workspace_id, provider, account, token, masked_number, brand, saved_at FROM tamm.saved_cards
        WHERE workspace_id = $1
        """)

    static let putCard = Statement(
        "put_card",
        """
        INSERT INTO tamm.saved_cards (workspace_id, provider, account, token, masked_number, brand, saved_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (workspace_id) DO UPDATE SET provider = excluded.provider, account = excluded.account,
            token = excluded.token, masked_number = excluded.masked_number, brand = excluded.brand,
            saved_at = excluded.saved_at
        """)

    static let removeCard = Statement("remove_card", "DELETE FROM tamm.saved_cards WHERE workspace_id = $1")
}

extension Listing {
    static let payments = Listing("payments") { after in
        """
        SELECT \(paymentColumns) FROM tamm.payments
        WHERE workspace_id = $2 \(after ? "AND id > $3" : "") ORDER BY id LIMIT $1
        """
    }

    static let duePayments = Listing("due_payments") { after in
        """
        SELECT due_at, workspace_id, id FROM tamm.payments
        WHERE due_at <= $2 \(after ? "AND (due_at, workspace_id, id) > ($3, $4, $5)" : "")
        ORDER BY due_at, workspace_id, id LIMIT $1
        """
    }

    static let paymentsForReview = Listing("payments_for_review") { after in
        """
        SELECT \(paymentColumns) FROM tamm.payments
        WHERE is_for_review \(after ? "AND (workspace_id, id) > ($2, $3)" : "") ORDER BY workspace_id, id LIMIT $1
        """
    }

    static let unmatchedPage = Listing("unmatched_page") { after in
        """
        SELECT provider, account, reference, \(PaymentColumns.transaction) FROM tamm.unmatched_transactions
        \(after ? "WHERE (provider, account, reference, id) > ($2, $3, $4, $5)" : "")
        ORDER BY provider, account, reference, id LIMIT $1
        """
    }
}
