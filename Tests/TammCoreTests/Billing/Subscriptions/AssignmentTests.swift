import TammTesting
import Testing

@testable import TammCore

struct AssignmentTests {
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
        try await bank.subscriptions(catalogue).assign(PlanID("free"), to: bank.workspace, as: .service)
        #expect(try await run("w1", 150) == nil, "moved to the new version it has what that gives")
    }

    @Test func `A workspace may be put on an earlier version, of that plan alone`() async throws {
        let bank = try await Bank()
        let (plans, growth) = (bank.plans(), try PlanID("growth"))
        let subscriptions = bank.subscriptions()
        let earlier = try PlanVersionReference(parsing: "growth@1")
        let assignment = try await subscriptions.assign(growth, version: earlier, to: bank.workspace, as: .service)
        #expect(assignment.plan == earlier && assignment.anchor == Bank.start)
        let other = try PlanVersionReference(parsing: "free@1")
        let error = await failure { try await subscriptions.assign(growth, version: other, to: bank.workspace, as: .service) }
        #expect(error?.code == .invalidInput && error?.field == "version")
        let gone = try PlanVersionReference(parsing: "growth@9")
        #expect(
            await failure { try await subscriptions.assign(growth, version: gone, to: bank.workspace, as: .service) }?.code
                == .notFound)
        #expect(try await plans.plan(of: bank.workspace, as: .service)?.version.reference == earlier)
    }

    @Test func `A workspace is put on a plan by the platform alone`() async throws {
        let bank = try await Bank()
        let (plans, growth) = (bank.plans(), try PlanID("growth"))
        let subscriptions = bank.subscriptions()
        let owner = Principal.user(Bank.ownerID, in: bank.workspace)
        let stranger = try await bank.neighbour().owner
        for user in [owner, try await bank.member(.member, 1)] {
            #expect(await failure { try await subscriptions.assign(growth, to: bank.workspace, as: user) }?.code == .forbidden)
        }
        #expect(await failure { try await subscriptions.assign(growth, to: bank.workspace, as: stranger) }?.code == .notFound)
        try await subscriptions.assign(growth, to: bank.workspace, as: .service)
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
