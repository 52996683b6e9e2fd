import TammTesting
import Testing

@testable import TammCore

struct MeteringTests {
    /// A bank on that plan with so many purchased credits.
    private func bank(_ plan: String? = "growth", credits: Int = 100) async throws -> Bank {
        let bank = try await Bank()
        if let plan { try await bank.assign(plan) }
        if credits > 0 { try await bank.grant(credits.credits, "top-up") }
        return bank
    }

    private func order(
        _ estimate: Usage, _ bank: Bank, _ key: String = "work", feature: String? = nil,
        aboveEstimate: ShortfallPolicy = .owe
    ) throws -> MeteredOrder {
        try MeteredOrder(estimate, from: bank.wallet, key: key.key, feature: feature, aboveEstimate: aboveEstimate)
    }

    /// Why the work was refused; it must not have begun.
    private func refusal(_ order: MeteredOrder, _ bank: Bank) async throws -> MeteringRefusal? {
        var hasBegun = false
        let outcome = try await bank.metering().run(order, as: .service) { _ in hasBegun = true }
        #expect(!hasBegun)
        return outcome.refusal
    }

    // MARK: Refused before it begins

    @Test func `Without a plan the work is not begun`() async throws {
        let bank = try await bank(nil)
        #expect(try await refusal(order(.whatsApp(1), bank), bank) == .noPlan)
        #expect(try await bank.stored().openHolds == 0)
    }

    @Test func `Without the entitlement the work is not begun`() async throws {
        let bank = try await bank("free")
        let refused = try await refusal(order(.whatsApp(1), bank, feature: "feature.whatsapp"), bank)
        #expect(refused == .notEntitled("feature.whatsapp"))
        let unheardOf = try await refusal(order(.whatsApp(1), bank, feature: "feature.unheard-of"), bank)
        #expect(unheardOf == .notEntitled("feature.unheard-of"))
        let allowed = try order(.whatsApp(1), bank, feature: "feature.webchat")
        #expect(try await bank.metering().run(allowed, as: .service) { _ in 7 }.value == 7)
    }

    @Test func `Without the allowance the work is not begun`() async throws {
        let bank = try await bank("free", credits: 1000)
        let month = BillingCalendar.utc.month(at: Bank.start, anchor: Bank.start)
        let refused = WalletRefusal.quotaExhausted(limit: 100, used: 0, resetsAt: month.upperBound)
        #expect(try await refusal(order(.whatsApp(101), bank), bank) == .wallet(refused))
        #expect(try await bank.balance() == Balance(1000.credits))
    }

    @Test func `Without the credits the work is not begun`() async throws {
        let bank = try await bank(credits: 9)
        let refused = WalletRefusal.insufficientCredits(available: 9.credits, wanted: 10.credits)
        #expect(try await refusal(order(.whatsApp(10), bank), bank) == .wallet(refused))
        try await bank.grant(1.credits, "more")
        #expect(try await bank.metering().run(order(.whatsApp(10), bank), as: .service) { _ in 1 }.receipt != nil)
    }

    @Test func `A principal that may not spend begins no work`() async throws {
        let bank = try await bank()
        let stranger = try await bank.neighbour().owner
        var hasBegun = false
        let error = await failure {
            try await bank.metering().run(order(.whatsApp(1), bank), as: stranger) { _ in hasBegun = true }
        }
        #expect(error?.code == .notFound && !hasBegun)
        let member = try await bank.member(.member, 1)
        #expect(try await bank.metering().run(order(.whatsApp(1), bank), as: member) { _ in 1 }.receipt != nil)
    }

    @Test func `Without a price the work is not begun`() async throws {
        let bank = try await bank()
        let error = await failure { try await refusal(order(.messages(channel: "fax", count: 1), bank), bank) }
        #expect(error?.code == .notFound)
    }

    // MARK: Charged by use

    @Test func `What was used is charged, not what was estimated`() async throws {
        let bank = try await bank()
        let outcome = try await bank.metering().run(order(.whatsApp(40), bank), as: .service) { meter in
            let balance = try await bank.balance()
            #expect(balance == Balance(60.credits, held: 40.credits))
            meter.report(.whatsApp(30))
            meter.report(.whatsApp(12))
            return "done"
        }
        #expect(outcome.value == "done")
        #expect(outcome.receipt?.amount == 12.credits && outcome.receipt?.shortfall == .zero)
        #expect(try await bank.balance() == Balance(88.credits))
    }

    @Test func `Where nothing is reported the estimate is charged`() async throws {
        let bank = try await bank()
        let outcome = try await bank.metering().run(order(.whatsApp(40), bank), as: .service) { _ in 1 }
        #expect(outcome.receipt?.amount == 40.credits)
        #expect(try await bank.recordedUsage().map(\.event.usage) == [.whatsApp(40)])
    }

    @Test func `Work that used nothing costs nothing`() async throws {
        let bank = try await bank()
        _ = try await bank.metering().run(order(.whatsApp(40), bank), as: .service) { $0.report(.whatsApp(0)) }
        #expect(try await bank.balance() == Balance(100.credits))
        #expect(try await bank.stored().openHolds == 0)
    }

    @Test func `What was used above the estimate is taken from what is available`() async throws {
        let bank = try await bank()
        let outcome = try await bank.metering().run(order(.whatsApp(40), bank), as: .service) {
            $0.report(.whatsApp(70))
        }
        #expect(outcome.receipt?.amount == 70.credits && outcome.receipt?.shortfall == .zero)
        #expect(try await bank.balance() == Balance(30.credits))
    }

    @Test func `What was used above all there is is owed`() async throws {
        let bank = try await bank()
        let outcome = try await bank.metering().run(order(.whatsApp(100), bank), as: .service) {
            $0.report(.whatsApp(130))
        }
        #expect(outcome.receipt?.amount == 130.credits && outcome.receipt?.shortfall == 30.credits)
        #expect(try await bank.balance() == Balance(.zero, owed: 30.credits))
    }

    @Test func `What was used above the estimate is capped where the order says so`() async throws {
        let bank = try await bank()
        let capped = try order(.whatsApp(40), bank, aboveEstimate: .cap)
        let outcome = try await bank.metering().run(capped, as: .service) { $0.report(.whatsApp(70)) }
        #expect(outcome.receipt?.amount == 40.credits && outcome.receipt?.shortfall == 30.credits)
        #expect(try await bank.balance() == Balance(60.credits))
        #expect(try await bank.recordedUsage().map(\.event.cost) == [70.credits], "the event tells what it cost")
    }

    @Test func `Usage without a price costs what was estimated`() async throws {
        let bank = try await bank()
        let outcome = try await bank.metering().run(order(.whatsApp(40), bank), as: .service) {
            $0.report(.messages(channel: "fax", count: 1))
        }
        #expect(outcome.receipt?.amount == 40.credits)
        #expect(try await bank.balance() == Balance(60.credits))
    }

    @Test func `An order cannot refuse what has been used`() async throws {
        let bank = try await bank()
        let error = await failure { try order(.whatsApp(1), bank, aboveEstimate: .refuse) }
        #expect(error?.code == .invalidInput && error?.field == "aboveEstimate")
        #expect(
            await failure { try order(.whatsApp(1), bank, String(repeating: "k", count: 201)) }?.code == .invalidInput)
    }

    @Test func `The usage event names the price book that priced it`() async throws {
        let bank = try await bank()
        let prices = try PriceBook(
            version: 42, models: [:], defaultModel: nil, messages: ["whatsapp": 3.credits], documentPage: .zero)
        bank.time.advance(by: .seconds(5))
        _ = try await bank.metering(prices).run(order(.whatsApp(2), bank), as: .service) { _ in }
        let recorded = try #require(try await bank.recordedUsage().first)
        #expect(recorded.event.priceBook == 42 && recorded.event.cost == 6.credits)
        #expect(recorded.event.id == "work:usage".key && recorded.event.occurredAt == bank.time.now)
        #expect(recorded.wallet == bank.wallet.id && recorded.command == "work:settle".key)
    }

    // MARK: Allowances

    @Test func `An allowance counts what was used, not what was estimated`() async throws {
        let bank = try await bank("free", credits: 1000)
        _ = try await bank.metering().run(order(.whatsApp(50), bank, "w1"), as: .service) { $0.report(.whatsApp(10)) }
        let refused = try await refusal(order(.whatsApp(91), bank, "w2"), bank)
        guard case .wallet(.quotaExhausted(100, 10, _)) = refused else {
            Issue.record("found \(String(describing: refused))")
            return
        }
        #expect(try await bank.metering().run(order(.whatsApp(90), bank, "w3"), as: .service) { _ in 1 }.receipt != nil)
        #expect(try await refusal(order(.whatsApp(1), bank, "w4"), bank) != nil)
    }

    @Test func `Work that goes on has its allowance reserved, and failed work gives it back`() async throws {
        struct Failed: Error {}
        let bank = try await bank("free", credits: 1000)
        await #expect(throws: Failed.self) {
            try await bank.metering().run(order(.whatsApp(60), bank, "w1"), as: .service) { _ -> Int in
                let refused = try await refusal(order(.whatsApp(41), bank, "w2"), bank)
                #expect(refused != nil)
                throw Failed()
            }
        }
        #expect(
            try await bank.metering().run(order(.whatsApp(100), bank, "w3"), as: .service) { _ in 1 }.receipt != nil)
    }

    @Test func `An allowance begins anew with the month`() async throws {
        let bank = try await bank("free", credits: 1000)
        _ = try await bank.metering().run(order(.whatsApp(100), bank, "w1"), as: .service) { _ in }
        bank.time.set(bank.day(31).advanced(by: .microseconds(-1)))
        #expect(try await refusal(order(.whatsApp(1), bank, "w2"), bank) != nil)
        bank.time.set(bank.day(31))
        #expect(
            try await bank.metering().run(order(.whatsApp(100), bank, "w3"), as: .service) { _ in 1 }.receipt != nil)
    }

    @Test func `An unlimited allowance is not counted`() async throws {
        let bank = try await bank("growth", credits: 100_000)
        _ = try await bank.metering().run(order(.whatsApp(50_000), bank), as: .service) { _ in }
        #expect(try await bank.balance() == Balance(50_000.credits))
    }
}
