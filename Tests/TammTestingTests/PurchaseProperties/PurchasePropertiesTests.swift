import TammCore
import TammInMemory
import TammTesting
import Testing

struct PurchasePropertiesTests {
    @Test func `Every property of purchases holds in every sequence`() async throws {
        let properties = PurchaseProperties { InMemoryStore() }
        let reports = try await withThrowingTaskGroup(of: PurchaseProperties.Report.self) { group in
            for part in 0..<4 as Range<UInt64> {
                group.addTask { try await properties.run(sequences: 250, seed: TestSeed.current &+ part) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        var mix = PurchaseMix()
        for report in reports {
            mix.add(report.mix)
            for failure in report.failures { Issue.record("\(failure)") }
        }
        print(mix)
        #expect(mix.sequences == 1000)
        for name in PurchaseMix.expected {
            #expect(mix.share(of: name) >= 0.003, "\(name) occurs in too few sequences: \(mix.occurrences[name] ?? 0)")
        }
    }

    @Test func `A user's own plans are tried in a few lines`() async throws {
        let json = Array(
            """
            {"format": 1, "plans": [{"id": "solo", "name": "Solo", "offered": true, "rank": 1, "versions": [
              {"version": 1, "monthlyCredits": "7.5", "trialDays": 3, "retentionDays": {}, "packs": [], "entitlements": [],
               "prices": [{"amount": "9.00", "currency": "EGP", "interval": "month"}], "rateLimits": []}]}]}
            """.utf8)
        // snippet: purchases
        let scenario = PurchaseScenario(catalogue: try PlanCatalogue(json: json))
        let report = try await PurchaseProperties(scenario: scenario, store: { InMemoryStore() })
            .run(sequences: 50, seed: 42)
        #expect(report.failures.isEmpty, "\(report.failures)")
        // end snippet
        #expect(report.mix.sequences == 50)
    }
}
