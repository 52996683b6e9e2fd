import TammCore
import TammInMemory
import TammTesting
import Testing

@Suite struct BillingPropertiesTests {
    @Test func `every property holds in every sequence`() async throws {
        let properties = BillingProperties(scenario: BillingScenario(grants: [], charges: [])) { InMemoryStore() }
        let report = try await properties.run(sequences: 2000)
        print(report.mix)
        for failure in report.failures { Issue.record("\(failure)") }
    }
}
