public import TammCore

/// The laws of billing, tried on generated sequences of commands: run them on your own plans and prices, and on your
/// own store.
///
/// Grants are as large as the catalogue's monthly credits and packs, charges as what the price book makes of usage.
/// A failure names the seed of its sequence and is shrunk to the fewest steps that still show it.
public struct BillingProperties: Sendable {
    /// A property that did not hold, and the fewest steps that show it.
    public struct Failure: Sendable, CustomStringConvertible {
        /// Run this seed alone to see it again.
        public let seed: UInt64
        public let property: String
        public let detail: String
        /// The fewest steps found that break the property.
        public let steps: [BillingStep]

        public var description: String {
            "\(property): \(detail)\n  seed 0x\(String(seed, radix: 16)), \(steps.count) steps:\n"
                + steps.map { "    \($0)\n" }.joined()
        }
    }

    /// What a run was made of and what failed in it.
    public struct Report: Sendable {
        public internal(set) var mix = BillingMix()
        public internal(set) var failures: [Failure] = []
    }

    private let scenario: BillingScenario
    private let makeStore: @Sendable () async throws -> any TammStore

    /// - Parameter makeStore: makes a store for each sequence, or hands out one and the same.
    public init(
        scenario: BillingScenario, store makeStore: @escaping @Sendable () async throws -> any TammStore
    ) {
        self.scenario = scenario
        self.makeStore = makeStore
    }

    /// Amounts as the catalogue's versions and packs grant them, and as the price book charges for usage.
    public init(
        catalogue: PlanCatalogue, prices: PriceBook, store makeStore: @escaping @Sendable () async throws -> any TammStore
    ) {
        self.init(scenario: BillingScenario(catalogue: catalogue, prices: prices), store: makeStore)
    }

    /// Runs `sequences` of 1 to 200 steps; stops at the first failure.
    ///
    /// - Parameter seed: each sequence has a seed of its own, made of this one and its number.
    public func run(sequences: Int = 1000, seed: UInt64 = TestSeed.current) async throws -> Report {
        var seeds = SplitMix64(seed: seed)
        var report = Report()
        for _ in 0..<sequences {
            let one = try await run(one: seeds.next())
            report.mix.add(one.mix)
            report.failures += one.failures
            if !report.failures.isEmpty { return report }
        }
        return report
    }

    /// Runs the one sequence that this seed gives.
    public func run(one seed: UInt64) async throws -> Report {
        try await run(one: seed, rules: { WalletRules(limits: $0) }, properties: BillingProperty.all, shrinking: true).report
    }

    package func run(
        one seed: UInt64, rules: (WalletLimits) -> WalletRules, properties: [BillingProperty], shrinking: Bool
    ) async throws -> (report: Report, violated: Set<String>) {
        var generator = BillingGenerator(seed: seed, scenario: scenario)
        let steps = generator.sequence()
        let limits =
            seed % 2 == 0
            ? WalletLimits(openGrants: 8, openHolds: 4, openReceivables: 1) : .standard
        let outcome = try await attempt(steps, seed, rules(limits), properties)
        var report = Report()
        report.mix = outcome.mix
        guard let violation = outcome.violations.first else { return (report, []) }
        let fewest = shrinking ? try await shrink(steps, violation, seed, rules(limits), properties) : steps
        report.failures = [
            Failure(seed: seed, property: violation.property, detail: violation.detail, steps: fewest)
        ]
        return (report, Set(outcome.violations.map(\.property)))
    }

    package func attempt(
        _ steps: [BillingStep], _ seed: UInt64, _ rules: WalletRules, _ properties: [BillingProperty]
    ) async throws -> BillingRun.Outcome {
        var run = try await BillingRun(store: makeStore(), rules: rules, properties: properties, seed: seed)
        return try await run.run(steps)
    }

    /// Takes steps out, half of them, a quarter, one by one, as long as the same property still breaks.
    private func shrink(
        _ steps: [BillingStep], _ violation: BillingRun.Violation, _ seed: UInt64, _ rules: WalletRules,
        _ properties: [BillingProperty]
    ) async throws -> [BillingStep] {
        var fewest = Array(steps.prefix { $0.id <= violation.step.id })
        var size = fewest.count / 2
        while size > 0 {
            var start = 0
            while start < fewest.count {
                var fewer = fewest
                fewer.removeSubrange(start..<min(start + size, fewer.count))
                let outcome = try await attempt(fewer, seed, rules, properties)
                if outcome.violations.contains(where: { $0.property == violation.property }) {
                    fewest = fewer
                } else {
                    start += size
                }
            }
            size /= 2
        }
        return fewest
    }
}
