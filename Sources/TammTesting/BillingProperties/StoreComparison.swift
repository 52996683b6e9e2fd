public import TammCore

/// Two stores checked against each other: the same generated commands, step by step, and after each step the same
/// answers and the same rows, hashes of the ledger's chain among them.
public struct StoreComparison: Sendable {
    /// A step at which the stores differ.
    public struct Difference: Sendable, CustomStringConvertible {
        /// Makes the sequence again.
        public let seed: UInt64
        /// What differs, and how.
        public let detail: String
        /// The fewest steps found that still differ.
        public let steps: [BillingStep]

        public var description: String {
            "seed \(seed): \(detail)\n" + steps.map { "  \($0)" }.joined(separator: "\n")
        }
    }

    /// What a comparison has found.
    public struct Report: Sendable {
        public internal(set) var sequences = 0
        public internal(set) var steps = 0
        /// At most one: it stops there.
        public internal(set) var differences: [Difference] = []
    }

    private let scenario: BillingScenario
    private let reference: @Sendable () async throws -> any TammStore
    private let candidate: @Sendable () async throws -> any TammStore

    /// - Parameters:
    ///   - reference: makes a store for each sequence, or hands out one and the same; so `candidate`.
    public init(
        scenario: BillingScenario, reference: @escaping @Sendable () async throws -> any TammStore,
        candidate: @escaping @Sendable () async throws -> any TammStore
    ) {
        self.scenario = scenario
        self.reference = reference
        self.candidate = candidate
    }

    /// Compares `sequences` of 1 to 200 steps, so many at a time; stops at the first difference.
    ///
    /// - Parameter seed: each sequence has a seed of its own, made of this one and its number.
    public func run(sequences: Int, atOnce: Int = 4, seed: UInt64 = TestSeed.current) async throws -> Report {
        var seeds = SplitMix64(seed: seed)
        let all = (0..<sequences).map { _ in seeds.next() }
        return try await withThrowingTaskGroup(of: (steps: Int, difference: Difference?).self) { group in
            var (report, next) = (Report(), 0)
            func begin() {
                guard next < all.count, report.differences.isEmpty else { return }
                let seed = all[next]
                next += 1
                group.addTask { try await compare(seed) }
            }
            for _ in 0..<max(1, atOnce) { begin() }
            while let found = try await group.next() {
                report.sequences += 1
                report.steps += found.steps
                if let difference = found.difference, report.differences.isEmpty { report.differences = [difference] }
                begin()
            }
            return report
        }
    }

    private func compare(_ seed: UInt64) async throws -> (steps: Int, difference: Difference?) {
        var generator = BillingGenerator(seed: seed, scenario: scenario)
        let steps = generator.sequence()
        // Each attempt has workspaces that no other has, on both stores the same; nothing is decided by their names.
        var places = SplitMix64(seed: EntropySource.system.next())
        guard let first = try await difference(steps, seed, places.next()) else { return (steps.count, nil) }
        var (fewest, detail) = (Array(steps.prefix { $0.id <= first.step }), first.detail)
        var size = fewest.count / 2
        while size > 0 {
            var start = 0
            while start < fewest.count {
                var fewer = fewest
                fewer.removeSubrange(start..<min(start + size, fewer.count))
                if let same = try await difference(fewer, seed, places.next()) {
                    (fewest, detail) = (fewer, same.detail)
                } else {
                    start += size
                }
            }
            size /= 2
        }
        return (steps.count, Difference(seed: seed, detail: detail, steps: fewest))
    }

    /// The first step at which the stores differ.
    private func difference(
        _ steps: [BillingStep], _ seed: UInt64, _ place: UInt64
    ) async throws -> (step: Int, detail: String)? {
        let wanted = try await trace(steps, seed, place, reference)
        let found = try await trace(steps, seed, place, candidate)
        for (a, b) in zip(wanted, found) where a != b { return (a.step, Self.detail(a, b)) }
        return nil
    }

    private func trace(
        _ steps: [BillingStep], _ seed: UInt64, _ place: UInt64, _ makeStore: () async throws -> any TammStore
    ) async throws -> [BillingRun.Trace] {
        let limits =
            seed % 2 == 0 ? WalletLimits(openGrants: 8, openHolds: 4, openReceivables: 1) : .standard
        var run = try await BillingRun(
            store: makeStore(), rules: WalletRules(limits: limits), properties: [], seed: place, isTraced: true)
        return try await run.run(steps).trace
    }

    private static func detail(_ wanted: BillingRun.Trace, _ found: BillingRun.Trace) -> String {
        func differ<Value: Equatable>(_ what: String, _ a: Value, _ b: Value) -> String? {
            a == b ? nil : "step \(wanted.step), \(what): wanted \(a), found \(b)"
        }
        return differ("the answers", wanted.answers, found.answers)
            ?? differ("the wallet", wanted.snapshot.wallet, found.snapshot.wallet)
            ?? differ("the grants", wanted.snapshot.grants, found.snapshot.grants)
            ?? differ("the holds", wanted.snapshot.holds, found.snapshot.holds)
            ?? differ("the receivables", wanted.snapshot.receivables, found.snapshot.receivables)
            ?? differ("the counter", wanted.snapshot.quotaUsed, found.snapshot.quotaUsed)
            ?? differ("the entries", wanted.entries, found.entries)
            ?? differ("the usage", wanted.usage, found.usage)
            ?? differ("the recorded commands", wanted.commands, found.commands) ?? "nothing"
    }
}
