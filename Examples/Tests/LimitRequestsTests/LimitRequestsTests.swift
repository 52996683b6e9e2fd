import TammTesting
import Testing

@testable import LimitRequests

@Test func `a plan's limit admits one request a second, and the next is told to wait one`() async throws {
    let lines = try await LimitRequests.lines(
        time: ManualTime(.epoch).source, entropy: SeededEntropy(seed: 1).source)
    #expect(
        lines == [
            "admitted, 0 left", "429, Retry-After: 1", "5 left after 8 and 3 back", "2 of 3 runs at the same time",
        ])
}

@Test func `what is printed does not vary from run to run`() async throws {
    let first = try await LimitRequests.lines(time: .system, entropy: .system)
    #expect(try await LimitRequests.lines(time: .system, entropy: .system) == first)
}
