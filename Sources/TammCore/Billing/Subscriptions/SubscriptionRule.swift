extension Subscription {
    /// How many steps of time one decision takes at most; what is left falls due at once.
    static let maximumSteps = 1200

    /// A subscription of which nothing has happened yet: ended, so that a beginning is a revival.
    static func none(
        in workspace: Identifier<Workspace>, plan: PlanVersionReference, at now: Timestamp
    ) -> Subscription {
        Subscription(
            workspace: workspace, plan: plan, state: .canceled(at: now), terms: nil, anchor: now, creditedThrough: now,
            ending: nil, hadTrial: false, collections: 0, topUp: nil, createdAt: now)
    }

    /// Does what time and the event do, and says what else is to be done. A refusal changes nothing; what time has
    /// done is done all the same.
    ///
    /// - Throws: `notFound` for a plan that the catalogue lacks, `corrupted` where the subscription names one.
    public mutating func apply(
        _ event: SubscriptionEvent, at now: Timestamp, rules: BillingRules
    ) throws(TammError) -> (effects: [SubscriptionEffect], refusal: BillingRefusal?) {
        var decision = SubscriptionDecision(self, at: now, rules: rules)
        try decision.advance()
        return try end(&decision, with: event)
    }

    /// As ``apply(_:at:rules:)`` for the first event of a workspace: there is no time before it that could do anything.
    mutating func begin(
        with event: SubscriptionEvent, at now: Timestamp, rules: BillingRules
    ) throws(TammError) -> (effects: [SubscriptionEffect], refusal: BillingRefusal?) {
        var decision = SubscriptionDecision(self, at: now, rules: rules)
        return try end(&decision, with: event)
    }

    private mutating func end(
        _ decision: inout SubscriptionDecision, with event: SubscriptionEvent
    ) throws(TammError) -> (effects: [SubscriptionEffect], refusal: BillingRefusal?) {
        let refusal = try decision.decide(event)
        try decision.advance()
        try decision.collect()
        self = decision.subscription
        return (decision.effects, refusal)
    }

    /// As it stands at that moment, whether or not the clock has run.
    ///
    /// - Throws: `corrupted` where it names a plan that the catalogue lacks.
    public func standing(at now: Timestamp, rules: BillingRules) throws(TammError) -> Subscription {
        var decision = SubscriptionDecision(self, at: now, rules: rules)
        try decision.advance()
        return decision.subscription
    }

    /// The plan that it gives: its own while it lives, then the fallback, if there is one.
    ///
    /// - Throws: `corrupted` when the catalogue lacks it.
    public func version(rules: BillingRules) throws(TammError) -> PlanVersion? {
        switch state {
        case .canceled, .expired:
            guard let fallback = rules.policy.fallback else { return nil }
            return try rules.catalogue.current(of: fallback)
        case .complimentary, .trialing, .paid, .pastDue: return try rules.subscribed(plan)
        }
    }

    /// The month in which `moment` lies: allowances are counted in it.
    public func month(at moment: Timestamp, rules: BillingRules) -> Range<Timestamp> {
        rules.policy.calendar.month(at: moment, anchor: anchor)
    }

    /// When time next does something to it; nil where it never does.
    ///
    /// - Throws: `corrupted` where it names a plan that the catalogue lacks.
    public func dueAt(rules: BillingRules) throws(TammError) -> Timestamp? {
        let decision = SubscriptionDecision(self, at: .min, rules: rules)
        return [decision.nextMoment, try decision.nextCollection].compactMap(\.self).min()
    }
}

extension BillingRules {
    /// The version that a subscription names.
    func subscribed(_ plan: PlanVersionReference) throws(TammError) -> PlanVersion {
        do throws(TammError) { return try catalogue.version(plan) } catch {
            throw TammError(.corrupted, "a subscription is on \(plan), which the catalogue lacks")
        }
    }
}

/// A subscription while one decision is made about it.
struct SubscriptionDecision {
    var subscription: Subscription
    let now: Timestamp
    let rules: BillingRules
    var effects: [SubscriptionEffect] = []

    init(_ subscription: Subscription, at now: Timestamp, rules: BillingRules) {
        self.subscription = subscription
        self.now = now
        self.rules = rules
    }

    var calendar: BillingCalendar { rules.policy.calendar }

    func month(at moment: Timestamp) -> Range<Timestamp> { calendar.month(at: moment, anchor: subscription.anchor) }

    /// Goes on to another state, and says so.
    mutating func become(
        _ state: Subscription.State, _ reason: SubscriptionChange.Reason, at moment: Timestamp
    ) {
        let from = subscription.status
        subscription.state = state
        effects.append(
            .changed(
                SubscriptionChange(reason, at: moment, from: from, to: subscription.status, plan: subscription.plan)))
    }

    // MARK: Time

    /// Does what has fallen due, in the order in which it did.
    mutating func advance() throws(TammError) {
        for _ in 0..<Subscription.maximumSteps {
            guard let moment = nextMoment, rules.isDue(moment, now) else { return }
            if moment == endOfState { try endState(at: moment) } else { try creditMonth(at: moment) }
        }
    }

    var nextMoment: Timestamp? { [endOfState, nextCredit].compactMap(\.self).min() }

    /// The end of the trial, the period or the grace that runs.
    private var endOfState: Timestamp? {
        switch subscription.state {
        case .trialing(let period, _), .paid(let period, _): period.upperBound
        case .pastDue(_, let until): until
        case .complimentary, .canceled, .expired: nil
        }
    }

    private var nextCredit: Timestamp? {
        guard rules.credits(subscription.state) else { return nil }
        switch subscription.state {
        case .canceled, .expired: if rules.policy.fallback == nil { return nil }
        case .trialing(let period, _): if subscription.creditedThrough >= period.upperBound { return nil }
        case .complimentary, .paid, .pastDue: break
        }
        return subscription.creditedThrough
    }

    private mutating func creditMonth(at moment: Timestamp) throws(TammError) {
        let month = month(at: moment)
        subscription.creditedThrough = rules.credited(moment, month.upperBound)
        guard let version = try subscription.version(rules: rules), !version.monthlyCredits.isZero else { return }
        var end = lasts(monthAt: moment, version)
        var category = Grant.Category.plan
        if case .trialing(let trial, _) = subscription.state {
            end = min(month.upperBound, trial.upperBound)
            category = .promotional
        }
        effects.append(.grant(PlanGrant(version.monthlyCredits, category, valid: moment..<end), payment: nil))
    }

    func lasts(monthAt moment: Timestamp, _ version: PlanVersion) -> Timestamp {
        let index = calendar.monthIndex(at: moment, anchor: subscription.anchor)
        return rules.lasts(calendar, subscription.anchor, index, version.rolloverMonths)
    }

    private mutating func endState(at end: Timestamp) throws(TammError) {
        switch subscription.state {
        case .trialing(_, .some(let next)):
            subscription.anchor = next.range.lowerBound
            enter(next, .trialEnded, at: end)
        case .paid(_, .some(let next)):
            let isLower = try rules.catalogue.move(from: subscription.plan.plan, to: next.plan.plan) == .lower
            enter(next, isLower ? .lowered : .renewed, at: end)
        case .trialing(_, nil): try endUnpaid(at: end, .trialEnded, graceDays: rules.policy.trialGraceDays)
        case .paid(_, nil): try endUnpaid(at: end, .periodEnded, graceDays: rules.policy.graceDays)
        case .pastDue(_, let until): finish(.expired(at: until), .graceEnded, at: until)
        case .complimentary, .canceled, .expired: break
        }
    }

    private mutating func enter(
        _ period: Subscription.PaidPeriod, _ reason: SubscriptionChange.Reason, at moment: Timestamp
    ) {
        subscription.plan = period.plan
        subscription.collections = 0
        subscription.creditedThrough = rules.credited(subscription.creditedThrough, period.range.upperBound)
        become(.paid(period.range, next: nil), reason, at: moment)
    }

    /// The end of a trial or period that nothing paid follows.
    private mutating func endUnpaid(
        at end: Timestamp, _ reason: SubscriptionChange.Reason, graceDays: Int64
    ) throws(TammError) {
        switch subscription.ending {
        case .cancel: return finish(.canceled(at: end), .canceled, at: end)
        case .move(let plan):
            subscription.plan = plan
            subscription.ending = nil
        case nil: break
        }
        guard subscription.terms != nil else { return finish(.expired(at: end), reason, at: end) }
        if try rules.subscribed(subscription.plan).prices.isEmpty {
            subscription.terms = nil
            skipMonths(before: end)
            become(.complimentary, .lowered, at: end)
        } else {
            become(.pastDue(since: end, until: rules.graceEnd(end, graceDays)), reason, at: end)
        }
    }

    /// Ends it. The month in which it ends keeps its credits; those of later months are the fallback's.
    mutating func finish(_ state: Subscription.State, _ reason: SubscriptionChange.Reason, at end: Timestamp) {
        let last = month(at: end)
        subscription.creditedThrough = min(max(subscription.creditedThrough, last.lowerBound), last.upperBound)
        subscription.ending = nil
        subscription.collections = 0
        become(state, reason, at: end)
    }

    /// Months in which nothing was due to be credited are not made up for.
    mutating func skipMonths(before moment: Timestamp) {
        subscription.creditedThrough = max(subscription.creditedThrough, month(at: moment).lowerBound)
    }

    // MARK: Collection

    /// What pays for the period that comes or has begun unpaid; nil where nothing is to be paid.
    func renewal() throws(TammError) -> (purchase: PlanPurchase, terms: Subscription.Terms)? {
        guard let terms = subscription.terms, subscription.ending != .cancel else { return nil }
        let end: Timestamp
        switch subscription.state {
        case .trialing(let period, nil), .paid(let period, nil): end = period.upperBound
        case .pastDue(let since, _): end = since
        default: return nil
        }
        var plan = subscription.plan
        if case .move(let target) = subscription.ending { plan = target }
        guard try !rules.subscribed(plan).prices.isEmpty else { return nil }
        return (PlanPurchase(.renewal(of: end), plan), terms)
    }

    private func collection(_ day: Int64, of purchase: PlanPurchase) -> Timestamp? {
        guard case .renewal(let end) = purchase.kind else { return nil }
        return end.advanced(by: .seconds(day * 86_400))
    }

    var nextCollection: Timestamp? {
        get throws(TammError) {
            let days = rules.policy.collectionDays
            guard subscription.collections < days.count, let renewal = try renewal() else { return nil }
            return collection(days[subscription.collections], of: renewal.purchase)
        }
    }

    /// Asks for the renewal where a day for it has come: once, however many have.
    mutating func collect() throws(TammError) {
        guard let renewal = try renewal() else { return }
        let due = rules.policy.collectionDays.count { day in
            collection(day, of: renewal.purchase).map { rules.isDue($0, now) } ?? false
        }
        guard due > subscription.collections else { return }
        subscription.collections = due
        effects.append(.collect(renewal.purchase, renewal.terms, attempt: due))
    }
}
