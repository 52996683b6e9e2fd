/// What one quota says of a request: pure, and the same for every store.
public struct RateLimitVerdict: Sendable, Hashable {
    /// What is to be kept if every quota of the policy admits; the old state where nothing changes.
    public let state: RateLimitState?
    /// Nanoseconds until there is room; 0: there is, `Int64.max`: there never is.
    public let wait: Int64
    /// What there is room for after this, in units of which one takes ``unit``.
    let room: Int64
    let unit: Int64
    /// Nanoseconds until the quota is whole again.
    public let resetAfter: Int64

    /// How many more there is room for, after this.
    public var remaining: Int64 { max(0, room / unit) }

    public var isAdmitted: Bool { wait == 0 }
}

extension RateLimitQuota {
    /// Decides a request of one quota; the algorithm decides, a store keeps what it says.
    ///
    /// A clock that goes back gives nothing.
    ///
    /// - Parameter cost: 0 and above; 0 looks and changes nothing.
    public func decide(_ cost: Int64, from state: RateLimitState?, at now: RateLimitInstant) -> RateLimitVerdict {
        terms.decide(cost, from: state, at: now)
    }

    /// Gives back what was charged at a moment; what that time has given back already is not given twice.
    ///
    /// - Returns: what is to be kept; nil where nothing is.
    public func refund(
        _ cost: Int64, chargedAt moment: RateLimitInstant, from state: RateLimitState?, at now: RateLimitInstant
    ) -> RateLimitState? {
        guard let state, cost > 0 else { return state }
        return switch algorithm {
        case .gcra: GCRA(terms).refund(cost, from: state, at: now.nanoseconds)
        case .tokenBucket: TokenBucket(terms).refund(cost, from: state, at: now.nanoseconds)
        case .slidingWindow: SlidingWindow(terms).refund(cost, chargedAt: moment.nanoseconds, from: state)
        case .fixedWindow: FixedWindow(terms).refund(cost, chargedAt: moment.nanoseconds, from: state)
        }
    }
}

extension RateLimitTerms {
    @inline(__always)
    func decide(_ cost: Int64, from state: RateLimitState?, at now: RateLimitInstant) -> RateLimitVerdict {
        let (cost, now) = (max(0, cost), now.nanoseconds)
        return switch algorithm {
        case .gcra: GCRA(self).decide(cost, from: state, at: now)
        case .tokenBucket: TokenBucket(self).decide(cost, from: state, at: now)
        case .slidingWindow: SlidingWindow(self).decide(cost, from: state, at: now)
        case .fixedWindow: FixedWindow(self).decide(cost, from: state, at: now)
        }
    }
}

/// Puts the verdicts of a policy's quotas together, one after the other: all or nothing.
struct RateLimitTally {
    private var quota = 0
    private var room: Int64 = 0
    private var unit: Int64 = 1
    private var resetAfter: Int64 = 0
    private var wait: Int64 = 0
    private var violated: UInt8 = 0

    var isAdmitted: Bool { wait == 0 }

    /// The quota with the longest wait, or else the one with the least room, stands for the policy.
    @inline(__always)
    mutating func add(_ verdict: RateLimitVerdict, ofQuota index: Int) {
        if index == 0 || isTighter(verdict) {
            (quota, room, unit, resetAfter) = (index, verdict.room, verdict.unit, verdict.resetAfter)
        }
        if verdict.wait > 0 {
            violated |= 1 << UInt8(truncatingIfNeeded: index)
            wait = max(wait, verdict.wait)
        }
    }

    private func isTighter(_ verdict: RateLimitVerdict) -> Bool {
        guard verdict.wait == wait else { return verdict.wait > wait }
        return (verdict.remaining, -verdict.resetAfter) < (max(0, room / unit), -resetAfter)
    }

    @inline(__always)
    func decision(at now: RateLimitInstant, by basis: RateLimitStatus.Basis) -> RateLimitDecision {
        let status = RateLimitStatus(
            quota: quota, room: room, unit: unit, resetNanoseconds: resetAfter, decidedAt: now, basis: basis,
            violated: violated)
        guard wait > 0 else { return .admitted(status) }
        return .refused(retryAfter: wait == .max ? nil : .nanoseconds(wait), status)
    }
}

extension RateLimitPolicy {
    /// The decision that the states before it and the moment give; states beyond a policy's quotas are not looked at.
    package func decision(
        _ cost: Int64, from states: [RateLimitState?], at now: RateLimitInstant, by basis: RateLimitStatus.Basis
    ) -> RateLimitDecision {
        var tally = RateLimitTally()
        for (index, quota) in quotas.enumerated() {
            let state = index < states.count ? states[index] : nil
            tally.add(quota.decide(cost, from: state, at: now), ofQuota: index)
        }
        return tally.decision(at: now, by: basis)
    }
}
