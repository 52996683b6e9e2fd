public import TammCore

extension PostgresTransaction {
    public borrowing func subscription(of workspace: Identifier<Workspace>) throws(TammError) -> Subscription? {
        guard mayRead(.subscriptions, in: workspace) else { return nil }
        return try session.run(.subscription, workspace.parameter).first { row throws(TammError) in
            try row.nextSubscription()
        }
    }

    public borrowing func lockSubscription(of workspace: Identifier<Workspace>) throws(TammError) -> Subscription? {
        try session.begin(.committed)
        try requireWrite(.subscriptions, in: workspace)
        // The workspace's own row is always there to be locked; the second statement sees what was committed before.
        let rows = try session.run([
            (.lockWorkspace, workspace.parameter), (.lockSubscription, workspace.parameter),
        ])
        return try rows[1].first { row throws(TammError) in try row.nextSubscription() }
    }

    public borrowing func put(_ subscription: Subscription, dueAt: Timestamp?) throws(TammError) {
        try requireWorkspace(subscription.workspace)
        try requireWrite(.subscriptions, in: subscription.workspace)
        var parameters = subscription.parameters
        parameters.add(dueAt)
        try session.post(.putSubscription, parameters)
    }

    public borrowing func dueSubscriptions(
        by moment: Timestamp, after cursor: Due?, limit: Int
    ) throws(TammError) -> [Due] {
        guard session.principal == .service else { return [] }
        var parameters = PostgresParameters()
        parameters.add(Int64(limit))
        parameters.add(moment)
        if let cursor {
            parameters.add(cursor.at)
            parameters.add(cursor.workspace)
        }
        return try session.run(.dueSubscriptions, cursor != nil, parameters).map { row throws(TammError) in
            Due(at: try row.next(), workspace: try row.next())
        }
    }
}

extension Subscription {
    fileprivate var parameters: PostgresParameters {
        var parameters = PostgresParameters()
        var (period, grace): (Range<Timestamp>?, (Timestamp, Timestamp)?) = (nil, nil)
        var (next, endedAt): (PaidPeriod?, Timestamp?) = (nil, nil)
        switch state {
        case .complimentary: break
        case .trialing(let range, let paid), .paid(let range, let paid): (period, next) = (range, paid)
        case .pastDue(let since, let until): grace = (since, until)
        case .canceled(let at), .expired(let at): endedAt = at
        }
        parameters.add(workspace)
        parameters.add(plan.plan.text)
        parameters.add(plan.version)
        parameters.add(status.rawValue)
        parameters.add(period?.lowerBound)
        parameters.add(period?.upperBound)
        parameters.add(next?.plan.plan.text)
        parameters.add(next?.plan.version)
        parameters.add(next?.range.lowerBound)
        parameters.add(next?.range.upperBound)
        parameters.add(grace?.0)
        parameters.add(grace?.1)
        parameters.add(endedAt)
        parameters.add(terms?.interval.rawValue)
        parameters.add(terms?.currency.code)
        parameters.add(terms?.provider.text)
        parameters.add(anchor)
        parameters.add(creditedThrough)
        switch ending {
        case nil:
            parameters.add(nil as String?)
            parameters.add(nil as String?)
            parameters.add(nil as Int64?)
        case .cancel:
            parameters.add("cancel")
            parameters.add(nil as String?)
            parameters.add(nil as Int64?)
        case .move(let plan):
            parameters.add("move")
            parameters.add(plan.plan.text)
            parameters.add(plan.version)
        }
        parameters.add(hadTrial)
        parameters.add(Int64(collections))
        parameters.add(topUp?.pack)
        parameters.add(topUp?.threshold)
        parameters.add(topUp.map { Int64($0.monthlyMaximum) })
        parameters.add(topUp?.currency.code)
        parameters.add(topUp?.provider.text)
        parameters.add(topUp?.pending)
        parameters.add(topUp?.month)
        parameters.add(topUp.map { Int64($0.count) })
        parameters.add(topUp?.stop?.rawValue)
        parameters.add(createdAt)
        return parameters
    }
}

extension PostgresRow {
    /// The next two columns, a plan's name and version; nil where both are null.
    mutating func nextPlan() throws(TammError) -> PlanVersionReference? {
        let (name, version): (String?, Int64?) = (try nextIfPresent(), try nextIfPresent())
        guard let name, let version else { return nil }
        return try stored("a plan") { () throws(TammError) in
            try PlanVersionReference(PlanID(name), version: version)
        }
    }

    /// The next two columns, a range of time; nil where both are null.
    mutating func nextRange() throws(TammError) -> Range<Timestamp>? {
        let (start, end): (Timestamp?, Timestamp?) = (try nextIfPresent(), try nextIfPresent())
        guard let start, let end else { return nil }
        guard start <= end else { throw TammError(.corrupted, "a period ends at \(end), before it begins at \(start)") }
        return start..<end
    }

    /// The next column, the raw value of a case; nil for null.
    mutating func nextNameIfPresent<Value: RawRepresentable>(
        _ type: Value.Type = Value.self
    ) throws(TammError) -> Value? where Value.RawValue == String {
        guard let name: String = try nextIfPresent() else { return nil }
        guard let value = Value(rawValue: name) else {
            throw TammError(.corrupted, "wanted a \(Value.self), found \(name)")
        }
        return value
    }

    mutating func nextCurrency() throws(TammError) -> Currency? {
        guard let code: String = try nextIfPresent() else { return nil }
        return try stored("a currency") { () throws(TammError) in try Currency(code) }
    }

    mutating func nextProvider() throws(TammError) -> PaymentProviderName? {
        guard let name: String = try nextIfPresent() else { return nil }
        return try stored("a provider") { () throws(TammError) in try PaymentProviderName(name) }
    }

    mutating func nextSubscription() throws(TammError) -> Subscription {
        let workspace: Identifier<Workspace> = try next()
        let plan = try nextPlan()
        let status: Subscription.Status? = try nextNameIfPresent()
        let period = try nextRange()
        let nextPlan = try nextPlan()
        let nextPeriod = try nextRange()
        let (graceStart, graceEnd): (Timestamp?, Timestamp?) = (try nextIfPresent(), try nextIfPresent())
        let endedAt: Timestamp? = try nextIfPresent()
        var ahead: Subscription.PaidPeriod?
        if let nextPlan, let nextPeriod { ahead = .init(plan: nextPlan, range: nextPeriod) }
        let state: Subscription.State
        switch (status, period, graceStart, graceEnd, endedAt) {
        case (.active, nil, nil, nil, nil): state = .complimentary
        case (.active, let period?, nil, nil, nil): state = .paid(period, next: ahead)
        case (.trialing, let period?, nil, nil, nil): state = .trialing(period, next: ahead)
        case (.pastDue, nil, let since?, let until?, nil): state = .pastDue(since: since, until: until)
        case (.canceled, nil, nil, nil, let at?): state = .canceled(at: at)
        case (.expired, nil, nil, nil, let at?): state = .expired(at: at)
        default: throw TammError(.corrupted, "the subscription of \(workspace) has times that do not fit its status")
        }
        let interval: BillingInterval? = try nextNameIfPresent()
        let (currency, provider) = (try nextCurrency(), try nextProvider())
        var terms: Subscription.Terms?
        if let interval, let currency, let provider {
            terms = .init(interval: interval, currency: currency, provider: provider)
        }
        let (anchor, creditedThrough): (Timestamp, Timestamp) = (try next(), try next())
        let endingKind: String? = try nextIfPresent()
        let endingPlan = try self.nextPlan()
        let ending: Subscription.Ending?
        switch (endingKind, endingPlan) {
        case (nil, nil): ending = nil
        case ("cancel", nil): ending = .cancel
        case ("move", let plan?): ending = .move(to: plan)
        default: throw TammError(.corrupted, "the subscription of \(workspace) has no such ending")
        }
        let (hadTrial, collections): (Bool, Int64) = (try next(), try next())
        let topUp = try nextTopUp()
        guard let plan else { throw TammError(.corrupted, "the subscription of \(workspace) has no plan") }
        return Subscription(
            workspace: workspace, plan: plan, state: state, terms: terms, anchor: anchor,
            creditedThrough: creditedThrough, ending: ending, hadTrial: hadTrial, collections: Int(collections),
            topUp: topUp, createdAt: try next())
    }

    private mutating func nextTopUp() throws(TammError) -> TopUp? {
        let (pack, threshold): (String?, Credits?) = (try nextIfPresent(), try nextIfPresent())
        let maximum: Int64? = try nextIfPresent()
        let (currency, provider) = (try nextCurrency(), try nextProvider())
        let pending: Identifier<Payment>? = try nextIfPresent()
        let (month, count): (Timestamp?, Int64?) = (try nextIfPresent(), try nextIfPresent())
        let stop: TopUp.Stop? = try nextNameIfPresent()
        guard let pack, let threshold, let maximum, let currency, let provider, let month, let count else { return nil }
        return TopUp(
            pack: pack, threshold: threshold, monthlyMaximum: Int(maximum), currency: currency, provider: provider,
            pending: pending, month: month, count: Int(count), stop: stop)
    }
}

let subscriptionColumns = """
    workspace_id, plan, plan_version, status, period_start, period_end, next_plan, next_plan_version, next_start,
    next_end, grace_start, grace_end, ended_at, billing_interval, currency, provider, anchor, credited_through, ending,
    ending_plan, ending_plan_version, had_trial, collections, top_up_pack, top_up_threshold, top_up_monthly_maximum,
    top_up_currency, top_up_provider, top_up_pending, top_up_month, top_up_count, top_up_stop, created_at
    """

extension Statement {
    fileprivate static let subscription = Statement(
        "subscription", "SELECT \(subscriptionColumns) FROM tamm.subscriptions WHERE workspace_id = $1")
    static let lockWorkspace = Statement(
        "lock_workspace", "SELECT FROM tamm.workspaces WHERE id = $1 FOR NO KEY UPDATE")
    fileprivate static let lockSubscription = Statement(
        "lock_subscription",
        "SELECT \(subscriptionColumns) FROM tamm.subscriptions WHERE workspace_id = $1 FOR NO KEY UPDATE")

    fileprivate static let putSubscription: Statement = {
        let columns = (subscriptionColumns + ", due_at").split { $0 == "," || $0.isWhitespace }
        let values = columns.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
        let changes = columns.dropFirst().map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
        return Statement(
            "put_subscription",
            """
            INSERT INTO tamm.subscriptions AS s (\(columns.joined(separator: ", "))) VALUES (\(values))
            ON CONFLICT (workspace_id) DO UPDATE SET \(changes), changes = s.changes + 1
            """)
    }()
}

extension Listing {
    fileprivate static let dueSubscriptions = Listing("due_subscriptions") { after in
        """
        SELECT due_at, workspace_id FROM tamm.subscriptions
        WHERE due_at <= $2 \(after ? "AND (due_at, workspace_id) > ($3, $4)" : "")
        ORDER BY due_at, workspace_id LIMIT $1
        """
    }
}
