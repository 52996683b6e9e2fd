import TammCore
import TammPostgres
import TammTesting
import Testing

@Suite struct `Adoption on PostgreSQL` {
    private static let now = try! Timestamp(parsing: "2026-03-15T12:00:00Z")

    /// Fifty workspaces of another platform, of random identifiers, on three plans, with one to five lots.
    private static func workspaces(seed: UInt64) throws -> [AdoptedWorkspace] {
        let entropy = SeededEntropy(seed: seed).source
        func id<Entity>() -> Identifier<Entity> {
            Identifier(
                high: entropy.next() & ~0xf000 | 0x4000, low: 0x8000_0000_0000_0000 | entropy.next() >> 2)
        }
        let (start, end) = (try Timestamp(parsing: "2026-03-01T00:00:00Z"), try Timestamp(parsing: "2026-04-01T00:00:00Z"))
        return try (0..<50).map { number in
            let workspace = try Workspace(id: id(), name: "Adopted \(number)", createdAt: start)
            let members = (0...number % 4).map { place in
                Member(workspace: workspace.id, user: id(), role: place == 0 ? .owner : .member, joinedAt: start)
            }
            let terms = Subscription.Terms(interval: .month, currency: .egp, provider: .paymob)
            let plans = [
                try AdoptedPlan(
                    PlanVersionReference(parsing: "growth@1"), .paid(terms, renews: true), from: start, through: end,
                    hadTrial: true),
                try AdoptedPlan(
                    PlanVersionReference(parsing: "free@1"), .complimentary, from: start, through: end, hadTrial: false),
                nil,
            ]
            let lots = try (0...number % 5).map { place in
                try GrantTerms(
                    Credits(micro: 1 + Int64(entropy.next() % 1_000_000_000_000)), Grant.Category.allCases[place % 3],
                    priority: place - 2, effectiveAt: place == 4 ? end : nil, expiresAt: place == 1 ? end : nil,
                    source: IdempotencyKey("old-\(number)-\(place)"))
            }
            return try AdoptedWorkspace(workspace, members: members, plan: plans[number % 3], lots: lots)
        }
    }

    private static func tamm(_ store: any TammStore) throws -> Tamm {
        let billing = try BillingConfiguration(
            catalogue: .example, policy: .standard, providers: [SimulatedProvider().provider])
        return Tamm(
            store: store, time: ManualTime(now).source, entropy: SeededEntropy(seed: 3).source, billing: billing,
            prices: .example)
    }

    /// What each workspace can spend at the moment of adoption.
    private static func book(_ workspaces: [AdoptedWorkspace]) -> [BookRow] {
        workspaces.map { adopted in
            let lots = adopted.lots.filter { $0.effectiveAt.map { $0 <= now } ?? true }
            return BookRow(
                workspace: adopted.workspace.id, available: Credits(unchecked: lots.reduce(0) { $0 + $1.amount.micro }))
        }.sorted { $0.workspace < $1.workspace }
    }

    @Test func `Fifty workspaces are adopted, twice, and are there once, to the micro-credit`() async throws {
        let scratch = try await Scratch()
        let tamm = try Self.tamm(scratch.store)
        let workspaces = try Self.workspaces(seed: 11)
        let first = await tamm.adoption.adopt(contentsOf: workspaces, as: .service)
        #expect(first.adopted == 50 && first.failures.isEmpty, "\(first)")
        let second = await tamm.adoption.adopt(contentsOf: workspaces, as: .service)
        #expect(second.alreadyAdopted == 50 && second.adopted == 0, "\(second)")
        let verified = try await tamm.wallets.verify(as: .service)
        #expect(verified.isClean && verified.wallets == 50, "\(verified.findings)")
        let comparison = try await Shadow(wallets: tamm.wallets).compareBook(Self.book(workspaces), as: .service)
        #expect(comparison.agrees && comparison.agreed == 50, "\(comparison.differences)")
        for adopted in workspaces {
            let id = adopted.workspace.id
            #expect(try await tamm.workspaces.workspace(id, as: .service) == adopted.workspace)
            #expect(try await tamm.workspaces.members(of: id, as: .service) == adopted.members)
            let subscription = try await tamm.subscriptions.subscription(of: id, as: .service)
            #expect(subscription?.plan == adopted.plan?.version)
            let wallet = try await tamm.wallets.open(in: id, as: .service)
            #expect(Set(try await tamm.wallets.grants(of: wallet, as: .service).map(\.terms)) == Set(adopted.lots))
            #expect(try await tamm.audit.entries(of: id, as: .service).map(\.action.name) == ["workspace.adopted"])
        }
        #expect(try await tamm.clock.run().failures.isEmpty)
        #expect(try await Shadow(wallets: tamm.wallets).compareBook(Self.book(workspaces), as: .service).agrees)
        await scratch.close()
    }

    @Test func `An adoption that is broken off goes on, and what differs is named`() async throws {
        let scratch = try await Scratch()
        let store = InterruptedStore(scratch.store)
        let tamm = try Self.tamm(store)
        let workspaces = try Self.workspaces(seed: 12)
        store.fail(at: 21)
        let first = await tamm.adoption.adopt(contentsOf: workspaces, as: .service)
        #expect(first.adopted == 49 && first.failures.map(\.position) == [21], "\(first)")
        let lost = workspaces[20].workspace.id
        #expect(try await tamm.workspaces.workspace(lost, as: .service) == nil)
        let lines = workspaces.map { $0.json() }.joined(separator: [UInt8(ascii: "\n")])
        let second = await tamm.adoption.adopt(lines: Array(lines), as: .service)
        #expect(second.adopted == 1 && second.alreadyAdopted == 49, "\(second)")
        let one = workspaces[0]
        let less = try AdoptedWorkspace(one.workspace, members: one.members, plan: one.plan, lots: [])
        #expect(
            try await tamm.adoption.adopt(less, as: .service)
                == .differs([
                    AdoptionDifference(field: "lots[0]", adopted: one.lots[0].amount.description, asked: "none")
                ]))
        #expect(try await tamm.wallets.verify(as: .service).isClean)
        #expect(try await Shadow(wallets: tamm.wallets).compareBook(Self.book(workspaces), as: .service).agrees)
        await scratch.close()
    }

    @Test func `A billing that decides rightly agrees with its shadow in every command, and as a book`() async throws {
        let scratch = try await Scratch()
        let tamm = try Self.tamm(scratch.store)
        let rows = Self.book(try Self.workspaces(seed: 14))
        _ = await tamm.adoption.adopt(contentsOf: try Self.workspaces(seed: 14), as: .service)
        let shadow = Shadow(wallets: tamm.wallets)
        let left = try await withThrowingTaskGroup(of: BookRow.self) { group in
            for (number, row) in rows.enumerated() {
                group.addTask {
                    let entropy = SeededEntropy(seed: UInt64(number)).source
                    let wallet = try await tamm.wallets.open(in: row.workspace, as: .service)
                    var available = row.available.micro
                    for command in 0..<20 {
                        let micro = Int64(entropy.next() % UInt64(row.available.micro / 4 + 1))
                        let isCovered = micro <= available
                        available -= isCovered ? micro : 0
                        let (amount, rest) = (try Credits(micro: micro), try Credits(micro: available))
                        await shadow.compare(
                            try WalletCommand(
                                .debit(amount, shortfall: .refuse), wallet: wallet.id, in: row.workspace,
                                key: IdempotencyKey("command-\(command)")),
                            with: ShadowAnswer(isCovered ? .done(amount) : .refused, available: rest, owed: .zero),
                            as: .service)
                    }
                    return BookRow(workspace: row.workspace, available: try Credits(micro: available))
                }
            }
            return try await group.reduce(into: [BookRow]()) { $0.append($1) }
        }
        let report = shadow.report
        #expect(report.compared == 1000 && report.agreed == 1000 && report.failures.isEmpty, "\(report)")
        let sorted = left.sorted { $0.workspace < $1.workspace }
        let comparison = try await shadow.compareBook(sorted, as: .service)
        #expect(comparison.agrees && comparison.ours < rows.reduce(0) { $0 + Int128($1.available.micro) })
        await scratch.close()
    }

    @Test func `A platform administrator adopts, a member does not`() async throws {
        let scratch = try await Scratch()
        let tamm = try Self.tamm(scratch.store)
        let adopted = try Self.workspaces(seed: 15)[3]
        let (admin, owner) = (adopted.members[0].user, adopted.members.first { $0.role == .owner }?.user)
        let member = Principal.user(try #require(owner), in: adopted.workspace.id)
        await #expect(throws: TammError.self) { try await tamm.adoption.adopt(adopted, as: .platformAdmin(admin)) }
        await #expect(throws: TammError.self) { try await tamm.adoption.adopt(adopted, as: member) }
        try await tamm.workspaces.setPlatformAdmin(admin, true, as: .service)
        #expect(try await tamm.adoption.adopt(adopted, as: .platformAdmin(admin)) == .adopted)
        await #expect(throws: TammError.self) { try await tamm.adoption.adopt(adopted, as: member) }
        await scratch.close()
    }

    @Test func `Of those who adopt a workspace at once one does, though it has five hundred lots`() async throws {
        let scratch = try await Scratch()
        let tamm = try Self.tamm(scratch.store)
        let model = try Self.workspaces(seed: 13)[3]
        let lots = try (1...AdoptedWorkspace.maximumLots).map { number in
            try GrantTerms(Credits(Int64(number)), .purchased, source: IdempotencyKey("lot-\(number)"))
        }
        let adopted = try AdoptedWorkspace(model.workspace, members: model.members, plan: model.plan, lots: lots)
        let outcomes = try await withThrowingTaskGroup(of: AdoptionOutcome.self) { group in
            for _ in 0..<8 { group.addTask { try await tamm.adoption.adopt(adopted, as: .service) } }
            return try await group.reduce(into: [AdoptionOutcome]()) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == .adopted } == 1 && outcomes.count { $0 == .alreadyAdopted } == 7, "\(outcomes)")
        let wallet = try await tamm.wallets.open(in: adopted.workspace.id, as: .service)
        #expect(try await tamm.wallets.balance(of: wallet, as: .service).available == Credits(125_250))
        #expect(try await tamm.wallets.verify(as: .service).isClean)
        await scratch.close()
    }
}
