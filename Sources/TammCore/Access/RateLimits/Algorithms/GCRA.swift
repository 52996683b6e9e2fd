/// The generic cell rate algorithm: one number, the theoretical arrival time at which a burst is whole again.
///
/// `base = max(now, tat)`, `new = base + cost × interval`; admitted unless `now < new − tolerance`.
struct GCRA {
    let interval: Int64
    let tolerance: Int64

    @inline(__always)
    init(_ terms: RateLimitTerms) { (interval, tolerance) = (terms.interval, terms.tolerance) }

    @inline(__always)
    func decide(_ cost: Int64, from state: RateLimitState?, at now: Int64) -> RateLimitVerdict {
        let base = max(now, state?.expiry ?? now)
        let (increment, overflow) = interval.multipliedReportingOverflow(by: cost)
        guard !overflow, increment <= tolerance else {
            return RateLimitVerdict(state: state, wait: .max, room: room(base, now), unit: interval, resetAfter: base - now)
        }
        let new = base + increment
        let wait = new - tolerance - now
        guard wait <= 0 else {
            return RateLimitVerdict(state: state, wait: wait, room: room(base, now), unit: interval, resetAfter: base - now)
        }
        return RateLimitVerdict(
            state: cost == 0 ? state : RateLimitState(expiry: new, detail: 0), wait: 0, room: room(new, now), unit: interval,
            resetAfter: new - now)
    }

    @inline(__always)
    private func room(_ tat: Int64, _ now: Int64) -> Int64 { tolerance - (tat - now) }

    func refund(_ cost: Int64, from state: RateLimitState, at now: Int64) -> RateLimitState? {
        let (increment, overflow) = interval.multipliedReportingOverflow(by: cost)
        guard !overflow else { return nil }
        let (tat, overflow2) = state.expiry.subtractingReportingOverflow(increment)
        return overflow2 || tat <= now ? nil : RateLimitState(expiry: tat, detail: 0)
    }
}
