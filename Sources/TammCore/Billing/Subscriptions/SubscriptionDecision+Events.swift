extension SubscriptionDecision {
    /// Decides an event; a refusal changes nothing.
    mutating func decide(_ event: SubscriptionEvent) throws(TammError) -> BillingRefusal? {
        switch event {
        case .timePassed: return nil
        case .begin(let plan): return try begin(plan)
        case .beginTrial(let plan): return try beginTrial(plan)
        case .assign(let plan): return try assign(plan)
        case .paid(let purchase, let terms, let payment): return try paid(purchase, terms, by: payment)
        case .endLater(let ending): return try endLater(ending)
        case .resume:
            guard subscription.ending != nil else { return .nothingScheduled }
            subscription.ending = nil
            become(subscription.state, .resumed, at: now)
            return nil
        case .cancelNow:
            guard isLive else { return .noSubscription }
            effects.append(.withdrawScheduledGrants)
            finish(.canceled(at: now), .canceled, at: now)
            return nil
        case .revoked(let purchase, let period, let policy):
            revoke(purchase, period: period, policy)
            return nil
        case .restored(let purchase, let period):
            restore(purchase, period: period)
            return nil
        }
    }

    private var isLive: Bool {
        switch subscription.state {
        case .complimentary, .trialing, .paid, .pastDue: true
        case .canceled, .expired: false
        }
    }

    private func offered(_ plan: PlanVersionReference) throws(TammError) -> PlanVersion? {
        let version = try rules.catalogue.version(plan)
        return try rules.catalogue.plan(plan.plan).isOffered ? version : nil
    }

    // MARK: Without money

    private mutating func begin(_ plan: PlanVersionReference) throws(TammError) -> BillingRefusal? {
        guard let version = try offered(plan) else { return .notOffered(plan.plan) }
        guard version.prices.isEmpty else { return .notFree(plan.plan) }
        guard !isLive else { return .doesNotFit(subscription.status) }
        subscription.plan = plan
        subscription.terms = nil
        skipMonths(before: now)
        become(.complimentary, .began, at: now)
        return nil
    }

    private mutating func beginTrial(_ plan: PlanVersionReference) throws(TammError) -> BillingRefusal? {
        guard let version = try offered(plan) else { return .notOffered(plan.plan) }
        guard rules.mayTry(subscription.hadTrial, version.trialDays) else { return .noTrial }
        switch subscription.state {
        case .complimentary:
            guard try rules.catalogue.move(from: subscription.plan.plan, to: plan.plan) == .raise else {
                return .lowersPlan
            }
        case .canceled, .expired: break
        case .trialing, .paid, .pastDue: return .doesNotFit(subscription.status)
        }
        subscription.plan = plan
        subscription.terms = nil
        subscription.hadTrial = true
        subscription.anchor = now
        subscription.creditedThrough = now
        let end = now.advanced(by: .seconds(version.trialDays * 86_400))
        become(.trialing(now..<end, next: nil), .trialBegan, at: now)
        return nil
    }

    private mutating func assign(_ plan: PlanVersionReference) throws(TammError) -> BillingRefusal? {
        _ = try rules.catalogue.version(plan)
        subscription.plan = plan
        if case .move = subscription.ending { subscription.ending = nil }
        switch subscription.state {
        case .canceled, .expired:
            subscription.terms = nil
            subscription.creditedThrough = max(subscription.creditedThrough, month(at: now).upperBound)
            become(.complimentary, .assigned, at: now)
        case .trialing(let period, var next):
            next?.plan = plan
            become(.trialing(period, next: next), .assigned, at: now)
        case .paid(let period, var next):
            next?.plan = plan
            become(.paid(period, next: next), .assigned, at: now)
        case .complimentary, .pastDue: become(subscription.state, .assigned, at: now)
        }
        return nil
    }

    private mutating func endLater(_ ending: Subscription.Ending) throws(TammError) -> BillingRefusal? {
        switch (ending, subscription.state) {
        case (.cancel, .paid), (.cancel, .trialing): break
        case (.move(let plan), .paid):
            guard let version = try offered(plan), plan == (try rules.catalogue.current(of: plan.plan).reference) else {
                return .notOffered(plan.plan)
            }
            guard plan != subscription.plan else { return .nothingToPay }
            guard try rules.catalogue.move(from: subscription.plan.plan, to: plan.plan) != .raise else {
                return .raisesPlan
            }
            if let terms = subscription.terms, !version.prices.isEmpty,
                version.price(in: terms.currency, per: terms.interval) == nil
            {
                return .notSold(plan.plan.text, terms.currency, terms.interval)
            }
        default: return .doesNotFit(subscription.status)
        }
        subscription.ending = ending
        become(subscription.state, .endingScheduled, at: now)
        return nil
    }

    // MARK: With money

    /// What a purchase of this kind would have to be for the subscription as it is; nil where none fits.
    private func expected(_ purchase: PlanPurchase) throws(TammError) -> PlanPurchase? {
        switch (purchase.kind, subscription.state) {
        case (.start, .complimentary), (.start, .trialing(_, nil)), (.start, .canceled), (.start, .expired):
            return PlanPurchase(.start, purchase.plan)
        case (.renewal, .expired) where subscription.plan == purchase.plan && subscription.terms != nil: return purchase
        case (.renewal, _): return try renewal()?.purchase
        case (.upgrade, .paid(_, let next)):
            guard let end = subscription.paidThrough, next.map({ $0.plan == subscription.plan }) ?? true else {
                return nil
            }
            return PlanPurchase(.upgrade(from: subscription.plan, paidThrough: end), purchase.plan)
        case (.upgradeToYear, .paid(let period, nil)):
            return PlanPurchase(
                .upgradeToYear(from: subscription.plan, paidThrough: period.upperBound), purchase.plan)
        default: return nil
        }
    }

    private mutating func paid(
        _ purchase: PlanPurchase, _ terms: Subscription.Terms, by payment: Identifier<Payment>
    ) throws(TammError) -> BillingRefusal? {
        let version = try rules.catalogue.version(purchase.plan)
        guard rules.fits(try expected(purchase), purchase) else { return .doesNotFit(subscription.status) }
        let before = subscription
        subscription.terms = terms
        subscription.ending = nil
        subscription.collections = 0
        switch purchase.kind {
        case .start:
            if case .trialing(let trial, _) = before.state, before.plan.plan == purchase.plan.plan {
                let period = period(of: version, from: trial.upperBound, anchor: trial.upperBound, by: payment)
                become(.trialing(trial, next: period), .paid, at: now)
            } else {
                start(version, by: payment)
            }
        case .upgradeToYear: start(version, by: payment)
        case .renewal where before.status == .expired: start(version, by: payment)
        case .renewal(let end): renew(version, at: rules.renewsFrom(end, now), by: payment)
        case .upgrade(let from, _): try upgrade(from: from, to: version, by: payment)
        }
        return nil
    }

    /// Begins a paid plan now.
    private mutating func start(_ version: PlanVersion, by payment: Identifier<Payment>) {
        subscription.plan = version.reference
        subscription.anchor = now
        let period = period(of: version, from: now, anchor: now, by: payment)
        become(.paid(period.range, next: nil), .paid, at: now)
    }

    private mutating func renew(_ version: PlanVersion, at end: Timestamp, by payment: Identifier<Payment>) {
        let anchor = month(at: end).lowerBound == end ? subscription.anchor : end
        let next = period(of: version, from: end, anchor: anchor, by: payment)
        switch subscription.state {
        case .trialing(let trial, _): become(.trialing(trial, next: next), .renewed, at: now)
        case .paid(let period, _): become(.paid(period, next: next), .renewed, at: now)
        default:
            subscription.plan = version.reference
            subscription.anchor = anchor
            become(.paid(next.range, next: nil), .renewed, at: now)
        }
    }

    /// The period that is paid for, with the credits of its months.
    private mutating func period(
        of version: PlanVersion, from start: Timestamp, anchor: Timestamp, by payment: Identifier<Payment>
    ) -> Subscription.PaidPeriod {
        let months: Int64 = subscription.terms?.interval == .year ? 12 : 1
        let first = calendar.monthIndex(at: start, anchor: anchor)
        for month in first..<first + months where !version.monthlyCredits.isZero {
            let begin = calendar.boundary(month, after: anchor)
            let end = rules.lasts(calendar, anchor, month, version.rolloverMonths)
            effects.append(.grant(PlanGrant(version.monthlyCredits, .plan, valid: begin..<end), payment: payment))
        }
        let range = start..<calendar.boundary(first + months, after: anchor)
        effects.append(.covered(range, payment: payment))
        if start <= now {
            subscription.creditedThrough = rules.credited(subscription.creditedThrough, range.upperBound)
        }
        return Subscription.PaidPeriod(plan: version.reference, range: range)
    }

    private mutating func upgrade(
        from: PlanVersionReference, to version: PlanVersion, by payment: Identifier<Payment>
    ) throws(TammError) {
        let earlier = try rules.subscribed(from).monthlyCredits
        subscription.plan = version.reference
        guard case .paid(let period, var next) = subscription.state else { return }
        next?.plan = version.reference
        var moment = max(now, period.lowerBound)
        let end = subscription.paidThrough ?? period.upperBound
        while earlier < version.monthlyCredits, moment < end {
            let month = month(at: moment)
            let added = rules.share(
                version.monthlyCredits.micro - earlier.micro, month.upperBound.microseconds - moment.microseconds,
                month.upperBound.microseconds - month.lowerBound.microseconds)
            if added > 0 {
                let valid = moment..<lasts(monthAt: moment, version)
                effects.append(.grant(PlanGrant(Credits(unchecked: added), .plan, valid: valid), payment: payment))
            }
            moment = month.upperBound
        }
        become(.paid(period, next: next), .raised, at: now)
    }

    // MARK: Money returned

    private mutating func revoke(
        _ purchase: PlanPurchase, period: Range<Timestamp>?, _ policy: BillingPolicy.Revocation
    ) {
        switch (purchase.kind, subscription.state) {
        case (.upgrade(let from, let end), .paid(let range, var next))
        where subscription.plan == purchase.plan && (range.upperBound == end || subscription.paidThrough == end):
            guard policy == .endsPlan else { break }
            subscription.plan = from
            if subscription.paidThrough == end { next?.plan = from }
            if case .move = subscription.ending { subscription.ending = nil }
            return become(.paid(range, next: next), .revoked, at: now)
        case (_, .trialing(let trial, .some(let next))) where next.range == period:
            subscription.terms = nil
            return become(.trialing(trial, next: nil), .revoked, at: now)
        case (_, .paid(let range, .some(let next))) where next.range == period:
            return become(.paid(range, next: nil), .revoked, at: now)
        case (_, .paid(let range, .some)) where range == period:
            // Whoever has paid for the next period keeps what is left of this one.
            return become(subscription.state, .revoked, at: now)
        case (_, .paid(let range, nil)) where range == period:
            guard policy == .endsPlan else { break }
            effects.append(.withdrawScheduledGrants)
            return finish(.canceled(at: now), .revoked, at: now)
        case (.upgrade(_, let end), .paid): guard end > now else { return }
        case (_, .paid): guard let period, period.upperBound > now else { return }
        default: return
        }
        subscription.ending = .cancel
        become(subscription.state, .endingScheduled, at: now)
    }

    /// Gives back what a revocation took, where it would still run.
    private mutating func restore(_ purchase: PlanPurchase, period: Range<Timestamp>?) {
        switch (purchase.kind, subscription.state) {
        case (.upgrade(let from, let end), .paid(let range, var next))
        where subscription.plan == from && (range.upperBound == end || subscription.paidThrough == end):
            subscription.plan = purchase.plan
            if subscription.paidThrough == end { next?.plan = purchase.plan }
            become(.paid(range, next: next), .restored, at: now)
        case (_, .trialing(let trial, nil)) where period?.lowerBound == trial.upperBound:
            guard let period else { return }
            become(.trialing(trial, next: .init(plan: purchase.plan, range: period)), .restored, at: now)
        case (_, .paid(let range, nil)) where period?.lowerBound == range.upperBound:
            guard let period else { return }
            become(.paid(range, next: .init(plan: purchase.plan, range: period)), .restored, at: now)
        case (_, .pastDue(let since, _)) where period?.lowerBound == since:
            guard let period else { return }
            restart(period)
        case (_, .canceled), (_, .expired):
            guard let period, period.contains(now), subscription.terms != nil else { return }
            // Whether it was to be renewed is not known any more: that is for its owner to say.
            subscription.ending = .cancel
            restart(period)
        default: return
        }
    }

    private mutating func restart(_ period: Range<Timestamp>) {
        subscription.creditedThrough = rules.credited(subscription.creditedThrough, period.upperBound)
        become(.paid(period, next: nil), .restored, at: now)
    }
}
