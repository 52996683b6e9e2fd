/// How much may go on at the same time: each has a lease, which ends by itself if it is not given back.
public struct ConcurrencyLimit: Sendable, Hashable {
    /// 1 to 64 characters a–z, 0–9, `.`, `-`, `_`, beginning with a letter: `agent.runs`.
    public let name: String
    /// 1 to 10,000.
    public let count: Int
    /// How long a lease lasts without being renewed: 1 ms to a day, in whole milliseconds.
    public let lifetime: Duration

    package let tag: UInt64

    private static let lifetimes: ClosedRange<Duration> = .milliseconds(1)...(.seconds(86_400))

    /// - Throws: `invalidInput` outside the bounds above.
    public init(_ name: String, _ count: Int, lifetime: Duration) throws(TammError) {
        self.name = try checkedName(name, "a limit's name", field: "name")
        guard (1...10_000).contains(count) else {
            throw TammError(.invalidInput, "wanted 1 to 10000 at the same time, found \(count)", field: "count")
        }
        guard Self.lifetimes.contains(lifetime), lifetime.nanoseconds % 1_000_000 == 0 else {
            throw TammError(
                .invalidInput, "wanted a lease of 1 ms to a day in whole milliseconds, found \(lifetime)",
                field: "lifetime")
        }
        (self.count, self.lifetime) = (count, lifetime)
        var hash = SipHash(0x7461_6d6d_2d6c_6561, 0x7365_732d_6c69_6d69)
        hash.absorb(name.utf8)
        hash.absorb(UInt64(count))
        hash.absorb(UInt64(bitPattern: lifetime.nanoseconds))
        tag = hash.finish().high
    }
}

/// Room for one thing that goes on; give it back when it is done.
public struct ConcurrencyLease: Sendable, Hashable {
    public let id: Identifier<ConcurrencyLease>
    public let key: RateLimitKey
    public let limit: ConcurrencyLimit
    /// When it ends by itself, by the clock of the store.
    public let expiry: RateLimitInstant
    /// Which store has it.
    public internal(set) var basis: RateLimitStatus.Basis

    package init(
        id: Identifier<ConcurrencyLease>, key: RateLimitKey, limit: ConcurrencyLimit, expiry: RateLimitInstant,
        basis: RateLimitStatus.Basis
    ) {
        (self.id, self.key, self.limit, self.expiry, self.basis) = (id, key, limit, expiry, basis)
    }
}

/// Whether one more may go on.
public enum ConcurrencyDecision: Sendable, Hashable {
    case admitted(ConcurrencyLease)
    /// No room; the first lease ends by itself after that long, if it is not given back sooner or renewed.
    case refused(retryAfter: Duration, RateLimitStatus.Basis)
}

/// The leases of one subject under one limit.
package struct ConcurrencyLeases: Sendable {
    private struct Entry {
        let id: Identifier<ConcurrencyLease>
        let expiry: Int64
    }

    private var entries: [Entry] = []

    package init() {}

    package var count: Int { entries.count }
    /// When the first of them ends; nil without any.
    var earliest: Int64? { entries.map(\.expiry).min() }

    package mutating func forget(before now: RateLimitInstant) {
        entries.removeAll { $0.expiry <= now.nanoseconds }
    }

    /// Nanoseconds until the first ends, where there is no room. The same lease again is renewed.
    package mutating func acquire(
        _ id: Identifier<ConcurrencyLease>, of limit: ConcurrencyLimit, at now: RateLimitInstant
    ) -> Int64? {
        forget(before: now)
        let held = entries.firstIndex { $0.id == id }
        if held == nil, entries.count >= limit.count {
            return entries.map(\.expiry).min().map { $0 - now.nanoseconds }
        }
        let expiry = now.nanoseconds + limit.lifetime.nanoseconds
        if let held {
            // A clock that has gone back does not shorten a lease.
            entries[held] = Entry(id: id, expiry: max(expiry, entries[held].expiry))
        } else {
            entries.append(Entry(id: id, expiry: expiry))
        }
        return nil
    }

    package mutating func release(_ id: Identifier<ConcurrencyLease>) { entries.removeAll { $0.id == id } }

    package func expiry(of id: Identifier<ConcurrencyLease>) -> Int64? { entries.first { $0.id == id }?.expiry }
}
