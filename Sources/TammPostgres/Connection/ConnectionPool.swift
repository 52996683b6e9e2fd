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

    private struct Idle {
        let thread: ConnectionThread
        let isConnected: Bool
    }

    private struct State {
        /// The last one that became free is used first: its statements are prepared.
        var idle: [Idle] = []
        var busy: Set<ObjectIdentifier> = []
        var waiters = Deque<Waiter>()
        var nextID: UInt64 = 0
        /// Whether something is to look at the waiters' deadlines.
        var isWatched = false
        var isShutDown = false

        /// The best of those that are free, which is busy from here on.
        mutating func takeIdle() -> ConnectionThread? {
            guard let found = idle.popLast() else { return nil }
            busy.insert(ObjectIdentifier(found.thread))
            return found.thread
        }

        mutating func putBack(_ thread: ConnectionThread, _ isConnected: Bool) {
            busy.remove(ObjectIdentifier(thread))
            // One without a connection is used when no other is free.
            idle.insert(Idle(thread: thread, isConnected: isConnected), at: isConnected ? idle.endIndex : 0)
        }
    }

    private let threads: [ConnectionThread]
    private let state: Mutex<State>
    private let waiting: Int
    private let patience: Duration

    /// - Parameter connected: called when there is a new connection, before it is used.
    init(
        _ configuration: PostgresConfiguration, connections: Int, connected: @escaping @Sendable () -> Void = {}
    ) {
        threads = (0..<connections).map { ConnectionThread(configuration, number: $0, connected: connected) }
        state = Mutex(State(idle: threads.reversed().map { Idle(thread: $0, isConnected: false) }))
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
            if let thread = state.takeIdle() { return .on(thread) }
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
        thread.start(
            work, refused: { self.takeBack(id, work, from: thread, after: $0) }, finished: { self.release(thread, $0) })
    }

    private func release(_ thread: ConnectionThread, _ isConnected: Bool) {
        let waiter = state.withLock { state -> Waiter? in
            if let waiter = state.waiters.popFirst() { return waiter }
            state.putBack(thread, isConnected)
            return nil
        }
        if let waiter { start(waiter.id, waiter.work, on: thread) }
    }

    /// Lets another connection do the work where the server has no room for one more.
    ///
    /// - Returns: false when there is no other.
    private func takeBack(
        _ id: UInt64, _ work: @escaping ConnectionThread.Work, from thread: ConnectionThread, after error: TammError
    ) -> Bool {
        guard error.code == .overloaded else { return false }
        let deadline = ContinuousClock.now + patience
        let place = state.withLock { state -> Place? in
            guard !state.isShutDown else { return nil }
            if state.idle.last?.isConnected == true {
                defer { state.putBack(thread, false) }
                return state.takeIdle().map { .on($0) }
            }
            guard state.busy.count > 1 else { return nil }
            state.putBack(thread, false)
            state.waiters.append(Waiter(id: id, deadline: deadline, work: work))
            defer { state.isWatched = true }
            return .waiting(watchesFrom: state.isWatched ? nil : deadline)
        }
        switch place {
        case .on(let other): start(id, work, on: other)
        case .waiting(let deadline): if let deadline { watch(until: deadline) }
        case .refused, nil: return false
        }
        return true
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

    /// Refuses what comes from now on, lets what runs finish for so long, then stops its statements, a second later its
    /// connections, and after one more second waits for nobody.
    func shutdown(within grace: Duration) async {
        let waiters = state.withLock { state in
            state.isShutDown = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.work(.failure(Self.shutDown))() }
        await idle(within: grace)
        for thread in busy { thread.cancel() }
        await idle(within: .seconds(1))
        for thread in busy { thread.sever() }
        await idle(within: .seconds(1))
        let stuck = Set(busy.map { ObjectIdentifier($0) })
        for thread in threads where stuck.contains(ObjectIdentifier(thread)) { thread.close() }
        for thread in threads where !stuck.contains(ObjectIdentifier(thread)) {
            await withCheckedContinuation { continuation in thread.close { continuation.resume() } }
        }
    }

    private var busy: [ConnectionThread] {
        let busy = state.withLock { $0.busy }
        return threads.filter { busy.contains(ObjectIdentifier($0)) }
    }

    /// Waits until nothing runs, or for so long.
    private func idle(within patience: Duration) async {
        let deadline = ContinuousClock.now + patience
        while !state.withLock({ $0.busy.isEmpty }), ContinuousClock.now < deadline { await Self.pause() }
    }

    /// 10 ms, also in a cancelled task.
    private static func pause() async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(10)) { continuation.resume() }
        }
    }
}
