/// A bucket that holds a burst and fills evenly: what it holds, and when that was so.
///
/// What it holds is counted in nanoseconds of filling, so that nothing is rounded. A clock that goes back takes out
/// what it had put in.
struct TokenBucket {
    let interval: Int64
    let capacity: Int64

    init(_ terms: RateLimitTerms) { (interval, capacity) = (terms.interval, terms.tolerance) }

    func decide(_ cost: Int64, from state: RateLimitState?, at now: Int64) -> RateLimitVerdict {
        let filled = level(state, at: now)
        let (price, overflow) = interval.multipliedReportingOverflow(by: cost)
        guard !overflow, price <= capacity else { return refusal(state, filled, wait: .max) }
        guard price <= filled else { return refusal(state, filled, wait: price - filled) }
        let left = filled - price
        return RateLimitVerdict(
            state: cost == 0 ? state : stored(left, at: now), wait: 0, room: left, unit: interval,
            resetAfter: capacity - left)
    }

    func refund(_ cost: Int64, from state: RateLimitState, at now: Int64) -> RateLimitState? {
        let (price, overflow) = interval.multipliedReportingOverflow(by: cost)
        let (sum, overflow2) = level(state, at: now).addingReportingOverflow(price)
        return overflow || overflow2 || sum >= capacity ? nil : stored(sum, at: now)
    }

    private func refusal(_ state: RateLimitState?, _ filled: Int64, wait: Int64) -> RateLimitVerdict {
        RateLimitVerdict(
            state: state, wait: wait, room: filled, unit: interval, resetAfter: capacity - filled)
    }

    /// Below zero where the clock has gone back.
    private func level(_ state: RateLimitState?, at now: Int64) -> Int64 {
        guard let state else { return capacity }
        let filledThen = capacity - (state.expiry - state.detail)
        return min(capacity, filledThen + (now - state.detail))
    }

    private func stored(_ filled: Int64, at now: Int64) -> RateLimitState {
        RateLimitState(expiry: now + (capacity - filled), detail: now)
    }
}
