import TammTesting
import Testing

@testable import TammCore

struct TrialCreditTests {
    @Test func `A trial that begins at the very moment of a credited month has its own credits`() async throws {
        let shop = try await Shop()
        _ = try await shop.subscriptions.begin(PlanID("free"), in: shop.workspace, as: shop.owner)
        let outcome = try await shop.subscriptions.beginTrial(of: PlanID("starter"), in: shop.workspace, as: shop.owner)
        #expect(outcome.value?.status == .trialing)
        #expect(try await shop.bank.balance() == Balance(1600.credits))
    }
}
