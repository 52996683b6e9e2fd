/// Whether something may be done now, and if not, when.
public enum RateLimitDecision: Sendable, Hashable {
    /// It may, and is charged.
    case admitted(RateLimitStatus)
    /// It may not, and nothing is charged. After exactly that long it may, if nothing else is admitted meanwhile; nil:
    /// it never may, for its cost is above a quota.
    case refused(retryAfter: Duration?, RateLimitStatus)

    public var isAdmitted: Bool {
        if case .admitted = self { true } else { false }
    }

    public var status: RateLimitStatus {
        switch self {
        case .admitted(let status), .refused(_, let status): status
        }
    }

    /// Nil where it is admitted or never will be.
    public var retryAfter: Duration? {
        if case .refused(let wait, _) = self { wait } else { nil }
    }

    package func decided(by basis: RateLimitStatus.Basis) -> RateLimitDecision {
        var status = status
        status.basis = basis
        return switch self {
        case .admitted: .admitted(status)
        case .refused(let wait, _): .refused(retryAfter: wait, status)
        }
    }
}

/// How a policy stands after a decision, by the quota that is closest to its end.
public struct RateLimitStatus: Sendable, Hashable {
    /// Who decided.
    public enum Basis: UInt8, Sendable, Hashable, CaseIterable {
        /// The store of this process, which is the only one.
        case local
        /// The store that processes share.
        case shared
        /// The store of this process, while the shared one does not answer.
        case floor
        /// Nobody: the shared store does not answer, and the policy is to admit.
        case open
        /// Nobody: the shared store does not answer, and the policy is to refuse.
        case closed
    }

    /// The index of that quota in its policy.
    public let quota: Int
    private let room: Int64
    private let unit: Int64
    private let resetNanoseconds: Int64
    /// When it was decided, by the clock of the store.
    public let decidedAt: RateLimitInstant
    public internal(set) var basis: Basis
    /// One bit for each quota that has no room.
    let violated: UInt8

    package init(
        quota: Int, room: Int64, unit: Int64, resetNanoseconds: Int64, decidedAt: RateLimitInstant, basis: Basis,
        violated: UInt8 = 0
    ) {
        self.quota = quota
        self.room = room
        self.unit = unit
        self.resetNanoseconds = resetNanoseconds
        self.decidedAt = decidedAt
        self.basis = basis
        self.violated = violated
    }

    /// How many more it admits at this moment.
    public var remaining: Int64 { max(0, room / unit) }

    /// When it is whole again, if nothing else is admitted.
    public var resetAfter: Duration { .nanoseconds(resetNanoseconds) }

    /// The indices of the quotas that have no room for it; empty where it is admitted.
    public var violatedQuotas: [Int] { (0..<RateLimitPolicy.maximumQuotas).filter { violated & (1 << $0) != 0 } }
}
