public import TammCore

/// That it does not matter when the billing clock runs: the same events from outside, with the clock run early, late,
/// often, twice, in pieces, by two tasks or interrupted, end in the same.
public struct ClockProperties: Sendable {
    /// Two schedules that ended otherwise, and the fewest events that show it.
    public struct Failure: Sendable, CustomStringConvertible {
        /// Run this seed alone to see it again.
        public let seed: UInt64
        /// The first difference.
        public let detail: String
        public let events: [ClockEvent]

        public var description: String {
            "\(detail)\n  seed 0x\(String(seed, radix: 16)), \(events.count) events:\n"
                + events.map { "    \($0)\n" }.joined()
        }
    }

    /// What is paid in the events.
    public enum Kind: String, Sendable, CaseIterable {
        /// Members, payers, providers and administrators do what they do; no card is saved, and credits are spent right
        /// after a run, for a late clock gives a month's credits late.
        case events
        /// Saved cards pay the renewals, and nobody does anything after the first purchase; the clock is at most a day
        /// late, and never later than the days of grace.
        case cards
    }

    private let scenario: PurchaseScenario
    private let makeStore: @Sendable () async throws -> any TammStore

    /// - Parameter makeStore: makes a store for each schedule, or hands out one and the same.
    public init(
        scenario: PurchaseScenario = .example, store makeStore: @escaping @Sendable () async throws -> any TammStore
    ) {
        self.scenario = scenario
        self.makeStore = makeStore
    }

    /// Runs `sequences`, each under every schedule; the failures, at most one.
    public func run(
        _ kind: Kind, sequences: Int = 100, seed: UInt64 = TestSeed.current
    ) async throws -> [Failure] {
        var seeds = SplitMix64(seed: seed)
        for _ in 0..<sequences {
            let failures = try await run(one: seeds.next(), kind, changing: { _ in })
            if !failures.isEmpty { return failures }
        }
        return []
    }

    /// Runs the one sequence that this seed gives.
    package func run(
        one seed: UInt64, _ kind: Kind, changing change: @Sendable (inout PurchaseRules) -> Void
    ) async throws -> [Failure] {
        var generator = ClockEventGenerator(seed: seed, scenario: scenario)
        let events = kind == .events ? generator.events() : generator.cards()
        guard var detail = try await difference(events, kind, seed, change) else { return [] }
        let fewest = try await fewest(events) { fewer in
            let found = try await difference(fewer, kind, seed, change)
            detail = found ?? detail
            return found != nil
        }
        return [Failure(seed: seed, detail: "\(kind): \(detail)", events: fewest)]
    }

    private func difference(
        _ events: [ClockEvent], _ kind: Kind, _ seed: UInt64, _ change: @Sendable (inout PurchaseRules) -> Void
    ) async throws -> String? {
        var first: [String]?
        for schedule in ClockSchedule.allCases where kind == .events || schedule != .atTheEnd {
            let policy = scenario.policies[Int(seed % UInt64(scenario.policies.count))]
            var rules = PurchaseRules(
                billing: BillingRules(catalogue: scenario.catalogue, policy: policy), wallet: WalletRules(limits: .standard))
            change(&rules)
            let run = try await ClockRun(
                store: makeStore(), scenario: scenario, rules: rules, schedule: schedule, seed: seed, kind: kind)
            let lines = try await run.run(events)
            guard let wanted = first else {
                first = lines
                continue
            }
            for (line, other) in zip(wanted, lines) where line != other {
                return "clock \(ClockSchedule.allCases[0]): \(line)\n  clock \(schedule): \(other)"
            }
            if wanted.count != lines.count { return "clock \(schedule): \(lines.count) lines, wanted \(wanted.count)" }
        }
        return nil
    }
}

/// Takes elements out, half of them, a quarter, one by one, as long as what is left still fails.
func fewest<Element>(_ elements: [Element], _ fails: ([Element]) async throws -> Bool) async throws -> [Element] {
    var fewest = elements
    var size = fewest.count / 2
    while size > 0 {
        var start = 0
        while start < fewest.count {
            var fewer = fewest
            fewer.removeSubrange(start..<min(start + size, fewer.count))
            if try await fails(fewer) { fewest = fewer } else { start += size }
        }
        size /= 2
    }
    return fewest
}

/// When the clock is run between the events.
package enum ClockSchedule: String, Sendable, CaseIterable {
    /// At every event and every six hours between.
    case often
    /// Only before credits are spent, and when all is over.
    case atTheEnd
    /// At times, a day late at most, now and then in pieces, interrupted or twice.
    case atTimes
    /// As before, by two tasks at once.
    case byTwo
}

/// Something that happens from outside at a moment.
public struct ClockEvent: Sendable, Hashable, CustomStringConvertible {
    /// What happens; places count from the newest.
    public enum Action: Sendable, Hashable {
        case begin(PlanID)
        case beginTrial(PlanID)
        /// Opened and paid at once, where it is sold; the provider's notices come at once, in some order.
        case buy(PurchaseRequest, isSavingCard: Bool)
        /// Opened, and paid so many seconds later.
        case open(PurchaseRequest)
        case pay(payment: Int)
        case refund(payment: Int, percent: Int64)
        case dispute(payment: Int, PaymentTransaction.Dispute)
        case applyKept(payment: Int)
        case endLater(PlanID?)
        case resume, cancel
        case assign(PlanID)
        case spend(percent: Int64)
        case nothing
    }

    /// After the sequence's start.
    public let at: Duration
    public let workspace: Int
    public let action: Action

    public var description: String { "\(at) workspace \(workspace): \(action)" }
}
