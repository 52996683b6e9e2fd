import TammTesting
import Testing

@testable import TammCore

struct LateClockTests {
    @Test func `Credits are taken back after the months that are due are given, whether or not the clock has run`() async throws {
        var balances: [Balance] = []
        for isLate in [false, true] {
            let shop = try await Shop()
            let payment = try await shop.buy("growth")
            let end = try #require(try await shop.subscription()?.paidThrough)
            shop.bank.time.set(end.advanced(by: .seconds(70 * 86_400)))
            if !isLate { try await shop.run() }
            _ = try await shop.payments.refund(
                payment.amount, transaction: try #require(payment.applied?.id), of: payment.place, key: "refund".key, because: "asked",
                as: .service)
            try await shop.run()
            balances.append(try await shop.bank.balance())
        }
        #expect(balances[0] == balances[1])
        #expect(balances[0] == Balance(.zero, owed: 7400.credits))
    }

    @Test func `An answer that was awaited past the payment's time counts whole, a declined charge before the captured one`() async throws {
        let shop = try await Shop()
        let payment = try await shop.open(.plan(PlanID("growth"), per: .month))
        let order = try #require(payment.order)
        shop.provider.mood = .isDown
        shop.bank.time.advance(by: .seconds(20 * 3600))
        try await shop.run()
        #expect(try await shop.now(payment).status == .unknown)
        _ = try shop.provider.charge(order, payment.amount, isDeclined: true)
        _ = try shop.provider.charge(order, payment.amount)
        shop.provider.mood = .answers
        shop.bank.time.advance(by: .seconds(5 * 3600))
        try await shop.run()
        #expect(try await shop.now(payment).status == .confirmed)
        #expect(try await shop.plan() == "growth@2")
    }
}
