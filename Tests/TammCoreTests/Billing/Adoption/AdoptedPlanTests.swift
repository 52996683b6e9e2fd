import TammTesting
import Testing

@testable import TammCore

/// What time does to a plan that was adopted.
struct AdoptedPlanTests {
    private func free(
        from: String = "2026-03-01T00:00:00Z", through: String = "2026-04-01T00:00:00Z", anchor: String? = nil
    ) throws -> AdoptedPlan {
        try AdoptedPlan(
            PlanVersionReference(parsing: "free@1"), .complimentary, from: from.moment, through: through.moment,
            anchor: anchor?.moment, hadTrial: false)
    }

    @Test func `The month that was given is not given again, the next one is, once`() async throws {
        let takeover = try Takeover()
        let rest = try GrantTerms(40.credits, .plan, expiresAt: "2026-04-01T00:00:00Z".moment)
        try await takeover.adopt(Takeover.workspace(plan: free(), lots: [rest]))
        for moment in ["2026-03-15T12:00:00Z", "2026-03-31T23:59:59.999999Z"] {
            try await takeover.run(at: moment)
            #expect(try await takeover.balance() == Balance(40.credits), "\(moment)")
        }
        for moment in ["2026-04-01T00:00:00Z", "2026-04-01T00:00:01Z"] {
            try await takeover.run(at: moment)
            #expect(try await takeover.balance() == Balance(100.credits), "\(moment)")
        }
        #expect(try await takeover.grants().map(\.amount).sorted() == [40.credits, 100.credits])
    }

    @Test func `Months that passed before the adoption are made up for with their own end`() async throws {
        let takeover = try Takeover()
        try await takeover.adopt(
            Takeover.workspace(plan: free(from: "2025-12-01T00:00:00Z", through: "2026-01-01T00:00:00Z"), lots: []))
        try await takeover.run(at: "2026-03-15T12:00:00Z")
        #expect(try await takeover.balance() == Balance(100.credits))
        #expect(try await takeover.grants().count == 3)
    }

    @Test(arguments: [
        ("2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z", ["2026-04-30T00:00:00Z", "2026-05-31T00:00:00Z"]),
        ("2026-03-01T12:00:00Z", "2026-03-31T12:00:00Z", ["2026-04-30T11:00:00Z", "2026-05-31T11:00:00Z"]),
        ("2026-01-20T00:00:00Z", "2026-02-20T00:00:00Z", ["2026-03-20T00:00:00Z", "2026-04-20T00:00:00Z"]),
    ])
    func `Months go on from the day on which the period ends`(from: String, through: String, ends: [String]) throws {
        let plan = try free(from: from, through: through)
        let anchor = try plan.anchor(.cairo)
        let end = through.moment
        #expect(anchor <= end && BillingCalendar.cairo.month(at: end, anchor: anchor).lowerBound == end)
        let next = BillingCalendar.cairo.month(at: end, anchor: anchor).upperBound
        let found = [next, BillingCalendar.cairo.month(at: next, anchor: anchor).upperBound]
        // Cairo's clocks go forward at the end of April: the day keeps its local time.
        let wanted = ends.map(\.moment)
        for (found, wanted) in zip(found, wanted) {
            #expect(abs(found.microseconds - wanted.microseconds) <= 3_600_000_000, "\(found), \(wanted)")
        }
    }

    @Test func `A leap day is kept as the day on which months end`() throws {
        let plan = try free(from: "2028-01-29T00:00:00Z", through: "2028-02-29T00:00:00Z")
        let anchor = try plan.anchor(.utc)
        #expect(BillingCalendar.utc.month(at: plan.period.upperBound, anchor: anchor).upperBound == "2028-03-29T00:00:00Z".moment)
    }

    @Test func `A paid month is not given credits, and its renewal is asked for in its time`() async throws {
        let takeover = try Takeover()
        try await takeover.adopt(Takeover.growth())
        try await takeover.run(at: "2026-03-28T23:59:59Z")
        let id: Identifier<Workspace> = Takeover.id(1)
        #expect(try await takeover.tamm.payments.payments(of: id, as: .service).isEmpty)
        try await takeover.run(at: "2026-03-29T00:00:00Z")
        let payment = try #require(try await takeover.tamm.payments.payments(of: id, as: .service).first)
        #expect(payment.amount == (try .egp(599)))
        guard case .plan(let purchase, per: .month) = payment.purpose else {
            Issue.record("\(payment.purpose)")
            return
        }
        #expect(purchase == PlanPurchase(.renewal(of: "2026-04-01T00:00:00Z".moment), try .init(parsing: "growth@1")))
        #expect(try await takeover.grants().count == 2, "nothing was granted beside the lots")
        try await takeover.run(at: "2026-04-02T00:00:00Z")
        #expect(try await takeover.subscription()?.status == .pastDue)
    }

    @Test func `A paid year's months to come are lots of their own, and a plan that does not renew ends`() async throws {
        let takeover = try Takeover()
        let year = try Takeover.paid(
            "starter@1", from: "2025-06-01T00:00:00Z", through: "2026-06-01T00:00:00Z", interval: .year, renews: false)
        let lots = try [
            GrantTerms(900.credits, .plan, expiresAt: "2026-04-01T00:00:00Z".moment),
            GrantTerms(
                1500.credits, .plan, effectiveAt: "2026-04-01T00:00:00Z".moment,
                expiresAt: "2026-05-01T00:00:00Z".moment),
            GrantTerms(
                1500.credits, .plan, effectiveAt: "2026-05-01T00:00:00Z".moment,
                expiresAt: "2026-06-01T00:00:00Z".moment),
        ]
        try await takeover.adopt(Takeover.workspace(plan: year, lots: lots))
        for (moment, credits) in [("2026-03-20", 900), ("2026-04-20", 1500), ("2026-05-20", 1500)] {
            try await takeover.run(at: "\(moment)T00:00:00Z")
            #expect(try await takeover.balance() == Balance(credits.credits), "\(moment)")
            #expect(try await takeover.subscription()?.status == .active)
        }
        try await takeover.run(at: "2026-06-01T00:00:00Z")
        #expect(try await takeover.balance() == Balance(.zero))
        #expect(try await takeover.subscription()?.status == .canceled)
        #expect(try await takeover.grants().count == 3)
    }

    @Test func `A trial goes on, gives its later months, and is the only one`() async throws {
        let takeover = try Takeover()
        let plan = try AdoptedPlan(
            PlanVersionReference(parsing: "growth@2"), .trial, from: "2026-03-01T00:00:00Z".moment,
            through: "2026-04-10T00:00:00Z".moment, hadTrial: false)
        try await takeover.adopt(
            Takeover.workspace(plan: plan, lots: [GrantTerms(10.credits, .promotional, expiresAt: plan.period.upperBound)]))
        try await takeover.run(at: "2026-03-31T00:00:00Z")
        #expect(try await takeover.balance() == Balance(10.credits))
        #expect(try await takeover.subscription()?.status == .trialing)
        try await takeover.run(at: "2026-04-02T00:00:00Z")
        #expect(try await takeover.balance() == Balance(7510.credits))
        try await takeover.run(at: "2026-04-10T00:00:00Z")
        #expect(try await takeover.subscription()?.status == .expired)
        #expect(try await takeover.balance() == Balance(.zero))
        let again = try await takeover.tamm.subscriptions.beginTrial(
            of: PlanID("growth"), in: Takeover.id(1), as: .service)
        #expect(again.refusal == .noTrial)
    }

    @Test func `A paid period that ended before the adoption is past due, then expired, as time says`() async throws {
        for (through, status) in [
            ("2026-03-12T00:00:00Z", Subscription.Status.pastDue), ("2026-03-01T00:00:00Z", .expired),
        ] {
            let takeover = try Takeover()
            let plan = try Takeover.paid(from: "2026-02-01T00:00:00Z", through: through, anchor: nil)
            try await takeover.adopt(Takeover.workspace(plan: plan, lots: []))
            #expect(try await takeover.subscription()?.status == status)
            try await takeover.run(at: "2026-03-15T12:00:00Z")
            #expect(try await takeover.subscription()?.status == status)
            #expect(try await takeover.grants().isEmpty)
        }
    }

    @Test func `However periods lie, no credits are given for one that was given, and one month's for each after it`()
        async throws
    {
        let seed = TestSeed.current
        var generator = SplitMix64(seed: seed)
        let calendar = BillingCalendar.cairo
        let noon = "2026-03-15T12:00:00Z".moment
        for round in 0..<150 {
            let takeover = try Takeover()
            let anchor = noon.advanced(by: .seconds(-Int64.random(in: 0...40_000_000, using: &generator)))
            let month = calendar.month(at: noon, anchor: anchor)
            let plan = try AdoptedPlan(
                PlanVersionReference(parsing: "free@1"), .complimentary, from: month.lowerBound,
                through: month.upperBound, anchor: round % 2 == 0 ? anchor : nil, hadTrial: false)
            try await takeover.adopt(Takeover.workspace(plan: plan, lots: []))
            var later = month.upperBound
            for months in 0...Int.random(in: 0...13, using: &generator) {
                takeover.time.set(later.advanced(by: .microseconds(-1)))
                _ = try await takeover.tamm.clock.run()
                #expect(try await takeover.grants().count == months, "round \(round), seed \(seed)")
                takeover.time.set(later)
                _ = try await takeover.tamm.clock.run()
                let grants = try await takeover.grants()
                #expect(grants.count == months + 1, "round \(round), seed \(seed)")
                let last = try #require(grants.max { ($0.effectiveAt ?? .min) < ($1.effectiveAt ?? .min) })
                #expect(last.effectiveAt == later && last.amount == 100.credits, "round \(round), seed \(seed)")
                let end = try #require(last.expiresAt)
                let days = end.duration(since: later) / .seconds(86_400)
                #expect((27.9...31.1).contains(days), "round \(round), seed \(seed)")
                later = end
            }
        }
    }

    @Test func `A plan that cannot go on as it is says which field, and nothing is adopted`() async throws {
        let takeover = try Takeover()
        let plans: [(String, TammError.Code, AdoptedPlan)] = [
            ("plan.version", .notFound, try Takeover.paid("growth@9")),
            ("plan.version", .notFound, try Takeover.paid("gone@1")),
            ("plan.from", .invalidInput, try free(from: "2026-03-15T12:00:00.000001Z", through: "2026-04-01T00:00:00Z")),
            ("plan.anchor", .invalidInput, try free(anchor: "2026-02-03T00:00:00Z")),
            ("plan.renews", .invalidInput, try Takeover.paid("free@1")),
            ("plan.renews", .invalidInput, try Takeover.paid(currency: .sar)),
        ]
        for (field, code, plan) in plans {
            let error = await failure { try await takeover.adopt(Takeover.workspace(plan: plan, lots: [])) }
            #expect(error?.code == code && error?.field == field, "\(field): \(error.map { "\($0)" } ?? "adopted")")
        }
        #expect(try await takeover.snapshot().workspace == nil)
        #expect(try await takeover.adopt(Takeover.workspace(plan: Takeover.paid(currency: .sar, renews: false), lots: [])) == .adopted)
    }
}
