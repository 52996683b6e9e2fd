extension Subscription {
    /// What a request buys now, and for how much.
    ///
    /// A higher plan costs the difference for what is left of what is paid, rounded up to the currency's minor unit.
    /// A year after a month costs the year less what is left of the month, rounded down. What is paid ahead for another
    /// plan is not raised.
    ///
    /// - Throws: `notFound` for a plan that the catalogue lacks, `corrupted` where the subscription names one.
    public func quote(
        _ request: PurchaseRequest, in currency: Currency, isTopUp: Bool = false, at now: Timestamp,
        rules: BillingRules
    ) throws(TammError) -> BillingOutcome<Quote> {
        let present = try standing(at: now, rules: rules)
        switch request {
        case .plan(let plan, let interval): return try present.quote(plan, interval, currency, now, rules)
        case .renewal:
            let decision = SubscriptionDecision(present, at: now, rules: rules)
            guard let (purchase, terms) = try decision.renewal() else { return .refused(.doesNotFit(present.status)) }
            let version = try rules.subscribed(purchase.plan)
            guard terms.currency == currency, let price = version.price(in: currency, per: terms.interval) else {
                return .refused(.notSold(purchase.plan.plan.text, currency, terms.interval))
            }
            return .done(Quote(purpose: .plan(purchase, per: terms.interval), amount: price))
        case .pack(let id):
            guard let version = try present.version(rules: rules) else { return .refused(.noSubscription) }
            guard let pack = version.pack(id), let price = pack.price(in: currency) else {
                return .refused(.notSold(id, currency, nil))
            }
            return .done(Quote(purpose: .credits(CreditPurchase(pack, isTopUp: isTopUp)), amount: price))
        }
    }

    private func quote(
        _ id: PlanID, _ interval: BillingInterval, _ currency: Currency, _ now: Timestamp, _ rules: BillingRules
    ) throws(TammError) -> BillingOutcome<Quote> {
        let offer = try rules.catalogue.plan(id)
        let version = offer.current
        guard offer.isOffered else { return .refused(.notOffered(id)) }
        guard let price = version.price(in: currency, per: interval) else {
            return .refused(.notSold(id.text, currency, interval))
        }
        func quoted(_ kind: PlanPurchase.Kind, _ amount: Int64) throws(TammError) -> BillingOutcome<Quote> {
            guard amount > 0 else { return .refused(.nothingToPay) }
            let purpose = PaymentPurpose.plan(PlanPurchase(kind, version.reference), per: interval)
            return .done(Quote(purpose: purpose, amount: try Money(minorUnits: amount, currency)))
        }
        let move = try rules.catalogue.move(from: plan.plan, to: id)
        switch state {
        case .complimentary:
            guard move != .lower else { return .refused(.lowersPlan) }
            return try quoted(.start, price.minorUnits)
        case .canceled, .expired, .trialing(_, nil): return try quoted(.start, price.minorUnits)
        case .trialing: return .refused(.doesNotFit(status))
        case .pastDue: return .refused(.pastDue)
        case .paid(let period, let next):
            guard let terms, terms.currency == currency else {
                return .refused(.notSold(id.text, currency, interval))
            }
            let paid = try rules.subscribed(plan).price(in: currency, per: terms.interval)?.minorUnits ?? 0
            let elapsed = max(0, now.microseconds - period.lowerBound.microseconds)
            let whole = period.upperBound.microseconds - period.lowerBound.microseconds
            if interval == terms.interval {
                guard move == .raise else { return .refused(move == .same ? .nothingToPay : .lowersPlan) }
                guard next.map({ $0.plan == plan }) ?? true else { return .refused(.doesNotFit(status)) }
                let difference = price.minorUnits - paid
                let rest = difference - rules.share(difference, elapsed, whole) + (next == nil ? 0 : difference)
                return try quoted(
                    .upgrade(from: plan, paidThrough: next?.range.upperBound ?? period.upperBound), rest)
            }
            guard terms.interval < interval, move != .lower else { return .refused(.lowersPlan) }
            guard next == nil else { return .refused(.doesNotFit(status)) }
            return try quoted(
                .upgradeToYear(from: plan, paidThrough: period.upperBound),
                price.minorUnits - rules.share(paid, whole - elapsed, whole))
        }
    }
}

/// Done, or refused with the reason; a refusal has changed nothing.
public enum BillingOutcome<Value: Sendable>: Sendable {
    case done(Value)
    case refused(BillingRefusal)

    /// What was done, or nil.
    public var value: Value? { if case .done(let value) = self { value } else { nil } }
    /// Why it was not, or nil.
    public var refusal: BillingRefusal? { if case .refused(let refusal) = self { refusal } else { nil } }
}

extension BillingOutcome: Equatable where Value: Equatable {}
