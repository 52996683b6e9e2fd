/// Windows that follow one another from the epoch, each with a count of its own.
struct FixedWindow {
    let length: Int64
    let limit: Int64

    init(_ terms: RateLimitTerms) { (length, limit) = (terms.period, terms.count) }

    func decide(_ cost: Int64, from state: RateLimitState?, at now: Int64) -> RateLimitVerdict {
        var start = now.flooredDivision(by: length).quotient * length
        var counted: Int64 = 0
        if let state, state.expiry > start {
            // The window that is kept, also where the clock has gone back behind its beginning.
            (start, counted) = (state.expiry - length, state.detail)
        }
        let end = start + length
        let room = max(0, limit - counted)
        guard cost <= room else {
            return RateLimitVerdict(
                state: state, wait: cost > limit ? .max : end - now, room: room, unit: 1, resetAfter: end - now)
        }
        return RateLimitVerdict(
            state: cost == 0 ? state : RateLimitState(expiry: end, detail: counted + cost), wait: 0,
            room: room - cost, unit: 1, resetAfter: counted + cost == 0 ? 0 : end - now)
    }

    func refund(_ cost: Int64, chargedAt moment: Int64, from state: RateLimitState) -> RateLimitState? {
        guard moment >= state.expiry - length, moment < state.expiry else { return state }
        return RateLimitState(expiry: state.expiry, detail: max(0, state.detail - cost))
    }
}
