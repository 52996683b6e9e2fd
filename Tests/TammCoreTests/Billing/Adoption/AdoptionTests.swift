import TammInMemory
import TammTesting
import Testing

@testable import TammCore

struct AdoptionTests {
    @Test func `A workspace is there as it was: identifier, members, plan and a balance made of entries`() async throws {
        let takeover = try Takeover()
        let adopted = try Takeover.growth()
        #expect(try await takeover.adopt(adopted) == .adopted)
        let found = try await takeover.snapshot()
        #expect(found.workspace == adopted.workspace && found.members == adopted.members)
        #expect(try await takeover.balance().available == Credits(parsing: "1484.5"))
        #expect(found.entries.map(\.amount) == adopted.lots.map(\.amount))
        #expect(found.entries.allSatisfy { $0.source == .issued && $0.command?.text.hasPrefix("tamm:adoption:") == true })
        #expect(Set(found.grants.map(\.terms)) == Set(adopted.lots))
        #expect(try await takeover.tamm.wallets.verify(as: .service).isClean)
        let subscription = try #require(found.subscription)
        #expect(subscription.plan.description == "growth@1" && subscription.status == .active && subscription.hadTrial)
        #expect(subscription.paidThrough == "2026-04-01T00:00:00Z".moment)
        let entry = try #require(found.audit.first)
        #expect(found.audit.count == 1 && entry.action.name == "workspace.adopted" && entry.actor == .service)
        #expect(entry.details.first?.value == "1484.5" && entry.at == takeover.time.now)
        let owner = Principal.user(Takeover.id(100), in: Takeover.id(1))
        let debit = try await takeover.tamm.wallets.debit(
            10.credits, from: takeover.wallet(), key: "first".key, as: owner)
        #expect(debit.applied != nil, "its owner goes on at once")
    }

    @Test func `Asked again it says so and changes nothing, also when life has gone on`() async throws {
        let takeover = try Takeover()
        let adopted = try Takeover.growth()
        try await takeover.adopt(adopted)
        let before = try await takeover.snapshot()
        #expect(try await takeover.adopt(adopted) == .alreadyAdopted)
        #expect(try await takeover.snapshot() == before)

        let id = adopted.workspace.id
        let wallet = try await takeover.wallet()
        _ = try await takeover.tamm.wallets.debit(100.credits, from: wallet, key: "spent".key, as: .service)
        try await takeover.tamm.workspaces.setRole(.owner, of: Takeover.id(102), in: id, as: .service)
        try await takeover.run(at: "2026-04-20T00:00:00Z")
        let later = try await takeover.snapshot()
        #expect(try await takeover.adopt(adopted) == .alreadyAdopted)
        #expect(try await takeover.snapshot() == later && later != before)
    }

    @Test func `Asked again with other content it names what differs and changes nothing`() async throws {
        let takeover = try Takeover()
        let (plan, lots) = (try Takeover.paid(), try Takeover.lots())
        try await takeover.adopt(Takeover.growth())
        let before = try await takeover.snapshot()
        let more = try GrantTerms(.one, .purchased, effectiveAt: .max)
        let dearer = try GrantTerms(251.credits, .purchased, expiresAt: lots[0].expiresAt, source: lots[0].source)
        let others: [(String, AdoptedWorkspace)] = [
            ("name", try Takeover.workspace(name: "Nile books", plan: plan, lots: lots)),
            ("createdAt", try Takeover.workspace(createdAt: "2024-05-06T07:08:09.123457Z", plan: plan, lots: lots)),
            ("members", try Takeover.workspace(owner: 103, plan: plan, lots: lots)),
            ("plan", try Takeover.workspace(plan: nil, lots: lots)),
            ("plan", try Takeover.workspace(plan: Takeover.paid(renews: false), lots: lots)),
            ("lots[0].amount", try Takeover.workspace(plan: plan, lots: [dearer, lots[1]])),
            ("lots[2]", try Takeover.workspace(plan: plan, lots: lots + [more])),
            ("lots[0].amount lots[1]", try Takeover.workspace(plan: plan, lots: [lots[1]])),
            ("lots[0] lots[1]", try Takeover.workspace(plan: plan, lots: [])),
            ("name plan", try Takeover.workspace(name: "N", plan: nil, lots: lots)),
        ]
        for (fields, other) in others {
            guard case .differs(let differences) = try await takeover.adopt(other) else {
                Issue.record("\(fields): wanted a difference")
                continue
            }
            #expect(differences.map(\.field).joined(separator: " ") == fields, "\(differences)")
            #expect(differences.allSatisfy { $0.adopted != $0.asked })
        }
        #expect(try await takeover.snapshot() == before)
    }

    @Test func `A workspace that is there otherwise is left alone`() async throws {
        let takeover = try Takeover()
        let adopted = try Takeover.growth()
        let native = try Workspace(id: adopted.workspace.id, name: "Nile Books", createdAt: adopted.workspace.createdAt)
        try await takeover.store.transaction(as: .service) { t throws(TammError) in
            try t.insert(native)
            for member in adopted.members { try t.put(member) }
        }
        let before = try await takeover.snapshot()
        guard case .differs(let differences) = try await takeover.adopt(adopted) else {
            Issue.record("wanted a difference")
            return
        }
        #expect(differences.map(\.field) == ["id"])
        #expect(try await takeover.snapshot() == before && before.wallet == nil)
    }

    @Test func `The service and platform administrators adopt, and nobody else`() async throws {
        let takeover = try Takeover()
        let admin: Identifier<User> = Takeover.id(200)
        try await takeover.tamm.workspaces.setPlatformAdmin(admin, true, as: .service)
        let adopted = try Takeover.growth()
        let owner = Principal.user(Takeover.id(100), in: adopted.workspace.id)
        let stranger = Principal.platformAdmin(Takeover.id(201))
        #expect(await failure { try await takeover.adopt(adopted, as: owner) }?.code == .notFound)
        #expect(await failure { try await takeover.adopt(adopted, as: stranger) }?.code == .notFound)
        #expect(await failure { try await takeover.adopt(adopted, as: .ledger) }?.code == .forbidden)
        #expect(try await takeover.snapshot().workspace == nil)
        #expect(try await takeover.adopt(adopted, as: .platformAdmin(admin)) == .adopted)
        #expect(try await takeover.snapshot().audit.map(\.actor) == [.platformAdmin(admin)])
        #expect(await failure { try await takeover.adopt(adopted, as: owner) }?.code == .forbidden)
    }

    @Test func `Broken off at any transaction it leaves nothing, and is done by asking again`() async throws {
        let whole = try Takeover()
        try await whole.adopt(Takeover.growth())
        let wanted = try await whole.snapshot()
        let admin = Principal.platformAdmin(Takeover.id(200))
        var (isBroken, transaction) = (true, 0)
        while isBroken {
            transaction += 1
            let takeover = try Takeover()
            try await takeover.tamm.workspaces.setPlatformAdmin(Takeover.id(200), true, as: .service)
            takeover.store.fail(at: transaction)
            isBroken = await failure { try await takeover.adopt(Takeover.growth(), as: admin) }?.code == .unavailable
            takeover.store.fail(at: nil)
            let left = try await takeover.snapshot()
            if isBroken { #expect(left.workspace == nil && left.wallet == nil && left.audit.isEmpty) }
            #expect(try await takeover.adopt(Takeover.growth()) == (isBroken ? .adopted : .alreadyAdopted))
            let done = try await takeover.snapshot()
            #expect(done.entries == wanted.entries && done.subscription == wanted.subscription)
            #expect(done.grants == wanted.grants && done.members == wanted.members)
        }
        #expect(transaction == 3, "it takes two transactions")
    }

    @Test func `Of those who adopt the same workspace at once, one does`() async throws {
        let takeover = try Takeover()
        let outcomes = try await together(8) { _ in try await takeover.adopt(Takeover.growth()) }
        #expect(outcomes.count { $0 == .adopted } == 1 && outcomes.count { $0 == .alreadyAdopted } == 7)
        #expect(try await takeover.balance().available == Credits(parsing: "1484.5"))
    }

    @Test func `A lot that is over expires at once, and one to come waits for its day`() async throws {
        let takeover = try Takeover()
        let (past, future) = ("2026-03-15T12:00:00Z".moment, "2026-05-01T00:00:00Z".moment)
        let lots = try [
            GrantTerms(5.credits, .plan, expiresAt: past), GrantTerms(7.credits, .purchased),
            GrantTerms(11.credits, .plan, effectiveAt: future),
        ]
        try await takeover.adopt(Takeover.workspace(plan: nil, lots: lots))
        #expect(try await takeover.balance() == Balance(7.credits))
        takeover.time.set(future)
        #expect(try await takeover.balance() == Balance(18.credits))
        #expect(try await takeover.tamm.wallets.verify(as: .service).isClean)
        #expect(try await takeover.subscription() == nil)
    }

    @Test func `Lots that the wallet does not take leave nothing of the workspace`() async throws {
        let limits = WalletLimits(openGrants: 1, openHolds: 1, openReceivables: 1)
        let takeover = try Takeover(limits: limits)
        let error = await failure { try await takeover.adopt(Takeover.growth()) }
        #expect(error?.code == .conflict && error?.field == "lots[1]" && error?.message.contains("tooManyGrants") == true)
        let left = try await takeover.snapshot()
        #expect(left.workspace == nil && left.wallet == nil && left.entries.isEmpty && left.audit.isEmpty)
    }

    @Test func `Five hundred lots are booked at once, and leave room for the plan's own`() async throws {
        let takeover = try Takeover()
        let lots = try (1...500).map { try GrantTerms($0.credits, .purchased, source: "lot-\($0)".key) }
        try await takeover.adopt(Takeover.workspace(plan: Takeover.paid(), lots: lots))
        #expect(try await takeover.balance() == Balance(125_250.credits))
        #expect(try await takeover.adopt(Takeover.workspace(plan: Takeover.paid(), lots: lots.reversed())) == .alreadyAdopted)
        #expect(try await takeover.tamm.wallets.verify(as: .service).isClean)
    }
}
