internal import Metrics

/// `tamm_external_calls`, by outcome: `admitted`, `failed`, `too-large` or the reason of a refusal.
struct ExternalAPIMetrics: Sendable {
    private let counters = Dictionary(
        uniqueKeysWithValues: (["admitted", "failed", "too-large", "unlogged"] + APIKeyRefusal.reasons).map {
            ($0, Counter(label: "tamm_external_calls", dimensions: [("outcome", $0)]))
        })

    func count(_ outcome: String) { counters[outcome]?.increment() }
}
