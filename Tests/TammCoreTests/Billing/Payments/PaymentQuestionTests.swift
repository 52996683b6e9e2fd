import TammTesting
import Testing

@testable import TammCore

/// Questions to a provider that are still open, and what must not make them be forgotten.
struct PaymentQuestionTests {
    private let rules = BillingRules(catalogue: .example, policy: .standard)

    private func payment(_ charge: Payment.Task? = nil) throws -> Payment {
        var payment = try Payment(
            opening: Identifier(high: 1, low: 1), in: Bank.workspaceID,
            .credits(CreditPurchase(pack: "p", credits: 1.credits, expiresAfterDays: nil, isTopUp: false)), .egp(100),
            with: .paymob, account: "a", isAutomatic: charge == .charge, at: Bank.start, orderedBy: Bank.start,
            expiresAt: Bank.start.advanced(by: .seconds(86_400)))
        _ = try payment.apply(.ordered(order), at: Bank.start, rules: rules)
        return payment
    }

    private var order: ProviderReference {
        get throws { try ProviderReference(.paymob, account: "a", "1") }
    }

    private func notice(_ id: String, _ fact: PaymentNotice.Fact) throws -> PaymentEvent {
        .noticed(try PaymentNotice(order: order, transaction: id, fact))
    }

    private func at(_ seconds: Int64) -> Timestamp { Bank.start.advanced(by: .seconds(seconds)) }

    @Test func `An order that is told again does not charge the card again`() throws {
        var payment = try payment(.charge)
        #expect(payment.task == .charge)
        #expect(try payment.apply(.chargeBegun, at: at(1), rules: rules).refusal == nil)
        let begun = payment
        _ = try payment.apply(.ordered(order), at: at(2), rules: rules)
        #expect(payment == begun && payment.status == .unknown && payment.task == .inquire)
        #expect(try payment.apply(.chargeBegun, at: at(3), rules: rules).refusal == .paymentClosed(.unknown))
    }

    @Test func `What is told again of an earlier charge does not end the question about a later one`() throws {
        var payment = try payment()
        _ = try payment.apply(notice("old", .declined), at: at(1), rules: rules)
        _ = try payment.apply(.chargeAsked, at: at(2), rules: rules)
        _ = try payment.apply(.chargeBegun, at: at(3), rules: rules)
        _ = try payment.apply(notice("old", .declined), at: at(4), rules: rules)
        #expect(payment.status == .unknown && payment.task == .inquire && payment.dueAt == at(63))
        #expect(try payment.apply(.chargeAsked, at: at(5), rules: rules).refusal == .paymentClosed(.unknown))
        _ = try payment.apply(.answered, at: at(70), rules: rules)
        #expect(payment.status == .failed)
    }

    @Test func `A refund that was asked for keeps its question until the provider has answered`() throws {
        let key = "k".key
        var payment = try payment()
        _ = try payment.apply(notice("short", .captured(.egp(99))), at: at(1), rules: rules)
        let open = Payment.Refunds.Open(key: key, transaction: "short", through: 9900)
        #expect(try payment.apply(.callBegun(open), at: at(2), rules: rules).refusal == nil)
        #expect(try payment.apply(.callBegun(open), at: at(3), rules: rules).refusal == .underWay)
        _ = try payment.apply(notice("full", .captured(.egp(100))), at: at(4), rules: rules)
        #expect(payment.status == .confirmed && payment.task == .inquire)
        #expect(try payment.apply(.applied(transaction: "short"), at: at(5), rules: rules).refusal != nil)
        _ = try payment.apply(notice("short", .refunded(9900)), at: at(6), rules: rules)
        _ = try payment.apply(.answered, at: at(7), rules: rules)
        #expect(payment.refunds == Payment.Refunds(done: [key]) && payment.task == nil)
    }

    @Test func `Time that is over leaves the question about a refund open`() throws {
        var payment = try payment()
        _ = try payment.apply(notice("short", .captured(.egp(99))), at: at(1), rules: rules)
        let open = Payment.Refunds.Open(key: "k".key, transaction: "short", through: 9900)
        _ = try payment.apply(.callBegun(open), at: at(2), rules: rules)
        _ = try payment.apply(.timePassed, at: at(90_000), rules: rules)
        #expect(payment.status == .expired && payment.task == .inquire)
        _ = try payment.apply(.answered, at: at(90_001), rules: rules)
        #expect(payment.refunds == Payment.Refunds() && payment.task == nil)
    }

    @Test func `Money under way is not forgotten for the seventeenth try`() throws {
        var payment = try payment()
        _ = try payment.apply(notice("under-way", .pending), at: at(1), rules: rules)
        for number in 0..<40 { _ = try payment.apply(notice("\(number)", .declined), at: at(2), rules: rules) }
        #expect(payment.transactions.count == Payment.maximumTransactions)
        #expect(payment.transactions.first?.id == "under-way")
        _ = try payment.apply(notice("last", .captured(.egp(100))), at: at(3), rules: rules)
        #expect(payment.status == .confirmed)
    }
}
