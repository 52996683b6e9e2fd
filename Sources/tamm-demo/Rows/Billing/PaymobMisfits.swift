import TammCore
import TammTesting

/// Genuine money that does not pay what was asked: kept, shown to an administrator, applied or given back.
struct PaymobMisfits: Sendable {
    let shop: DemoShop
    let desk: PaymobDesk

    private var house: DemoHouse { shop.house }

    private struct Misfit: Sendable {
        let cause: PaymentTransaction.Unapplied
        let shop: DemoShop
        let payment: Payment
        let money: Money
        let transaction: String
    }

    func run(_ row: RowRecorder) async throws {
        row.did("other workspaces pay late, too little, too much or in another currency; this one pays twice")
        var misfits: [Misfit] = []
        for (cause, amount, currency) in [
            (.underpaid, 99_999, .egp), (.overpaid, 100_001, .egp), (.wrongCurrency, 100_000, .usd),
            (.late, 100_000, .egp),
        ] as [(PaymentTransaction.Unapplied, Int64, Currency)] {
            let other = try await DemoShop(house, named: "Pays \(cause.rawValue)")
            let payment = try await other.open(.plan(PlanID("growth"), per: .month))
            if cause == .late { house.time.advance(by: .seconds(25 * 3600)) }
            misfits.append(try await pay(payment, Money(minorUnits: amount, currency), cause, by: other, row))
        }
        if let first = try await shop.payments().first {
            misfits.append(try await pay(first, first.amount, .twice, by: shop, row))
        }
        try await unmatched(row)
        try await decide(misfits, row)
    }

    /// One signed callback of money, and what it does not do.
    private func pay(
        _ payment: Payment, _ money: Money, _ cause: PaymentTransaction.Unapplied, by other: DemoShop, _ row: RowRecorder
    ) async throws -> Misfit {
        let before = try await other.standing()
        let order = try row.require(payment.order, "the order")
        let notice = try row.require(house.provider.charge(order, money).first, "the charge")
        let charge = try row.require(house.provider.charges.first { $0.id == notice.transaction }, "the charge")
        try await desk.receive(desk.signed(.payment(charge)))
        let after = try await other.standing()
        let kept = try await other.read(payment)
        row.evidence(
            "\(cause.rawValue): \(money) received, \(kept.unapplied.map(\.description).joined(separator: ", ")) unapplied; \(after)")
        row.expect(kept.transactions.last?.use, equals: .unapplied(cause), "what became of the money")
        row.expect(kept.unapplied, equals: [money], "the money kept")
        row.expect(after.plan, equals: before.plan, "the plan after \(cause.rawValue)")
        row.expect(after.entries, equals: before.entries, "the ledger's entries after \(cause.rawValue)")
        return Misfit(cause: cause, shop: other, payment: payment, money: money, transaction: charge.id)
    }

    /// Genuine money for an order that nobody has opened.
    private func unmatched(_ row: RowRecorder) async throws {
        let outcome = try await desk.receive(desk.signed(.sample.with(["order.id": "42", "id": "43"])))
        row.expect(outcome, equals: .noted(.unmatched), "an order that nobody has opened")
        let kept = try await house.payments.unmatched(as: house.admin)
        let seen = try await house.payments.unmatched(as: shop.owner)
        row.evidence("for an order that nobody has opened: \(kept.count) transaction kept, \(seen.count) shown to an owner")
        row.expect(kept.map(\.transaction.money), equals: [try Money(minorUnits: 100_000, .egp)], "the money kept apart")
        row.expect(seen.count, equals: 0, "transactions shown to an owner")
    }

    // MARK: An administrator

    private func decide(_ misfits: [Misfit], _ row: RowRecorder) async throws {
        let listed = try await house.payments.forReview(as: house.admin)
        row.expect(
            Set(listed.map(\.place)), equals: Set(misfits.map(\.payment.place)), "payments listed with unapplied money")
        row.evidence("listed for an administrator: \(listed.count) payments with unapplied money")
        row.did("an administrator applies what came late or in excess, and gives the rest back through Paymob")
        for misfit in misfits {
            let isApplied = [.late, .overpaid].contains(misfit.cause)
            await row.expectRefusal("an owner's decision on \(misfit.cause.rawValue) money") { () throws(TammError) in
                _ = try await house.payments.apply(
                    misfit.transaction, of: misfit.payment.place, because: "mine", as: misfit.shop.owner)
            }
            if isApplied {
                let outcome = try await house.payments.apply(
                    misfit.transaction, of: misfit.payment.place, because: "the customer called", as: house.admin)
                row.expect(outcome.value?.status, equals: .confirmed, "\(misfit.cause.rawValue) money applied")
            } else {
                let outcome = try await house.payments.refund(
                    misfit.money, transaction: misfit.transaction, of: misfit.payment.place,
                    key: IdempotencyKey("misfit"), because: "not what was asked", as: house.admin)
                row.expect(outcome.value?.unapplied, equals: [], "\(misfit.cause.rawValue) money given back")
            }
            let after = try await misfit.shop.standing()
            let isOnPlan = isApplied || misfit.cause == .twice
            row.evidence("\(misfit.cause.rawValue), \(isApplied ? "applied" : "refunded"): \(after)")
            row.expect(after.plan, equals: isOnPlan ? "growth@3" : "free@1", "the plan after the decision")
            row.expect(after.balance.available, equals: try Credits(isOnPlan ? 7500 : 0), "the credits after the decision")
        }
        let left = try await house.payments.forReview(as: house.admin)
        let kept = house.provider.charges.reduce(0) { $0 + $1.kept }
        row.evidence("\(left.count) payments with unapplied money left; Paymob has kept \(kept) minor units for us")
        row.expect(left.count, equals: 0, "payments with unapplied money left")
        row.expect(kept, equals: 200_001, "minor units that the provider has kept")
    }
}
