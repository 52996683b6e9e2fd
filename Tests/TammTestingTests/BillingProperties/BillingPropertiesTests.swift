import TammCore
import TammInMemory
import TammTesting
import Testing

@Suite struct BillingPropertiesTests {
    @Test func `every property holds in ten thousand sequences`() async throws {
        let properties = BillingProperties(catalogue: .example, prices: .example) { InMemoryStore() }
        let reports = try await withThrowingTaskGroup(of: BillingProperties.Report.self) { group in
            for part in 0..<4 as Range<UInt64> {
                group.addTask { try await properties.run(sequences: 2500, seed: TestSeed.current &+ part) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        var mix = BillingMix()
        for report in reports {
            mix.add(report.mix)
            for failure in report.failures { Issue.record("\(failure)") }
        }
        print(mix)
        #expect(mix.sequences == 10_000)
        for name in BillingMix.expected { #expect(mix.share(of: name) >= 0.01, "\(name) occurs in too few sequences") }
        #expect(mix.shareOfEndings >= 0.5, "too few sequences end with open holds and several grants")
    }

    @Test func `a user's own catalogue and prices are tried in a few lines`() async throws {
        let json = Array(
            """
            {"format": 1, "plans": [{"id": "solo", "name": "Solo", "offered": true, "rank": 1, "versions": [
              {"version": 1, "monthlyCredits": "7.5", "trialDays": 0, "retentionDays": {}, "prices": [], "packs": [],
               "entitlements": [], "rateLimits": []}]}]}
            """.utf8)
        // snippet: properties
        let properties = BillingProperties(
            catalogue: try PlanCatalogue(json: json), prices: .example, store: { InMemoryStore() })
        let report = try await properties.run(sequences: 50, seed: 42)
        #expect(report.failures.isEmpty, "\(report.failures)")
        // end snippet
        #expect(report.mix.sequences == 50)
    }
}
