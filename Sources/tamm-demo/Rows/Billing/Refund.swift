import TammCore
import TammTesting

/// A charge is given back, a purchase is taken back, and what is missing is owed until the next purchase.
struct Refund: LaunchRow {
    static let id = "billing.refund"
    static let title = "refund, void and chargeback take back what can be taken and record the rest as owed"

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        let house = try await DemoHouse(context, plan: "free")
        try await charges(row, house)
        try await PaymentReturns(house: house).run(row)
        try await house.verify(row)

        let policy = try BillingPolicy(
            calendar: .cairo, fallback: PlanID("free"), afterRefund: .keepsPeriod, afterDispute: .keepsPeriod)
        let lenient = try await DemoHouse(context, plan: "free", policy: policy)
        try await PaymentReturns(house: lenient).keepingPeriods(row)
        try await lenient.verify(row)
    }

    /// What the wallet alone does.
    private func charges(_ row: RowRecorder, _ house: DemoHouse) async throws {
        let (wallets, wallet) = (house.wallets, house.wallet)
        let bought = try row.require(try await house.grant(100, "payment-1")?.grant, "the first purchase's grant")
        _ = try await wallets.debit(Credits(70), from: wallet, key: IdempotencyKey("work"), as: .service)
        row.did("bought 100 credits, spent 70, gave 20 of them back, then 80 more than were left to give")
        _ = try await wallets.refund(
            Credits(20), of: IdempotencyKey("work"), in: wallet, key: IdempotencyKey("refund-1"), as: .service)
        let tooMuch = try await wallets.refund(
            Credits(80), of: IdempotencyKey("work"), in: wallet, key: IdempotencyKey("refund-2"), as: .service)
        row.expect(
            tooMuch, equals: .refused(.aboveCharge(refundable: try Credits(50), wanted: try Credits(80))), "a refund above the charge")
        var balance = try await house.balance()
        row.evidence("after the refund: \(balance.available) available, \(balance.owed) owed")
        row.expect(balance.available, equals: try Credits(50), "credits after the refund")
        row.did("the bank charged the purchase back: 100 credits, of which 50 are there")
        _ = try await wallets.clawback(
            Credits(100), of: bought, in: wallet, key: IdempotencyKey("chargeback"), as: .service)
        balance = try await house.balance()
        row.evidence("after the chargeback: \(balance.available) available, \(balance.owed) owed")
        row.expect(balance, equals: Balance(available: .zero, held: .zero, owed: try Credits(50)), "the balance")
        row.did("bought 80 credits")
        try await house.grant(80, "payment-2")
        balance = try await house.balance()
        row.evidence("after the next purchase: \(balance.available) available, \(balance.owed) owed")
        row.expect(balance, equals: Balance(available: try Credits(30), held: .zero, owed: .zero), "the balance")
    }
}
