import TammCore
import TammInMemory
import TammTesting
import Testing

struct NoticePropertiesTests {
    private static let properties = NoticeProperties { InMemoryStore() }

    @Test func `The order in which a provider tells of one transaction does not matter`() async throws {
        for failure in try await Self.properties.run(transactions: 150) { Issue.record("\(failure)") }
    }

    @Test func `Returned money that is counted by its last report is caught`() async throws {
        var seeds = SplitMix64(seed: TestSeed.current)
        for _ in 0..<50 {
            let found = try await Self.properties.run(one: seeds.next()) { $0.billing.refunded = { $1 } }
            if found != nil { return }
        }
        Issue.record("the fault was not found")
    }
}
