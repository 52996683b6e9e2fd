import TammCore
import TammInMemory
import TammTesting
import Testing

struct PurchasePropertiesTests {
    @Test func `Every property of purchases holds in every sequence`() async throws {
        let properties = PurchaseProperties { InMemoryStore() }
        let reports = try await withThrowingTaskGroup(of: PurchaseProperties.Report.self) { group in
            for part in 0..<4 as Range<UInt64> {
                group.addTask { try await properties.run(sequences: 1000, seed: TestSeed.current &+ part) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        var mix = PurchaseMix()
        for report in reports {
            mix.add(report.mix)
            for failure in report.failures { Issue.record("\(failure)") }
        }
        print(mix)
        #expect(mix.sequences == 4000)
    }
}
