/// One unit of work on what a workspace has bought: its subscription, a payment, its wallet and the audit entries move
/// together or not at all.
///
/// It runs as the service: who asked has been checked, and is named in the audit entries.
struct BillingWork {
    let workspace: Identifier<Workspace>
    let actor: Principal
    /// Why, in the actor's words, as an entry shows it.
    let reason: String
    let now: Timestamp
    let configuration: BillingConfiguration
    let wallets: Wallets
    /// Drawn before the transaction; what the work makes is named after it.
    let seed: Identifier<BillingWork>
    /// As it stands in this work.
    private(set) var subscription: Subscription?
    private var audit: [AuditEntry] = []
    /// What the caller may want to count: genuine money that did nothing.
    private(set) var kept: [PaymentTransaction.Unapplied] = []

    /// The code of the error that rolls a work back whose credits the wallet refused.
    static let walletRefused = "wallet-refused"

    var rules: BillingRules { configuration.rules }

    init(
        in workspace: Identifier<Workspace>, by actor: Principal, because reason: String, at now: Timestamp,
        seed: Identifier<BillingWork>, configuration: BillingConfiguration, wallets: Wallets,
        t: borrowing some SubscriptionRecords & ~Copyable
    ) throws(TammError) {
        self.workspace = workspace
        self.actor = actor
        self.reason = AuditEntry.shownReason(reason)
        self.now = now
        self.seed = seed
        self.configuration = configuration
        self.wallets = wallets
        subscription = try t.lockSubscription(of: workspace)
    }

    /// Writes what has changed beside payments; the last thing a work does.
    mutating func finish(in t: borrowing some StoreTransaction & ~Copyable) throws(TammError) {
        if let subscription {
            try t.put(subscription, dueAt: subscription.dueAt(rules: rules))
        }
        if !audit.isEmpty { try t.append(audit) }
        audit = []
    }

    /// Writes down that somebody, or time itself, did something.
    mutating func record(
        _ action: String, _ kind: String, _ subject: String, isByTime: Bool = false,
        _ details: [(String, String)] = []
    ) throws(TammError) {
        guard let actor = isByTime ? .service : AuditActor(actor) else {
            throw TammError(.forbidden, "the ledger does not change what a workspace has bought")
        }
        var lines: [AuditDetail] = []
        for (name, value) in details { lines.append(try AuditDetail(name, showing: value)) }
        audit.append(
            try AuditEntry(
                id: Identifier(derivedFrom: seed, label: "audit:\(audit.count)", at: now), workspace: workspace,
                actor: actor, action: AuditAction(action), subject: AuditSubject(kind: kind, id: subject),
                reason: isByTime ? "" : reason, details: lines, at: now))
    }

    mutating func replace(_ next: Subscription) { subscription = next }

    // MARK: Subscription

    /// Does what time and the event do to the workspace's subscription, or to one that begins with `plan`.
    mutating func apply(
        _ event: SubscriptionEvent, beginning plan: PlanVersionReference? = nil,
        in t: borrowing some StoreTransaction & ~Copyable
    ) throws(TammError) -> BillingRefusal? {
        var paid: Payment?
        return try apply(event, beginning: plan, for: &paid, in: t)
    }

    /// - Parameter payment: takes the grants that it has paid for.
    private mutating func apply(
        _ event: SubscriptionEvent, beginning plan: PlanVersionReference?, for payment: inout Payment?,
        in t: borrowing some StoreTransaction & ~Copyable
    ) throws(TammError) -> BillingRefusal? {
        let isNew = subscription == nil
        guard var next = subscription ?? plan.map({ .none(in: workspace, plan: $0, at: now) }) else {
            return .noSubscription
        }
        let (effects, refusal) =
            isNew
            ? try next.begin(with: event, at: now, rules: rules) : try next.apply(event, at: now, rules: rules)
        guard refusal == nil || !isNew else { return refusal }
        subscription = next
        for effect in effects {
            switch effect {
            case .changed(let change):
                try record(
                    "subscription.\(change.reason.rawValue)", "subscription", next.id.description,
                    isByTime: change.at < now,
                    [
                        ("from", change.from?.rawValue ?? ""), ("to", change.to.rawValue),
                        ("plan", change.plan.description), ("due", change.at.description),
                    ])
            case .covered(let range, payment: _): payment?.period = range
            case .grant(let grant, payment: nil): try give(grant, in: t)
            case .grant(let grant, payment: .some): try give(grant, for: &payment, in: t)
            case .withdrawScheduledGrants: try withdrawScheduledGrants(in: t)
            case .collect(let purchase, let terms, let attempt): try collect(purchase, terms, attempt, in: t)
            }
        }
        return refusal
    }

    private mutating func collect(
        _ purchase: PlanPurchase, _ terms: Subscription.Terms, _ attempt: Int,
        in t: borrowing some StoreTransaction & ~Copyable
    ) throws(TammError) {
        guard case .renewal(let end) = purchase.kind, let subscription else { return }
        let id = Identifier<Payment>(
            derivedFrom: subscription.id, label: "renewal:\(end):\(purchase.plan):\(terms.interval.rawValue)")
        let card = try t.savedCard(of: workspace)
        let isAutomatic = card?.provider == terms.provider
        if var payment = try t.payment(PaymentPlace(workspace: workspace, id: id)) {
            guard isAutomatic, payment.order != nil else { return }  // Its order comes first, and then the charge.
            _ = try apply(.chargeAsked, to: &payment, in: t)
            return
        }
        let price = try rules.subscribed(purchase.plan).price(in: terms.currency, per: terms.interval)
        guard let price, let account = configuration.account(with: terms.provider) else {
            return try record(
                "renewal.impossible", "subscription", subscription.id.description,
                [("plan", purchase.plan.description), ("provider", terms.provider.text)])
        }
        let grace = rules.graceEnd(end, rules.policy.graceDays)
        let payment = try Payment(
            opening: id, in: workspace, .plan(purchase, per: terms.interval), price, with: terms.provider,
            account: account, isAutomatic: isAutomatic, at: now, orderedBy: now,
            expiresAt: max(grace, now.advanced(by: .seconds(3600))))
        try t.put(payment)
        try record("payment.opened", "payment", id.description, Self.details(payment) + [("attempt", "\(attempt)")])
    }

    // MARK: Payment

    /// Does what time and the event do to the payment, and all that follows from it; writes the payment.
    ///
    /// - Throws: `conflict` with ``walletRefused`` as its reason where the wallet does not take what was paid for.
    mutating func apply(
        _ event: PaymentEvent, to payment: inout Payment, keeping: PaymentTransaction.Unapplied? = nil,
        in t: borrowing some StoreTransaction & ~Copyable
    ) throws(TammError) -> BillingRefusal? {
        let before = payment.status
        let (effects, refusal) = try payment.apply(event, at: now, rules: rules)
        var failure: BillingRefusal?
        for effect in effects {
            switch effect {
            case .fulfil:
                failure = try keeping == nil ? fulfil(&payment, in: t) : .walletRefused
                if let failure {
                    let reason: PaymentTransaction.Unapplied = failure == .walletRefused ? .walletRefused : .doesNotFit
                    for effect in try payment.apply(.kept(reason), at: now, rules: rules).effects {
                        try follow(effect, &payment, in: t)
                    }
                }
            default: try follow(effect, &payment, in: t)
            }
        }
        if payment.status != before {
            try record(
                "payment.\(payment.status.rawValue)", "payment", payment.id.description,
                Self.details(payment) + [("from", before.rawValue)])
        }
        if payment.status != before, case .credits(let purchase) = payment.purpose, purchase.isTopUp {
            let rules = rules
            subscription?.topUp?.note(payment.id, payment.status, rules: rules)
        }
        try t.put(payment)
        return refusal ?? failure
    }

    private mutating func follow(
        _ effect: PaymentEffect, _ payment: inout Payment, in t: borrowing some StoreTransaction & ~Copyable
    ) throws(TammError) {
        switch effect {
        case .fulfil: break
        case .withdraw: try withdraw(from: &payment, in: t)
        case .revoke(let isDispute):
            guard case .plan(let purchase, _) = payment.purpose else { return }
            let policy = isDispute ? rules.policy.afterDispute : rules.policy.afterRefund
            _ = try apply(.revoked(purchase, period: payment.period, policy), in: t)
        case .restore:
            guard case .plan(let purchase, _) = payment.purpose else { return }
            _ = try apply(.restored(purchase, period: payment.period), in: t)
        case .keptUnapplied(let transaction, let money, let reason):
            kept.append(reason)
            try record(
                "payment.unapplied", "payment", payment.id.description,
                [("transaction", transaction), ("money", money.description), ("cause", reason.rawValue)])
        case .overflowed(let notice):
            try keepApart(notice, in: t)
            try record("payment.overflowed", "payment", payment.id.description, [("transaction", notice.transaction)])
        }
    }

    static func details(_ payment: Payment) -> [(String, String)] {
        let purpose =
            switch payment.purpose {
            case .plan(let purchase, per: let interval): "\(purchase.plan) per \(interval.rawValue)"
            case .credits(let purchase): purchase.pack
            }
        return [
            ("amount", payment.amount.description), ("provider", payment.provider.text), ("purpose", purpose),
            ("order", payment.order?.text ?? ""),
        ]
    }

    /// Gives what was paid for.
    private mutating func fulfil(
        _ payment: inout Payment, in t: borrowing some StoreTransaction & ~Copyable
    ) throws(TammError) -> BillingRefusal? {
        var paid: Payment? = payment
        switch payment.purpose {
        case .plan(let purchase, per: let interval):
            let terms = Subscription.Terms(
                interval: interval, currency: payment.amount.currency, provider: payment.provider)
            let refusal = try apply(
                .paid(purchase, terms, by: payment.id), beginning: purchase.plan, for: &paid, in: t)
            if let refusal { return refusal }
        case .credits(let purchase):
            let end = purchase.expiresAfterDays.map { now.advanced(by: .seconds($0 * 86_400)) } ?? .max
            try give(PlanGrant(purchase.credits, .purchased, valid: now..<end), for: &paid, in: t)
        }
        if let paid { payment = paid }
        return nil
    }

    /// Keeps genuine money apart that no payment takes.
    mutating func keepApart(
        _ notice: PaymentNotice, in t: borrowing some StoreTransaction & ~Copyable
    ) throws(TammError) {
        try Self.keepApart(notice, at: now, rules: rules, in: t)
    }

    static func keepApart(
        _ notice: PaymentNotice, at now: Timestamp, rules: BillingRules, in t: borrowing some PaymentRecords & ~Copyable
    ) throws(TammError) {
        let present = try t.lockUnmatched(notice.transaction, of: notice.order)
        guard present != nil || notice.fact.isOfMoney else { return }
        var unmatched =
            present
            ?? UnmatchedTransaction(
                order: notice.order, transaction: PaymentTransaction(id: notice.transaction, firstSeenAt: now))
        unmatched.transaction.merge(notice.fact, rules: rules)
        try t.put(unmatched)
    }
}
