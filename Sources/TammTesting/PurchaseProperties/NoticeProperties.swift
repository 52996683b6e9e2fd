public import TammCore

/// That it does not matter in which order, and how often, a provider tells of one transaction.
///
/// What is stored of the transaction's money is the same in every order. So are the payment, its credits and the
/// subscription, where no word of returned money overtakes that of the capture: money that is known to have gone back
/// before it is known to have come is kept for an administrator. Where all of it was given back and disputed too, the
/// word that came first says by which policy the plan ends.
public struct NoticeProperties: Sendable {
    /// An order that came to something else.
    public struct Failure: Sendable, CustomStringConvertible {
        /// Run this seed alone to see it again.
        public let seed: UInt64
        public let detail: String

        public var description: String { "\(detail)\n  seed 0x\(String(seed, radix: 16))" }
    }

    private let scenario: PurchaseScenario
    private let makeStore: @Sendable () async throws -> any TammStore

    /// - Parameter makeStore: makes a store for each order, or hands out one and the same.
    public init(
        scenario: PurchaseScenario = .example, store makeStore: @escaping @Sendable () async throws -> any TammStore
    ) {
        self.scenario = scenario
        self.makeStore = makeStore
    }

    /// Tries `transactions`, each in several orders; stops at the first failure.
    public func run(transactions: Int = 100, seed: UInt64 = TestSeed.current) async throws -> [Failure] {
        var seeds = SplitMix64(seed: seed)
        for _ in 0..<transactions {
            let seed = seeds.next()
            if let detail = try await run(one: seed, changing: { _ in }) { return [Failure(seed: seed, detail: detail)] }
        }
        return []
    }

    /// - Returns: what was wanted and found, where an order comes to something else.
    package func run(
        one seed: UInt64, changing change: @Sendable (inout PurchaseRules) -> Void
    ) async throws -> String? {
        var random = SplitMix64(seed: seed)
        let facts = facts(&random)
        let plan = scenario.catalogue.plans.map(\.id).randomElement(using: &random)
        var (money, all): (String?, String?) = (nil, nil)
        for order in 0..<8 {
            var told = facts
            if order > 0 {
                told += facts.shuffled(using: &random).prefix(order % 3)
                told.shuffle(using: &random)
            }
            let found = try await outcome(of: told, plan, seed, change)
            if let wanted = money, wanted != found.money { return "\(told) makes \(found.money), wanted \(wanted)" }
            money = found.money
            guard order == 0 || told.isCapturedFirst else { continue }
            if let wanted = all, wanted != found.all { return "\(told) makes \(found.all), wanted \(wanted)" }
            all = found.all
        }
        return nil
    }

    /// What happens to one charge, told in the order in which it did; amounts are percent of what is asked.
    private func facts(_ random: inout SplitMix64) -> [Told] {
        var facts: [Told] = []
        func chance(_ percent: Int) -> Bool { Int.random(in: 0...99, using: &random) < percent }
        if chance(50) { facts.append(.pending) }
        if chance(30) { facts.append(.declined) }
        if chance(50) { facts.append(.authorized) }
        facts.append(.captured)
        for percent in [20, 70, 100] as [Int64] where chance(35) { facts.append(.refunded(percent)) }
        if chance(15) { facts.append(.voided) }
        if chance(35) {
            facts.append(.disputed(.open))
            facts.append(.disputed(chance(60) ? .won : .lost))
        }
        return facts
    }

    fileprivate enum Told: Hashable {
        case pending, declined, authorized, captured, voided
        case refunded(Int64)
        case disputed(PaymentTransaction.Dispute)

        func fact(of money: Money) -> PaymentNotice.Fact {
            switch self {
            case .pending: .pending
            case .declined: .declined
            case .authorized: .authorized(money)
            case .captured: .captured(money)
            case .voided: .voided
            case .refunded(let percent): .refunded(money.minorUnits * percent / 100)
            case .disputed(let dispute): .disputed(dispute)
            }
        }
    }

    private func outcome(
        of told: [Told], _ plan: PlanID?, _ seed: UInt64, _ change: @Sendable (inout PurchaseRules) -> Void
    ) async throws -> (money: String, all: String) {
        let policy = scenario.policies[Int(seed % UInt64(scenario.policies.count))]
        var rules = PurchaseRules(
            billing: BillingRules(catalogue: scenario.catalogue, policy: policy), wallet: WalletRules(limits: .standard))
        change(&rules)
        let world = try await PurchaseWorld(
            store: makeStore(), rules: rules, workspaces: 1, start: scenario.starts[0], seed: seed)
        let request = plan.map { PurchaseRequest.plan($0, per: .month) } ?? .renewal
        let opened = try await world.payments.open(
            request, in: scenario.currencies[0], with: .paymob, for: world.workspaces[0], key: IdempotencyKey("order"),
            as: .service)
        guard let payment = opened.value, let order = payment.order else { return ("", "") }
        for fact in told {
            try await world.payments.receive(
                PaymentNotice(order: order, transaction: "1", fact.fact(of: payment.amount)))
        }
        let state = try await world.look(0)
        guard let row = state.payments.first?.transactions.first, let now = state.payments.first else { return ("", "") }
        let grants = now.grants.map { "\($0.amount) \(state.grants[$0.grant]?.clawedBack ?? .zero)" }
        let money = "\(row.progress) \(row.money.map { "\($0)" } ?? "") \(row.returned) \(row.dispute)"
        let all =
            "\(now.status) \(row.use.map { "\($0)" } ?? "") \(grants) \(state.balance) \(told.isReturnedTwice ? "" : state.standing?.status.rawValue ?? "")"
        return (money, all)
    }
}

extension [NoticeProperties.Told] {
    /// Whether all of the money went back for two reasons.
    fileprivate var isReturnedTwice: Bool {
        contains(.disputed(.open)) && (contains(.voided) || contains(.refunded(100)))
    }

    /// Whether no word of returned money comes before the first of the capture.
    fileprivate var isCapturedFirst: Bool {
        prefix { $0 != .captured }.allSatisfy { [.pending, .declined, .authorized].contains($0) }
    }
}
