import TammTesting
import Testing

@testable import TammCore

/// What is paid for ahead, and what is applied by hand.
struct PurchaseAheadTests {
    @Test func `A plan is not raised while another one is paid for ahead`() async throws {
        let shop = try await Shop()
        try await shop.buy("growth")
        let starter = try PlanCatalogue.example.current(of: PlanID("starter")).reference
        _ = try await shop.subscriptions.endLater(.move(to: starter), in: shop.workspace, as: shop.owner)
        try await shop.pay(shop.open(.renewal, "ahead"))
        let outcome = try await shop.payments.open(
            .plan(PlanID("enterprise"), per: .month), in: .egp, with: .paymob, for: shop.workspace,
            key: "raise".key, as: shop.owner)
        #expect(outcome.refusal == .doesNotFit(.active))
    }

    @Test func `A payment whose money an administrator has applied has nothing left to do`() async throws {
        let shop = try await Shop()
        let payment = try await shop.open(.plan(PlanID("growth"), per: .month))
        shop.bank.time.advance(by: .seconds(20 * 3600))
        try await shop.run()
        #expect(try await shop.now(payment).task == .expire)
        let kept = try await shop.pay(payment, .egp(800))
        #expect(kept.unapplied == [try .egp(800)])
        let outcome = try await shop.payments.apply(
            kept.transactions[0].id, of: payment.place, because: "a tip", as: .service)
        #expect(outcome.value?.status == .confirmed)
        #expect(outcome.value?.task == nil && outcome.value?.dueAt == nil)
    }

    @Test func `A plan that was raised and is not, is not moved to one between`() async throws {
        let shop = try await Shop()
        try await shop.buy("starter")
        let raise = try await shop.buy("enterprise", "raise")
        let growth = try PlanCatalogue.example.current(of: PlanID("growth")).reference
        let moved = try await shop.subscriptions.endLater(.move(to: growth), in: shop.workspace, as: shop.owner)
        #expect(moved.value?.ending == .move(to: growth))
        _ = try await shop.payments.refund(
            raise.amount, transaction: try #require(raise.applied?.id), of: raise.place, key: "r".key, because: "asked", as: .service)
        let subscription = try #require(try await shop.subscription())
        #expect(subscription.plan.description == "starter@1" && subscription.ending == nil)
        shop.bank.time.set(try #require(subscription.paidThrough))
        #expect(try await shop.plan() == "starter@1")
    }

    @Test func `A raise that is given back ends now, also where the next period is paid, which keeps its plan`() async throws {
        let shop = try await Shop()
        try await shop.buy("growth")
        let raise = try await shop.buy("enterprise", "raise")
        try await shop.pay(shop.open(.renewal, "ahead"))
        _ = try await shop.payments.refund(
            raise.amount, transaction: try #require(raise.applied?.id), of: raise.place, key: "r".key, because: "asked", as: .service)
        let subscription = try #require(try await shop.subscription())
        #expect(subscription.plan.description == "growth@2")
        guard case .paid(let period, .some(let next)) = subscription.state else { throw TammError(.notFound, "no period") }
        #expect(next.plan.description == "enterprise@1")
        shop.bank.time.set(period.upperBound)
        #expect(try await shop.plan() == "enterprise@1")
    }
}
