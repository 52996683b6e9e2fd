internal import Metrics

/// `tamm_external_requests_logged`, `tamm_external_requests_unlogged` by reason, and how many wait.
struct ExternalRequestMetrics: Sendable {
    private let written = Counter(label: "tamm_external_requests_logged")
    private let overflowed = Counter(label: "tamm_external_requests_unlogged", dimensions: [("reason", "overload")])
    private let rejected = Counter(label: "tamm_external_requests_unlogged", dimensions: [("reason", "rejected")])
    private let waiting = Gauge(label: "tamm_external_requests_waiting")

    func countWritten(_ requests: Int) { written.increment(by: requests) }
    func countOverflow() { overflowed.increment() }
    func countRejected(_ requests: Int) { rejected.increment(by: requests) }
    func setWaiting(_ requests: Int) { waiting.record(requests) }
}
