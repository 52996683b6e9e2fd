internal import Metrics

/// `tamm_wallet_commands`, by kind of command and outcome.
struct WalletMetrics: Sendable {
    private let counters: [Counter]
    private static let outcomes = ["applied", "replayed", "refused", "failed"]

    init() {
        counters = WalletCommand.Kind.allCases.flatMap { kind in
            Self.outcomes.map { outcome in
                Counter(label: "tamm_wallet_commands", dimensions: [("kind", "\(kind)"), ("outcome", outcome)])
            }
        }
    }

    func count(_ kind: WalletCommand.Kind, _ outcome: WalletOutcome) {
        switch outcome {
        case .applied: increment(kind, 0)
        case .replayed: increment(kind, 1)
        case .refused: increment(kind, 2)
        }
    }

    func countFailure(_ kind: WalletCommand.Kind) { increment(kind, 3) }

    private func increment(_ kind: WalletCommand.Kind, _ outcome: Int) {
        counters[(Int(kind.rawValue) - 1) * Self.outcomes.count + outcome].increment()
    }
}
