import TammInMemory
import TammTesting
import Testing

@testable import TammCore

/// A Tamm that takes workspaces over from an existing platform, at noon of 15 March 2026.
struct Takeover: Sendable {
    let store: InterruptedStore
    let time: ManualTime
    let tamm: Tamm
    let rules: BillingRules

    init(over store: any TammStore = InMemoryStore(), limits: WalletLimits = .standard) throws {
        self.store = InterruptedStore(store)
        time = ManualTime("2026-03-15T12:00:00Z".moment)
        let billing = try BillingConfiguration(
            catalogue: .example, policy: BillingPolicy(calendar: .cairo), providers: [SimulatedProvider().provider])
        rules = billing.rules
        tamm = Tamm(
            store: self.store, time: time.source, entropy: SeededEntropy(seed: 7).source, billing: billing,
            prices: .example, limits: limits)
    }

    /// A workspace as another platform names it: a random UUID of version 4.
    static func id<Entity>(_ number: Int) -> Identifier<Entity> {
        Identifier(high: 0x7f3a_11c2_9b0e_4d5a &+ UInt64(number) << 32, low: 0xa000_0000_0000_0000 | UInt64(number))
    }

    static func workspace(
        _ number: Int = 1, name: String = "Nile Books", createdAt: String = "2024-05-06T07:08:09.123456Z",
        owner: Int = 100, plan: AdoptedPlan?, lots: [GrantTerms]
    ) throws -> AdoptedWorkspace {
        let workspace = try Workspace(id: id(number), name: name, createdAt: createdAt.moment)
        let members = [(owner, Role.owner), (101, .admin), (102, .member)].map { user, role in
            Member(workspace: workspace.id, user: id(user), role: role, joinedAt: "2024-05-07T00:00:00Z".moment)
        }
        return try AdoptedWorkspace(workspace, members: members, plan: plan, lots: lots)
    }

    /// On `growth@1`, paid for by the month until 1 April, with credits of the plan and a pack.
    static func growth(_ number: Int = 1) throws -> AdoptedWorkspace {
        try workspace(number, plan: paid(), lots: lots())
    }

    static func paid(
        _ plan: String = "growth@1", from: String = "2026-03-01T00:00:00Z", through: String = "2026-04-01T00:00:00Z",
        anchor: String? = nil, interval: BillingInterval = .month, currency: Currency = .egp, renews: Bool = true
    ) throws -> AdoptedPlan {
        try AdoptedPlan(
            PlanVersionReference(parsing: plan),
            .paid(.init(interval: interval, currency: currency, provider: .paymob), renews: renews),
            from: from.moment, through: through.moment, anchor: anchor?.moment, hadTrial: true)
    }

    static func lots() throws -> [GrantTerms] {
        [
            try GrantTerms(250.credits, .purchased, expiresAt: "2027-01-01T00:00:00Z".moment, source: "order-81".key),
            try GrantTerms(
                Credits(parsing: "1234.5"), .plan, priority: -1, effectiveAt: "2026-03-01T00:00:00Z".moment,
                expiresAt: "2026-04-01T00:00:00Z".moment),
        ]
    }

    @discardableResult
    func adopt(_ adopted: AdoptedWorkspace, as principal: Principal = .service) async throws -> AdoptionOutcome {
        try await tamm.adoption.adopt(adopted, as: principal)
    }

    func wallet(_ number: Int = 1) async throws -> Wallet {
        try await tamm.wallets.open(in: Self.id(number), as: .service)
    }

    func balance(_ number: Int = 1) async throws -> Balance {
        try await tamm.wallets.balance(of: wallet(number), as: .service)
    }

    func subscription(_ number: Int = 1) async throws -> Subscription? {
        try await tamm.subscriptions.subscription(of: Self.id(number), as: .service)
    }

    func grants(_ number: Int = 1) async throws -> [GrantTerms] {
        try await tamm.wallets.grants(of: wallet(number), limit: 1000, as: .service).map(\.terms)
    }

    func run(at moment: String) async throws {
        time.set(moment.moment)
        #expect(try await tamm.clock.run().failures == [])
    }

    /// Everything that a store keeps of a workspace and adoption touches.
    func snapshot(_ number: Int = 1) async throws -> Snapshot {
        let id: Identifier<Workspace> = Self.id(number)
        let wallet = Wallet.main(of: id, at: .epoch).place
        return try await store.transaction(as: .service) { t throws(TammError) in
            Snapshot(
                workspace: try t.workspace(id), members: try t.members(of: id, after: nil, limit: 1000),
                subscription: try t.subscription(of: id), wallet: try t.wallet(wallet),
                entries: try t.entries(of: wallet, after: 0, limit: 1000),
                grants: try t.grants(of: wallet, after: nil, limit: 1000),
                audit: try t.auditEntries(of: id, after: nil, limit: 1000))
        }
    }

    struct Snapshot: Equatable {
        let workspace: Workspace?
        let members: [Member]
        let subscription: Subscription?
        let wallet: Wallet?
        let entries: [LedgerEntry]
        let grants: [Grant]
        let audit: [AuditEntry]
    }
}

extension String {
    /// The text as a moment; it must have a moment's form.
    var moment: Timestamp { try! Timestamp(parsing: self) }
}
