internal import Logging
private import Synchronization

/// A store that may fail, asked so that nobody waits for it longer than the deadline.
final class SharedLimits: Sendable {
    /// What the machine is asked for; tests give their own.
    struct Machine: Sendable {
        /// Ends after that long, or sooner where the task is cancelled.
        var pause: @Sendable (Duration) async -> Void = { await steadyPause(for: $0) }
        /// A time that only grows, on a clock that nobody sets.
        var uptime: @Sendable () -> Duration = { steadyUptime() }
    }

    private enum Outcome<Value: Sendable>: Sendable {
        case answered(Value)
        case failed(TammError)
        case late
    }

    private struct State {
        var breaker: CircuitBreaker
        var callsUnderWay = 0
        /// Failures since the last line of the log, and when that was.
        var unlogged = 0
        var loggedAt: Duration?
    }

    private let store: any RateLimitStore
    private let patience: RateLimitPatience
    private let machine: Machine
    private let metrics: RateLimitMetrics
    private let logger: Logger
    private let state: Mutex<State>
    private static let logPause = Duration.seconds(10)

    init(
        _ store: any RateLimitStore, _ patience: RateLimitPatience, _ machine: Machine, _ metrics: RateLimitMetrics,
        _ logger: Logger
    ) {
        self.store = store
        self.patience = patience
        self.machine = machine
        self.metrics = metrics
        self.logger = logger
        state = Mutex(
            State(
                breaker: CircuitBreaker(
                    .init(
                        failuresToOpen: patience.failuresToOpen, firstPause: patience.firstPause,
                        longestPause: patience.longestPause))))
    }

    /// What the store answers; nil where it does not in time, or is not asked.
    ///
    /// A call that has begun is not waited for beyond the deadline and not stopped: its answer is dropped.
    func ask<Value: Sendable>(
        _ question: @escaping @Sendable (any RateLimitStore) async throws(TammError) -> Value
    ) async -> Value? {
        guard let pass = enter() else { return nil }
        let outcome: Outcome<Value> = await withCheckedContinuation { continuation in
            let first = First(continuation)
            let timer = Task.detached { [machine, patience] in
                await machine.pause(patience.deadline)
                first.resume(.late)
            }
            Task.detached { [self] in
                do throws(TammError) { first.resume(.answered(try await question(store))) } catch {
                    first.resume(.failed(error))
                }
                timer.cancel()
                state.withLock { $0.callsUnderWay -= 1 }
            }
        }
        switch outcome {
        case .answered(let value):
            note(state.withLock { $0.breaker.succeeded(pass) })
            return value
        case .failed(let error): fail(pass, .error, "\(error)")
        case .late: fail(pass, .late, "no answer within \(patience.deadline)")
        }
        return nil
    }

    private func enter() -> CircuitBreaker.Pass? {
        let uptime = machine.uptime()
        let (pass, isCrowded) = state.withLock { state -> (CircuitBreaker.Pass?, Bool) in
            guard state.callsUnderWay < patience.callsUnderWay else { return (nil, true) }
            let pass = state.breaker.enter(at: uptime)
            if case .stop = pass { return (nil, false) }
            state.callsUnderWay += 1
            return (pass, false)
        }
        if pass == nil { metrics.count(isCrowded ? .crowded : .skipped) }
        return pass
    }

    private func fail(_ pass: CircuitBreaker.Pass, _ cause: RateLimitMetrics.Failure, _ reason: String) {
        metrics.count(cause)
        let uptime = machine.uptime()
        let (change, failures) = state.withLock { state -> (CircuitBreaker.Change, Int?) in
            let change = state.breaker.failed(pass, at: uptime)
            state.unlogged += 1
            if let last = state.loggedAt, uptime - last < Self.logPause { return (change, nil) }
            defer { (state.unlogged, state.loggedAt) = (0, uptime) }
            return (change, state.unlogged)
        }
        if let failures {
            logger.warning(
                "the shared store of rate limits fails", metadata: ["failures": "\(failures)", "cause": "\(reason)"])
        }
        note(change)
    }

    private func note(_ change: CircuitBreaker.Change) {
        switch change {
        case .none: break
        case .opened: logger.error("the shared store of rate limits is not asked for a while")
        case .closed: logger.notice("the shared store of rate limits answers again")
        }
    }

    /// Takes the first outcome, and drops the other.
    private final class First<Value: Sendable>: Sendable {
        private let waiting: Mutex<CheckedContinuation<Outcome<Value>, Never>?>

        init(_ continuation: CheckedContinuation<Outcome<Value>, Never>) { waiting = Mutex(continuation) }

        func resume(_ outcome: Outcome<Value>) {
            waiting.withLock { waiting in
                defer { waiting = nil }
                return waiting
            }?.resume(returning: outcome)
        }
    }
}
