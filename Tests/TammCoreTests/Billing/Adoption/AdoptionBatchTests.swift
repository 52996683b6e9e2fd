import TammInMemory
import TammTesting
import Testing

@testable import TammCore

struct AdoptionBatchTests {
    @Test func `One that fails does not stop the others, and each is accounted for`() async throws {
        let takeover = try Takeover()
        try await takeover.adopt(Takeover.growth(2))
        try await takeover.adopt(Takeover.workspace(3, plan: nil, lots: []))
        let batch = [
            try Takeover.growth(1), try Takeover.growth(2), try Takeover.growth(3),
            try Takeover.workspace(4, plan: Takeover.paid("gone@1"), lots: []), try Takeover.growth(5),
            try Takeover.growth(5),
        ]
        let report = await takeover.tamm.adoption.adopt(contentsOf: batch, as: .service)
        #expect(report.adopted == 2 && report.alreadyAdopted == 2 && report.differing == 1 && report.failed == 1)
        #expect(report.differences.map(\.position) == [3])
        #expect(report.differences.first?.differences.map(\.field) == ["plan", "lots[0]", "lots[1]"])
        #expect(report.failures.map(\.position) == [4] && report.failures.first?.workspace == Takeover.id(4))
        #expect(report.failures.first?.error.field == "plan.version" && !report.isIncomplete)
    }

    @Test func `An export is adopted line by line, and its errors name line and field`() async throws {
        let takeover = try Takeover()
        let text = try (1...3).map { String(decoding: try Takeover.growth($0).json(), as: UTF8.self) }
        let broken = text[1].replacing(#""amount":"250""#, with: #""amount":"250.0000001""#)
        let report = await takeover.tamm.adoption.adopt(
            lines: [text[0], broken, text[2], ""].joined(separator: "\n").utf8, as: .service)
        #expect(report.adopted == 2 && report.failed == 1)
        let failure = try #require(report.failures.first)
        #expect(failure.position == 2 && failure.workspace == nil && failure.error.field == "lots[0].amount")
        #expect(failure.error.message.hasPrefix("line 2: wanted credits"))
        let mended = await takeover.tamm.adoption.adopt(lines: text.joined(separator: "\n").utf8, as: .service)
        #expect(mended.adopted == 1 && mended.alreadyAdopted == 2)
    }

    @Test func `A batch that was broken off goes on when it is asked again`() async throws {
        let takeover = try Takeover()
        let batch = try (1...20).map { try Takeover.growth($0) }
        takeover.store.fail(at: 7)
        let first = await takeover.tamm.adoption.adopt(contentsOf: batch, as: .service)
        #expect(first.adopted == 19 && first.failures.map(\.position) == [7])
        let second = await takeover.tamm.adoption.adopt(contentsOf: batch, as: .service)
        #expect(second.adopted == 1 && second.alreadyAdopted == 19)
        #expect(try await takeover.tamm.wallets.verify(as: .service).isClean)
    }

    @Test func `A cancelled task ends it, and says that it is incomplete`() async throws {
        let takeover = try Takeover()
        let batch = try (1...3).map { try Takeover.growth($0) }
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return await takeover.tamm.adoption.adopt(contentsOf: batch, as: .service)
        }
        task.cancel()
        let report = await task.value
        #expect(report.isIncomplete && report.adopted == 0 && report.failed == 0)
    }

    @Test func `What is listed is bounded, and what is counted is not`() async throws {
        let takeover = try Takeover()
        let bytes = Array(repeating: UInt8(ascii: "\n"), count: 1500)
        let report = await takeover.tamm.adoption.adopt(lines: bytes, as: .service)
        #expect(report.failed == 1500 && report.failures.count == AdoptionReport.maximumListed)
        #expect(report.failures.last?.position == 1000)
    }
}
