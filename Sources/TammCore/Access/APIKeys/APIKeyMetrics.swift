internal import Metrics

/// `tamm_api_key_verifications`, by outcome: `accepted`, `failed` or the reason of a refusal.
struct APIKeyMetrics: Sendable {
    private let accepted = Counter(label: "tamm_api_key_verifications", dimensions: [("outcome", "accepted")])
    private let failed = Counter(label: "tamm_api_key_verifications", dimensions: [("outcome", "failed")])
    private let refused = APIKeyRefusal.reasons.map {
        Counter(label: "tamm_api_key_verifications", dimensions: [("outcome", $0)])
    }
    private let unwritten = Counter(label: "tamm_api_key_uses_unwritten")

    func countAccepted() { accepted.increment() }
    func countFailure() { failed.increment() }
    func count(_ refusal: APIKeyRefusal) { refused[refusal.index].increment() }
    /// Uses that could not be written down, and are tried again.
    func countUnwritten(_ uses: Int) { unwritten.increment(by: uses) }
}
