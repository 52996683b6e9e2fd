extension Payments {
    // MARK: Transfers

    /// Takes the payer's word that the transfer was made: its reference, to be checked against the statement.
    ///
    /// - Throws: `notFound` without the payment, `forbidden` without the permission to manage billing, `invalidInput`
    ///   for the reference's form.
    public func claim(
        _ place: PaymentPlace, reference: String, as principal: Principal
    ) async throws(TammError) -> BillingOutcome<Payment> {
        try await billing.authorize(.manageBilling, in: place.workspace, as: principal)
        guard let instaPay = billing.configuration.instaPay else { return .refused(.noProvider(.instaPay)) }
        let transfer = try instaPay.reference(reference)
        return try await decide(place, "transfer.claimed", by: principal) { work, payment, t throws(TammError) in
            guard payment.provider == .instaPay else { return .noProvider(payment.provider) }
            if let other = try t.payment(claiming: transfer), other != place { return .referenceUsed }
            return try work.apply(.claimed(.init(reference: transfer, at: work.now)), to: &payment, in: t)
        }
    }

    /// An administrator has seen the money on the statement: it counts as received, and pays if it is what was asked.
    ///
    /// - Parameters:
    ///   - received: what the statement says.
    ///   - reference: the transfer's, where its payer has claimed none.
    /// - Throws: `notFound` without the payment, `forbidden` unless the principal is the service or a platform
    ///   administrator; so the next.
    public func confirmTransfer(
        _ place: PaymentPlace, received: Money, reference: String? = nil, because reason: String = "",
        as principal: Principal
    ) async throws(TammError) -> BillingOutcome<Payment> {
        try await billing.authorize(.issueCredits, in: place.workspace, as: principal)
        guard let instaPay = billing.configuration.instaPay else { return .refused(.noProvider(.instaPay)) }
        var given: ProviderReference?
        if let reference { given = try instaPay.reference(reference) }
        let seen = given
        return try await keepingRefused { keeping throws(TammError) in
            try await decide(place, "transfer.confirmed", by: principal, because: reason) {
                work, payment, t throws(TammError) in
                guard payment.provider == .instaPay, let order = payment.order,
                    let transfer = seen ?? payment.claim?.reference
                else { return .paymentClosed(payment.status) }
                if let other = try t.payment(claiming: transfer), other != place { return .referenceUsed }
                let notice = try PaymentNotice(order: order, transaction: transfer.text, .captured(received))
                _ = try work.apply(.noticed(notice), to: &payment, keeping: keeping, in: t)
                return nil
            }
        }
    }

    /// An administrator finds no such transfer: the claim is taken back, and its reference may be claimed again.
    public func rejectTransfer(
        _ place: PaymentPlace, because reason: String, as principal: Principal
    ) async throws(TammError) -> BillingOutcome<Payment> {
        try await billing.authorize(.issueCredits, in: place.workspace, as: principal)
        return try await decide(place, "transfer.rejected", by: principal, because: reason) {
            work, payment, t throws(TammError) in
            try work.apply(.rejected, to: &payment, in: t)
        }
    }

    // MARK: Money that did nothing by itself, and money returned

    /// Applies unapplied money to what its payment was opened for, by an administrator's decision.
    ///
    /// - Throws: as ``confirmTransfer(_:received:reference:because:as:)``.
    public func apply(
        _ transaction: String, of place: PaymentPlace, because reason: String, as principal: Principal
    ) async throws(TammError) -> BillingOutcome<Payment> {
        try await billing.authorize(.issueCredits, in: place.workspace, as: principal)
        do throws(TammError) {
            return try await decide(place, "payment.applied", by: principal, because: reason) {
                work, payment, t throws(TammError) in
                try work.apply(.applied(transaction: transaction), to: &payment, in: t)
            }
        } catch {
            guard error.reason == BillingWork.walletRefused else { throw error }
            return .refused(.walletRefused)
        }
    }

    /// The payments of all workspaces that wait for an administrator: they hold unapplied money, or a claim that nobody
    /// has decided; at most `limit` (1 to 1,000) after `cursor`.
    public func forReview(
        after cursor: PaymentPlace? = nil, limit: Int = 100, as principal: Principal
    ) async throws(TammError) -> [Payment] {
        let limit = try pageLimit(limit)
        return try await billing.store.transaction(as: principal) { t throws(TammError) in
            try t.paymentsForReview(after: cursor, limit: limit)
        }
    }

    /// Genuine transactions of orders that nobody has opened, at most `limit` (1 to 1,000) after `cursor`.
    public func unmatched(
        after cursor: UnmatchedTransaction.Place? = nil, limit: Int = 100, as principal: Principal
    ) async throws(TammError) -> [UnmatchedTransaction] {
        let limit = try pageLimit(limit)
        return try await billing.store.transaction(as: principal) { t throws(TammError) in
            try t.unmatched(after: cursor, limit: limit)
        }
    }

    /// Gives money back through the provider, and takes in its answer: credits follow the money.
    ///
    /// Refused with `noMoney` for more than is kept of the transaction, and with `underWay` while the provider has not
    /// said what became of the last such call.
    ///
    /// - Parameter key: of this refund among those of the payment; the same key gives the money back once.
    /// - Throws: as ``confirmTransfer(_:received:reference:because:as:)``; `unavailable` where the provider does not
    ///   answer: it is asked.
    public func refund(
        _ amount: Money, transaction: String, of place: PaymentPlace, key: IdempotencyKey, because reason: String,
        as principal: Principal
    ) async throws(TammError) -> BillingOutcome<Payment> {
        let (payment, provider) = try await administered(place, as: principal)
        guard let provider else { return .refused(.noProvider(payment.provider)) }
        if payment.refunds.done.contains(key) { return .done(payment) }
        return try await call(
            payment, because: reason, by: principal, "payment.refund-asked",
            { payment throws(TammError) in
                guard !payment.refunds.done.contains(key), payment.refunds.done.count < Payment.Refunds.maximum,
                    let row = payment.transactions.first(where: { $0.id == transaction }), amount.minorUnits > 0,
                    amount.currency == row.money?.currency, amount.minorUnits <= row.captured - row.returned
                else { return .refused(.noMoney) }
                return .done(
                    .init(key: key, transaction: transaction, through: row.refunded + amount.minorUnits))
            },
            { payment throws(TammError) in
                // The provider's keys are of the account, and the caller's of the payment.
                let id = Identifier<Payment.Refunds>(derivedFrom: payment.id, label: "refund:\(key)")
                return try await provider.refunds(payment, transaction, amount, IdempotencyKey(id.description))
            })
    }

    /// Undoes a transaction with the provider as if it had never been.
    ///
    /// - Throws: as ``refund(_:transaction:of:key:because:as:)``.
    public func void(
        _ transaction: String, of place: PaymentPlace, because reason: String, as principal: Principal
    ) async throws(TammError) -> BillingOutcome<Payment> {
        let (payment, provider) = try await administered(place, as: principal)
        guard let provider else { return .refused(.noProvider(payment.provider)) }
        return try await call(
            payment, because: reason, by: principal, "payment.void-asked",
            { payment throws(TammError) in
                payment.transactions.contains { $0.id == transaction && !$0.isVoided } ? .done(nil) : .refused(.noMoney)
            },
            { payment throws(TammError) in try await provider.voids(payment, transaction) })
    }

    /// Receives what a transaction has reserved.
    ///
    /// - Throws: as ``refund(_:transaction:of:key:because:as:)``.
    public func capture(
        _ transaction: String, of place: PaymentPlace, because reason: String, as principal: Principal
    ) async throws(TammError) -> BillingOutcome<Payment> {
        let (payment, provider) = try await administered(place, as: principal)
        guard let provider else { return .refused(.noProvider(payment.provider)) }
        return try await call(
            payment, because: reason, by: principal, "payment.capture-asked",
            { payment throws(TammError) in
                payment.transactions.contains { $0.id == transaction && $0.progress == .authorized && !$0.isVoided }
                    ? .done(nil) : .refused(.noMoney)
            },
            { payment throws(TammError) in try await provider.captures(payment, transaction) })
    }

    /// Writes down that money went back without the provider's word: a transfer made by hand.
    ///
    /// - Parameter total: what went back of the transaction in all.
    /// - Throws: as ``refund(_:transaction:of:key:because:as:)``.
    public func recordReturn(
        _ total: Money, transaction: String, of place: PaymentPlace, because reason: String, as principal: Principal
    ) async throws(TammError) -> BillingOutcome<Payment> {
        let found = try await returnable(transaction, of: place, as: principal)
        guard case .done(let (_, row)) = found else { return .refused(found.refusal ?? .noMoney) }
        guard total.currency == row.money?.currency, total.minorUnits <= row.captured else {
            throw TammError(.invalidInput, "wanted at most what was received, found \(total)", field: "total")
        }
        return try await decide(place, "payment.return-recorded", by: principal, because: reason) {
            work, payment, t throws(TammError) in
            guard let order = payment.order else { return .noMoney }
            let notice = try PaymentNotice(order: order, transaction: transaction, .refunded(total.minorUnits))
            return try work.apply(.noticed(notice), to: &payment, in: t)
        }
    }

    // MARK: Parts

    private func decide(
        _ place: PaymentPlace, _ action: String, by principal: Principal, because reason: String = "",
        _ body:
            @escaping @Sendable (
                inout BillingWork, inout Payment, borrowing any StoreTransaction & ~Copyable
            ) throws(TammError) -> BillingRefusal?
    ) async throws(TammError) -> BillingOutcome<Payment> {
        try await billing.work(in: place.workspace, by: principal, because: reason) { work, t throws(TammError) in
            var payment = try work.payment(place, in: t)
            if let refusal = try body(&work, &payment, t) { return .refused(refusal) }
            try work.record(action, "payment", place.id.description, BillingWork.details(payment))
            return .done(payment)
        }
    }

    private func administered(
        _ place: PaymentPlace, as principal: Principal
    ) async throws(TammError) -> (Payment, PaymentProvider?) {
        try await billing.authorize(.issueCredits, in: place.workspace, as: principal)
        let found = try await billing.store.transaction(as: .service) { t throws(TammError) in try t.payment(place) }
        guard let payment = found else { throw TammError(.notFound, "no payment \(place.id)") }
        return (payment, billing.configuration.providers[payment.provider])
    }

    private func returnable(
        _ transaction: String, of place: PaymentPlace, as principal: Principal
    ) async throws(TammError) -> BillingOutcome<(Payment, PaymentTransaction)> {
        let (payment, _) = try await administered(place, as: principal)
        guard let row = payment.transactions.first(where: { $0.id == transaction }), row.captured > row.returned else {
            return .refused(.noMoney)
        }
        return .done((payment, row))
    }

    /// Asks the provider to do something, writes down that it was asked, and takes in the answer; without one the
    /// provider is asked how things stand.
    private func call(
        _ payment: Payment, because reason: String, by principal: Principal, _ action: String,
        _ check: @escaping @Sendable (Payment) throws(TammError) -> BillingOutcome<Payment.Refunds.Open?>,
        _ body: (Payment) async throws(TammError) -> [PaymentNotice]
    ) async throws(TammError) -> BillingOutcome<Payment> {
        let begun = try await decide(payment.place, action, by: principal, because: reason) {
            work, payment, t throws(TammError) in
            switch try check(payment) {
            case .refused(let refusal): return refusal
            case .done(let refund): return try work.apply(.callBegun(refund), to: &payment, in: t)
            }
        }
        guard case .done(let asked) = begun else { return begun }
        let notices: [PaymentNotice]
        do throws(TammError) { notices = try await body(asked) } catch {
            let isUnknown = error.code == .unavailable
            try await apply(isUnknown ? .unanswered : .answered, to: payment.place, by: principal)
            throw error
        }
        return .done(try await take(notices, for: asked))
    }
}
