/// Where limits keep their states: in this process, or in a server that processes share.
///
/// A store with a clock of its own looks at that, and not at the moment it is given. `RateLimitLaw` in TammTesting states
/// each promise as a test:
/// - **One step.** Decisions for one key take effect one after the other; none sees half of another.
/// - **All or nothing.** A request that one quota of its policy refuses is charged to none.
/// - **Exact.** It decides as ``RateLimitQuota/decide(_:from:at:)`` does.
///
/// A call ends, with an answer or an error, in bounded time.
public protocol RateLimitStore: Sendable {
    /// Decides each request, in their order; one that is refused does not stop the others.
    ///
    /// - Throws: `unavailable` or `overloaded` when it does not answer; what was asked may then be charged.
    func decide(
        _ requests: [RateLimitRequest], at now: RateLimitInstant
    ) async throws(TammError) -> [RateLimitDecision]

    /// Gives back what was charged.
    ///
    /// - Throws: as ``decide(_:at:)``.
    func refund(_ refunds: [RateLimitRefund], at now: RateLimitInstant) async throws(TammError)

    /// Takes a lease, or renews the one of that identifier.
    ///
    /// - Throws: as ``decide(_:at:)``.
    func acquire(
        _ lease: Identifier<ConcurrencyLease>, of limit: ConcurrencyLimit, for key: RateLimitKey,
        at now: RateLimitInstant
    ) async throws(TammError) -> ConcurrencyDecision

    /// Gives a lease back; one that is not there any more is none of its concern.
    ///
    /// - Throws: as ``decide(_:at:)``.
    func release(_ lease: ConcurrencyLease, at now: RateLimitInstant) async throws(TammError)
}

/// One thing to be decided.
public struct RateLimitRequest: Sendable, Hashable {
    public let policy: RateLimitPolicy
    public let key: RateLimitKey
    /// 0 to 1,000,000,000; 0 looks and charges nothing.
    public let cost: Int64

    /// Holds the cost within its bounds.
    public init(_ policy: RateLimitPolicy, _ key: RateLimitKey, cost: Int64) {
        self.policy = policy
        self.key = key
        self.cost = max(0, min(RateLimitQuota.counts.upperBound, cost))
    }
}

/// Something charged that is to be given back.
public struct RateLimitRefund: Sendable, Hashable {
    public let request: RateLimitRequest
    /// When it was charged, by the clock of the store.
    public let chargedAt: RateLimitInstant

    public init(_ request: RateLimitRequest, chargedAt: RateLimitInstant) {
        self.request = request
        self.chargedAt = chargedAt
    }
}
