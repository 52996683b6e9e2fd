internal import DequeModule
private import Synchronization
import TammCore

/// A bounded number of connections, lent to those who ask in the order in which they ask.
final class ConnectionPool: Sendable {
    private struct Waiter {
        let id: UInt64
        let answer: CheckedContinuation<Result<ConnectionThread, TammError>, Never>
    }

    private struct State {
        /// The last one returned is lent first: its statements are prepared.
        var idle: [ConnectionThread] = []
        var lent = 0
        var waiters = Deque<Waiter>()
        var nextID: UInt64 = 0
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
        let thread = try await acquire()
        defer { release(thread) }
        return try await thread.run(body)
    }

    private func acquire() async throws(TammError) -> ConnectionThread {
        guard !Task.isCancelled else { throw Self.cancelled }
        if let free = try takeIdle() { return free }
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let timeout = Task { [patience] in
            try await Task.sleep(for: patience)
            self.withdraw(id, TammError(.overloaded, "no connection became free for \(patience); try again later"))
        }
        defer { timeout.cancel() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { enqueue(Waiter(id: id, answer: $0)) }
        } onCancel: {
            withdraw(id, Self.cancelled)
        }
        return try result.get()
    }

    private static let cancelled = TammError(.cancelled, "the task was cancelled before the transaction began")
    private static let shutDown = TammError(.unavailable, "the store is shut down")

    private func takeIdle() throws(TammError) -> ConnectionThread? {
        try state.withLock { state throws(TammError) in
            guard !state.isShutDown else { throw Self.shutDown }
            guard state.waiters.isEmpty, let thread = state.idle.popLast() else { return nil }
            state.lent += 1
            return thread
        }
    }

    private func enqueue(_ waiter: Waiter) {
        let answer: Result<ConnectionThread, TammError>? = state.withLock { state in
            guard !state.isShutDown else { return .failure(Self.shutDown) }
            guard !Task.isCancelled else { return .failure(Self.cancelled) }
            if let thread = state.idle.popLast() {
                state.lent += 1
                return .success(thread)
            }
            guard state.waiters.count < waiting else {
                return .failure(TammError(.overloaded, "\(waiting) transactions wait for a connection; try again later"))
            }
            state.waiters.append(waiter)
            return nil
        }
        if let answer { waiter.answer.resume(returning: answer) }
    }

    private func withdraw(_ id: UInt64, _ error: TammError) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: index)
        }
        waiter?.answer.resume(returning: .failure(error))
    }

    private func release(_ thread: ConnectionThread) {
        let waiter = state.withLock { state -> Waiter? in
            if let waiter = state.waiters.popFirst() { return waiter }
            state.lent -= 1
            state.idle.append(thread)
            return nil
        }
        waiter?.answer.resume(returning: .success(thread))
    }

    /// Refuses what comes from now on, lets what runs finish for so long, then stops it and closes the connections.
    func shutdown(within grace: Duration) async {
        let waiters = state.withLock { state in
            state.isShutDown = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.answer.resume(returning: .failure(Self.shutDown)) }
        let deadline = ContinuousClock.now + grace
        while state.withLock({ $0.lent > 0 }), ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(10))
        }
        if state.withLock({ $0.lent > 0 }) { for thread in threads { thread.cancel() } }
        for thread in threads { thread.close() }
    }
}
