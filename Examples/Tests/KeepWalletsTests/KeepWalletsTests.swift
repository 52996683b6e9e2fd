import TammTesting
import Testing

@testable import KeepWallets

@Test func `credits are granted, spent once, held, refused and recomputed`() async throws {
    let lines = try await KeepWallets.lines(
        time: ManualTime(.epoch).source, entropy: SeededEntropy(seed: 1).source)
    #expect(
        lines == [
            "charged 30, 70 left",
            "the same key again: charged before, 30",
            "after the hold: 57.5 available, 0 held",
            "refused: 80 wanted, 57.5 available",
            "recomputed 5 entries, 0 findings",
            "the journal asserts 7 balances",
        ])
}
