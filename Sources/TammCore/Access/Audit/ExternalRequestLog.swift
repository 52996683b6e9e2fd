private import Logging
private import Synchronization

/// Writes down what was asked of the external API, off the request's path: a request costs it a place in a queue, and
/// one transaction takes what a workspace has waiting, as one link of its chain.
///
/// - A batch leaves when so many requests wait, and when ``tick()`` says that time has passed. One leaves at a time.
/// - When the store cannot be reached, requests wait, up to ``Bounds/capacity``, and of one workspace up to
///   ``Bounds/perWorkspace``. **Overload:** those that wait are kept and new ones are refused: ``note(_:)`` says so,
///   `tamm_external_requests_unlogged` counts them, and the log says when it begins and how many they were.
/// - What the store will never take (a workspace that is gone, an identifier that is taken) is counted and logged: that
///   request alone, whatever came with it.
/// - What a workspace's log does not take for now (it is corrupted) waits, and holds up no other workspace.
/// - ``shutdown()`` writes what waits, and gives back what cannot be written.
public final class ExternalRequestLog: Sendable {
    /// How much waits and how much leaves at once.
    public struct Bounds: Sendable, Hashable {
        /// How many requests wait at most.
        public var capacity = 20_000
        /// How many of one workspace wait at most, so that one leaves room for the others.
        public var perWorkspace = 5000
        /// How many leave at once, and how many have to wait until a batch leaves: 1 to 1,000.
        public var batch = 500
        /// How often ``shutdown()`` tries to write.
        public var attempts = 3

        public init() {}
    }

    /// What became of requests so far.
    public struct Count: Sendable, Hashable {
        public internal(set) var written = 0
        /// Refused because too many were waiting, or because the log was shut down.
        public internal(set) var overflowed = 0
        /// Refused by the store for good.
        public internal(set) var rejected = 0
        /// Not written yet.
        public internal(set) var waiting = 0
    }

    /// The requests of one workspace that leave together, each once; what was tried is tried again as it was.
    private struct Batch {
        let number: Int
        let requests: [ExternalRequest]
        /// Whether the store may have taken it although it did not say so.
        var isUncertain = false

        var workspace: Identifier<Workspace> { requests[0].workspace }
    }

    /// What became of a batch.
    private enum Outcome {
        case written, rejected
        /// It is to be tried in parts.
        case split
        /// It waits; others go on.
        case setAside
        /// Nobody answers.
        case stopped
    }

    private struct State {
        var queue: [ExternalRequest] = []
        /// Formed, and not written yet.
        var batches: [Batch] = []
        var lastNumber = 0
        var count = Count()
        /// How many of each workspace wait.
        var waiting: [Identifier<Workspace>: Int] = [:]
        var isWriting = false
        var isClosed = false
        /// Whether new ones are being refused, and how many were.
        var overflow = 0
        /// Those who wait for the batch under way.
        var waiters: [CheckedContinuation<Void, Never>] = []

        mutating func batch(_ requests: some Sequence<ExternalRequest>) -> Batch {
            lastNumber += 1
            return Batch(number: lastNumber, requests: Array(requests))
        }

        mutating func count(_ waiting: Int, of workspace: Identifier<Workspace>) {
            count.waiting += waiting
            let all = self.waiting[workspace, default: 0] + waiting
            self.waiting[workspace] = all > 0 ? all : nil
        }
    }

    private let store: any TammStore
    private let bounds: Bounds
    private let metrics = ExternalRequestMetrics()
    private let logger = Logger(label: "tamm.audit")
    private let state = Mutex(State())
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    /// - Throws: `invalidInput` for bounds below 1, or a batch above 1,000.
    public init(store: any TammStore, bounds: Bounds = Bounds()) throws(TammError) {
        guard bounds.capacity >= 1, bounds.perWorkspace >= 1, (1...maximumPage).contains(bounds.batch), bounds.attempts >= 1 else {
            throw TammError(.invalidInput, "wanted bounds from 1, and a batch of at most \(maximumPage)", field: "bounds")
        }
        (self.store, self.bounds) = (store, bounds)
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// What became of requests so far.
    public var count: Count { state.withLock { $0.count } }

    /// Takes a request to be written down; it never waits.
    ///
    /// - Returns: whether it was taken; one that was not is counted.
    @discardableResult
    public func note(_ request: ExternalRequest) -> Bool {
        let (isTaken, isFull, isFirst) = state.withLock { state in
            guard !state.isClosed, state.count.waiting < bounds.capacity,
                state.waiting[request.workspace, default: 0] < bounds.perWorkspace
            else {
                state.count.overflowed += 1
                state.overflow += 1
                return (false, false, state.overflow == 1)
            }
            state.queue.append(request)
            state.count(1, of: request.workspace)
            return (true, state.queue.count >= bounds.batch, false)
        }
        if !isTaken { metrics.countOverflow() }
        if isFirst { logger.error("requests to the external API are refused by their log: too many wait, or it is shut down") }
        if isFull { signal.yield() }
        return isTaken
    }

    /// Time has passed: what waits leaves, though it be little. Called by the host's clock, every second or so.
    public func tick() { signal.yield() }

    /// Writes batches as they fill and at each ``tick()``; returns after ``shutdown()``, or when its task is cancelled.
    public func run() async {
        for await _ in signals { await flush() }
    }

    /// Writes what waits now, batch by batch, until nobody answers.
    ///
    /// - Returns: whether all of it was.
    @discardableResult
    public func flush() async -> Bool {
        await begin()
        defer { end() }
        var setAside: Set<Identifier<Workspace>> = []
        while let batch = next(except: setAside) {
            switch await write(batch) {
            case .written: finish(batch, written: batch.requests.count)
            case .rejected: finish(batch, written: 0)
            case .split: split(batch)
            case .setAside: setAside.insert(batch.workspace)
            case .stopped: return false
            }
        }
        return setAside.isEmpty
    }

    /// Takes no more requests and writes what waits; tried so often as the bounds say.
    ///
    /// - Returns: what could not be written, in order, for the host to keep elsewhere; empty when nothing is lost.
    public func shutdown() async -> [ExternalRequest] {
        state.withLock { $0.isClosed = true }
        signal.finish()
        for _ in 0..<bounds.attempts where await flush() { return [] }
        // Another who flushes has a batch in hand until then.
        await begin()
        defer { end() }
        let left = state.withLock { state in
            let left = state.batches.flatMap(\.requests) + state.queue
            (state.batches, state.queue, state.count.waiting, state.waiting) = ([], [], 0, [:])
            return left
        }
        metrics.setWaiting(0)
        guard !left.isEmpty else { return [] }
        logger.error("requests to the external API could not be written down", metadata: ["requests": "\(left.count)"])
        return left
    }

    private func begin() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.isWriting else {
                    state.isWriting = true
                    return true
                }
                state.waiters.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    private func end() {
        let next = state.withLock { state in
            guard state.waiters.isEmpty else { return state.waiters.removeFirst() as CheckedContinuation<Void, Never>? }
            state.isWriting = false
            return nil
        }
        next?.resume()
    }

    /// The oldest batch of a workspace that is not set aside; formed of what waits where there is none.
    private func next(except setAside: Set<Identifier<Workspace>>) -> Batch? {
        while true {
            let (batch, isLast, repeated) = state.withLock { state -> (Batch?, Bool, [ExternalRequest]) in
                if let batch = state.batches.first(where: { !setAside.contains($0.workspace) }) { return (batch, true, []) }
                return (nil, state.queue.isEmpty, formBatches(&state))
            }
            if let first = repeated.first {
                logRejection(of: repeated, because: TammError(.conflict, "request \(first.id) was noted twice"))
            }
            if isLast { return batch }
        }
    }

    /// Forms batches of the first that wait.
    ///
    /// - Returns: those that came twice, which are rejected the second time.
    private func formBatches(_ state: inout State) -> [ExternalRequest] {
        let taken = state.queue.prefix(bounds.batch)
        state.queue.removeFirst(taken.count)
        var repeated: [ExternalRequest] = []
        for (workspace, requests) in Dictionary(grouping: taken, by: \.workspace).sorted(by: { $0.key < $1.key }) {
            var seen: Set<Identifier<ExternalRequest>> = []
            let first = requests.filter { seen.insert($0.id).inserted }
            state.batches.append(state.batch(first))
            guard first.count < requests.count else { continue }
            seen = []
            repeated += requests.filter { !seen.insert($0.id).inserted }
            state.count(first.count - requests.count, of: workspace)
        }
        state.count.rejected += repeated.count
        return repeated
    }

    private func write(_ batch: Batch) async -> Outcome {
        let records = batch.requests.map(AuditRecord.request)
        do throws(TammError) {
            try await store.transaction(as: .service) { t throws(TammError) in try t.record(records) }
            return .written
        } catch {
            switch error.code {
            case .conflict where batch.isUncertain:
                do throws(TammError) { return try await isThere(records) ? .written : settle(batch, error) } catch {
                    return waits(batch, because: error)
                }
            case .conflict, .invalidInput: return settle(batch, error)
            case .notFound:
                logRejection(of: batch.requests, because: error)
                return .rejected
            default: return waits(batch, because: error)
            }
        }
    }

    /// The batch stays, and with it all others where nobody answers: where only its own log is at fault, they go on.
    private func waits(_ batch: Batch, because error: TammError) -> Outcome {
        guard [.unavailable, .overloaded, .cancelled].contains(error.code) else {
            logger.error(
                "a workspace's requests to the external API wait: its log does not take them",
                metadata: ["workspace": "\(batch.workspace)", "requests": "\(batch.requests.count)", "cause": "\(error)"])
            return .setAside
        }
        logger.warning("requests to the external API wait to be written down", metadata: ["cause": "\(error)"])
        state.withLock { state in
            guard let index = state.batches.firstIndex(where: { $0.number == batch.number }) else { return }
            state.batches[index].isUncertain = true
        }
        return .stopped
    }

    /// What is not there, and cannot be written as a whole: one of it is at fault.
    private func settle(_ batch: Batch, _ error: TammError) -> Outcome {
        guard batch.requests.count == 1 else { return .split }
        logRejection(of: batch.requests, because: error)
        return .rejected
    }

    /// Whether the store took the records in the try before, which were one link of the chain: searched for among the
    /// newest 100,000.
    private func isThere(_ records: [AuditRecord]) async throws(TammError) -> Bool {
        guard let first = records.first else { return true }
        let place = first.place
        var end = try await store.transaction(as: .service) { t throws(TammError) in try t.auditHead(place).sequence }
        for _ in 0..<100 where end > 0 {
            let start = max(0, end - Int64(maximumPage))
            let found = try await store.transaction(as: .service) { t throws(TammError) -> [AuditRecord]? in
                let page = try t.auditChain(place, after: start, limit: maximumPage)
                guard let begin = page.first(where: { $0.record == first }) else { return nil }
                return try t.auditChain(place, after: begin.sequence - 1, limit: records.count).map(\.record)
            }
            if let found { return found == records }
            end = start
        }
        return false
    }

    /// Puts its halves in its place; the try of the whole has left nothing.
    private func split(_ batch: Batch) {
        state.withLock { state in
            guard let index = state.batches.firstIndex(where: { $0.number == batch.number }) else { return }
            let middle = batch.requests.count / 2
            let halves = [state.batch(batch.requests[..<middle]), state.batch(batch.requests[middle...])]
            state.batches.replaceSubrange(index...index, with: halves)
        }
    }

    private func logRejection(of requests: [ExternalRequest], because error: TammError) {
        logger.error(
            "requests to the external API were rejected",
            metadata: ["workspace": "\(requests[0].workspace)", "requests": "\(requests.count)", "cause": "\(error)"])
        metrics.countRejected(requests.count)
    }

    private func finish(_ batch: Batch, written: Int) {
        let (waiting, overflow) = state.withLock { state in
            state.batches.removeAll { $0.number == batch.number }
            state.count.written += written
            state.count.rejected += batch.requests.count - written
            state.count(-batch.requests.count, of: batch.workspace)
            defer { state.overflow = 0 }
            return (state.count.waiting, state.overflow)
        }
        if written > 0 { metrics.countWritten(written) }
        metrics.setWaiting(waiting)
        if overflow > 0 {
            logger.error(
                "requests to the external API were refused by their log", metadata: ["requests": "\(overflow)"])
        }
    }
}
