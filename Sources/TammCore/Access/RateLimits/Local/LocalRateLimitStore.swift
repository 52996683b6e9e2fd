private import Synchronization

/// Limits of this process, in memory that is bounded: at most 64 bytes a state, and no allocation where nothing is new.
///
/// A state takes a place until it expires. Where all places are taken, the states that would expire first are
/// forgotten early, as if their subjects had not been seen: ``evicted`` counts them.
public final class LocalRateLimitStore: Sendable {
    private final class Shard: Sendable {
        let table: Mutex<RateLimitTable>
        let leases: Mutex<LeaseTable>

        init(capacity: Int) {
            table = Mutex(RateLimitTable(capacity: capacity))
            leases = Mutex(LeaseTable(capacity: capacity))
        }
    }

    private let shards: [Shard]
    private static let shardCount = 64

    /// - Parameter capacity: how many states are kept at most, 1,024 to 100,000,000: a subject has one for each quota
    ///   of a policy. As many leases are kept beside them.
    /// - Throws: `invalidInput` outside these bounds.
    public init(capacity: Int = 1_000_000) throws(TammError) {
        guard (1024...100_000_000).contains(capacity) else {
            throw TammError(
                .invalidInput, "wanted a capacity of 1024 to 100000000 states, found \(capacity)", field: "capacity")
        }
        let each = (capacity + Self.shardCount - 1) / Self.shardCount
        shards = (0..<Self.shardCount).map { _ in Shard(capacity: each) }
    }

    /// How many states have a place; expired ones too, until it is needed.
    public var count: Int { shards.reduce(0) { $0 + $1.table.withLock(\.count) } }

    /// How many states were forgotten before they expired.
    public var evicted: Int { shards.reduce(0) { $0 + $1.table.withLock(\.evicted) } }

    /// Decides at once, without waiting for anything but a lock.
    public func decide(_ request: RateLimitRequest, at now: RateLimitInstant) -> RateLimitDecision {
        decide(request.policy, request.key, cost: request.cost, at: now)
    }

    /// Decides at once, without waiting for anything but a lock.
    ///
    /// - Parameter cost: 0 and above; 0 looks and changes nothing.
    public func decide(
        _ policy: borrowing RateLimitPolicy, _ key: RateLimitKey, cost: Int64, at now: RateLimitInstant
    ) -> RateLimitDecision {
        let place = RateLimitTable.Place(key)
        let quotas = policy.quotas
        return shards[place.shard(of: Self.shardCount)].table.withLock { table in
            table.decide(quotas, cost, place, at: now)
        }
    }

    /// Gives back at once.
    public func refund(_ refund: RateLimitRefund, at now: RateLimitInstant) {
        let place = RateLimitTable.Place(refund.request.key)
        shards[place.shard(of: Self.shardCount)].table.withLock { $0.refund(refund, place, at: now) }
    }

    /// Takes or renews a lease at once.
    ///
    /// - Throws: `overloaded` when too many leases are held.
    public func acquireNow(
        _ lease: Identifier<ConcurrencyLease>, of limit: ConcurrencyLimit, for key: RateLimitKey,
        at now: RateLimitInstant
    ) throws(TammError) -> ConcurrencyDecision {
        try shard(of: key).leases.withLock { leases throws(TammError) in
            try leases.acquire(lease, of: limit, for: key, at: now)
        }
    }

    /// Gives a lease back at once.
    public func releaseNow(_ lease: ConcurrencyLease) {
        shard(of: lease.key).leases.withLock { $0.release(lease) }
    }

    private func shard(of key: RateLimitKey) -> Shard {
        shards[RateLimitTable.Place(key).shard(of: Self.shardCount)]
    }
}

extension LocalRateLimitStore: RateLimitStore {
    public func decide(
        _ requests: [RateLimitRequest], at now: RateLimitInstant
    ) async throws(TammError) -> [RateLimitDecision] {
        requests.map { decide($0, at: now) }
    }

    public func refund(_ refunds: [RateLimitRefund], at now: RateLimitInstant) async throws(TammError) {
        for each in refunds { refund(each, at: now) }
    }

    public func acquire(
        _ lease: Identifier<ConcurrencyLease>, of limit: ConcurrencyLimit, for key: RateLimitKey,
        at now: RateLimitInstant
    ) async throws(TammError) -> ConcurrencyDecision {
        try acquireNow(lease, of: limit, for: key, at: now)
    }

    public func release(_ lease: ConcurrencyLease, at now: RateLimitInstant) async throws(TammError) {
        releaseNow(lease)
    }
}

/// The leases of a shard.
struct LeaseTable {
    private let capacity: Int
    /// No lease ends before.
    private var earliest = Int64.max
    /// How many were asked for since the table was last swept.
    private var sinceSweep = Int.max / 2
    private(set) var sweeps = 0
    private var held: [RateLimitKey: ConcurrencyLeases] = [:]
    private var count = 0

    init(capacity: Int) { self.capacity = capacity }

    mutating func acquire(
        _ lease: Identifier<ConcurrencyLease>, of limit: ConcurrencyLimit, for key: RateLimitKey,
        at now: RateLimitInstant
    ) throws(TammError) -> ConcurrencyDecision {
        sinceSweep += 1
        // A sweep looks at all of them: it comes when it finds something, and after so many that it costs each little.
        if count >= capacity, earliest <= now.nanoseconds, sinceSweep > capacity / 16 { sweep(at: now) }
        guard count < capacity else {
            throw TammError(.overloaded, "\(count) leases are held; try again later")
        }
        var leases = held.removeValue(forKey: key) ?? ConcurrencyLeases()
        count -= leases.count
        let wait = leases.acquire(lease, of: limit, at: now)
        let expiry = leases.expiry(of: lease) ?? now.nanoseconds
        count += leases.count
        earliest = min(earliest, expiry)
        held[key] = leases
        if let wait { return .refused(retryAfter: .nanoseconds(wait), .local) }
        return .admitted(
            ConcurrencyLease(
                id: lease, key: key, limit: limit, expiry: RateLimitInstant(nanoseconds: expiry), basis: .local))
    }

    mutating func release(_ lease: ConcurrencyLease) {
        guard var leases = held.removeValue(forKey: lease.key) else { return }
        count -= leases.count
        leases.release(lease.id)
        count += leases.count
        if leases.count > 0 { held[lease.key] = leases }
    }

    private mutating func sweep(at now: RateLimitInstant) {
        (count, earliest, sinceSweep) = (0, .max, 0)
        sweeps += 1
        held = held.compactMapValues { leases in
            var leases = leases
            leases.forget(before: now)
            count += leases.count
            if let first = leases.earliest { earliest = min(earliest, first) }
            return leases.count > 0 ? leases : nil
        }
    }
}
