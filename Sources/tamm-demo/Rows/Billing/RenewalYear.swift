import TammCore
import TammTesting

/// Eight workspaces over thirteen months, with a clock that runs as it may.
struct RenewalYear: Sendable {
    /// How the clock runs.
    enum Pace: String, Sendable, CaseIterable {
        case daily = "every day"
        case late = "every 40 days"
        case twice = "twice a day"
        case together = "every day by two tasks at once"
    }

    /// What became of one workspace.
    struct Outcome: Sendable, Equatable, CustomStringConvertible {
        struct Purchase: Sendable, Equatable {
            let id: Identifier<Payment>
            let purpose: PaymentPurpose
            let amount: Money
            let status: Payment.Status
            let period: Range<Timestamp>?
        }

        let plan: String
        let status: String
        let state: Subscription.State
        let anchor: Timestamp
        let creditedThrough: Timestamp
        let ending: Subscription.Ending?
        let payments: [Purchase]
        let grants: [GrantTerms]
        let balance: Balance

        var description: String {
            let paid = payments.count { $0.status == .confirmed }
            return "\(plan) (\(status)), \(paid) of \(payments.count) payments paid, \(grants.count) grants, "
                + "\(balance.available) credits"
        }
    }

    let pace: Pace
    let house: DemoHouse
    private let shops: [(name: String, shop: DemoShop)]

    /// Runs the year at every pace and compares the ends.
    static func compare(_ row: RowRecorder, _ context: DemoContext) async throws {
        row.did("ran 400 days of eight workspaces with the clock at four paces")
        var first: [String: Outcome] = [:]
        for pace in Pace.allCases {
            let year = try await RenewalYear(context, pace)
            try await year.run(row)
            let outcomes = try await year.outcomes()
            if pace == .daily {
                first = outcomes
                for (name, outcome) in outcomes.sorted(by: { $0.key < $1.key }) { row.evidence("\(name): \(outcome)") }
                row.expect(outcomes.mapValues(\.description), equals: expected, "the workspaces after 400 days")
            }
            let same = outcomes.count { first[$0.key] == $0.value }
            let charges = year.house.provider.charges.count
            row.evidence("the clock \(pace.rawValue): \(same) of \(outcomes.count) workspaces the same, \(charges) charges")
            row.expect(same, equals: expected.count, "workspaces that end as with a clock that runs every day")
            row.expect(charges, equals: 33, "charges")
            let report = try await year.house.wallets.verify(as: .service)
            row.expect(report.findings.map(\.description), equals: [], "the ledger's findings")
        }
    }

    private static let expected = [
        "free": "free@1 (active), 0 of 0 payments paid, 14 grants, 100 credits",
        "tried": "free@1 (expired), 0 of 0 payments paid, 14 grants, 100 credits",
        "monthly with a card": "starter@1 (active), 14 of 14 payments paid, 14 grants, 1500 credits",
        "yearly with a card": "growth@2 (active), 2 of 2 payments paid, 24 grants, 7500 credits",
        "going down with a card": "starter@1 (active), 14 of 14 payments paid, 14 grants, 1500 credits",
        "going down to free": "free@1 (active), 1 of 1 payments paid, 14 grants, 100 credits",
        "cancelled": "free@1 (canceled), 1 of 1 payments paid, 14 grants, 100 credits",
        "unpaid": "free@1 (expired), 1 of 2 payments paid, 13 grants, 100 credits",
    ]

    private init(_ context: DemoContext, _ pace: Pace) async throws {
        self.pace = pace
        // A clock that is late by 40 days charges cards that late; the plan must still be there then.
        let policy = try BillingPolicy(calendar: .cairo, fallback: PlanID("free"), graceDays: 60)
        house = try await DemoHouse(context, plan: "free", policy: policy)
        house.time.set(try Timestamp(parsing: Renewal.endOfJanuary))
        var shops: [(name: String, shop: DemoShop)] = []
        for name in Self.expected.keys.sorted() { shops.append((name, try await DemoShop(house, named: name, plan: nil))) }
        self.shops = shops
        for (name, shop) in shops { try await begin(name, shop) }
    }

    private func begin(_ name: String, _ shop: DemoShop) async throws {
        let subscriptions = house.subscriptions
        let id = shop.workspace.id
        switch name {
        case "free": _ = try await subscriptions.begin(PlanID("free"), in: id, as: shop.owner)
        case "tried": _ = try await subscriptions.beginTrial(of: PlanID("growth"), in: id, as: shop.owner)
        default:
            let plan = name == "monthly with a card" ? "starter" : "growth"
            let payment = try await shop.buy(plan, per: name.hasPrefix("yearly") ? .year : .month)
            if name.hasSuffix("card") { _ = try await shop.saveCard(of: payment) }
        }
        switch name {
        case "cancelled": _ = try await subscriptions.endLater(.cancel, in: id, as: shop.owner)
        case "going down to free", "going down with a card":
            let plan = try PlanID(name.hasSuffix("card") ? "starter" : "free")
            let target = try PlanVersionReference(plan, version: 1)
            _ = try await subscriptions.endLater(.move(to: target), in: id, as: shop.owner)
        default: break
        }
    }

    private func run(_ row: RowRecorder) async throws {
        let days: Int64 = pace == .late ? 40 : 1
        for _ in 0..<400 / days {
            house.time.advance(by: .seconds(days * 86_400))
            let clock = house.clock
            switch pace {
            case .daily: try await settle(row)
            case .twice:
                try await settle(row)
                try await settle(row)
            case .late: for _ in 0..<4 { try await settle(row) }
            case .together:
                async let one = clock.run()
                async let two = clock.run()
                row.expect(try await one.failures + two.failures, equals: [], "failures of the clock")
            }
        }
    }

    private func settle(_ row: RowRecorder) async throws {
        row.expect(try await house.clock.run().failures, equals: [], "failures of the clock")
    }

    private func outcomes() async throws -> [String: Outcome] {
        var outcomes: [String: Outcome] = [:]
        for (name, shop) in shops {
            guard let subscription = try await shop.subscription() else { continue }
            let payments = try await shop.payments().map {
                Outcome.Purchase(id: $0.id, purpose: $0.purpose, amount: $0.amount, status: $0.status, period: $0.period)
            }
            let grants = try await house.wallets.grants(of: shop.wallet, limit: maximumPage, as: .service).map(\.terms)
            outcomes[name] = Outcome(
                plan: try await shop.plan(), status: subscription.status.rawValue, state: subscription.state,
                anchor: subscription.anchor, creditedThrough: subscription.creditedThrough,
                ending: subscription.ending, payments: payments,
                grants: grants.sorted { ($0.effectiveAt ?? .min) < ($1.effectiveAt ?? .min) },
                balance: try await shop.balance())
        }
        return outcomes
    }
}
