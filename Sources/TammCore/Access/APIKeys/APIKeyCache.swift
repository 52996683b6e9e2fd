private import Logging
private import Synchronization

/// Keys that a process has looked up lately, for those who would rather read the store less often than be told of every
/// change at once. Without one, which is the default, every verification reads the store.
///
/// It answers from what it has read at most ``staleness`` ago, also of changes that are made by SQL. ``APIKeys/revoke``
/// and its like return when every process with a cache has forgotten or may not answer from it any more. It answers only
/// while it has a lease: ``run()`` renews it; when that stops, every verification reads the store again.
public final class APIKeyCache: Sendable {
    /// 1 second.
    public static let maximumStaleness: Duration = .seconds(1)

    private struct Entry {
        let found: FoundAPIKey
        /// When it may be answered from no longer.
        let end: Duration
    }

    private struct State {
        var entries: [APIKeyDigest: Entry] = [:]
        /// The refresh that was done last; nil before the first.
        var number: Int64?
        /// Goes up whenever all is forgotten, so that what was read before is not kept after.
        var generation = 0
        var leaseEnd: Duration = .zero

        mutating func forget() {
            entries.removeAll(keepingCapacity: true)
            generation += 1
        }
    }

    /// What a reading began with.
    struct Ticket {
        fileprivate let generation: Int
        fileprivate let end: Duration
    }

    /// The longest that an answer may be old.
    public let staleness: Duration
    private let id: Identifier<APIKeyReader>
    private let store: any TammStore
    private let clock: SteadyClock
    private let capacity: Int
    private let state = Mutex(State())
    private let logger = Logger(label: "tamm.keys")

    /// - Parameters:
    ///   - id: of this cache alone, in this run of the process.
    ///   - staleness: above zero, at most ``maximumStaleness``.
    ///   - capacity: how many keys are kept; when there are more, all are forgotten.
    /// - Throws: `invalidInput` outside the bounds.
    public init(
        id: Identifier<APIKeyReader>, store: any TammStore, staleness: Duration, capacity: Int = 100_000,
        clock: SteadyClock = .system
    ) throws(TammError) {
        guard staleness > .zero, staleness <= Self.maximumStaleness else {
            throw TammError(
                .invalidInput, "a cache of keys is stale for at most \(Self.maximumStaleness), found \(staleness)",
                field: "staleness")
        }
        guard (1...10_000_000).contains(capacity) else {
            throw TammError(.invalidInput, "wanted room for 1 to 10000000 keys, found \(capacity)", field: "capacity")
        }
        (self.id, self.store, self.staleness, self.capacity, self.clock) = (id, store, staleness, capacity, clock)
    }

    /// Renews the lease until the task is cancelled, four times as often as needed. A store that does not answer is
    /// asked again; until then nothing is answered from the cache.
    public func run() async {
        while !Task.isCancelled {
            do throws(TammError) { try await refresh() } catch {
                logger.warning("the cache of API keys has no lease", metadata: ["error": "\(error)"])
            }
            await clock.wait(for: staleness / 4)
        }
        await stop()
    }

    /// Forgets what was to be forgotten, says so, and renews the lease. A notification of a change may call it early.
    ///
    /// - Throws: `unavailable` when the store does not answer; then the lease runs out.
    public func refresh() async throws(TammError) {
        let start = clock.uptime()
        let (id, staleness) = (id, staleness)
        let (number, isKnown) = try await store.transaction(as: .service) { t throws(TammError) in
            let number = try t.refreshNumber()
            return (number, try t.apiKeyReaders().contains { $0.id == id && $0.acknowledged == number })
        }
        // Forgotten first, said afterwards: whoever hears it relies on it.
        let isForgotten = state.withLock { state in
            // Another refresh may have seen more meanwhile.
            guard state.number.map({ number > $0 }) ?? true else { return false }
            state.forget()
            state.number = number
            return true
        }
        if isForgotten || !isKnown {
            try await store.transaction(as: .service) { t throws(TammError) in
                try t.put(APIKeyReader(id: id, staleness: staleness, acknowledged: number))
            }
            // Nobody waited for what was read before this process was known.
            state.withLock { $0.forget() }
        }
        state.withLock { $0.leaseEnd = max($0.leaseEnd, start + staleness) }
    }

    /// Gives the lease back: nobody waits for this process any more.
    public func stop() async {
        state.withLock { state in
            state.forget()
            (state.number, state.leaseEnd) = (nil, .zero)
        }
        let (id, store) = (id, store)
        // In a task of its own: the one that ran may be cancelled. What stays behind is waited for once.
        await Task {
            try? await store.transaction(as: .service) { t throws(TammError) in
                try t.remove(id, acknowledgedBefore: .max)
            }
        }.value
    }

    /// What is known of a key, and may be answered still.
    @inline(__always)
    func found(_ digests: APIKeyDigests) -> FoundAPIKey? {
        let now = clock.uptime()
        return state.withLock { state -> FoundAPIKey? in
            guard now < state.leaseEnd, let entry = state.entries[digests.current], now < entry.end else { return nil }
            return entry.found
        }
    }

    /// To be taken before a key is read.
    func ticket() -> Ticket {
        let end = clock.uptime() + staleness
        return state.withLock { Ticket(generation: $0.generation, end: end) }
    }

    /// Keeps what was read, unless all was to be forgotten meanwhile.
    func keep(_ found: FoundAPIKey, for digests: APIKeyDigests, _ ticket: Ticket) {
        state.withLock { state in
            guard state.number != nil, state.generation == ticket.generation else { return }
            if state.entries.count >= capacity { state.entries.removeAll(keepingCapacity: true) }
            state.entries[digests.current] = Entry(found: found, end: ticket.end)
        }
    }
}
