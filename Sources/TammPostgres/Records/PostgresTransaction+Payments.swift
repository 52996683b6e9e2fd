public import TammCore

extension PostgresTransaction {
    public borrowing func payment(_ place: PaymentPlace) throws(TammError) -> Payment? {
        guard mayRead(.payments, in: place.workspace) else { return nil }
        return try payments(in: session.run(.payment, place.parameters)).first
    }

    public borrowing func payments(
        of workspace: Identifier<Workspace>, after cursor: Identifier<Payment>?, limit: Int
    ) throws(TammError) -> [Payment] {
        guard mayRead(.payments, in: workspace) else { return [] }
        var parameters = PostgresParameters()
        parameters.add(Int64(limit))
        parameters.add(workspace)
        if let cursor { parameters.add(cursor) }
        return try payments(in: session.run(.payments, cursor != nil, parameters))
    }

    public borrowing func payments(
        of workspace: Identifier<Workspace>, with provider: PaymentProviderName, openedIn range: Range<Timestamp>,
        limit: Int
    ) throws(TammError) -> [Payment] {
        guard mayRead(.payments, in: workspace) else { return [] }
        var parameters = workspace.parameter
        parameters.add(provider.text)
        parameters.add(range.lowerBound)
        parameters.add(range.upperBound)
        parameters.add(Int64(limit))
        return try payments(in: session.run(.paymentsOpened, parameters))
    }

    /// The payments of the rows, each with its transactions.
    private borrowing func payments(in rows: ResultRows) throws(TammError) -> [Payment] {
        guard rows.count > 0 else { return [] }
        let places = try rows.map { row throws(TammError) in
            PaymentPlace(workspace: try row.next(), id: try row.next())
        }
        var parameters = PostgresParameters()
        parameters.add(places, \.workspace)
        parameters.add(places, \.id)
        let found = try session.run(.transactions, parameters).map { row throws(TammError) in
            (PaymentPlace(workspace: try row.next(), id: try row.next()), try row.nextTransaction())
        }
        let transactions = Dictionary(grouping: found, by: \.0).mapValues { $0.map(\.1) }
        return try rows.map { row throws(TammError) in try row.nextPayment(transactions) }
    }

    public borrowing func put(_ payment: Payment) throws(TammError) {
        try session.begin(.committed)
        try requireWorkspace(payment.workspace)
        try requireWrite(.payments, in: payment.workspace)
        if let order = payment.order {
            var parameters = order.parameters
            parameters.add(payment.workspace)
            parameters.add(payment.id)
            try session.post(.lockNewOrder, parameters)
        }
        let transfers = payment.transfers
        var taken = payment.place.parameters
        taken.add(payment.order)
        taken.add(transfers)
        let field = try session.run(.takenReference, taken).first { row throws(TammError) in try row.next(String.self) }
        if let field {
            throw TammError(.conflict, "the \(field) of payment \(payment.id) is another payment's", field: field)
        }
        try session.post(.putPayment, payment.parameters)
        try session.post(.dropTransactions, payment.place.parameters)
        if !payment.transactions.isEmpty {
            var parameters = payment.place.parameters
            parameters.add(payment.transactions)
            try session.post(.insertTransactions, parameters)
        }
        for (drop, insert, references) in [
            (Statement.dropOrders, Statement.insertOrders, payment.order.map { [$0] } ?? []),
            (.dropTransfers, .insertTransfers, transfers),
        ] {
            var parameters = payment.place.parameters
            parameters.add(references)
            try session.post(drop, parameters)
            if !references.isEmpty { try session.post(insert, parameters) }
        }
    }

    // MARK: Directories

    public borrowing func payment(ordered order: ProviderReference) throws(TammError) -> PaymentPlace? {
        // Who looks an unknown order up goes on to keep what was heard of it: its opening waits until then.
        try session.begin(.committed)
        guard try isPlatform() else { return nil }
        let rows = try session.run([(.lockOrder, order.parameters), (.paymentOrdered, order.parameters)])
        return try rows[1].first { row throws(TammError) in PaymentPlace(workspace: try row.next(), id: try row.next()) }
    }

    public borrowing func payment(claiming reference: ProviderReference) throws(TammError) -> PaymentPlace? {
        guard try isPlatform() else { return nil }
        return try session.run(.paymentClaiming, reference.parameters).first { row throws(TammError) in
            PaymentPlace(workspace: try row.next(), id: try row.next())
        }
    }

    public borrowing func duePayments(
        by moment: Timestamp, after cursor: DuePayment?, limit: Int
    ) throws(TammError) -> [DuePayment] {
        guard session.principal == .service else { return [] }
        var parameters = PostgresParameters()
        parameters.add(Int64(limit))
        parameters.add(moment)
        if let cursor {
            parameters.add(cursor.at)
            parameters.add(cursor.payment.workspace)
            parameters.add(cursor.payment.id)
        }
        return try session.run(.duePayments, cursor != nil, parameters).map { row throws(TammError) in
            DuePayment(at: try row.next(), payment: PaymentPlace(workspace: try row.next(), id: try row.next()))
        }
    }

    public borrowing func paymentsForReview(
        after cursor: PaymentPlace?, limit: Int
    ) throws(TammError) -> [Payment] {
        guard try isPlatform() else { return [] }
        var parameters = PostgresParameters()
        parameters.add(Int64(limit))
        if let cursor {
            parameters.add(cursor.workspace)
            parameters.add(cursor.id)
        }
        return try payments(in: session.run(.paymentsForReview, cursor != nil, parameters))
    }

    // MARK: Unmatched transactions

    public borrowing func lockUnmatched(
        _ transaction: String, of order: ProviderReference
    ) throws(TammError) -> UnmatchedTransaction? {
        try session.begin(.committed)
        try requirePlatform()
        var parameters = order.parameters
        parameters.add(transaction)
        let rows = try session.run([(.lockOrder, order.parameters), (.unmatched, parameters)])
        return try rows[1].first { row throws(TammError) in try row.nextUnmatched() }
    }

    public borrowing func put(_ unmatched: UnmatchedTransaction) throws(TammError) {
        try requirePlatform()
        var parameters = unmatched.order.parameters
        parameters.add([unmatched.transaction])
        try session.post(.putUnmatched, parameters)
    }

    public borrowing func takeUnmatched(of order: ProviderReference) throws(TammError) -> [UnmatchedTransaction] {
        try session.begin(.committed)
        try requirePlatform()
        let rows = try session.run([(.lockOrder, order.parameters), (.takeUnmatched, order.parameters)])
        let taken = try rows[1].map { row throws(TammError) in try row.nextUnmatched() }
        return taken.sorted { $0.place < $1.place }
    }

    public borrowing func unmatched(
        after cursor: UnmatchedTransaction.Place?, limit: Int
    ) throws(TammError) -> [UnmatchedTransaction] {
        guard try isPlatform() else { return [] }
        var parameters = PostgresParameters()
        parameters.add(Int64(limit))
        if let cursor {
            parameters.add(cursor.order as ProviderReference?)
            parameters.add(cursor.transaction)
        }
        return try session.run(.unmatchedPage, cursor != nil, parameters).map { row throws(TammError) in
            try row.nextUnmatched()
        }
    }

    // MARK: Saved cards

    public borrowing func savedCard(of workspace: Identifier<Workspace>) throws(TammError) -> SavedCard? {
        guard session.principal == .service else { return nil }
        return try session.run(.savedCard, workspace.parameter).first { row throws(TammError) in try row.nextCard() }
    }

    public borrowing func put(_ card: SavedCard) throws(TammError) {
        try requireWorkspace(card.workspace)
        try requireWrite(.savedCards, in: card.workspace)
        var parameters = card.workspace.parameter
        parameters.add(card.provider.text)
        parameters.add(card.account)
        parameters.add(card.token.reveal { bytes in bytes.map(\.self) })
        parameters.add(card.maskedNumber)
        parameters.add(card.brand)
        parameters.add(card.savedAt)
        try session.post(.putCard, parameters)
    }

    public borrowing func removeSavedCard(of workspace: Identifier<Workspace>) throws(TammError) {
        try requireWorkspace(workspace)
        try requireWrite(.savedCards, in: workspace)
        try session.post(.removeCard, workspace.parameter)
    }
}

extension PaymentPlace {
    fileprivate var parameters: PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(workspace)
        parameters.add(id)
        return parameters
    }
}

extension ProviderReference {
    fileprivate var parameters: PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(self as ProviderReference?)
        return parameters
    }
}

extension PostgresParameters {
    fileprivate mutating func add(_ reference: ProviderReference?) { reference.add(to: &self) }

    fileprivate mutating func add(_ references: [ProviderReference]) {
        add(references, \.provider.text)
        add(references, \.account)
        add(references, \.text)
    }
}

extension PostgresRow {
    fileprivate mutating func nextUnmatched() throws(TammError) -> UnmatchedTransaction {
        guard let order = try nextReference() else {
            throw TammError(.corrupted, "unmatched_transactions: a transaction has no order")
        }
        return UnmatchedTransaction(order: order, transaction: try nextTransaction())
    }

    fileprivate mutating func nextCard() throws(TammError) -> SavedCard {
        let workspace: Identifier<Workspace> = try next()
        guard let provider = try nextProvider() else { throw TammError(.corrupted, "a card has no provider") }
        let (account, token): (String, [UInt8]) = (try next(), try next())
        let (masked, brand): (String, String) = (try next(), try next())
        let savedAt: Timestamp = try next()
        return try stored("saved_cards") { () throws(TammError) in
            try SavedCard(
                workspace: workspace, provider: provider, account: account, token: Secret(token), maskedNumber: masked,
                brand: brand, savedAt: savedAt)
        }
    }
}
