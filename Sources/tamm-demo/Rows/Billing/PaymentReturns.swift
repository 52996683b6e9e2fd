import TammCore
import TammTesting

/// Money that a provider gives back or a bank takes: the credits follow it, and the plan by the platform's policy.
struct PaymentReturns: Sendable {
    let house: DemoHouse

    /// With a policy that ends the plan.
    func run(_ row: RowRecorder) async throws {
        let partial = try await DemoShop(house, named: "Refunded in parts")
        try await parts(row, partial)
        let spent = try await DemoShop(house, named: "Refunded after spending")
        try await afterSpending(row, spent)
        let upgraded = try await DemoShop(house, named: "Refunded upgrade")
        try await upgrade(row, upgraded)
        let voided = try await DemoShop(house, named: "Voided")
        try await void(row, voided)
        let disputed = try await DemoShop(house, named: "Disputed")
        try await dispute(row, disputed, planMeanwhile: "free@1")
        let lost = try await DemoShop(house, named: "Dispute lost")
        try await disputeLost(row, lost)
        let short = try await DemoShop(house, named: "Underpaid")
        _ = try await short.pay(short.growth(), Money(minorUnits: 500, .egp))
        try await totals(row, [partial, spent, upgraded, voided, disputed, lost, short])
    }

    /// With a policy that keeps the plan to the end of what was paid.
    func keepingPeriods(_ row: RowRecorder) async throws {
        let refunded = try await DemoShop(house, named: "Refunded")
        row.did("the same with a policy that keeps the plan to the end of the period")
        let payment = try await refunded.pay(refunded.growth())
        _ = try await refund(payment, payment.amount)
        try await expect("growth@2", credits: 0, row, refunded, "refunded in whole")
        row.expect(try await refunded.subscription()?.ending, equals: .cancel, "what happens at the end of the period")
        let end = try row.require(try await refunded.subscription()?.paidThrough, "the end of the period")
        let disputed = try await DemoShop(house, named: "Disputed")
        try await dispute(row, disputed, planMeanwhile: "growth@2")
        house.time.set(end)
        row.evidence("at \(end): \(try await refunded.plan())")
        row.expect(try await refunded.plan(), equals: "free@1", "the plan after the period")
        try await totals(row, [refunded, disputed])
    }

    // MARK: Refunds

    private func refund(
        _ payment: Payment, _ amount: Money, _ transaction: String? = nil
    ) async throws -> BillingOutcome<Payment> {
        try await house.payments.refund(
            amount, transaction: transaction ?? payment.applied?.id ?? "none", of: payment.place,
            key: IdempotencyKey("\(payment.id):\(amount.minorUnits)"), because: "the customer asked", as: house.admin)
    }

    private func parts(_ row: RowRecorder, _ shop: DemoShop) async throws {
        let payment = try await shop.pay(shop.growth())
        row.did("growth for \(payment.amount): a quarter is refunded, reported late and twice, then the rest")
        await row.expectRefusal("a refund by the owner") { () throws(TammError) in
            _ = try await house.payments.refund(
                payment.amount, transaction: payment.applied?.id ?? "none", of: payment.place,
                key: IdempotencyKey("mine"), because: "mine", as: shop.owner)
        }
        let quarter = try Money(minorUnits: payment.amount.minorUnits / 4, .egp)
        let first = try await refund(payment, quarter)
        row.expect(first.value?.status, equals: .partlyRefunded, "the payment")
        try await expect("growth@2", credits: 5625, row, shop, "\(quarter) refunded")
        let order = try row.require(payment.order, "the order")
        let transaction = try row.require(payment.applied?.id, "the transaction")
        let before = try await shop.standing()
        for total in [quarter.minorUnits, 100] {
            try await shop.deliver([PaymentNotice(order: order, transaction: transaction, .refunded(total))])
        }
        try await row.expectUnchanged(shop, since: before, "what the workspace has after old reports of a refund")
        let rest = try await refund(payment, payment.amount.subtracting(quarter))
        row.expect(rest.value?.status, equals: .refunded, "the payment")
        try await expect("free@1", credits: 0, row, shop, "the rest refunded")
        row.expect(try await shop.subscription()?.status, equals: .canceled, "the subscription")
    }

    private func afterSpending(_ row: RowRecorder, _ shop: DemoShop) async throws {
        let payment = try await shop.pay(shop.growth())
        _ = try await house.wallets.debit(
            Credits(7000), from: shop.wallet, key: IdempotencyKey("spent"), as: .service)
        row.did("growth again: 7000 of 7500 credits are spent before all is refunded; then it is bought once more")
        _ = try await refund(payment, payment.amount)
        try await expect("free@1", credits: 0, owed: 7000, row, shop, "refunded")
        try await shop.buy("growth", key: "again")
        try await expect("growth@2", credits: 500, row, shop, "bought once more")
    }

    private func upgrade(_ row: RowRecorder, _ shop: DemoShop) async throws {
        try await shop.buy("starter", key: "starter")
        let upgrade = try await shop.buy("growth", key: "growth")
        row.did("an upgrade from starter for \(upgrade.amount) is refunded")
        try await expect("growth@2", credits: 7500, row, shop, "upgraded")
        _ = try await refund(upgrade, upgrade.amount)
        try await expect("starter@1", credits: 1500, row, shop, "the upgrade refunded")
    }

    private func void(_ row: RowRecorder, _ shop: DemoShop) async throws {
        let payment = try await shop.pay(shop.growth())
        row.did("a payment is voided")
        let outcome = try await house.payments.void(
            payment.applied?.id ?? "none", of: payment.place, because: "a mistake", as: house.admin)
        row.expect(outcome.value?.status, equals: .voided, "the payment")
        try await expect("free@1", credits: 0, row, shop, "voided")
    }

    // MARK: Chargebacks

    private func dispute(_ row: RowRecorder, _ shop: DemoShop, planMeanwhile: String) async throws {
        let payment = try await shop.pay(shop.growth())
        let charge = try row.require(payment.applied?.id, "the transaction")
        _ = try await house.wallets.debit(
            Credits(500), from: shop.wallet, key: IdempotencyKey("spent"), as: .service)
        row.did("the bank takes the money back after 500 credits are spent; the dispute is won")
        try await shop.deliver(house.provider.change(charge) { $0.dispute = .open })
        try await expect(planMeanwhile, credits: 0, owed: 500, row, shop, "charged back")
        try await shop.deliver(house.provider.change(charge) { $0.dispute = .won })
        try await expect("growth@2", credits: 7000, row, shop, "the dispute won")
        let before = try await shop.standing()
        let order = try row.require(payment.order, "the order")
        try await shop.deliver([PaymentNotice(order: order, transaction: charge, .disputed(.open))])
        try await row.expectUnchanged(shop, since: before, "what the workspace has after an old report of the dispute")
    }

    private func disputeLost(_ row: RowRecorder, _ shop: DemoShop) async throws {
        let payment = try await shop.pay(shop.growth())
        let charge = try row.require(payment.applied?.id, "the transaction")
        row.did("a dispute is lost")
        for dispute in [PaymentTransaction.Dispute.open, .lost] {
            try await shop.deliver(house.provider.change(charge) { $0.dispute = dispute })
        }
        row.expect(try await shop.read(payment).status, equals: .refunded, "the payment")
        try await expect("free@1", credits: 0, row, shop, "the dispute lost")
    }

    // MARK: Evidence

    private func expect(
        _ plan: String, credits: Int64, owed: Int64 = 0, _ row: RowRecorder, _ shop: DemoShop, _ what: String
    ) async throws {
        let standing = try await shop.standing()
        row.evidence("\(what): \(standing)")
        row.expect(standing.plan, equals: plan, "the plan, \(what)")
        let wanted = Balance(available: try Credits(credits), held: .zero, owed: try Credits(owed))
        row.expect(standing.balance, equals: wanted, "the wallet, \(what)")
    }

    /// Every piastre received was applied, is kept or went back, and the provider's own books say the same.
    private func totals(_ row: RowRecorder, _ shops: [DemoShop]) async throws {
        var (received, applied, unapplied, returned) = (Int64(0), Int64(0), Int64(0), Int64(0))
        for shop in shops {
            for transaction in try await shop.payments().flatMap(\.transactions) {
                received += transaction.captured
                returned += transaction.returned
                unapplied += transaction.unapplied
                if transaction.use == .applied { applied += transaction.captured - transaction.returned }
            }
        }
        let kept = house.provider.charges.reduce(0) { $0 + $1.kept }
        row.evidence(
            "\(received) piastres received = \(applied) applied + \(unapplied) unapplied + \(returned) returned; "
                + "the provider has kept \(kept)")
        row.expect(applied + unapplied + returned, equals: received, "applied, unapplied and returned piastres")
        row.expect(applied + unapplied, equals: kept, "piastres here and with the provider")
    }
}

extension DemoShop {
    /// A month of growth, to be paid by card.
    fileprivate func growth() async throws -> Payment {
        try await open(.plan(PlanID("growth"), per: .month), key: "growth")
    }
}
