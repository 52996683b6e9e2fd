/// The plans that workspaces are on: begun, tried, changed and ended. What costs money begins with a payment.
///
/// Every change is decided at the moment of the call, whether or not the billing clock has run, and leaves an audit
/// entry.
public struct Subscriptions: Sendable {
    private let billing: Billing

    public init(
        store: any TammStore, time: TimeSource, entropy: EntropySource, wallets: Wallets,
        configuration: BillingConfiguration
    ) {
        self.init(
            Billing(store: store, time: time, entropy: entropy, wallets: wallets, configuration: configuration))
    }

    init(_ billing: Billing) { self.billing = billing }

    /// The workspace's subscription as it stands now; nil where it has none or the principal sees none.
    public func subscription(
        of workspace: Identifier<Workspace>, as principal: Principal
    ) async throws(TammError) -> Subscription? {
        let now = billing.time.now()
        let stored = try await billing.store.transaction(as: principal) { t throws(TammError) in
            try t.subscription(of: workspace)
        }
        return try stored?.standing(at: now, rules: billing.rules)
    }

    /// Begins a plan that has no price, its first month's credits included.
    ///
    /// - Throws: `notFound` for a plan that is not in the catalogue, or a stranger; `forbidden` without the permission
    ///   to manage billing. The others likewise.
    public func begin(
        _ plan: PlanID, in workspace: Identifier<Workspace>, as principal: Principal
    ) async throws(TammError) -> BillingOutcome<Subscription> {
        let version = try billing.rules.catalogue.current(of: plan).reference
        return try await change(.begin(version), beginning: version, in: workspace, as: principal)
    }

    /// Begins a plan's trial, once for a workspace; a month's credits are part of it and end with it.
    public func beginTrial(
        of plan: PlanID, in workspace: Identifier<Workspace>, as principal: Principal
    ) async throws(TammError) -> BillingOutcome<Subscription> {
        let version = try billing.rules.catalogue.current(of: plan).reference
        return try await change(.beginTrial(version), beginning: version, in: workspace, as: principal)
    }

    /// Puts a workspace on a version of a plan without payment, by the platform's decision, or moves what it has paid
    /// for to it. It stays there when newer versions are published, and gets the plan's credits from its next month
    /// on; its months go on being counted as they were, so that moving about gives no fresh allowance.
    ///
    /// - Parameter version: nil for the current version.
    /// - Throws: `notFound` for a plan that is not in the catalogue or a workspace that is not there, `forbidden`
    ///   unless the principal is the service or a platform administrator.
    @discardableResult
    public func assign(
        _ plan: PlanID, version: PlanVersionReference? = nil, to workspace: Identifier<Workspace>,
        because reason: String = "", as principal: Principal
    ) async throws(TammError) -> Subscription {
        let catalogue = billing.rules.catalogue
        let chosen: PlanVersion
        if let version { chosen = try catalogue.version(version) } else { chosen = try catalogue.current(of: plan) }
        guard chosen.reference.plan == plan else {
            throw TammError(.invalidInput, "wanted a version of \(plan), found \(chosen.reference)", field: "version")
        }
        let outcome = try await change(
            .assign(chosen.reference), beginning: chosen.reference, in: workspace, because: reason, as: principal,
            needing: .issueCredits)
        guard case .done(let subscription) = outcome else {
            throw TammError(.conflict, "workspace \(workspace) cannot be put on \(plan): \(outcome)")
        }
        return subscription
    }

    /// Ends the subscription, or moves it to another plan that is not higher, when what is paid for ends.
    public func endLater(
        _ ending: Subscription.Ending, in workspace: Identifier<Workspace>, because reason: String = "",
        as principal: Principal
    ) async throws(TammError) -> BillingOutcome<Subscription> {
        try await change(.endLater(ending), in: workspace, because: reason, as: principal)
    }

    /// Takes back what ``endLater(_:in:because:as:)`` has scheduled.
    public func resume(
        in workspace: Identifier<Workspace>, as principal: Principal
    ) async throws(TammError) -> BillingOutcome<Subscription> {
        try await change(.resume, in: workspace, as: principal)
    }

    /// Ends the subscription at once. Credits that are spendable now stay; those of months to come are taken back.
    public func cancel(
        in workspace: Identifier<Workspace>, because reason: String = "", as principal: Principal
    ) async throws(TammError) -> BillingOutcome<Subscription> {
        try await change(.cancelNow, in: workspace, because: reason, as: principal)
    }

    /// Sets the rule by which the workspace buys credits by itself, afresh; nil stops the one there is.
    public func setTopUp(
        _ rule: TopUp?, in workspace: Identifier<Workspace>, as principal: Principal
    ) async throws(TammError) -> BillingOutcome<Subscription> {
        try await billing.authorize(.manageBilling, in: workspace, as: principal)
        return try await billing.work(in: workspace, by: principal) { work, t throws(TammError) in
            if let refusal = try work.apply(.timePassed, in: t) { return .refused(refusal) }
            return try work.setTopUp(rule)
        }
    }

    /// Does what time has done to the workspace's subscription; the billing clock calls it.
    @discardableResult
    func advance(_ workspace: Identifier<Workspace>) async throws(TammError) -> Subscription? {
        try await billing.work(in: workspace, by: .service) { work, t throws(TammError) in
            _ = try work.apply(.timePassed, in: t)
            return work.subscription
        }
    }

    private func change(
        _ event: SubscriptionEvent, beginning plan: PlanVersionReference? = nil,
        in workspace: Identifier<Workspace>, because reason: String = "", as principal: Principal,
        needing permission: Permission = .manageBilling
    ) async throws(TammError) -> BillingOutcome<Subscription> {
        try await billing.authorize(permission, in: workspace, as: principal)
        return try await billing.work(in: workspace, by: principal, because: reason) { work, t throws(TammError) in
            if let refusal = try work.apply(event, beginning: plan, in: t) { return .refused(refusal) }
            guard let subscription = work.subscription else { return .refused(.noSubscription) }
            return .done(subscription)
        }
    }
}

extension BillingWork {
    /// Replaces the rule, or stops it; what the month has seen of top-ups still counts, and a payment under way is
    /// still its own.
    mutating func setTopUp(_ rule: TopUp?) throws(TammError) -> BillingOutcome<Subscription> {
        guard var next = subscription else { return .refused(.noSubscription) }
        let present = next.topUp
        next.topUp = rule ?? present
        if rule == nil {
            next.topUp?.stop = .asked
        } else if let present {
            next.topUp?.pending = present.pending
            next.topUp?.month = present.month
            next.topUp?.count = present.count
        }
        replace(next)
        try record(
            rule == nil ? "top-up.stopped" : "top-up.set", "subscription", next.id.description,
            rule.map { [("pack", $0.pack), ("below", "\($0.threshold)"), ("maximum", "\($0.monthlyMaximum)")] } ?? [])
        return .done(next)
    }
}
