internal import DequeModule
internal import Dispatch
private import Synchronization
import TammCore

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Many callers, one connection: what they ask while others wait is sent along, without waiting for answers.
///
/// Whoever asks while nobody else does sends and receives by itself, for at most ``inlinePatience``; where several ask, a
/// thread does it for them all.
final class RedisPipe: Sendable {
    private struct Ticket {
        let commands: RedisCommands
        let answer: CheckedContinuation<Result<[RedisReply], TammError>, Never>
    }

    /// Commands that are sent, and the answers so far.
    private struct Flight {
        let ticket: Ticket
        var replies: [RedisReply] = []
    }

    private struct State {
        var queue = Deque<Ticket>()
        /// Callers that wait: in the queue or for answers.
        var waiting = 0
        /// Whether a caller or the thread is at the connection.
        var isDriven = false
        var isConnected = false
        /// Whether several callers were seen at the same time the last time.
        var isCrowded = false
        var isClosed = false
        var backoff = Backoff()
    }

    private enum Step {
        case queued, inline, thread
        case refused(TammError)
    }

    private let configuration: RedisConfiguration
    private let scripts: [String]
    private let state = Mutex(State())
    private let thread = DispatchQueue(label: "tamm.redis")
    // Used by who drives alone.
    private nonisolated(unsafe) var wire: RedisWire?
    private nonisolated(unsafe) var flights = Deque<Flight>()

    /// How long a caller holds its own thread.
    private static let inlinePatience = Duration.milliseconds(1)
    /// How long the thread lets others come before it sends.
    private static let longestGathering = Duration.microseconds(100)

    init(_ configuration: RedisConfiguration, scripts: [String]) {
        self.configuration = configuration
        self.scripts = scripts
    }

    /// Sends the commands and returns an answer for each.
    ///
    /// - Throws: `unavailable` when the server cannot be reached or does not answer in time, `overloaded` when too many
    ///   wait.
    func submit(_ commands: RedisCommands) async throws(TammError) -> [RedisReply] {
        guard commands.count > 0 else { return [] }
        let result = await withCheckedContinuation { continuation in
            let ticket = Ticket(commands: commands, answer: continuation)
            switch step(ticket) {
            case .queued: break
            case .inline: drive(inline: true)
            case .thread: thread.async { self.drive(inline: false) }
            case .refused(let error): continuation.resume(returning: .failure(error))
            }
        }
        return try result.get()
    }

    private func step(_ ticket: Ticket) -> Step {
        state.withLock { state in
            guard !state.isClosed else { return .refused(TammError(.unavailable, "Redis: the store is shut down")) }
            guard state.waiting < configuration.waiting else {
                return .refused(TammError(.overloaded, "Redis: \(state.waiting) calls wait; try again later"))
            }
            if !state.isConnected, !state.isDriven, let error = state.backoff.error { return .refused(error) }
            state.waiting += 1
            state.queue.append(ticket)
            guard !state.isDriven else { return .queued }
            state.isDriven = true
            return state.isCrowded || !state.isConnected ? .thread : .inline
        }
    }

    // MARK: Driving

    private func drive(inline: Bool) {
        let end = ContinuousClock.now + Self.inlinePatience
        var progress = ContinuousClock.now
        var widest = 1
        do throws(TammError) {
            while true {
                // Before anything leaves the queue: where there is no connecting, all of it fails.
                let wire = try connected()
                let batch = take(inline: inline, widest: &widest)
                if batch.isEmpty, unsafe flights.isEmpty { return }
                for ticket in batch {
                    wire.append(ticket.commands.bytes)
                    unsafe flights.append(Flight(ticket: ticket))
                }
                if !batch.isEmpty { progress = .now }
                try wire.flush()
                let patience = progress + configuration.timeouts.command
                guard wire.wait(until: inline ? min(end, patience) : patience) else {
                    // A caller leaves the rest to the thread.
                    guard !inline else { break }
                    throw RedisWire.lost("no answer within \(configuration.timeouts.command)")
                }
                try wire.receive()
                if try answer(from: wire) { progress = .now }
                if inline, unsafe flights.isEmpty, handsOver() { break }
            }
            thread.async { self.drive(inline: false) }
        } catch { fail(error) }
    }

    /// What is to be sent; nothing, and the end of driving, where there is nothing to wait for either.
    private func take(inline: Bool, widest: inout Int) -> [Ticket] {
        // Those who were just answered come back with their next; a batch of them costs as much as one.
        if !inline { gather() }
        let isIdle = unsafe flights.isEmpty
        return state.withLock { state in
            let batch = Array(state.queue)
            state.queue.removeAll(keepingCapacity: true)
            widest = max(widest, batch.count)
            if batch.isEmpty, isIdle {
                state.isDriven = false
                if !inline { state.isCrowded = widest > 1 }
            }
            return batch
        }
    }

    private func gather() {
        guard state.withLock(\.isCrowded) else { return }
        let end = ContinuousClock.now + Self.longestGathering
        var (seen, quiet) = (0, 0)
        while quiet < 3, ContinuousClock.now < end {
            sched_yield()
            let waiting = state.withLock { $0.queue.count }
            quiet = waiting > seen ? 0 : quiet + 1
            seen = waiting
        }
    }

    /// Whether others have come meanwhile, for whom the thread is to drive on.
    private func handsOver() -> Bool {
        state.withLock { state in
            guard !state.queue.isEmpty else { return false }
            state.isCrowded = true
            return true
        }
    }

    private func connected() throws(TammError) -> RedisWire {
        if let wire = unsafe wire { return wire }
        let new = try RedisWire(configuration, scripts: scripts)
        unsafe wire = new
        state.withLock { state in
            state.isConnected = true
        }
        return new
    }

    /// Hands out the answers that have come; false where none has.
    ///
    /// - Throws: where the server says that the connection is of no use.
    private func answer(from wire: RedisWire) throws(TammError) -> Bool {
        var finished: [Flight] = []
        var hasAny = false
        // What was answered before the end is handed out all the same.
        var end: TammError?
        do throws(TammError) {
            while let reply = try wire.next() {
                if case .error(let reason) = reply, RedisWire.isFarewell(reason) { throw RedisWire.refused(reason) }
                guard var flight = unsafe flights.popFirst() else { throw RedisWire.lost("an answer to no question") }
                hasAny = true
                flight.replies.append(reply)
                if flight.replies.count == flight.ticket.commands.count {
                    finished.append(flight)
                } else {
                    unsafe flights.prepend(flight)
                }
            }
        } catch { end = error }
        let count = finished.count
        if count > 0 {
            state.withLock { state in
                state.waiting -= count
                state.backoff.succeeded()
            }
        }
        for flight in finished { flight.ticket.answer.resume(returning: .success(flight.replies)) }
        if let end { throw end }
        return hasAny
    }

    /// Gives the connection up, with everything that waits for it.
    private func fail(_ error: TammError) {
        unsafe wire = nil
        var lost = unsafe flights.map(\.ticket)
        unsafe flights.removeAll()
        state.withLock { state in
            lost += Array(state.queue)
            state.queue.removeAll()
            state.waiting -= lost.count
            state.isConnected = false
            state.isDriven = false
            state.backoff.failed(error)
        }
        for ticket in lost { ticket.answer.resume(returning: .failure(error)) }
    }

    /// Answers what waits, takes nothing more, and closes the connection.
    func close() async {
        await withCheckedContinuation { continuation in
            state.withLock { $0.isClosed = true }
            thread.async { self.finish(continuation) }
        }
    }

    private func finish(_ continuation: CheckedContinuation<Void, Never>) {
        let isFree = state.withLock { state in
            guard !state.isDriven else { return false }
            state.isDriven = true
            return true
        }
        guard isFree else {
            // Whoever drives ends within the time for a command.
            thread.asyncAfter(deadline: .now() + .milliseconds(5)) { self.finish(continuation) }
            return
        }
        fail(TammError(.unavailable, "Redis: the store is shut down"))
        continuation.resume()
    }
}

/// When to try again to connect: later after each failure, at most a second later, each process at a moment of its own.
private struct Backoff {
    private var failures = 0
    private var notBefore = ContinuousClock.now
    private var last: TammError?

    /// The last failure, while it is too early to try again.
    var error: TammError? { ContinuousClock.now < notBefore ? last : nil }

    mutating func succeeded() { self = Backoff() }

    mutating func failed(_ error: TammError) {
        failures = min(failures + 1, 7)
        let longest = min(1000, 10 << failures)
        notBefore = .now + .milliseconds(Int.random(in: longest / 2...longest))
        last = error
    }
}
