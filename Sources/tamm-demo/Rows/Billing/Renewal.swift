import TammCore
import TammTesting

/// What time does to subscriptions happens at its own moment, once, however often and however late the clock runs.
struct Renewal: LaunchRow {
    static let id = "billing.renewal"
    static let title = "trial end, renewal, monthly grant, downgrade, grace and expiry happen once per period, on time"

    /// Noon in Cairo on 31 January 2027.
    static let endOfJanuary = "2027-01-31T10:00:00Z"

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        let house = try await DemoHouse(context, plan: "free")
        try await trial(row, DemoShop(house))
        try await months(row, context)
        try await grace(row, try await DemoShop(house, named: "Unpaid"))
        try await downgrade(row, try await DemoShop(house, named: "Lower"))
        try await house.verify(row)
        try await RenewalYear.compare(row, context)
    }

    // MARK: One by one

    private func trial(_ row: RowRecorder, _ shop: DemoShop) async throws {
        let house = shop.house
        row.did("began a trial of growth that nobody pays for")
        let begun = try await house.subscriptions.beginTrial(
            of: PlanID("growth"), in: shop.workspace.id, as: shop.owner)
        row.expect(begun.value?.status, equals: .trialing, "the subscription")
        let end = try row.require(try await shop.subscription()?.paidThrough, "the end of the trial")
        row.expect(end, equals: house.time.now.advanced(by: .seconds(14 * 86_400)), "the end of the trial")
        try await expect("growth@2", "trialing", 7500, row, shop)
        house.time.set(end.advanced(by: .microseconds(-1)))
        try await expect("growth@2", "trialing", 7500, row, shop)
        house.time.set(end)
        try await expect("free@1", "expired", 0, row, shop)
        let again = try await house.subscriptions.beginTrial(
            of: PlanID("starter"), in: shop.workspace.id, as: shop.owner)
        row.expect(again.refusal, equals: .noTrial, "a second trial")
    }

    /// A plan that is bought on the last day of January in Cairo, where clocks change in spring and autumn.
    private func months(_ row: RowRecorder, _ context: DemoContext) async throws {
        let house = try await DemoHouse(context, plan: "free")
        let shop = DemoShop(house)
        house.time.set(try Timestamp(parsing: Self.endOfJanuary))
        let first = try await shop.buy("growth")
        let isSaved = try await shop.saveCard(of: first)
        row.did("bought growth with a card on 31 January at noon in Cairo; the clock ran every day for a year")
        row.expect(isSaved, "the card is saved")
        for _ in 0..<365 {
            house.time.advance(by: .seconds(86_400))
            row.expect(try await house.clock.run().failures.count, equals: 0, "failures of the clock")
        }
        let periods = try await shop.payments().compactMap(\.period).sorted { $0.lowerBound < $1.lowerBound }
        row.evidence("paid periods begin at " + periods.map { $0.lowerBound.shown }.joined(separator: ", "))
        row.expect(
            periods.map { $0.lowerBound.shown },
            equals: [
                "2027-01-31 10:00", "2027-02-28 10:00", "2027-03-31 10:00", "2027-04-30 09:00", "2027-05-31 09:00",
                "2027-06-30 09:00", "2027-07-31 09:00", "2027-08-31 09:00", "2027-09-30 09:00", "2027-10-31 10:00",
                "2027-11-30 10:00", "2027-12-31 10:00", "2028-01-31 10:00",
            ], "the beginnings of the periods, in UTC")
        let gaps = zip(periods, periods.dropFirst()).count { $0.upperBound != $1.lowerBound }
        row.expect(gaps, equals: 0, "periods that do not follow one another")
        let charged = house.provider.charges.count
        row.evidence("\(charged) charges with the provider, \(periods.count) paid periods, \(try await shop.balance().available) credits")
        row.expect(charged, equals: periods.count, "charges")
        row.expect(try await shop.balance().available, equals: try Credits(7500), "the credits of the last month")
        try await house.verify(row)
    }

    /// A renewal that nobody pays.
    private func grace(_ row: RowRecorder, _ shop: DemoShop) async throws {
        let house = shop.house
        row.did("bought growth and did not pay the renewal")
        try await shop.buy("growth")
        let end = try row.require(try await shop.subscription()?.paidThrough, "the end of the period")
        for (moment, plan, status, credits) in [
            (end.advanced(by: .microseconds(-1)), "growth@2", "active", 7500), (end, "growth@2", "past_due", 0),
            (end.advanced(by: .seconds(7 * 86_400 - 1)), "growth@2", "past_due", 0),
            (end.advanced(by: .seconds(7 * 86_400)), "free@1", "expired", 0),
        ] as [(Timestamp, String, String, Int64)] {
            house.time.set(moment)
            try await expect(plan, status, credits, row, shop)
            _ = try await house.clock.run()
        }
        let payments = try await shop.payments().map(\.status.rawValue).sorted()
        row.evidence("payments: \(payments.joined(separator: ", "))")
        row.expect(payments, equals: ["confirmed", "expired"], "the payments")
    }

    /// A lower plan from the next period on.
    private func downgrade(_ row: RowRecorder, _ shop: DemoShop) async throws {
        let house = shop.house
        row.did("bought growth with a card and scheduled starter")
        let first = try await shop.buy("growth")
        _ = try await shop.saveCard(of: first)
        let starter = try PlanVersionReference(PlanID("starter"), version: 1)
        _ = try await house.subscriptions.endLater(.move(to: starter), in: shop.workspace.id, as: shop.owner)
        let end = try row.require(try await shop.subscription()?.paidThrough, "the end of the period")
        house.time.set(end.advanced(by: .seconds(-86_400)))
        _ = try await house.clock.run()
        try await expect("growth@2", "active", 7500, row, shop)
        house.time.set(end)
        try await expect("starter@1", "active", 1500, row, shop)
        let amounts = Set(try await shop.payments().map(\.amount.description)).sorted()
        row.evidence("paid: \(amounts.joined(separator: ", "))")
        row.expect(amounts, equals: ["199.00 EGP", "799.00 EGP"], "what was paid")
    }

    private func expect(
        _ plan: String, _ status: String, _ credits: Int64, _ row: RowRecorder, _ shop: DemoShop
    ) async throws {
        let (now, standing) = (shop.house.time.now, try await shop.standing())
        row.evidence("\(now): \(standing.plan) (\(standing.status)), \(standing.balance.available) credits")
        row.expect(standing.plan, equals: plan, "the plan at \(now)")
        row.expect(standing.status, equals: status, "the subscription at \(now)")
        row.expect(standing.balance.available, equals: try Credits(credits), "the credits at \(now)")
    }
}

extension DemoShop {
    /// The card with which a payment was paid is kept for the next ones.
    func saveCard(of payment: Payment) async throws -> Bool {
        guard let order = payment.order else { return false }
        return try await house.payments.save(
            cardFor: order, token: Secret("token-of-\(order.text)"), maskedNumber: "xxxx-2346", brand: "MasterCard")
    }
}

extension Timestamp {
    /// Date and minute in UTC.
    fileprivate var shown: String { String(description.prefix(16)).replacing("T", with: " ") }
}
