internal import DequeModule
internal import Dispatch
private import Synchronization
import TammCore

/// A bounded number of connections, each with its thread, for which work queues in the order in which it comes.
///
/// A connection takes the next work by itself, on its own thread: callers that are slow to go on keep none from others.
final class ConnectionPool: Sendable {
    private struct Waiter {
        let id: UInt64
        let deadline: ContinuousClock.Instant
        let work: ConnectionThread.Work
    }

    private struct State {
        /// The last one that became free is used first: its statements are prepared.
        var idle: [ConnectionThread] = []
        var busy = 0
        var waiters = Deque<Waiter>()
        var nextID: UInt64 = 0
        /// Whether something is to look at the waiters' deadlines.
        var isWatched = false
        var isShutDown = false
    }

    private let threads: [ConnectionThread]
    private let state: Mutex<State>
    private let waiting: Int
    private let patience: Duration

    init(_ configuration: PostgresConfiguration, connections: Int) {
        threads = (0..<connections).map { ConnectionThread(configuration, number: $0) }
        state = Mutex(State(idle: threads.reversed()))
        waiting = configuration.waiting
        patience = configuration.timeouts.acquire
    }

    /// Runs `body` on a connection of its own.
    ///
    /// - Throws: `overloaded` when too many wait or none becomes free in time, `cancelled` when the task was cancelled
    ///   before it had one, `unavailable` when there is no connecting.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws(TammError) -> Value
    ) async throws(TammError) -> Value {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let result: Result<Value, TammError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                submit(id) { connection in
                    let result: Result<Value, TammError>
                    do throws(TammError) { result = .success(try body(try connection.get())) } catch {
                        result = .failure(error)
                    }
                    return { continuation.resume(returning: result) }
                }
            }
        } onCancel: {
            withdraw(id, Self.cancelled)
        }
        return try result.get()
    }

    private static let cancelled = TammError(.cancelled, "the task was cancelled before the transaction began")
    private static let shutDown = TammError(.unavailable, "the store is shut down")

    private enum Place {
        case on(ConnectionThread)
        case waiting(watchesFrom: ContinuousClock.Instant?)
        case refused(TammError)
    }

    private func submit(_ id: UInt64, _ work: @escaping ConnectionThread.Work) {
        let place = state.withLock { state -> Place in
            guard !state.isShutDown else { return .refused(Self.shutDown) }
            guard !Task.isCancelled else { return .refused(Self.cancelled) }
            if let thread = state.idle.popLast() {
                state.busy += 1
                return .on(thread)
            }
            guard state.waiters.count < waiting else {
                return .refused(TammError(.overloaded, "\(waiting) transactions wait for a connection; try again later"))
            }
            let deadline = ContinuousClock.now + patience
            state.waiters.append(Waiter(id: id, deadline: deadline, work: work))
            defer { state.isWatched = true }
            return .waiting(watchesFrom: state.isWatched ? nil : deadline)
        }
        switch place {
        case .on(let thread): start(id, work, on: thread)
        case .waiting(let deadline): if let deadline { watch(until: deadline) }
        case .refused(let error): work(.failure(error))()
        }
    }

    private func start(_ id: UInt64, _ work: @escaping ConnectionThread.Work, on thread: ConnectionThread) {
        thread.start(work, refused: { self.takeBack(id, work, from: thread, after: $0) }) { self.release(thread, $0) }
    }

    private func release(_ thread: ConnectionThread, _ isConnected: Bool) {
        let waiter = state.withLock { state -> Waiter? in
            if let waiter = state.waiters.popFirst() { return waiter }
            state.busy -= 1
            // One without a connection is used when no other is free.
            state.idle.insert(thread, at: isConnected ? state.idle.endIndex : 0)
            return nil
        }
        if let waiter { start(waiter.id, waiter.work, on: thread) }
    }

    /// Lets the work wait for another connection where the server has no room for one more.
    ///
    /// - Returns: false when there is nothing to wait for.
    private func takeBack(
        _ id: UInt64, _ work: @escaping ConnectionThread.Work, from thread: ConnectionThread, after error: TammError
    ) -> Bool {
        guard error.code == .overloaded else { return false }
        let deadline = ContinuousClock.now + patience
        let watches = state.withLock { state -> Bool? in
            guard state.busy > 1, !state.isShutDown else { return nil }
            state.busy -= 1
            state.idle.insert(thread, at: 0)
            state.waiters.append(Waiter(id: id, deadline: deadline, work: work))
            defer { state.isWatched = true }
            return !state.isWatched
        }
        if watches == true { watch(until: deadline) }
        return watches != nil
    }

    private func withdraw(_ id: UInt64, _ error: TammError) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: index)
        }
        waiter?.work(.failure(error))()
    }

    /// Those who came first run out first, so that one timer does for all.
    private func watch(until deadline: ContinuousClock.Instant) {
        let left = max(0, (deadline - .now) / .seconds(1))
        DispatchQueue.global().asyncAfter(deadline: .now() + left) { [weak self] in self?.giveUpLate() }
    }

    private func giveUpLate() {
        let (late, next) = state.withLock { state -> ([Waiter], ContinuousClock.Instant?) in
            var late: [Waiter] = []
            let now = ContinuousClock.now
            while let first = state.waiters.first, first.deadline <= now { late.append(state.waiters.removeFirst()) }
            state.isWatched = !state.waiters.isEmpty
            return (late, state.waiters.first?.deadline)
        }
        let error = TammError(.overloaded, "no connection became free for \(patience); try again later")
        for waiter in late { waiter.work(.failure(error))() }
        if let next { watch(until: next) }
    }

    /// Refuses what comes from now on, lets what runs finish for so long, then stops it and closes the connections.
    func shutdown(within grace: Duration) async {
        let waiters = state.withLock { state in
            state.isShutDown = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.work(.failure(Self.shutDown))() }
        let deadline = ContinuousClock.now + grace
        while state.withLock({ $0.busy > 0 }) {
            // Again and again: what is between two statements hears nothing of it.
            if ContinuousClock.now >= deadline { for thread in threads { thread.cancel() } }
            await Self.pause()
        }
        for thread in threads { thread.close() }
    }

    /// 10 ms, also in a cancelled task.
    private static func pause() async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(10)) { continuation.resume() }
        }
    }
}
