import TammTesting
import Testing

@testable import TammCore

struct PlanAssignmentTests {
    private func month(since: String, at moment: String) throws -> [String] {
        let assignment = PlanAssignment(
            workspace: Bank.workspaceID, plan: try PlanVersionReference(parsing: "growth@2"),
            since: try Timestamp(parsing: since))
        let month = assignment.month(at: try Timestamp(parsing: moment))
        return [month.lowerBound.description, month.upperBound.description]
    }

    @Test(arguments: [
        ("2026-01-15T00:00:00Z", "2026-01-15T00:00:00Z", "2026-01-15T00:00:00Z", "2026-02-15T00:00:00Z"),
        ("2026-01-15T00:00:00Z", "2026-02-14T23:59:59.999999Z", "2026-01-15T00:00:00Z", "2026-02-15T00:00:00Z"),
        ("2026-01-15T00:00:00Z", "2026-02-15T00:00:00Z", "2026-02-15T00:00:00Z", "2026-03-15T00:00:00Z"),
        ("2026-01-15T00:00:00Z", "2027-01-14T00:00:00Z", "2026-12-15T00:00:00Z", "2027-01-15T00:00:00Z"),
        // before the assignment: its first month
        ("2026-01-15T00:00:00Z", "2025-06-01T00:00:00Z", "2026-01-15T00:00:00Z", "2026-02-15T00:00:00Z"),
        // a time of day stays
        (
            "2026-01-15T10:30:00.000001Z", "2026-02-15T10:30:00Z", "2026-01-15T10:30:00.000001Z",
            "2026-02-15T10:30:00.000001Z"
        ),
        ("2026-01-15T10:30:00Z", "2026-02-15T10:30:00Z", "2026-02-15T10:30:00Z", "2026-03-15T10:30:00Z"),
        // the month's last day where there is no 31st, and the 31st again after it
        ("2026-01-31T10:00:00Z", "2026-02-28T09:59:59Z", "2026-01-31T10:00:00Z", "2026-02-28T10:00:00Z"),
        ("2026-01-31T10:00:00Z", "2026-02-28T10:00:00Z", "2026-02-28T10:00:00Z", "2026-03-31T10:00:00Z"),
        ("2026-01-31T10:00:00Z", "2026-03-30T10:00:00Z", "2026-02-28T10:00:00Z", "2026-03-31T10:00:00Z"),
        ("2026-01-31T10:00:00Z", "2026-04-30T10:00:00Z", "2026-04-30T10:00:00Z", "2026-05-31T10:00:00Z"),
        ("2026-08-31T00:00:00Z", "2026-10-01T00:00:00Z", "2026-09-30T00:00:00Z", "2026-10-31T00:00:00Z"),
        // leap years
        ("2024-01-31T00:00:00Z", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2024-03-31T00:00:00Z"),
        ("2024-02-29T12:00:00Z", "2025-02-28T11:59:59Z", "2025-01-29T12:00:00Z", "2025-02-28T12:00:00Z"),
        ("2024-02-29T12:00:00Z", "2025-02-28T12:00:00Z", "2025-02-28T12:00:00Z", "2025-03-29T12:00:00Z"),
        ("2024-02-29T12:00:00Z", "2028-02-29T12:00:00Z", "2028-02-29T12:00:00Z", "2028-03-29T12:00:00Z"),
        ("2100-01-30T00:00:00Z", "2100-02-28T00:00:00Z", "2100-02-28T00:00:00Z", "2100-03-30T00:00:00Z"),
        ("1969-12-31T23:00:00Z", "1970-01-31T22:59:59Z", "1969-12-31T23:00:00Z", "1970-01-31T23:00:00Z"),
    ])
    func `A month runs from the assignment's day to the next`(
        since: String, moment: String, start: String, end: String
    ) throws {
        #expect(try month(since: since, at: moment) == [start, end])
    }

    @Test func `Every moment lies in one month, and months follow each other without a gap`() throws {
        var random = SplitMix64(seed: TestSeed.current)
        let plan = try PlanVersionReference(parsing: "growth@2")
        let years: Int64 = 40 * 366 * 86_400_000_000
        for _ in 0..<2000 {
            let since = Timestamp(unchecked: Int64(random.next() % UInt64(years)))
            let assignment = PlanAssignment(workspace: Bank.workspaceID, plan: plan, since: since)
            let moment = Timestamp(unchecked: since.microseconds + Int64(random.next() % UInt64(years)))
            let month = assignment.month(at: moment)
            #expect(month.contains(moment), "\(since), \(moment)")
            #expect(assignment.month(at: month.lowerBound) == month)
            #expect(assignment.month(at: month.upperBound).lowerBound == month.upperBound)
            let days = month.upperBound.duration(since: month.lowerBound)
            #expect(days >= .days(28) && days <= .days(31))
        }
    }

    @Test func `A workspace keeps the version it was put on when a newer one is published`() async throws {
        let bank = try await Bank()
        try await bank.assign("free")
        try await bank.grant(500.credits, "top-up")
        let catalogue = try PlanCatalogue.example.publishing(Self.freeOfWhatsApp())
        let plans = bank.plans(catalogue)
        let kept = try #require(try await plans.plan(of: bank.workspace, as: .service)?.version)
        #expect(kept.reference.description == "free@1" && !kept.enables("feature.whatsapp"))
        #expect(kept.metered("messages")?.maximum == 100)
        func run(_ key: String, _ count: Int64) async throws -> MeteringRefusal? {
            let order = try MeteredOrder(
                .whatsApp(count), from: bank.wallet, key: key.key, feature: "feature.whatsapp")
            return try await bank.metering(catalogue: catalogue).run(order, as: .service) { _ in }.refusal
        }
        #expect(try await run("w1", 150) == .notEntitled("feature.whatsapp"))
        try await plans.assign(PlanID("free"), to: bank.workspace, as: .service)
        #expect(try await run("w1", 150) == nil, "moved to the new version it has what that gives")
    }

    @Test func `A workspace may be put on an earlier version, of that plan alone`() async throws {
        let bank = try await Bank()
        let (plans, growth) = (bank.plans(), try PlanID("growth"))
        let earlier = try PlanVersionReference(parsing: "growth@1")
        let assignment = try await plans.assign(growth, version: earlier, to: bank.workspace, as: .service)
        #expect(assignment.plan == earlier && assignment.since == Bank.start)
        let other = try PlanVersionReference(parsing: "free@1")
        let error = await failure { try await plans.assign(growth, version: other, to: bank.workspace, as: .service) }
        #expect(error?.code == .invalidInput && error?.field == "version")
        let gone = try PlanVersionReference(parsing: "growth@9")
        #expect(
            await failure { try await plans.assign(growth, version: gone, to: bank.workspace, as: .service) }?.code
                == .notFound)
        #expect(try await plans.plan(of: bank.workspace, as: .service)?.version.reference == earlier)
    }

    @Test func `A workspace is put on a plan by the platform alone`() async throws {
        let bank = try await Bank()
        let (plans, growth) = (bank.plans(), try PlanID("growth"))
        let owner = Principal.user(Bank.ownerID, in: bank.workspace)
        let stranger = try await bank.neighbour().owner
        for user in [owner, try await bank.member(.member, 1)] {
            #expect(await failure { try await plans.assign(growth, to: bank.workspace, as: user) }?.code == .forbidden)
        }
        #expect(await failure { try await plans.assign(growth, to: bank.workspace, as: stranger) }?.code == .notFound)
        try await plans.assign(growth, to: bank.workspace, as: .service)
        #expect(try await plans.plan(of: bank.workspace, as: owner)?.version.reference.description == "growth@2")
        #expect(try await plans.plan(of: bank.workspace, as: stranger)?.version == nil)
    }

    @Test func `A plan that the catalogue has lost is corruption, not a guess`() async throws {
        let bank = try await Bank()
        try await bank.assign("growth")
        let free = try PlanCatalogue.example.plan(PlanID("free"))
        let plans = bank.plans(try PlanCatalogue(plans: [free]))
        #expect(await failure { try await plans.plan(of: bank.workspace, as: .service)?.version }?.code == .corrupted)
    }

    /// A second version of the free plan, with WhatsApp and ten times the messages.
    private static func freeOfWhatsApp() throws -> PlanVersion {
        let plan = try PlanCatalogue.example.current(of: PlanID("free"))
        let entitlements = try plan.entitlements.map { entitlement in
            switch entitlement.name {
            case "feature.whatsapp": try Entitlement(entitlement.name, .feature(true))
            case "messages": try Entitlement(entitlement.name, .metered(Allowance(atMost: 1000)))
            default: entitlement
            }
        }
        return try PlanVersion(
            PlanVersionReference(plan.reference.plan, version: 2), monthlyCredits: plan.monthlyCredits,
            prices: plan.prices, packs: plan.packs, entitlements: entitlements, rateLimits: plan.rateLimits,
            retentionDays: plan.retentionDays, trialDays: plan.trialDays)
    }
}
