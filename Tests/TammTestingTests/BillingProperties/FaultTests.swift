import TammCore
import TammInMemory
import TammTesting
import Testing

@Suite struct FaultTests {
    private static let properties = BillingProperties(
        catalogue: .example, prices: .example, store: { InMemoryStore() })

    @Test func `every fault in the rules is caught and every property catches one`() async throws {
        var caughtBy: [String: Set<String>] = [:]
        for fault in Fault.all {
            var seeds = SplitMix64(seed: TestSeed.current)
            var violated: Set<String> = []
            var sequences = 0
            while sequences < 400, violated.isEmpty || sequences < 40 {
                violated.formUnion(try await run(fault, seed: seeds.next()))
                sequences += 1
            }
            print("\(violated.isEmpty ? "MISSED" : "caught")  \(fault.name): \(violated.sorted().joined(separator: ", "))")
            #expect(!violated.isEmpty, "the fault “\(fault.name)” was not caught in \(sequences) sequences")
            for property in violated { caughtBy[property, default: []].insert(fault.name) }
        }
        for property in BillingProperty.all {
            #expect(caughtBy[property.name]?.isEmpty == false, "the property \(property.name) caught no fault")
        }
    }

    @Test func `a failure is shrunk to a few steps and its seed shows it again`() async throws {
        let fault = try #require(Fault.all.first)
        var seeds = SplitMix64(seed: TestSeed.current)
        for _ in 0..<100 {
            let seed = seeds.next()
            let found = try await Self.properties.run(
                one: seed, rules: rules(with: fault), properties: BillingProperty.all, shrinking: true)
            guard let failure = found.report.failures.first else { continue }
            #expect(failure.seed == seed)
            #expect(failure.steps.count <= 6, "\(failure)")
            let again = try await Self.properties.run(
                one: seed, rules: rules(with: fault), properties: BillingProperty.all, shrinking: true)
            #expect(again.report.failures.first?.steps == failure.steps)
            return
        }
        Issue.record("the fault was not found")
    }

    private func run(_ fault: Fault, seed: UInt64) async throws -> Set<String> {
        try await Self.properties.run(
            one: seed, rules: rules(with: fault), properties: BillingProperty.all, shrinking: false
        ).violated
    }

    private func rules(with fault: Fault) -> (WalletLimits) -> WalletRules {
        { limits in
            var rules = WalletRules(limits: limits)
            fault.inject(&rules)
            return rules
        }
    }
}
