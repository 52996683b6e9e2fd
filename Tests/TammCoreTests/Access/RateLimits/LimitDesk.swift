import Logging
import Metrics
import Synchronization
import TammTesting

@testable import TammCore

/// Limits over a store that behaves as it is told, on clocks that stand still.
struct LimitDesk {
    let limits: RateLimits
    let metrics = CountedMetrics()
    let log = RecordedLog()
    let time = ManualTime(Timestamp("2026-01-01T00:00:00Z")!)
    let uptime = ManualTime(.epoch)
    let pauses = HeldPauses()

    init(
        _ store: FakeLimitStore?, _ patience: RateLimitPatience = .standard,
        failure: RateLimitFailurePolicy = .openWithFloor
    ) throws {
        let entropy = SeededEntropy(seed: 1).source
        let local = try LocalRateLimitStore(capacity: 4096)
        guard let store else {
            limits = RateLimits(local: local, time: time.source, entropy: entropy, metrics: metrics)
            return
        }
        let log = log
        let (uptime, pauses) = (uptime, pauses)
        limits = RateLimits(
            store: store, seed: RateLimitSeed(entropy: entropy), failure: failure, patience: patience, local: local,
            time: time.source, entropy: entropy, metrics: metrics, logger: Logger(label: "test") { _ in log },
            machine: .init(
                pause: { await pauses.pause($0) }, uptime: { uptime.now.duration(since: .epoch) }))
    }
}

/// A store in this process that answers, fails or hangs.
final class FakeLimitStore: RateLimitStore {
    enum Behaviour { case answers, fails, hangs, answersTooFew }

    private struct State {
        var behaviour: Behaviour
        var questions = 0
        var hanging: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>
    private let store: LocalRateLimitStore?

    init(_ behaviour: Behaviour = .answers) {
        state = Mutex(State(behaviour: behaviour))
        store = try? LocalRateLimitStore(capacity: 4096)
    }

    var questions: Int { state.withLock { $0.questions } }

    func behave(_ behaviour: Behaviour) { state.withLock { $0.behaviour = behaviour } }

    /// Lets everything that hangs go on.
    func letGo() {
        let hanging = state.withLock { state in
            state.behaviour = .answers
            defer { state.hanging = [] }
            return state.hanging
        }
        for continuation in hanging { continuation.resume() }
    }

    /// Waits until so many hang.
    func asked(_ count: Int) async {
        while state.withLock({ $0.hanging.count }) < count { await Task.yield() }
    }

    private func answer() async throws(TammError) -> LocalRateLimitStore {
        let behaviour = state.withLock { state in
            state.questions += 1
            return state.behaviour
        }
        if behaviour == .hangs { await withCheckedContinuation { c in state.withLock { $0.hanging.append(c) } } }
        guard let store, behaviour != .fails else { throw TammError(.unavailable, "wanted an answer, found none") }
        return store
    }

    func decide(_ requests: [RateLimitRequest], at now: RateLimitInstant) async throws(TammError) -> [RateLimitDecision] {
        let isShort = state.withLock { $0.behaviour == .answersTooFew }
        return try await answer().decide(isShort ? [] : requests, at: now)
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

/// Pauses that last until they are told to end, or their task is cancelled.
final class HeldPauses: Sendable {
    private struct State {
        var durations: [Duration] = []
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var cancelled: Set<Int> = []
        var next = 0
    }

    private let state = Mutex(State())

    var durations: [Duration] { state.withLock { $0.durations } }

    func pause(_ duration: Duration) async {
        let id = state.withLock { state in
            state.durations.append(duration)
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.cancelled.contains(id) { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                state.cancelled.insert(id)
                return state.waiting.removeValue(forKey: id)
            }
            waiting?.resume()
        }
    }

    /// Waits until so many last.
    func waiting(_ count: Int) async {
        while state.withLock({ $0.waiting.count }) < count { await Task.yield() }
    }

    func end() {
        let waiting = state.withLock { state in
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume() }
    }
}

/// Counters that can be read.
final class CountedMetrics: MetricsFactory {
    private final class Cell: CounterHandler {
        let value = Mutex<Int64>(0)
        func increment(by amount: Int64) { value.withLock { $0 += amount } }
        func reset() { value.withLock { $0 = 0 } }
    }

    private struct Entry {
        let label: String
        let dimensions: [String: String]
        let cell: Cell
    }

    private let entries = Mutex<[Entry]>([])

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let cell = Cell()
        let entry = Entry(label: label, dimensions: Dictionary(dimensions) { $1 }, cell: cell)
        entries.withLock { $0.append(entry) }
        return cell
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        NOOPMetricsHandler.instance
    }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { NOOPMetricsHandler.instance }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}

    func count(_ label: String, _ dimensions: [String: String]) -> Int64 {
        entries.withLock { entries in
            entries.filter { $0.label == label && $0.dimensions == dimensions }.reduce(0) { $0 + $1.cell.value.withLock { $0 } }
        }
    }

    func total(_ label: String) -> Int64 {
        entries.withLock { entries in
            entries.filter { $0.label == label }.reduce(0) { $0 + $1.cell.value.withLock { $0 } }
        }
    }
}

/// A log that can be read: level, message, and metadata as `name=value`.
final class RecordedLog: LogHandler, Sendable {
    private let lines = Mutex<[String]>([])
    var messages: [String] { lines.withLock { $0 } }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        let details = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
        lines.withLock { $0.append("\(event.level) \(event.message) \(details)") }
    }
}
