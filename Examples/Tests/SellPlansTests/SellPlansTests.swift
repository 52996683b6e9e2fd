import TammTesting
import Testing

@testable import SellPlans

@Test func `a plan is paid once by a signed callback, and renewed by the clock`() async throws {
    let lines = try await SellPlans.lines(
        time: ManualTime(.epoch).source, entropy: SeededEntropy(seed: 1).source)
    #expect(
        lines == [
            "799.00 EGP asked for; no plan (none), 0 credits",
            "the payment is confirmed",
            "growth@2 (active), 7500 credits",
            "delivered again: growth@2 (active), 7500 credits",
            "with another signature: unauthenticated",
            "card saved: true",
            "31 days later",
            "growth@2 (past_due), 0 credits",
            "the clock has run: growth@2 (active), 7500 credits",
            "799.00 EGP, confirmed",
            "799.00 EGP, confirmed",
        ])
}

@Test func `what is printed does not vary from run to run`() async throws {
    let first = try await SellPlans.lines(time: .system, entropy: .system)
    #expect(try await SellPlans.lines(time: .system, entropy: .system) == first)
}
