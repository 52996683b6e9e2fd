import TammTesting
import Testing

@testable import TammCore

struct WalletBoundTests {
    private let micro = Credits(unchecked: 1)

    // MARK: Amounts

    @Test func `A wallet holds the largest amount and not a micro-credit more`() async throws {
        let bank = try await Bank()
        try await bank.grant(.max, "g")
        #expect(try await bank.submit(.grant(GrantTerms(micro, .plan)), "more").refusal == .aboveMaximum)
        let hold = try await bank.hold(.max, "h")
        #expect(try await bank.balance() == Balance(.zero, held: .max))
        #expect(try await bank.submit(.grant(GrantTerms(micro, .plan)), "more").refusal == .aboveMaximum)
        try await bank.apply(.capture(hold, .max, shortfall: .refuse), "c")
        #expect(try await bank.grant(.max, "again").balance == Balance(.max))
    }

    @Test func `What is to come counts towards the largest amount`() async throws {
        let bank = try await Bank()
        try await bank.grant(.max, "g", effectiveAt: bank.day(1))
        #expect(try await bank.submit(.grant(GrantTerms(micro, .plan)), "more").refusal == .aboveMaximum)
        bank.time.set(bank.day(1))
        #expect(try await bank.balance() == Balance(.max))
    }

    @Test func `Nothing is given back above the largest amount`() async throws {
        let bank = try await Bank()
        let granted = try #require(try await bank.grant(.max, "g").grant)
        try await bank.apply(.debit(2.credits, shortfall: .refuse), "d")
        try await bank.apply(.clawback(granted, 2.credits), "c")
        try await bank.grant(3.credits, "top-up")
        #expect(try await bank.submit(.refund(of: "d".key, 2.credits), "r").refusal == .aboveMaximum)
        #expect(try await bank.submit(.reinstate("c".key), "i").refusal == .aboveMaximum)
        try await bank.apply(.refund(of: "d".key, 1.credits), "r")
        #expect(try await bank.balance() == Balance(.max))
    }

    @Test func `A wallet owes the largest amount and not a micro-credit more`() async throws {
        let bank = try await Bank()
        try await bank.apply(.debit(.max, shortfall: .owe), "d")
        for number in 0..<12 {
            #expect(try await bank.submit(.debit(.max, shortfall: .owe), "d\(number)").refusal == .aboveMaximum)
        }
        #expect(try await bank.submit(.debit(micro, shortfall: .owe), "one").refusal == .aboveMaximum)
        let given = try #require(try await bank.grant(1.credits, .promotional, "gift").grant)
        let hold = try await bank.hold(1.credits, "h")
        let above = WalletCommand.Action.capture(hold, 2.credits, shortfall: .owe)
        #expect(try await bank.submit(above, "c").refusal == .aboveMaximum)
        #expect(try await bank.submit(.clawback(given, 1.credits), "b").refusal == .aboveMaximum)
        #expect(try await bank.balance() == Balance(.zero, held: 1.credits, owed: .max))
        let paid = try await bank.grant(Credits.max.subtracting(1.credits), "paid")
        #expect(paid.balance == Balance(.zero, held: 1.credits, owed: 1.credits))
    }

    @Test func `The whole of the largest amount can be spent, refunded and taken back`() async throws {
        let bank = try await Bank()
        let granted = try #require(try await bank.grant(.max, "g").grant)
        try await bank.apply(.debit(.max, shortfall: .refuse), "d")
        #expect(try await bank.apply(.refund(of: "d".key, .max), "r").balance == Balance(.max))
        #expect(try await bank.apply(.clawback(granted, .max), "c").balance == Balance(.zero))
        #expect(try await bank.apply(.reinstate("c".key), "i").balance == Balance(.max))
        #expect(try await bank.wallets.verify(as: .service).isClean)
    }

    // MARK: Numbers

    @Test func `Open grants are bounded, and a spent one makes room`() async throws {
        let bank = try await Bank(limits: WalletLimits(openGrants: 2, openHolds: 9, openReceivables: 9))
        try await bank.grant(5.credits, .plan, "g1", expiresAt: bank.day(9))
        try await bank.grant(5.credits, .plan, "g2", effectiveAt: bank.day(1))
        let third = WalletCommand.Action.grant(try GrantTerms(5.credits, .plan))
        #expect(try await bank.submit(third, "g3").refusal == .tooManyGrants)
        try await bank.apply(.debit(5.credits, shortfall: .refuse), "d")
        try await bank.apply(third, "g3")
    }

    @Test func `Open holds are bounded, and one that has run out makes room`() async throws {
        let bank = try await Bank(limits: WalletLimits(openGrants: 9, openHolds: 2, openReceivables: 9))
        try await bank.grant(9.credits, "g")
        _ = try await bank.hold(1.credits, "h1", lifetime: .seconds(60))
        let second = try await bank.hold(1.credits, "h2", lifetime: .days(1))
        let action = WalletCommand.Action.hold(1.credits, lifetime: .days(1))
        #expect(try await bank.submit(action, "h3").refusal == .tooManyHolds)
        bank.time.advance(by: .seconds(60))
        try await bank.apply(action, "h3")
        #expect(try await bank.submit(action, "h4").refusal == .tooManyHolds)
        try await bank.apply(.release(second), "r")
        try await bank.apply(action, "h4")
    }

    @Test func `Open receivables are bounded, and a settled one makes room`() async throws {
        let bank = try await Bank(limits: WalletLimits(openGrants: 9, openHolds: 9, openReceivables: 1))
        let gift = try #require(try await bank.grant(5.credits, .promotional, "gift").grant)
        let hold = try await bank.hold(5.credits, "h")
        try await bank.apply(.debit(2.credits, shortfall: .owe), "d1")
        for (number, action) in [
            WalletCommand.Action.debit(1.credits, shortfall: .owe), .capture(hold, 6.credits, shortfall: .owe),
        ].enumerated() {
            #expect(try await bank.submit(action, "a\(number)").refusal == .tooManyReceivables)
        }
        #expect(try await bank.apply(.clawback(gift, 1.credits), "claw").shortfall == 1.credits, "always recorded")
        #expect(try await bank.balance() == Balance(.zero, held: 5.credits, owed: 3.credits))
        try await bank.grant(3.credits, "paid")
        #expect(try await bank.apply(.debit(1.credits, shortfall: .owe), "d2").shortfall == 1.credits)
    }

    @Test func `Where nothing would be owed the bound on receivables refuses nothing`() async throws {
        let bank = try await Bank(limits: WalletLimits(openGrants: 9, openHolds: 9, openReceivables: 1))
        try await bank.apply(.debit(2.credits, shortfall: .owe), "d")
        let later = try #require(try await bank.grant(8.credits, "later", effectiveAt: bank.day(1)).grant)
        try await bank.apply(.clawback(later, 3.credits), "c")
        try await bank.grant(5.credits, .promotional, "gift")
        let hold = try await bank.hold(2.credits, "h")
        let receipt = try await bank.apply(.capture(hold, 4.credits, shortfall: .owe), "settle")
        #expect(receipt.amount == 4.credits && receipt.shortfall == .zero)
        #expect(receipt.balance == Balance(1.credits, owed: 2.credits))
    }

    // MARK: Requests that cannot be made

    @Test func `Terms of a grant outside their bounds cannot be made`() throws {
        let (early, late) = (Bank.start, Bank.start.advanced(by: .seconds(1)))
        func field(_ make: () throws(TammError) -> GrantTerms) -> String? {
            let error = caught { () throws(TammError) in _ = try make() }
            #expect(error == nil || error?.code == .invalidInput)
            return error?.field
        }
        #expect(field { () throws(TammError) in try GrantTerms(.zero, .plan) } == "amount")
        for priority in [Int.min, -1001, 1001, .max] {
            #expect(field { () throws(TammError) in try GrantTerms(micro, .plan, priority: priority) } == "priority")
        }
        for end in [early, late] {
            let found = field { () throws(TammError) in
                try GrantTerms(micro, .plan, effectiveAt: late, expiresAt: end)
            }
            #expect(found == "expiresAt")
        }
        for priority in [-1000, 1000] {
            #expect(field { () throws(TammError) in try GrantTerms(.max, .plan, priority: priority) } == nil)
        }
        #expect(
            field { () throws(TammError) in try GrantTerms(micro, .plan, effectiveAt: early, expiresAt: late) } == nil)
    }

    @Test func `Commands outside their bounds cannot be made`() async throws {
        let bank = try await Bank()
        let (hold, grant) = (Identifier<Hold>(high: 1, low: 1), Identifier<Grant>(high: 1, low: 1))
        let longest = WalletCommand.maximumHoldLifetime
        let actions: [(WalletCommand.Action, String)] = [
            (.hold(.zero, lifetime: .seconds(1)), "amount"), (.refund(of: "d".key, .zero), "amount"),
            (.clawback(grant, .zero), "amount"), (.hold(micro, lifetime: .zero), "lifetime"),
            (.hold(micro, lifetime: .seconds(-1)), "lifetime"), (.hold(micro, lifetime: .nanoseconds(999)), "lifetime"),
            (.hold(micro, lifetime: longest + .microseconds(1)), "lifetime"),
        ]
        for (action, field) in actions {
            let error = await failure { try bank.command(action, "key") }
            #expect(error?.code == .invalidInput && error?.field == field, "\(action)")
        }
        for action in [
            WalletCommand.Action.hold(micro, lifetime: .microseconds(1)), .hold(.max, lifetime: longest),
            .debit(.zero, shortfall: .refuse), .capture(hold, .zero, shortfall: .refuse),
        ] { _ = try bank.command(action, "key") }
    }

    @Test func `A command carries at most sixteen events, each once, of its own workspace`() async throws {
        let bank = try await Bank()
        let many = (0..<17).map { bank.usage("e\($0)") }
        let foreign = bank.usage("e0", in: Identifier(high: 1, low: 1))
        for usage in [many, [many[0], many[0]], [many[0], foreign], [foreign]] {
            let error = await failure { try bank.command(.debit(.zero, shortfall: .refuse), "key", usage: usage) }
            #expect(error?.code == .invalidInput && error?.field == "usage")
        }
        try await bank.apply(.debit(.zero, shortfall: .refuse), "key", usage: Array(many.prefix(16)))
        #expect(try await bank.wallets.usage(of: bank.workspace, as: .service).count == 16)
    }

    @Test func `A claim on an allowance outside its bounds cannot be made`() {
        let (start, end) = (Bank.start, Bank.start.advanced(by: .seconds(1)))
        func field(_ quantity: UInt64, _ limit: UInt64, _ start: Timestamp, _ end: Timestamp) -> String? {
            caught { () throws(TammError) in
                _ = try QuotaClaim(
                    meter: .messages, quantity: quantity, limit: limit, periodStart: start, resetsAt: end)
            }?.field
        }
        #expect(field(1, 1, start, start) == "resetsAt" && field(1, 1, end, start) == "resetsAt")
        #expect(field(QuotaCounter.maximum + 1, 1, start, end) == "quantity")
        #expect(field(1, .max, start, end) == "quantity")
        #expect(field(QuotaCounter.maximum, QuotaCounter.maximum, start, end) == nil)
    }

    @Test func `A capture may settle only the allowance that its hold reserved`() async throws {
        let bank = try await Bank()
        try await bank.grant(9.credits, "g")
        let hold = try await bank.hold(1.credits, "h")
        let capture = WalletCommand.Action.capture(hold, 1.credits, shortfall: .refuse)
        let error = await failure { try await bank.submit(capture, "c", quota: bank.quota(1)) }
        #expect(error?.code == .invalidInput && error?.field == "quota")
        try await bank.apply(capture, "c")
    }

    @Test(arguments: ["", String(repeating: "n", count: 65)])
    func `A wallet's name has 1 to 64 bytes`(name: String) async throws {
        let bank = try await Bank()
        let error = await failure { try await bank.wallets.open(in: bank.workspace, named: name, as: .service) }
        #expect(error?.code == .invalidInput && error?.field == "name")
    }

    @Test func `Opening a wallet again finds the same one`() async throws {
        let bank = try await Bank()
        try await bank.grant(9.credits, "g")
        let opened = try await together(10) { _ in try await bank.wallets.open(in: bank.workspace, as: .service) }
        #expect(Set(opened) == [try await bank.stored()])
        let second = try await bank.wallets.open(in: bank.workspace, named: "second", as: .service)
        #expect(second.id != bank.wallet.id && second.balance == Balance(.zero))
    }
}
