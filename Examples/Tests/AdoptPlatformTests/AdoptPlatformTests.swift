import TammCore
import TammTesting
import Testing

@testable import AdoptPlatform

@Test func `workspaces are adopted once, and what the old billing rounds is found`() async throws {
    let noon = try Timestamp(parsing: "2026-03-15T12:00:00Z")
    let lines = try await AdoptPlatform.lines(time: ManualTime(noon).source, entropy: SeededEntropy(seed: 1).source)
    #expect(
        lines == [
            "2 adopted, 0 before, 1 failed",
            "at lots[0].amount: line 3: a grant is of more than 0 credits",
            "1 adopted, 2 before, 0 failed",
            "line 1, lots[1].amount: adopted 250, asked 260",
            "4 entries, 0 findings",
            "the clock has granted nothing again: 0 due",
            "request-1, amount: theirs 3, ours 2.25",
            "request-1, balance: theirs 1451.5, ours 1452.25",
            "3 compared, 2 agree, 0 failed",
            "workspace 4f6d1a52-7c1e-4e0b-9d3a-000000000001: theirs 1451.5, ours 1452.25",
            "2 agree",
        ])
}
