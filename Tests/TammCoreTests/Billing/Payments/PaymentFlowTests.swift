import TammTesting
import Testing

@testable import TammCore

/// Purchases from the order to the credits.
struct PaymentFlowTests {
    @Test func `A confirmed payment puts the workspace on the plan and grants its credits, once`() async throws {
        let shop = try await Shop()
        let payment = try await shop.open(.plan(PlanID("growth"), per: .month))
        #expect(payment.status == .pending && payment.order != nil)
        #expect(try await shop.plan() == nil)
        let notices = try shop.provider.charge(try #require(payment.order), payment.amount)
        for _ in 0..<3 { try await shop.deliver(notices) }
        #expect(try await shop.now(payment).status == .confirmed)
        #expect(try await shop.plan() == "growth@2")
        #expect(try await shop.bank.balance() == Balance(7500.credits))
        #expect(try await shop.subscription()?.status == .active)
        #expect(try await shop.bank.wallets.verify(as: .service).findings.isEmpty)
    }

    @Test func `Money that is late, too little, too much or of another currency is kept and does nothing`() async throws {
        let pounds = try Money.egp(799)
        for (money, delay, cause) in [
            (pounds, 25 * 3600, .late), (try .egp(798), 0, .underpaid), (try .egp(800), 0, .overpaid),
            (try Money(minorUnits: 79900, Currency("USD")), 0, .wrongCurrency),
        ] as [(Money, Int, PaymentTransaction.Unapplied)] {
            let shop = try await Shop()
            let payment = try await shop.open(.plan(PlanID("growth"), per: .month))
            shop.bank.time.advance(by: .seconds(delay))
            let after = try await shop.pay(payment, money)
            #expect(after.transactions.map(\.use) == [.unapplied(cause)])
            #expect(after.unapplied == [money])
            #expect(try await shop.plan() == nil)
            #expect(try await shop.bank.balance() == Balance(.zero))
            #expect(try await shop.payments.forReview(as: .service).map(\.id) == [payment.id])
            let applied = try await shop.payments.apply(
                after.transactions[0].id, of: payment.place, because: "the customer called", as: .service)
            #expect(applied.value?.status == .confirmed)
            #expect(try await shop.plan() == "growth@2")
            #expect(try await shop.bank.balance() == Balance(7500.credits))
            #expect(try await shop.payments.forReview(as: .service).isEmpty)
        }
    }

    @Test func `A renewal that is paid goes on from the end of the period, and one that is not ends the plan`() async throws {
        let shop = try await Shop()
        try await shop.buy("growth")
        let first = try #require(try await shop.subscription()?.paidThrough)
        shop.bank.time.set(first.advanced(by: .seconds(-2 * 86_400)))
        try await shop.run()
        let renewal = try #require(try await shop.payments.payments(of: shop.workspace, as: .service).first { $0.task != nil })
        try await shop.run()
        #expect(try await shop.pay(shop.now(renewal)).status == .confirmed)
        #expect(try await shop.bank.balance() == Balance(7500.credits))
        shop.bank.time.set(first)
        try await shop.run()
        #expect(try await shop.bank.balance() == Balance(7500.credits))
        let second = try #require(try await shop.subscription()?.paidThrough)
        #expect(second.duration(since: first) > .seconds(27 * 86_400))
        shop.bank.time.set(second.advanced(by: .seconds(86_400)))
        #expect(try await shop.subscription()?.status == .pastDue)
        #expect(try await shop.plan() == "growth@2")
        shop.bank.time.set(second.advanced(by: .seconds(7 * 86_400)))
        #expect(try await shop.subscription()?.status == .expired)
        #expect(try await shop.plan() == "free@1")
        try await shop.run()
        #expect(try await shop.bank.balance() == Balance(100.credits))
        #expect(try await shop.bank.wallets.verify(as: .service).findings.isEmpty)
    }

    @Test func `One run of the clock opens a renewal's order and charges the card, although time goes on meanwhile`() async throws {
        let shop = try await Shop()
        let first = try await shop.buy("growth")
        #expect(
            try await shop.payments.save(
                cardFor: try #require(first.order), token: Secret("token"), maskedNumber: "2346", brand: "MasterCard"))
        let (bank, end) = (shop.bank, try #require(first.period?.upperBound))
        bank.time.set(end)
        let ticking = TimeSource {
            bank.time.advance(by: .microseconds(1))
            return bank.time.now
        }
        let clock = BillingClock(
            store: bank.store, time: ticking, entropy: bank.entropy, wallets: bank.wallets,
            configuration: shop.configuration)
        #expect(try await clock.run().failures.isEmpty)
        #expect(try await shop.subscription()?.status == .active)
        #expect(shop.provider.charges.count == 2)
    }

    @Test func `A renewal paid when its period is over has paid for that period`() async throws {
        let policy = try BillingPolicy(calendar: .cairo, fallback: PlanID("free"), graceDays: 60)
        let shop = try await Shop(policy: policy)
        let start = try await shop.buy("growth")
        let end = try #require(start.period?.upperBound)
        shop.bank.time.set(end.advanced(by: .seconds(40 * 86_400)))
        try await shop.run()
        try await shop.run()
        let payments = try await shop.payments.payments(of: shop.workspace, as: .service)
        let renewal = try await shop.pay(try #require(payments.first { $0.id != start.id }))
        #expect(renewal.status == .confirmed)
        #expect(renewal.period == policy.calendar.month(at: end, anchor: Bank.start))
        #expect(try await shop.subscription()?.status == .pastDue)
    }

    @Test func `Refunds of two payments under one key are both done, each once`() async throws {
        let shop = try await Shop()
        let plan = try await shop.buy("growth")
        let pack = try await shop.pay(shop.open(.pack("pack-1000"), "pack"))
        for payment in [pack, plan, pack] {
            let outcome = try await shop.payments.refund(
                payment.amount, transaction: try #require(payment.applied?.id), of: payment.place, key: "r".key,
                because: "asked", as: .service)
            #expect(outcome.value?.status == .refunded)
        }
        #expect(shop.provider.charges.map(\.kept) == [0, 0])
    }

    @Test func `A refund in whole takes back the credits and ends the plan; what is spent is owed`() async throws {
        let shop = try await Shop()
        let payment = try await shop.buy("growth")
        try await shop.bank.apply(.debit(7000.credits, shortfall: .refuse), "spent")
        let charge = try #require(payment.applied?.id)
        let outcome = try await shop.payments.refund(
            payment.amount, transaction: charge, of: payment.place, key: "r".key, because: "asked", as: .service)
        #expect(outcome.value?.status == .refunded)
        #expect(try await shop.subscription()?.status == .canceled)
        #expect(try await shop.bank.balance() == Balance(available: .zero, held: .zero, owed: 7000.credits))
        #expect(try await shop.plan() == "free@1")
        #expect(try await shop.bank.wallets.verify(as: .service).findings.isEmpty)
    }

    @Test func `A refund is made once for its key, whatever becomes of the answer`() async throws {
        let shop = try await Shop()
        let payment = try await shop.buy("growth")
        let charge = try #require(payment.applied?.id)
        func refund(_ key: String) async throws -> BillingOutcome<Payment> {
            try await shop.payments.refund(
                .egp(200), transaction: charge, of: payment.place, key: key.key, because: "asked", as: .service)
        }
        for _ in 0..<3 { #expect(try await refund("a").value?.status == .partlyRefunded) }
        #expect(shop.provider.charges[0].refunded == 20_000)
        shop.provider.mood = .losesAnswers
        #expect(await failure { try await refund("b") }?.code == .unavailable)
        #expect(try await refund("b").refusal == .underWay)
        #expect(try await refund("c").refusal == .underWay)
        shop.provider.mood = .answers
        shop.bank.time.advance(by: .seconds(120))
        try await shop.run()
        #expect(try await refund("b").value?.applied?.refunded == 40_000)
        #expect(shop.provider.charges[0].refunded == 40_000)
        shop.provider.mood = .isDown
        #expect(await failure { try await refund("c") }?.code == .unavailable)
        shop.provider.mood = .answers
        shop.bank.time.advance(by: .seconds(120))
        try await shop.run()
        #expect(try await refund("c").value?.applied?.refunded == 60_000)
        #expect(try await refund("d").refusal == .noMoney)
        #expect(shop.provider.charges[0].refunded == 60_000)
    }

    @Test func `A callback of a saved card that comes again does not bring a forgotten card back`() async throws {
        let shop = try await Shop()
        let order = try #require(try await shop.buy("growth").order)
        func save() async throws -> Bool {
            try await shop.payments.save(cardFor: order, token: Secret("t"), maskedNumber: "2346", brand: "Visa")
        }
        #expect(try await save())
        try await shop.payments.forgetCard(of: shop.workspace, as: shop.owner)
        #expect(try await save())
        let workspace = shop.workspace
        let card = try await shop.bank.store.transaction(as: .service) { t throws(TammError) in
            try t.savedCard(of: workspace)
        }
        #expect(card == nil)
    }

    @Test func `No caller takes the key of a command of Tamm's own`() async throws {
        let shop = try await Shop()
        let payment = try await shop.buy("growth")
        for key in ["tamm:payment:\(payment.id):0:dispute", "tamm:"] {
            let error = await failure { try await shop.bank.submit(.debit(.zero, shortfall: .refuse), key) }
            #expect(error?.code == .invalidInput && error?.field == "key")
        }
    }

    @Test func `A transfer that an administrator has seen pays; its reference pays once`() async throws {
        let shop = try await Shop()
        let payment = try await shop.open(.plan(PlanID("starter"), per: .month), with: .instaPay)
        let early = try await shop.payments.confirmTransfer(payment.place, received: payment.amount, as: .service)
        #expect(early.refusal == .paymentClosed(.pending))
        #expect(try await shop.payments.claim(payment.place, reference: "1234 5678-ab", as: shop.owner).value != nil)
        #expect(try await shop.plan() == nil)
        let stranger = await failure {
            try await shop.payments.confirmTransfer(payment.place, received: payment.amount, as: shop.owner)
        }
        #expect(stranger?.code == .forbidden)
        let done = try await shop.payments.confirmTransfer(payment.place, received: payment.amount, as: .service)
        #expect(done.value?.status == .confirmed)
        #expect(try await shop.plan() == "starter@1")
        let second = try await shop.open(.pack("pack-1000"), with: .instaPay, "again")
        #expect(
            try await shop.payments.claim(second.place, reference: "12345678AB", as: shop.owner).refusal
                == .referenceUsed)
    }
}
