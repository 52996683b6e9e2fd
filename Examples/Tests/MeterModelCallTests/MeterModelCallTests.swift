import TammTesting
import Testing

@testable import MeterModelCall

@Test func `a call is charged when it is answered, free when it breaks, and refused when it is too dear`() async throws {
    let lines = try await MeterModelCall.lines(
        time: ManualTime(.epoch).source, entropy: SeededEntropy(seed: 1).source)
    #expect(
        lines == [
            "Nile Books is on starter@1",
            "available 25, held 0, owed 0",
            "“It left the warehouse.” cost 6 credits",
            "available 19, held 0, owed 0",
            "the stream broke; nothing is charged",
            "available 19, held 0, owed 0",
            "not begun: it may cost 20 credits, 19 are there",
            "1 grant: 25 from issued to available",
            "2 hold: 15 from available to held",
            "3 capture: 6 from held to consumed",
            "4 release: 9 from held to available",
            "5 hold: 15 from available to held",
            "6 release: 15 from held to available",
        ])
}

@Test func `what is printed does not vary from run to run`() async throws {
    let first = try await MeterModelCall.lines(time: .system, entropy: .system)
    #expect(try await MeterModelCall.lines(time: .system, entropy: .system) == first)
}
