import TammCore

extension Payment {
    /// The columns of its row, in the order of ``PaymentColumns/all``.
    var parameters: PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(workspace)
        parameters.add(id)
        purpose.add(to: &parameters)
        parameters.add(amount.minorUnits)
        parameters.add(amount.currency.code)
        parameters.add(provider.text)
        parameters.add(account)
        parameters.add(openedAt)
        parameters.add(expiresAt)
        order.add(to: &parameters)
        (claim?.reference).add(to: &parameters)
        parameters.add(claim?.at)
        parameters.add(status.rawValue)
        parameters.add(grants, \.grant)
        parameters.add(grants, \.amount)
        parameters.add(grants, \.withdrawn)
        parameters.add(grants, \.disputed)
        parameters.add(period?.lowerBound)
        parameters.add(period?.upperBound)
        parameters.add(refunds.done, \.self)
        parameters.add(refunds.open?.key)
        parameters.add(refunds.open?.transaction)
        parameters.add(refunds.open?.through)
        parameters.add(hasSavedCard)
        parameters.add(isAutomatic)
        parameters.add(task?.rawValue)
        parameters.add(dueAt)
        parameters.add(Int64(attempts))
        parameters.add(isForReview)
        return parameters
    }
}

extension ProviderReference? {
    func add(to parameters: inout PostgresParameters) {
        parameters.add(self?.provider.text)
        parameters.add(self?.account)
        parameters.add(self?.text)
    }
}

extension PaymentPurpose {
    fileprivate func add(to parameters: inout PostgresParameters) {
        var (kind, renewal): (String, Timestamp?) = ("credits", nil)
        var (plan, from): (PlanVersionReference?, PlanVersionReference?) = (nil, nil)
        var (interval, paidThrough): (BillingInterval?, Timestamp?) = (nil, nil)
        var credits: CreditPurchase?
        switch self {
        case .plan(let purchase, let per):
            (plan, interval) = (purchase.plan, per)
            switch purchase.kind {
            case .start: kind = "start"
            case .renewal(let moment): (kind, renewal) = ("renewal", moment)
            case .upgrade(let version, let end): (kind, from, paidThrough) = ("upgrade", version, end)
            case .upgradeToYear(let version, let end): (kind, from, paidThrough) = ("upgrade-to-year", version, end)
            }
        case .credits(let purchase): credits = purchase
        }
        parameters.add(kind)
        parameters.add(plan?.plan.text)
        parameters.add(plan?.version)
        parameters.add(interval?.rawValue)
        parameters.add(renewal)
        parameters.add(from?.plan.text)
        parameters.add(from?.version)
        parameters.add(paidThrough)
        parameters.add(credits?.pack)
        parameters.add(credits?.credits)
        parameters.add(credits?.expiresAfterDays)
        parameters.add(credits?.isTopUp)
    }
}

enum PaymentColumns {
    static let all = """
        workspace_id id purpose plan plan_version billing_interval renewal_of from_plan from_plan_version paid_through \
        pack credits expires_after_days is_top_up amount_minor currency provider account opened_at expires_at \
        order_provider order_account order_reference claim_provider claim_account claim_reference claimed_at status \
        grant_ids grant_amounts grant_withdrawn grant_disputed period_start period_end refund_keys refund_open_key \
        refund_open_transaction refund_open_through has_saved_card is_automatic task due_at attempts is_for_review
        """.split(separator: " ").map(String.init)

    static let transaction =
        "id, progress, amount_minor, currency, refunded, is_voided, dispute, use, first_seen_at"
}

extension PostgresRow {
    mutating func nextReference() throws(TammError) -> ProviderReference? {
        let provider = try nextProvider()
        let (account, text): (String?, String?) = (try nextIfPresent(), try nextIfPresent())
        guard let provider, let account, let text else { return nil }
        return try stored("a reference") { () throws(TammError) in
            try ProviderReference(provider, account: account, text)
        }
    }

    mutating func nextMoney() throws(TammError) -> Money? {
        let (minor, currency): (Int64?, Currency?) = (try nextIfPresent(), try nextCurrency())
        guard let minor, let currency else { return nil }
        return try stored("an amount") { () throws(TammError) in try Money(minorUnits: minor, currency) }
    }

    /// A payment, whose transactions are rows of their own.
    mutating func nextPayment(_ transactions: [PaymentPlace: [PaymentTransaction]]) throws(TammError) -> Payment {
        let place = PaymentPlace(workspace: try next(), id: try next())
        let purpose = try nextPurpose()
        let (amount, provider) = (try nextMoney(), try nextProvider())
        guard let amount, let provider else { throw TammError(.corrupted, "payment \(place.id) has no amount") }
        let (account, openedAt, expiresAt): (String, Timestamp, Timestamp) = (try next(), try next(), try next())
        let order = try nextReference()
        let (reference, claimedAt): (ProviderReference?, Timestamp?) = (try nextReference(), try nextIfPresent())
        var claim: Payment.Claim?
        if let reference, let claimedAt { claim = Payment.Claim(reference: reference, at: claimedAt) }
        guard let status: Payment.Status = try nextNameIfPresent() else {
            throw TammError(.corrupted, "payment \(place.id) has no status")
        }
        let grants = try nextPaidGrants()
        let period = try nextRange()
        let done: [IdempotencyKey] = try nextArray()
        let (key, transaction): (IdempotencyKey?, String?) = (try nextIfPresent(), try nextIfPresent())
        let through: Int64? = try nextIfPresent()
        var open: Payment.Refunds.Open?
        if let key, let transaction, let through { open = .init(key: key, transaction: transaction, through: through) }
        return Payment(
            id: place.id, workspace: place.workspace, purpose: purpose, amount: amount, provider: provider,
            account: account, openedAt: openedAt, expiresAt: expiresAt, order: order, claim: claim, status: status,
            transactions: transactions[place] ?? [], grants: grants, period: period,
            refunds: Payment.Refunds(done: done, open: open), hasSavedCard: try next(), isAutomatic: try next(),
            task: try nextNameIfPresent(), dueAt: try nextIfPresent(), attempts: Int(try next(Int64.self)))
    }

    private mutating func nextPaidGrants() throws(TammError) -> [Payment.PaidGrant] {
        let ids: [Identifier<Grant>] = try nextArray()
        let (amounts, withdrawn, disputed): ([Credits], [Credits], [Credits]) = (
            try nextArray(), try nextArray(), try nextArray()
        )
        guard [amounts.count, withdrawn.count, disputed.count].allSatisfy({ $0 == ids.count }) else {
            throw TammError(.corrupted, "a payment's grants lack an amount")
        }
        return ids.indices.map {
            Payment.PaidGrant(grant: ids[$0], amount: amounts[$0], withdrawn: withdrawn[$0], disputed: disputed[$0])
        }
    }

    private mutating func nextPurpose() throws(TammError) -> PaymentPurpose {
        let kind: String = try next()
        let plan = try nextPlan()
        let (interval, renewal): (BillingInterval?, Timestamp?) = (try nextNameIfPresent(), try nextIfPresent())
        let (from, paidThrough): (PlanVersionReference?, Timestamp?) = (try nextPlan(), try nextIfPresent())
        let (pack, credits): (String?, Credits?) = (try nextIfPresent(), try nextIfPresent())
        let (days, isTopUp): (Int64?, Bool?) = (try nextIfPresent(), try nextIfPresent())
        if kind == "credits", let pack, let credits, let isTopUp {
            return .credits(
                CreditPurchase(pack: pack, credits: credits, expiresAfterDays: days, isTopUp: isTopUp))
        }
        if let plan, let interval {
            switch (kind, renewal, from, paidThrough) {
            case ("start", nil, nil, nil): return .plan(PlanPurchase(.start, plan), per: interval)
            case ("renewal", let moment?, nil, nil):
                return .plan(PlanPurchase(.renewal(of: moment), plan), per: interval)
            case ("upgrade", nil, let from?, let end?):
                return .plan(PlanPurchase(.upgrade(from: from, paidThrough: end), plan), per: interval)
            case ("upgrade-to-year", nil, let from?, let end?):
                return .plan(PlanPurchase(.upgradeToYear(from: from, paidThrough: end), plan), per: interval)
            default: break
            }
        }
        throw TammError(.corrupted, "a payment for \(kind) lacks what it is for")
    }

    mutating func nextTransaction() throws(TammError) -> PaymentTransaction {
        let (id, progress): (String, PaymentTransaction.Progress) = (try next(), try nextCase())
        let money = try nextMoney()
        let (refunded, isVoided): (Int64, Bool) = (try next(), try next())
        let dispute: PaymentTransaction.Dispute = try nextCase()
        let name: String? = try nextIfPresent()
        var use: PaymentTransaction.Use?
        if name == "applied" {
            use = .applied
        } else if let name {
            guard let cause = PaymentTransaction.Unapplied(rawValue: name) else {
                throw TammError(.corrupted, "transaction \(id) has no such use: \(name)")
            }
            use = .unapplied(cause)
        }
        return PaymentTransaction(
            id: id, progress: progress, money: money, refunded: refunded, isVoided: isVoided, dispute: dispute, use: use,
            firstSeenAt: try next())
    }
}

extension PostgresParameters {
    /// The columns of transactions, in the order of ``PaymentColumns/transaction``, an array each.
    mutating func add(_ transactions: [PaymentTransaction]) {
        add(transactions, \.id)
        add(transactions) { Int16($0.progress.rawValue) }
        add(transactions) { $0.money?.minorUnits }
        add(transactions) { $0.money?.currency.code }
        add(transactions, \.refunded)
        add(transactions, \.isVoided)
        add(transactions) { Int16($0.dispute.rawValue) }
        add(transactions) { row -> String? in
            switch row.use {
            case .applied: "applied"
            case .unapplied(let cause): cause.rawValue
            case nil: nil
            }
        }
        add(transactions, \.firstSeenAt)
    }
}
