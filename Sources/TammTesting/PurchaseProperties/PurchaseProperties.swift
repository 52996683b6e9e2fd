public import TammCore

/// The laws of purchases, tried on generated sequences of what members, payers, providers, administrators and the
/// clock do: run them on your own plans and policy, and on your own store.
///
/// After every step each law looks at what is stored and shown, and compares it with books that are kept apart from
/// the store. A failure names the seed of its sequence and is shrunk to the fewest steps that still show it.
public struct PurchaseProperties: Sendable {
    /// A property that did not hold, and the fewest steps that show it.
    public struct Failure: Sendable, CustomStringConvertible {
        /// Run this seed alone to see it again.
        public let seed: UInt64
        public let property: String
        public let detail: String
        /// The fewest steps found that break the property.
        public let steps: [PurchaseStep]

        public var description: String {
            "\(property): \(detail)\n  seed 0x\(String(seed, radix: 16)), \(steps.count) steps:\n"
                + steps.map { "    \($0)\n" }.joined()
        }
    }

    /// What a run was made of and what failed in it.
    public struct Report: Sendable {
        public internal(set) var mix = PurchaseMix()
        public internal(set) var failures: [Failure] = []
    }

    let scenario: PurchaseScenario
    let makeStore: @Sendable () async throws -> any TammStore

    /// - Parameter makeStore: makes a store for each sequence, or hands out one and the same.
    public init(
        scenario: PurchaseScenario = .example, store makeStore: @escaping @Sendable () async throws -> any TammStore
    ) {
        self.scenario = scenario
        self.makeStore = makeStore
    }

    /// The requirements, a sentence each, by their names.
    public static var sentences: [(name: String, sentence: String)] {
        PurchaseProperty.all.map { ($0.name, $0.sentence) }
    }

    /// Runs `sequences` of 1 to 100 steps; stops at the first failure.
    ///
    /// - Parameter seed: each sequence has a seed of its own, made of this one and its number.
    public func run(sequences: Int = 500, seed: UInt64 = TestSeed.current) async throws -> Report {
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
        try await run(one: seed, changing: { _ in }, properties: PurchaseProperty.all, shrinking: true).report
    }

    /// - Parameter change: puts a wrong rule in.
    package func run(
        one seed: UInt64, changing change: @Sendable (inout PurchaseRules) -> Void, properties: [PurchaseProperty],
        shrinking: Bool
    ) async throws -> (report: Report, violated: Set<String>) {
        var generator = PurchaseGenerator(seed: seed, scenario: scenario)
        let steps = generator.sequence()
        let outcome = try await attempt(steps, seed, change, properties)
        var report = Report()
        report.mix = outcome.mix
        guard let violation = outcome.violations.first else { return (report, []) }
        let fewest = shrinking ? try await shrink(steps, violation, seed, change, properties) : (steps, violation.detail)
        report.failures = [
            Failure(seed: seed, property: violation.property, detail: fewest.1, steps: fewest.0)
        ]
        return (report, Set(outcome.violations.map(\.property)))
    }

    package func attempt(
        _ steps: [PurchaseStep], _ seed: UInt64, _ change: (inout PurchaseRules) -> Void,
        _ properties: [PurchaseProperty]
    ) async throws -> PurchaseRun.Outcome {
        let policy = scenario.policies[Int(seed % UInt64(scenario.policies.count))]
        let limits = seed % 5 == 0 ? WalletLimits(openGrants: 12, openHolds: 4, openReceivables: 2) : .standard
        var rules = PurchaseRules(
            billing: BillingRules(catalogue: scenario.catalogue, policy: policy), wallet: WalletRules(limits: limits))
        change(&rules)
        var run = try await PurchaseRun(
            store: makeStore(), scenario: scenario, policy: policy, rules: rules, properties: properties, seed: seed)
        return try await run.run(steps)
    }

    /// Takes steps out, half of them, a quarter, one by one, as long as the same property still breaks.
    private func shrink(
        _ steps: [PurchaseStep], _ violation: PurchaseRun.Violation, _ seed: UInt64,
        _ change: (inout PurchaseRules) -> Void, _ properties: [PurchaseProperty]
    ) async throws -> ([PurchaseStep], String) {
        var fewest = Array(steps.prefix { $0.id <= violation.step.id })
        var detail = violation.detail
        var size = fewest.count / 2
        while size > 0 {
            var start = 0
            while start < fewest.count {
                var fewer = fewest
                fewer.removeSubrange(start..<min(start + size, fewer.count))
                let outcome = try await attempt(fewer, seed, change, properties)
                if let same = outcome.violations.first(where: { $0.property == violation.property }) {
                    fewest = fewer
                    detail = same.detail
                } else {
                    start += size
                }
            }
            size /= 2
        }
        return (fewest, detail)
    }
}

/// The judgements that a run is made with.
package struct PurchaseRules: Sendable {
    package var billing: BillingRules
    package var wallet: WalletRules
    /// What a store that loses or garbles rows makes of what is read.
    package var garbles: @Sendable (inout PurchaseState) -> Void = { _ in }

    package init(billing: BillingRules, wallet: WalletRules) {
        self.billing = billing
        self.wallet = wallet
    }
}
