internal import Dispatch
private import Synchronization
import TammCore

/// A connection and the thread on which it is used: transactions block it, and nobody else.
final class ConnectionThread: Sendable {
    private let queue: DispatchQueue
    private let configuration: PostgresConfiguration
    private let isNew: @Sendable () -> Void
    /// Used on the queue alone.
    private nonisolated(unsafe) var connection: Connection?
    private nonisolated(unsafe) var backoff = Backoff()
    private let cancellation = Mutex<Cancellation?>(nil)

    init(_ configuration: PostgresConfiguration, number: Int, connected: @escaping @Sendable () -> Void = {}) {
        self.configuration = configuration
        isNew = connected
        queue = DispatchQueue(label: "tamm.postgres.\(number)")
    }

    /// What is to be done with a connection, or without one; returns what tells the caller.
    typealias Work = @Sendable (Result<Connection, TammError>) -> @Sendable () -> Void

    /// Does the work on the thread with a connection that is up; one that is lost meanwhile is not used again.
    ///
    /// - Parameters:
    ///   - refused: asked when there is no connecting; true when the work is done elsewhere.
    ///   - finished: called when the thread is free again and before the caller is told, with whether it is connected.
    func start(
        _ work: @escaping Work, refused: @escaping @Sendable (TammError) -> Bool,
        finished: @escaping @Sendable (_ isConnected: Bool) -> Void
    ) {
        queue.async {
            let connection: Result<Connection, TammError>
            do throws(TammError) { connection = .success(try self.connected()) } catch {
                if refused(error) { return }
                connection = .failure(error)
            }
            let tell = work(connection)
            if let failure = unsafe self.connection?.failure, failure.isConnectionLost { self.disconnect() }
            finished(unsafe self.connection != nil)
            tell()
        }
    }

    /// Stops the running statement, if there is one; waits for nobody.
    func cancel() {
        guard let running = cancellation.withLock({ $0 }) else { return }
        DispatchQueue.global().async { running.cancel() }
    }

    /// Ends what waits for the server.
    func sever() { cancellation.withLock { $0?.sever() } }

    /// Closes the connection when what runs on it is done.
    func close(_ closed: @escaping @Sendable () -> Void = {}) {
        queue.async {
            self.disconnect()
            closed()
        }
    }

    private func disconnect() {
        cancellation.withLock { $0 = nil }
        unsafe connection = nil
    }

    private func connected() throws(TammError) -> Connection {
        if let connection = unsafe connection, connection.isAlive { return connection }
        disconnect()
        try unsafe backoff.check()
        do throws(ServerFailure) {
            let new = try Connection(configuration)
            unsafe connection = new
            unsafe backoff.succeeded()
            cancellation.withLock { $0 = new.cancellation() }
            isNew()
            return new
        } catch {
            unsafe backoff.failed(error.error)
            throw error.error
        }
    }
}

/// When to try again to connect: later after each failure, at most a second later, each thread at a moment of its own.
private struct Backoff {
    private var failures = 0
    private var notBefore: ContinuousClock.Instant?
    private var error: TammError?

    /// - Throws: the last failure, while it is too early to try again.
    func check() throws(TammError) {
        if let notBefore, let error, ContinuousClock.now < notBefore { throw error }
    }

    mutating func succeeded() { self = Backoff() }

    mutating func failed(_ error: TammError) {
        failures = min(failures + 1, 6)
        let longest = 20 << failures
        let jitter = Int.random(in: longest / 2...longest)
        notBefore = .now + .milliseconds(min(jitter, 1000))
        self.error = error
    }
}
