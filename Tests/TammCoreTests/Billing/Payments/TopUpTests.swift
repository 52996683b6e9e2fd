import TammTesting
import Testing

@testable import TammCore

/// Credits that a workspace buys by itself, and what stops it.
struct TopUpTests {
    private func shop(maximum: Int = 3, isCardSaved: Bool = true) async throws -> Shop {
        let shop = try await Shop()
        let payment = try await shop.buy("growth")
        let rule = try TopUp(
            pack: "pack-1000", below: 8000.credits, monthlyMaximum: maximum, currency: .egp, provider: .paymob)
        let set = try await shop.subscriptions.setTopUp(rule, in: shop.workspace, as: shop.owner)
        #expect(set.value?.topUp?.pack == "pack-1000")
        if isCardSaved {
            let isSaved = try await shop.payments.save(
                cardFor: try #require(payment.order), token: Secret("token"), maskedNumber: "xxxx-2346", brand: "Visa")
            #expect(isSaved)
        }
        return shop
    }

    private func spend(_ credits: Credits, _ key: String, _ shop: Shop) async throws {
        try await shop.bank.apply(.debit(credits, shortfall: .refuse), key)
    }

    @Test func `Low credits buy a pack with the saved card, once for each time they are low`() async throws {
        let shop = try await shop()
        let bought = try #require(try await shop.payments.topUp(shop.workspace))
        #expect(bought.status == .confirmed && bought.isAutomatic)
        #expect(try await shop.bank.balance() == Balance(8500.credits))
        #expect(try await shop.payments.topUp(shop.workspace) == nil)
        #expect(shop.provider.charges.count == 2)
    }

    @Test func `However low the credits and however often it is asked, no more is bought than the month's maximum`()
        async throws
    {
        let shop = try await shop(maximum: 3)
        for round in 0..<20 {
            let available = try await shop.bank.balance().available
            try await spend(available, "all-\(round)", shop)
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { _ = try? await shop.payments.topUp(shop.workspace) } }
            }
            try await shop.run()
        }
        #expect(shop.provider.charges.count == 1 + 3)
        shop.bank.time.set(BillingCalendar.cairo.calendarMonth(of: shop.bank.time.now).upperBound)
        #expect(try await shop.payments.topUp(shop.workspace) != nil)
    }

    @Test func `One that is declined stops those after it, until the rule is set again`() async throws {
        let shop = try await shop()
        shop.provider.mood = .declines
        let declined = try #require(try await shop.payments.topUp(shop.workspace))
        #expect(declined.status == .failed)
        shop.provider.mood = .answers
        #expect(try await shop.payments.topUp(shop.workspace) == nil)
        #expect(try await shop.subscription()?.topUp?.stop == .unpaid)
        let rule = try TopUp(
            pack: "pack-1000", below: 8000.credits, monthlyMaximum: 3, currency: .egp, provider: .paymob)
        _ = try await shop.subscriptions.setTopUp(rule, in: shop.workspace, as: shop.owner)
        #expect(try await shop.payments.topUp(shop.workspace)?.status == .confirmed)
    }

    @Test func `While nobody knows whether the card was charged, it is not charged again`() async throws {
        let shop = try await shop()
        shop.provider.mood = .losesAnswers
        let unknown = try #require(try await shop.payments.topUp(shop.workspace))
        #expect(unknown.order == nil || unknown.status == .unknown)
        shop.provider.mood = .answers
        for _ in 0..<5 {
            #expect(try await shop.payments.topUp(shop.workspace) == nil)
            shop.bank.time.advance(by: .seconds(120))
            try await shop.run()
        }
        #expect(try await shop.now(unknown).status == .confirmed)
        #expect(shop.provider.charges.count == 2)
        #expect(try await shop.bank.balance() == Balance(8500.credits))
    }

    @Test func `Money of one that is returned stops those after it, and takes its credits back`() async throws {
        let shop = try await shop()
        let bought = try #require(try await shop.payments.topUp(shop.workspace))
        let charge = try #require(bought.applied?.id)
        try await shop.deliver(shop.provider.change(charge) { $0.dispute = .open })
        #expect(try await shop.bank.balance() == Balance(7500.credits))
        #expect(try await shop.payments.topUp(shop.workspace) == nil)
        #expect(try await shop.subscription()?.topUp?.stop == .returned)
    }

    @Test func `Without a card the payment waits for its payer`() async throws {
        let shop = try await shop(isCardSaved: false)
        let waiting = try #require(try await shop.payments.topUp(shop.workspace))
        #expect(waiting.status == .pending && waiting.order != nil)
        #expect(try await shop.payments.topUp(shop.workspace) == nil)
        #expect(try await shop.pay(waiting).status == .confirmed)
    }

    @Test func `Without a rule, or a subscription, nothing is bought`() async throws {
        let shop = try await Shop()
        #expect(try await shop.payments.topUp(shop.workspace) == nil)
        let rule = try TopUp(pack: "pack-1000", below: 1.credits, monthlyMaximum: 1, currency: .egp, provider: .paymob)
        let none = try await shop.subscriptions.setTopUp(rule, in: shop.workspace, as: shop.owner)
        #expect(none.refusal == .noSubscription)
        let error = await failure {
            try TopUp(pack: "p", below: 1.credits, monthlyMaximum: 101, currency: .egp, provider: .paymob)
        }
        #expect(error?.field == "monthlyMaximum")
    }
}
