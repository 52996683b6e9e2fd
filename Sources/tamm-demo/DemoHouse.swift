import TammCore
import TammTesting

/// A workspace with an owner, a wallet and a plan on an empty store: where most rows begin.
struct DemoHouse: Sendable {
    let store: any TammStore
    let time: ManualTime
    let workspaces: Workspaces
    let plans: Plans
    let subscriptions: Subscriptions
    let payments: Payments
    let clock: BillingClock
    let audit: AuditTrail
    let wallets: Wallets
    let metering: Metering
    let owner: Identifier<User>
    let workspace: Workspace
    let wallet: Wallet

    init(_ context: DemoContext, plan: String = "growth") async throws {
        store = context.makeStore()
        time = ManualTime(context.now)
        let entropy = SeededEntropy(seed: context.seed).source
        workspaces = Workspaces(store: store, time: time.source, entropy: entropy)
        let billing = try BillingConfiguration(
            rules: BillingRules(catalogue: .example, policy: BillingPolicy(calendar: .cairo, fallback: PlanID("free"))))
        plans = Plans(store: store, time: time.source, rules: billing.rules)
        wallets = Wallets(store: store, time: time.source, rules: context.rules(.standard))
        subscriptions = Subscriptions(
            store: store, time: time.source, entropy: entropy, wallets: wallets, configuration: billing)
        payments = Payments(
            store: store, time: time.source, entropy: entropy, wallets: wallets, configuration: billing)
        clock = BillingClock(
            store: store, time: time.source, entropy: entropy, wallets: wallets, configuration: billing)
        audit = AuditTrail(store: store)
        metering = Metering(wallets: wallets, plans: plans, prices: .example, time: time.source)
        owner = Identifier(at: context.now, entropy: entropy)
        workspace = try await workspaces.create(named: "Nile Bakery", owner: owner, as: .service)
        wallet = try await wallets.open(in: workspace.id, as: .service)
        try await subscriptions.assign(PlanID(plan), to: workspace.id, as: .service)
    }

    /// Grants purchased credits.
    @discardableResult
    func grant(_ whole: Int64, _ key: String) async throws -> WalletReceipt? {
        try await wallets.grant(
            GrantTerms(Credits(whole), .purchased), to: wallet, key: IdempotencyKey(key), as: .service
        ).receipt
    }

    /// The wallet's balances as the store has them.
    func balance() async throws -> Balance { try await wallets.balance(of: wallet, as: .service) }

    /// Recomputes the ledger and shows what was found.
    func verify(_ row: RowRecorder) async throws {
        let report = try await wallets.verify(as: .service)
        row.evidence(
            "recomputed from \(report.entries) entries: \(report.findings.count) findings, all accounts sum to "
                + "\(report.totals.values.reduce(0, +))")
        row.expect(report.findings.map(\.description), equals: [], "the ledger's findings")
    }
}
