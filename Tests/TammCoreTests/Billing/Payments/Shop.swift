import TammTesting
import Testing

@testable import TammCore

/// A bank with plans to sell and somebody to take the money.
struct Shop: Sendable {
    let bank: Bank
    let provider: SimulatedProvider
    let configuration: BillingConfiguration
    let subscriptions: Subscriptions
    let payments: Payments
    let clock: BillingClock
    let plans: Plans

    static let instaPay = "tamm@instapay"

    init(
        at start: Timestamp = Bank.start, catalogue: PlanCatalogue = .example, policy: BillingPolicy? = nil,
        provider: SimulatedProvider? = nil, instaPay: InstaPay? = nil, firstOrder: Int64 = 1000,
        change: (inout BillingRules) -> Void = { _ in }
    ) async throws {
        bank = try await Bank(at: start)
        let provider = provider ?? SimulatedProvider(firstOrder: firstOrder)
        self.provider = provider
        let standard = try BillingPolicy(calendar: .cairo, fallback: PlanID("free"))
        var rules = BillingRules(catalogue: catalogue, policy: policy ?? standard)
        change(&rules)
        configuration = try BillingConfiguration(
            rules: rules, providers: [provider.provider], instaPay: instaPay ?? InstaPay(address: Self.instaPay))
        let billing = Billing(
            store: bank.store, time: bank.time.source, entropy: bank.entropy, wallets: bank.wallets,
            configuration: configuration)
        subscriptions = Subscriptions(billing)
        payments = Payments(billing)
        clock = BillingClock(billing)
        plans = Plans(store: bank.store, time: bank.time.source, rules: rules)
    }

    var workspace: Identifier<Workspace> { bank.workspace }
    var owner: Principal { .user(Bank.ownerID, in: workspace) }

    @discardableResult
    func open(
        _ request: PurchaseRequest, with provider: PaymentProviderName = .paymob, _ key: String = "k"
    ) async throws -> Payment {
        let outcome = try await payments.open(
            request, in: .egp, with: provider, for: workspace, key: key.key, as: owner)
        return try #require(outcome.value, "\(outcome)")
    }

    /// The payer pays so much, or what is asked, and the provider tells.
    @discardableResult
    func pay(_ payment: Payment, _ money: Money? = nil) async throws -> Payment {
        try await deliver(provider.charge(try #require(payment.order), money ?? payment.amount))
        return try await now(payment)
    }

    func deliver(_ notices: [PaymentNotice]) async throws {
        for notice in notices { try await payments.receive(notice) }
    }

    func now(_ payment: Payment) async throws -> Payment {
        try #require(try await payments.payment(payment.place, as: .service))
    }

    func subscription() async throws -> Subscription? {
        try await subscriptions.subscription(of: workspace, as: .service)
    }

    func plan() async throws -> String? {
        try await plans.plan(of: workspace, as: .service)?.version.reference.description
    }

    @discardableResult
    func buy(_ plan: String, per interval: BillingInterval = .month, _ key: String = "k") async throws -> Payment {
        try await pay(open(.plan(PlanID(plan), per: interval), key))
    }

    @discardableResult
    func run() async throws -> BillingClockReport {
        let report = try await clock.run()
        #expect(report.failures.isEmpty, "\(report.failures)")
        return report
    }
}

extension Money {
    static func egp(_ pounds: Int64) throws -> Money { try Money(minorUnits: pounds * 100, .egp) }
}
