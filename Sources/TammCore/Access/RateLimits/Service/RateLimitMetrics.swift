internal import Metrics

/// `tamm_rate_limit_decisions`, by outcome and basis, and `tamm_rate_limit_store_failures`, by cause.
struct RateLimitMetrics: Sendable {
    /// Why the shared store has not decided.
    enum Failure: String, CaseIterable {
        /// It answered with an error.
        case error
        /// It had not answered at the deadline.
        case late
        /// It was not asked, for it failed before.
        case skipped
        /// Too many calls are under way.
        case crowded
    }

    private let admitted: [Counter]
    private let refused: [Counter]
    private let failures: [Counter]

    init(_ factory: (any MetricsFactory)?) {
        let factory = factory ?? MetricsSystem.factory
        func decisions(_ outcome: String) -> [Counter] {
            RateLimitStatus.Basis.allCases.map { basis in
                Counter(
                    label: "tamm_rate_limit_decisions", dimensions: [("outcome", outcome), ("basis", "\(basis)")],
                    factory: factory)
            }
        }
        admitted = decisions("admitted")
        refused = decisions("refused")
        failures = Failure.allCases.map { cause in
            Counter(
                label: "tamm_rate_limit_store_failures", dimensions: [("cause", cause.rawValue)], factory: factory)
        }
    }

    func count(isAdmitted: Bool, _ basis: RateLimitStatus.Basis) {
        (isAdmitted ? admitted : refused)[Int(basis.rawValue)].increment()
    }

    func count(_ failure: Failure) {
        for (cause, counter) in zip(Failure.allCases, failures) where cause == failure { counter.increment() }
    }
}
