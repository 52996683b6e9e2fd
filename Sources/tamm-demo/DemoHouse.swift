import TammCore
import TammTesting

/// A workspace with an owner, a wallet and a plan on an empty store, and somebody to take its money: where most rows
/// begin.
struct DemoHouse: Sendable {
    let store: any TammStore
    let time: ManualTime
    let entropy: EntropySource
    let workspaces: Workspaces
    let plans: Plans
    let subscriptions: Subscriptions
    let payments: Payments
    let clock: BillingClock
    let audit: AuditTrail
    let wallets: Wallets
    let metering: Metering
    let rules: BillingRules
    let provider: SimulatedProvider
    /// One of the platform's own administrators.
    let admin: Principal
    let owner: Identifier<User>
    let workspace: Workspace
    let wallet: Wallet

    /// - Parameter provider: who takes cards; transfers go to `tamm@instapay`.
    init(
        _ context: DemoContext, plan: String = "growth", catalogue: PlanCatalogue = .example,
        policy: BillingPolicy? = nil, provider: SimulatedProvider = SimulatedProvider()
    ) async throws {
        store = try await context.makeStore()
        time = ManualTime(context.now)
        self.provider = provider
        entropy = SeededEntropy(seed: context.seed).source
        workspaces = Workspaces(store: store, time: time.source, entropy: entropy)
        let standard = try BillingPolicy(calendar: .cairo, fallback: PlanID("free"))
        var rules = BillingRules(catalogue: catalogue, policy: policy ?? standard)
        context.billingRules(&rules)
        self.rules = rules
        let billing = try BillingConfiguration(
            rules: rules, providers: [provider.provider], instaPay: InstaPay(address: "tamm@instapay"))
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
        let administrator = Identifier<User>(high: 3, low: 1)
        admin = .platformAdmin(administrator)
        try await workspaces.setPlatformAdmin(administrator, true, as: .service)
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
            "recomputed from \(report.entries) ledger \(report.entries == 1 ? "entry" : "entries"): \(report.findings.count) findings, all accounts sum to "
                + "\(report.totals.values.reduce(0, +))")
        row.expect(report.findings.map(\.description), equals: [], "the ledger's findings")
    }
}
