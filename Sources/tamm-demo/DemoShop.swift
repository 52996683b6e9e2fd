import TammCore
import TammTesting

/// A workspace that buys, and what is read back of it from the store.
struct DemoShop: Sendable {
    let house: DemoHouse
    let workspace: Workspace
    let wallet: Wallet
    let owner: Principal

    /// The house's own workspace.
    init(_ house: DemoHouse) {
        self.house = house
        workspace = house.workspace
        wallet = house.wallet
        owner = .user(house.owner, in: house.workspace.id)
    }

    /// One more workspace of the same owner, on a plan; nil: on none.
    init(_ house: DemoHouse, named name: String, plan: String? = "free") async throws {
        self.house = house
        workspace = try await house.workspaces.create(named: name, owner: house.owner, as: .service)
        wallet = try await house.wallets.open(in: workspace.id, as: .service)
        owner = .user(house.owner, in: workspace.id)
        if let plan { try await house.subscriptions.assign(PlanID(plan), to: workspace.id, as: .service) }
    }

    // MARK: Buying

    /// - Throws: `conflict` where the purchase is refused.
    func open(
        _ request: PurchaseRequest, with provider: PaymentProviderName = .paymob, key: String = "order"
    ) async throws -> Payment {
        let outcome = try await house.payments.open(
            request, in: .egp, with: provider, for: workspace.id, key: IdempotencyKey(key), as: owner)
        guard let payment = outcome.value else { throw TammError(.conflict, "the purchase was not opened: \(outcome)") }
        return payment
    }

    /// What is bought is paid, and the provider tells.
    @discardableResult
    func pay(_ payment: Payment, _ money: Money? = nil) async throws -> Payment {
        guard let order = payment.order else { throw TammError(.notFound, "payment \(payment.id) has no order") }
        try await deliver(house.provider.charge(order, money ?? payment.amount))
        return try await read(payment)
    }

    @discardableResult
    func buy(_ plan: String, per interval: BillingInterval = .month, key: String = "order") async throws -> Payment {
        try await pay(open(.plan(PlanID(plan), per: interval), key: key))
    }

    func deliver(_ notices: [PaymentNotice]) async throws {
        for notice in notices { try await house.payments.receive(notice) }
    }

    // MARK: Reading back

    /// The payment as it stands in the store.
    func read(_ payment: Payment) async throws -> Payment {
        guard let found = try await house.payments.payment(payment.place, as: .service) else {
            throw TammError(.notFound, "no payment \(payment.id)")
        }
        return found
    }

    func payments() async throws -> [Payment] {
        try await house.payments.payments(of: workspace.id, limit: maximumPage, as: .service)
    }

    func subscription() async throws -> Subscription? {
        try await house.subscriptions.subscription(of: workspace.id, as: .service)
    }

    /// The plan that the workspace has now, or `none`.
    func plan() async throws -> String {
        try await house.plans.plan(of: workspace.id, as: .service)?.version.reference.description ?? "none"
    }

    func balance() async throws -> Balance { try await house.wallets.balance(of: wallet, as: .service) }

    func standing() async throws -> ShopStanding {
        ShopStanding(
            plan: try await plan(), status: try await subscription()?.status.rawValue ?? "none",
            balance: try await balance(),
            entries: try await house.wallets.wallet(wallet.place, as: .service)?.sequence ?? 0,
            payments: try await payments())
    }

    /// How often an action is in the audit log.
    func recorded(_ action: String) async throws -> Int {
        try await house.audit.entries(of: workspace.id, limit: maximumPage, as: .service)
            .count { $0.action.name == action }
    }
}

/// What a workspace has, as read from the store: two that are equal show that nothing has changed.
struct ShopStanding: Sendable, Equatable, CustomStringConvertible {
    let plan: String
    let status: String
    let balance: Balance
    let entries: Int64
    let payments: [Payment]

    var description: String {
        let states = payments.map(\.status.rawValue).joined(separator: ", ")
        return "\(plan) (\(status)), \(balance.available) credits, \(entries) ledger \(entries == 1 ? "entry" : "entries")"
            + (balance.owed.isZero ? "" : ", \(balance.owed) owed") + ", payments: \(states.isEmpty ? "none" : states)"
    }
}

extension RowRecorder {
    /// Shows what a workspace has, and fails the row unless it is as before.
    func expectUnchanged(_ shop: DemoShop, since before: ShopStanding, _ what: String) async throws {
        let after = try await shop.standing()
        guard after != before else {
            expect(true, what)
            return
        }
        expect("\(after)", equals: "\(before)", what)
        expect(after.payments == before.payments, "\(what): the payments are as they were")
    }
}
