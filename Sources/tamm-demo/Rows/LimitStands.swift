import Logging
import Metrics
import Synchronization
import TammCore
import TammTesting

extension DemoContext {
    /// Limits of this process, on the row's clock.
    func limits(_ time: TimeSource) throws -> RateLimits {
        RateLimits(
            local: try LocalRateLimitStore(capacity: 4096), time: limitTime(time),
            entropy: SeededEntropy(seed: seed).source)
    }
}

/// A shared store that does as it is told.
final class FailingLimitStore: RateLimitStore {
    enum Mode { case answers, fails, hangs }

    private struct State {
        var mode = Mode.answers
        var hanging: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let store: LocalRateLimitStore

    init(_ store: LocalRateLimitStore) { self.store = store }

    /// What hangs goes on.
    func set(_ mode: Mode) {
        let hanging = state.withLock { state in
            state.mode = mode
            defer { state.hanging = [] }
            return state.hanging
        }
        for continuation in hanging { continuation.resume() }
    }

    private func answer() async throws(TammError) -> LocalRateLimitStore {
        if state.withLock({ $0.mode == .hangs }) {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard state.mode == .hangs else { return true }
                    state.hanging.append(continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        }
        guard state.withLock({ $0.mode == .answers }) else { throw TammError(.unavailable, "nobody there") }
        return store
    }

    func decide(_ requests: [RateLimitRequest], at now: RateLimitInstant) async throws(TammError) -> [RateLimitDecision] {
        try await answer().decide(requests, at: now)
    }

    func refund(_ refunds: [RateLimitRefund], at now: RateLimitInstant) async throws(TammError) {
        try await answer().refund(refunds, at: now)
    }

    func acquire(
        _ lease: Identifier<ConcurrencyLease>, of limit: ConcurrencyLimit, for key: RateLimitKey,
        at now: RateLimitInstant
    ) async throws(TammError) -> ConcurrencyDecision {
        try await answer().acquire(lease, of: limit, for: key, at: now)
    }

    func release(_ lease: ConcurrencyLease, at now: RateLimitInstant) async throws(TammError) {
        try await answer().release(lease, at: now)
    }
}

/// Counters whose sums can be read.
final class DemoCounters: MetricsFactory {
    private final class Cell: CounterHandler {
        let label: String
        let value = Mutex<Int64>(0)
        init(_ label: String) { self.label = label }
        func increment(by amount: Int64) { value.withLock { $0 += amount } }
        func reset() { value.withLock { $0 = 0 } }
    }

    private let cells = Mutex<[Cell]>([])

    func total(_ label: String) -> Int64 {
        cells.withLock { $0.filter { $0.label == label }.reduce(0) { $0 + $1.value.withLock(\.self) } }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let cell = Cell(label)
        cells.withLock { $0.append(cell) }
        return cell
    }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        NOOPMetricsHandler.instance
    }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { NOOPMetricsHandler.instance }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}

/// A log whose lines are counted.
final class DemoLog: Sendable {
    private let lines = Mutex(0)

    var count: Int { lines.withLock(\.self) }

    var logger: Logger { Logger(label: "demo") { _ in Handler(log: self) } }

    private struct Handler: LogHandler {
        let log: DemoLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.notice

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { log.lines.withLock { $0 += 1 } }
    }
}
