import TammTesting
import Testing

@testable import TammCore

/// A fixed sequence of commands that writes an entry of every kind, and leaves a grant, a hold and a debt open.
enum LedgerScript {
    static func run(on bank: Bank) async throws {
        try await bank.grant(10.credits, .promotional, "promo", expiresAt: bank.day(10))
        try await bank.grant(20.credits, .plan, "plan", expiresAt: bank.day(30))
        let paid = try #require(try await bank.grant(50.credits, "payment-1").grant)
        let later = try #require(try await bank.grant(30.credits, "payment-2", effectiveAt: bank.day(5)).grant)

        bank.time.set(bank.day(1))
        try await bank.apply(
            .debit(5.credits, shortfall: .refuse), "call-1", occurredAt: bank.start(plus: 3600),
            usage: [bank.usage("event-1", 5.credits)])
        let settled = try await bank.hold(12.credits, "work-1")
        try await bank.apply(.capture(settled, Credits(unchecked: 8_500_001), shortfall: .refuse), "work-1:settle")
        let given = try await bank.hold(3.credits, "work-2")
        try await bank.apply(.release(given), "work-2:release")
        _ = try await bank.hold(6.credits, "work-3")

        bank.time.set(bank.day(2))
        try await bank.apply(.refund(of: "call-1".key, 2.credits), "refund-1")
        try await bank.apply(.clawback(later, 4.credits), "chargeback-2")

        bank.time.set(bank.day(11))
        try await bank.apply(.tidy, "tidy-1")
        try await bank.apply(.debit(40.credits, shortfall: .refuse), "call-2")
        try await bank.apply(.clawback(paid, 50.credits), "chargeback-1")
        try await bank.apply(.reinstate("chargeback-1".key), "won-1")
        try await bank.apply(.debit(60.credits, shortfall: .owe), "call-3")
        try await bank.grant(5.credits, "payment-3")

        bank.time.set(bank.day(12))
        try await writeOff(on: bank)
        try await bank.apply(.debit(2.credits, shortfall: .owe), "call-4")
        try await bank.grant(1.credits, "payment-4")
        try await bank.grant(9.credits, .promotional, "promo-2", effectiveAt: bank.day(20))
        try await bank.grant(7.credits, .promotional, "promo-3")
        _ = try await bank.hold(3.credits, "work-4")
    }

    private static func writeOff(on bank: Bank) async throws {
        let receivables = try await bank.wallets.receivables(of: bank.wallet, as: .service)
        let open = try #require(receivables.first { !$0.open.isZero })
        try await bank.apply(.writeOff(open.id), "write-off-1")
    }
}

extension Bank {
    func start(plus seconds: Int) -> Timestamp { Self.start.advanced(by: .seconds(seconds)) }
}
