import TammTesting
import Testing

@testable import TammCore

/// The rule of subscriptions alone: values in, values out.
struct SubscriptionRuleTests {
    /// A subscription, its rules and a payment that pays whatever is bought.
    private struct Life {
        var subscription: Subscription
        var rules: BillingRules
        var effects: [SubscriptionEffect] = []

        init(_ plan: String, at moment: String, calendar: BillingCalendar = .utc, fallback: String? = "free") throws {
            let policy = try BillingPolicy(calendar: calendar, fallback: fallback.map { id throws in try PlanID(id) })
            rules = BillingRules(catalogue: .example, policy: policy)
            subscription = .none(
                in: Bank.workspaceID, plan: try PlanVersionReference(parsing: plan), at: try Timestamp(parsing: moment))
            effects = []
        }

        @discardableResult
        mutating func apply(_ event: SubscriptionEvent, at moment: String) throws -> BillingRefusal? {
            let isNew = subscription.createdAt == (try Timestamp(parsing: moment)) && effects.isEmpty
            let (more, refusal) =
                try isNew
                ? subscription.begin(with: event, at: Timestamp(parsing: moment), rules: rules)
                : subscription.apply(event, at: Timestamp(parsing: moment), rules: rules)
            effects += more
            return refusal
        }

        @discardableResult
        mutating func pay(
            _ kind: PlanPurchase.Kind, _ plan: String, per interval: BillingInterval = .month, at moment: String
        ) throws -> BillingRefusal? {
            let terms = Subscription.Terms(interval: interval, currency: .egp, provider: .paymob)
            let purchase = PlanPurchase(kind, try PlanVersionReference(parsing: plan))
            return try apply(.paid(purchase, terms, by: Identifier(high: 1, low: 1)), at: moment)
        }

        var changes: [String] {
            effects.compactMap { effect in
                if case .changed(let change) = effect { "\(change.reason.rawValue) \(change.at)" } else { nil }
            }
        }

        var grants: [String] {
            effects.compactMap { effect in
                guard case .grant(let grant, _) = effect else { return nil }
                return "\(grant.credits) \(grant.valid.lowerBound) \(grant.valid.upperBound)"
            }
        }

        var collections: Int { effects.count { if case .collect = $0 { true } else { false } } }
    }

    @Test func `A month that begins on the 31st ends on the last day of a shorter one, and the next on the 31st`() throws {
        var life = try Life("growth@2", at: "2026-01-31T10:00:00Z")
        try life.pay(.start, "growth@2", at: "2026-01-31T10:00:00Z")
        var ends: [String] = []
        for _ in 0..<4 {
            let end = try #require(life.subscription.paidThrough)
            ends.append(end.description)
            #expect(try life.pay(.renewal(of: end), "growth@2", at: end.description) == nil)
        }
        #expect(
            ends == [
                "2026-02-28T10:00:00Z", "2026-03-31T10:00:00Z", "2026-04-30T10:00:00Z", "2026-05-31T10:00:00Z",
            ])
    }

    @Test func `In Cairo a period keeps its hour over daylight saving`() throws {
        var life = try Life("growth@2", at: "2026-04-05T10:00:00Z", calendar: .cairo)
        try life.pay(.start, "growth@2", at: "2026-04-05T10:00:00Z")
        #expect(life.subscription.paidThrough == Timestamp("2026-05-05T09:00:00Z"))
        // 24 April 2026 has no midnight there: clocks go from 00:00 to 01:00.
        var midnight = try Life("growth@2", at: "2026-03-23T22:00:00Z", calendar: .cairo)
        try midnight.pay(.start, "growth@2", at: "2026-03-23T22:00:00Z")
        #expect(midnight.subscription.paidThrough == Timestamp("2026-04-23T22:00:00Z"))
    }

    @Test func `A year is paid once and gives twelve months of credits, each in its month`() throws {
        var life = try Life("starter@1", at: "2026-01-31T00:00:00Z")
        try life.pay(.start, "starter@1", per: .year, at: "2026-01-31T00:00:00Z")
        #expect(life.subscription.paidThrough == Timestamp("2027-01-31T00:00:00Z"))
        #expect(life.grants.count == 12)
        #expect(life.grants[1] == "1500 2026-02-28T00:00:00Z 2026-03-31T00:00:00Z")
        let before = life.grants
        for month in 1...12 { try life.apply(.timePassed, at: "2026-\(month < 10 ? "0" : "")\(month)-28T12:00:00Z") }
        #expect(life.grants == before)
    }

    @Test func `A trial gives its credits once, ends by itself, and does not come again`() throws {
        var life = try Life("starter@1", at: "2026-01-01T00:00:00Z")
        #expect(try life.apply(.beginTrial(life.subscription.plan), at: "2026-01-01T00:00:00Z") == nil)
        #expect(life.grants == ["1500 2026-01-01T00:00:00Z 2026-01-15T00:00:00Z"])
        try life.apply(.timePassed, at: "2026-03-20T00:00:00Z")
        #expect(life.subscription.state == .expired(at: try #require(Timestamp("2026-01-15T00:00:00Z"))))
        #expect(
            life.grants.dropFirst() == [
                "100 2026-02-01T00:00:00Z 2026-03-01T00:00:00Z", "100 2026-03-01T00:00:00Z 2026-04-01T00:00:00Z",
            ])
        #expect(try life.apply(.beginTrial(life.subscription.plan), at: "2026-03-20T00:00:00Z") == .noTrial)
    }

    @Test func `What is paid during a trial begins when the trial ends`() throws {
        var life = try Life("starter@1", at: "2026-01-01T00:00:00Z")
        try life.apply(.beginTrial(life.subscription.plan), at: "2026-01-01T00:00:00Z")
        #expect(try life.pay(.start, "starter@1", at: "2026-01-03T00:00:00Z") == nil)
        #expect(life.subscription.status == .trialing)
        try life.apply(.timePassed, at: "2026-01-15T00:00:00Z")
        #expect(life.subscription.status == .active)
        #expect(life.subscription.paidThrough == Timestamp("2026-02-15T00:00:00Z"))
        #expect(life.grants.last == "1500 2026-01-15T00:00:00Z 2026-02-15T00:00:00Z")
        #expect(life.grants.count == 2)
    }

    @Test func `Unpaid, a plan is kept for the days of grace and asked for at each of its days, once`() throws {
        var life = try Life("growth@2", at: "2026-01-01T00:00:00Z")
        try life.pay(.start, "growth@2", at: "2026-01-01T00:00:00Z")
        for day in ["2026-01-28", "2026-01-29", "2026-01-30", "2026-02-01", "2026-02-02", "2026-02-02", "2026-02-07"] {
            try life.apply(.timePassed, at: "\(day)T00:00:00Z")
        }
        #expect(life.collections == 4)
        #expect(life.subscription.status == .pastDue)
        try life.apply(.timePassed, at: "2026-02-08T00:00:00Z")
        #expect(
            life.changes == [
                "paid 2026-01-01T00:00:00Z", "period-ended 2026-02-01T00:00:00Z", "grace-ended 2026-02-08T00:00:00Z",
            ])
        #expect(life.grants.last == "100 2026-02-01T00:00:00Z 2026-03-01T00:00:00Z")
    }

    @Test func `A clock that comes months late does each thing once, as of its own day`() throws {
        var late = try Life("growth@2", at: "2026-01-01T00:00:00Z")
        var early = late
        try late.pay(.start, "growth@2", at: "2026-01-01T00:00:00Z")
        try early.pay(.start, "growth@2", at: "2026-01-01T00:00:00Z")
        let days = BillingCalendar.utc
        var moment = Bank.start
        let end = try Timestamp(parsing: "2026-07-01T00:00:00Z")
        while moment <= end {
            try early.apply(.timePassed, at: moment.description)
            moment = days.day(of: moment).upperBound
        }
        try late.apply(.timePassed, at: end.description)
        #expect(late.changes == early.changes)
        #expect(late.grants == early.grants)
        #expect(late.subscription.state == early.subscription.state)
        #expect(late.collections == 0 && early.collections == 5)
    }

    @Test func `A renewal paid in the days of grace begins where the last period ended`() throws {
        var life = try Life("growth@2", at: "2026-01-01T00:00:00Z")
        try life.pay(.start, "growth@2", at: "2026-01-01T00:00:00Z")
        let end = try Timestamp(parsing: "2026-02-01T00:00:00Z")
        #expect(try life.pay(.renewal(of: end), "growth@2", at: "2026-02-06T00:00:00Z") == nil)
        #expect(life.subscription.paidThrough == Timestamp("2026-03-01T00:00:00Z"))
        #expect(try life.pay(.renewal(of: end), "growth@2", at: "2026-02-06T01:00:00Z") == .doesNotFit(.active))
    }

    @Test func `A lower plan waits for the end of what is paid; resuming keeps the higher one`() throws {
        var life = try Life("growth@2", at: "2026-01-01T00:00:00Z")
        try life.pay(.start, "growth@2", at: "2026-01-01T00:00:00Z")
        let starter = try PlanVersionReference(parsing: "starter@1")
        #expect(try life.apply(.endLater(.move(to: starter)), at: "2026-01-10T00:00:00Z") == nil)
        #expect(life.subscription.plan.description == "growth@2")
        var resumed = life
        try resumed.apply(.resume, at: "2026-01-11T00:00:00Z")
        #expect(try resumed.apply(.resume, at: "2026-01-11T00:00:00Z") == .nothingScheduled)
        let end = try Timestamp(parsing: "2026-02-01T00:00:00Z")
        #expect(try life.pay(.renewal(of: end), "growth@2", at: "2026-01-30T00:00:00Z") == .doesNotFit(.active))
        #expect(try life.pay(.renewal(of: end), "starter@1", at: "2026-01-30T00:00:00Z") == nil)
        #expect(life.subscription.plan.description == "growth@2")
        try life.apply(.timePassed, at: "2026-02-01T00:00:00Z")
        #expect(life.subscription.plan.description == "starter@1" && life.subscription.status == .active)
        let enterprise = try PlanVersionReference(parsing: "enterprise@1")
        #expect(try life.apply(.endLater(.move(to: enterprise)), at: "2026-02-02T00:00:00Z") == .raisesPlan)
    }

    @Test func `An upgrade costs the difference for what is left, rounded up, and adds the credits for it`() throws {
        var life = try Life("starter@1", at: "2026-01-01T00:00:00Z")
        try life.pay(.start, "starter@1", at: "2026-01-01T00:00:00Z")
        let now = try Timestamp(parsing: "2026-01-16T12:00:00Z")
        let quote = try life.subscription.quote(
            .plan(PlanID("growth"), per: .month), in: .egp, at: now, rules: life.rules
        ).value
        let end = try #require(life.subscription.paidThrough)
        let kind = PlanPurchase.Kind.upgrade(from: life.subscription.plan, paidThrough: end)
        // (799 − 199) × 15.5 ÷ 31
        #expect(quote?.amount == (try Money.egp(300)))
        #expect(try life.pay(kind, "growth@2", at: now.description) == nil)
        #expect(life.grants.last == "3000 2026-01-16T12:00:00Z 2026-02-01T00:00:00Z")
        #expect(life.subscription.paidThrough == end)
        #expect(try life.pay(kind, "growth@2", at: now.description) == .doesNotFit(.active))
    }

    @Test func `A year after a month costs the year less what is left of the month, and begins now`() throws {
        var life = try Life("starter@1", at: "2026-01-01T00:00:00Z")
        try life.pay(.start, "starter@1", at: "2026-01-01T00:00:00Z")
        let now = try Timestamp(parsing: "2026-01-16T12:00:00Z")
        let quote = try #require(
            try life.subscription.quote(.plan(PlanID("starter"), per: .year), in: .egp, at: now, rules: life.rules).value)
        #expect(quote.amount == (try Money(minorUnits: 199_000 - 9_950, .egp)))
        guard case .plan(let purchase, per: .year) = quote.purpose else { return #expect(Bool(false)) }
        #expect(try life.pay(purchase.kind, "starter@1", per: .year, at: now.description) == nil)
        #expect(life.subscription.paidThrough == Timestamp("2027-01-16T12:00:00Z"))
    }

    @Test func `Ended by decision it keeps the month's credits and gives back those of months to come`() throws {
        var life = try Life("starter@1", at: "2026-01-01T00:00:00Z")
        try life.pay(.start, "starter@1", per: .year, at: "2026-01-01T00:00:00Z")
        #expect(try life.apply(.cancelNow, at: "2026-03-10T00:00:00Z") == nil)
        #expect(life.effects.contains(.withdrawScheduledGrants))
        #expect(try life.apply(.cancelNow, at: "2026-03-10T00:00:00Z") == .noSubscription)
        try life.apply(.timePassed, at: "2026-04-01T00:00:00Z")
        #expect(life.grants.last == "100 2026-04-01T00:00:00Z 2026-05-01T00:00:00Z")
        #expect(life.grants.count == 13)
    }

    @Test func `Rolled over, a month's credits last that many months longer`() throws {
        let starter = try PlanCatalogue.example.current(of: PlanID("starter"))
        let rolling = try PlanVersion(
            PlanVersionReference(parsing: "starter@2"), monthlyCredits: starter.monthlyCredits, prices: starter.prices,
            packs: starter.packs, entitlements: starter.entitlements, rateLimits: starter.rateLimits,
            retentionDays: starter.retentionDays, trialDays: 0, rolloverMonths: 2)
        var life = try Life("starter@2", at: "2026-01-31T00:00:00Z")
        life.rules = BillingRules(catalogue: try PlanCatalogue.example.publishing(rolling), policy: life.rules.policy)
        try life.pay(.start, "starter@2", at: "2026-01-31T00:00:00Z")
        #expect(life.grants == ["1500 2026-01-31T00:00:00Z 2026-04-30T00:00:00Z"])
    }

    @Test func `The next moment at which something is due is when something happens, and not before`() throws {
        var life = try Life("growth@2", at: "2026-01-01T00:00:00Z")
        try life.pay(.start, "growth@2", at: "2026-01-01T00:00:00Z")
        var moments: [String] = []
        for _ in 0..<8 {
            let due = try #require(try life.subscription.dueAt(rules: life.rules))
            moments.append(due.description)
            var before = life
            try before.apply(.timePassed, at: due.advanced(by: .microseconds(-1)).description)
            #expect(before.effects.count == life.effects.count)
            let count = life.effects.count
            try life.apply(.timePassed, at: due.description)
            #expect(life.effects.count > count)
        }
        #expect(
            moments == [
                "2026-01-29T00:00:00Z", "2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z", "2026-02-04T00:00:00Z",
                "2026-02-06T00:00:00Z", "2026-02-08T00:00:00Z", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z",
            ])
    }
}
