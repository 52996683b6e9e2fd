import TammTesting
import Testing

@testable import TammCore

struct PlanCatalogueTests {
    let example = PlanCatalogue.example

    @Test func `The example has four plans in the order of their ranks`() throws {
        #expect(example.plans.map(\.id.text) == ["free", "starter", "growth", "enterprise"])
        let growth = try example.current(of: PlanID("growth"))
        #expect(growth.reference.description == "growth@2")
        #expect(try growth.price(in: .egp, per: .month) == Money(parsing: "799", .egp))
        #expect(growth.enables("feature.webchat"))
        #expect(growth.limit("agents").maximum == 10)
        #expect(growth.limit("messages") == .none, "a metered entitlement is no limit")
        #expect(!growth.enables("unheard-of"))
        #expect(growth.metered("messages") == .unlimited)
        #expect(growth.rateLimit("api.requests")?.windows.map(\.periodSeconds) == [1, 60, 86_400])
        #expect(try growth.pack("pack-1000")?.price(in: .usd) == Money(parsing: "4.99", .usd))
        #expect(growth.pack("pack-1000")?.price(in: .sar) == nil)
        #expect(try example.current(of: PlanID("enterprise")).limit("agents") == .unlimited)
    }

    @Test func `An earlier version keeps its price and its credits`() throws {
        let earlier = try example.version(PlanVersionReference(parsing: "growth@1"))
        #expect(earlier.monthlyCredits.description == "6000")
        #expect(try earlier.price(in: .egp, per: .month) == Money(parsing: "599", .egp))
    }

    @Test func `What is not in the catalogue is not found`() throws {
        for text in ["growth@3", "gone@1"] {
            #expect(caught { () throws(TammError) in _ = try example.version(.init(parsing: text)) }?.code == .notFound)
        }
        #expect(caught { () throws(TammError) in _ = try example.plan(PlanID("gone")) }?.code == .notFound)
        #expect(caught { () throws(TammError) in _ = try example.current(of: PlanID("gone")) }?.code == .notFound)
    }

    @Test func `Rank alone decides whether a move raises a plan`() throws {
        let (free, growth) = (try PlanID("free"), try PlanID("growth"))
        #expect(try example.move(from: free, to: growth) == .raise)
        #expect(try example.move(from: growth, to: free) == .lower)
        #expect(try example.move(from: growth, to: growth) == .same)
        #expect(
            caught { () throws(TammError) in _ = try example.move(from: free, to: PlanID("gone")) }?.code == .notFound)
    }

    // MARK: Publishing

    @Test func `A new version is published above the last and leaves the earlier ones alone`() throws {
        let third = try version("growth@3", credits: "8000")
        let grown = try example.publishing(third)
        #expect(try grown.current(of: PlanID("growth")) == third)
        #expect(try grown.version(.init(parsing: "growth@1")) == example.version(.init(parsing: "growth@1")))
        #expect(try grown.version(.init(parsing: "growth@2")) == example.version(.init(parsing: "growth@2")))
        #expect(try grown.publishing(third) == grown, "publishing it again changes nothing")
        #expect(try example.merging(grown) == grown)
    }

    @Test func `A published version does not change, and the refusal names what would`() throws {
        let error = try #require(
            caught { () throws(TammError) in _ = try example.publishing(version("growth@2", credits: "9000")) })
        #expect(error.code == .conflict)
        #expect(error.field == "monthlyCredits")
        #expect(error.message.contains("growth@2") && error.message.contains("7500") && error.message.contains("9000"))
    }

    @Test func `A version between or below the published ones is refused`() throws {
        let gap = try example.publishing(version("growth@9", credits: "8000"))
        #expect(
            caught { () throws(TammError) in _ = try gap.publishing(version("growth@5", credits: "1")) }?.code
                == .conflict)
        #expect(
            caught { () throws(TammError) in _ = try example.publishing(version("gone@1", credits: "1")) }?.code
                == .notFound)
    }

    @Test func `A new version may not silently leave out what the one before names`() throws {
        let current = try example.current(of: PlanID("growth"))
        for (entitlements, limits, retention, field) in [
            (Array(current.entitlements.dropLast()), current.rateLimits, current.retentionDays, "entitlements"),
            (current.entitlements, [], current.retentionDays, "rateLimits"),
            (current.entitlements, current.rateLimits, [:], "retentionDays"),
        ] {
            let bare = try PlanVersion(
                PlanVersionReference(parsing: "growth@3"), monthlyCredits: .zero, prices: [], packs: [],
                entitlements: entitlements, rateLimits: limits, retentionDays: retention, trialDays: 0)
            let error = try #require(caught { () throws(TammError) in _ = try example.publishing(bare) })
            #expect(error.code == .invalidInput)
            #expect(error.field == "versions[2].\(field)")
        }
    }

    @Test func `A newer file over the old one must hold all that is published`() throws {
        let fewer = try PlanCatalogue(plans: example.plans.dropLast())
        #expect(
            caught { () throws(TammError) in _ = try example.merging(fewer) }?.message.contains("enterprise") == true)

        let growth = try example.plan(PlanID("growth"))
        func replacing(_ plan: Plan) throws -> PlanCatalogue {
            try PlanCatalogue(plans: example.plans.map { $0.id == plan.id ? plan : $0 })
        }
        let dropped = try replacing(
            Plan(growth.id, name: growth.name, rank: 20, isOffered: true, versions: [growth.versions[1]]))
        #expect(
            caught { () throws(TammError) in _ = try example.merging(dropped) }?.message.contains("growth@1") == true)
        let moved = try replacing(
            Plan(growth.id, name: growth.name, rank: 40, isOffered: true, versions: growth.versions))
        #expect(caught { () throws(TammError) in _ = try example.merging(moved) }?.field == "rank")
        let edited = try replacing(
            Plan(
                growth.id, name: growth.name, rank: 20, isOffered: true,
                versions: [growth.versions[0], version("growth@2", credits: "0")]))
        #expect(caught { () throws(TammError) in _ = try example.merging(edited) }?.code == .conflict)

        let gap = try example.publishing(version("growth@9", credits: "8000"))
        let between = try replacing(
            Plan(
                growth.id, name: growth.name, rank: 20, isOffered: true,
                versions: growth.versions + [version("growth@5", credits: "1"), version("growth@9", credits: "8000")]))
        #expect(caught { () throws(TammError) in _ = try gap.merging(between) }?.message.contains("growth@5") == true)

        let withdrawn = try replacing(
            Plan(growth.id, name: "Growth (old)", rank: 20, isOffered: false, versions: growth.versions))
        #expect(try example.merging(withdrawn) == withdrawn)
    }

    @Test func `No newer file that is taken changes what is published`() throws {
        let published = try PlanCatalogue(json: HostileDocuments.twoPlans.bytes)
        var mutator = Mutator(seed: TestSeed.current)
        var (taken, refused) = (0, 0)
        for _ in 0..<2_000 {
            guard let newer = try? PlanCatalogue(json: mutator.json(HostileDocuments.twoPlans)) else { continue }
            do {
                let merged = try published.merging(newer)
                taken += 1
                for plan in published.plans {
                    #expect(try merged.plan(plan.id).rank == plan.rank)
                    for version in plan.versions { #expect(try merged.version(version.reference) == version) }
                }
            } catch {
                refused += 1
                #expect(error.code == .conflict && error.message.utf8.count < 512)
            }
        }
        #expect(taken > 20 && refused > 20)
    }

    @Test func `An entitlement is of one kind everywhere`() throws {
        let growth = try example.current(of: PlanID("growth"))
        let entitlements = try growth.entitlements.map { (entitlement) throws(TammError) in
            entitlement.name == "agents" ? try Entitlement("agents", .feature(true)) : entitlement
        }
        let odd = try PlanVersion(
            PlanVersionReference(parsing: "growth@3"), monthlyCredits: .zero, prices: [], packs: [],
            entitlements: entitlements, rateLimits: growth.rateLimits, retentionDays: growth.retentionDays,
            trialDays: 0)
        let text = try #require(caught { () throws(TammError) in _ = try example.publishing(odd) }).message
        #expect(text.contains("agents") && text.contains("limit") && text.contains("feature"))
    }

    private func version(_ reference: String, credits: String) throws(TammError) -> PlanVersion {
        let model = try example.current(of: PlanID("growth"))
        return try PlanVersion(
            PlanVersionReference(parsing: reference), monthlyCredits: Credits(parsing: credits), prices: model.prices,
            packs: model.packs, entitlements: model.entitlements, rateLimits: model.rateLimits,
            retentionDays: model.retentionDays, trialDays: model.trialDays)
    }
}

struct AllowanceTests {
    @Test func `Unlimited stays unlimited`() throws {
        #expect(try Allowance(atMost: 3) < .unlimited && !(Allowance.unlimited < .unlimited))
        #expect(Allowance.unlimited.admits(.max) && !Allowance.none.admits(1) && Allowance.none.admits(0))
        #expect(caught { () throws(TammError) in _ = try Allowance(atMost: -1) } != nil)
    }
}
