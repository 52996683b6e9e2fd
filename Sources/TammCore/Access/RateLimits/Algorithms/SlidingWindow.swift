/// Two counters: the window that runs, and the one before it, of which counts the part that a period back from now
/// still covers. Admitted where `floor(current + previous × (length − elapsed) / length) + cost ≤ limit`.
struct SlidingWindow {
    let length: Int64
    let limit: Int64

    init(_ terms: RateLimitTerms) { (length, limit) = (terms.period, terms.count) }

    private struct Counts {
        var start: Int64
        var current: Int64
        var previous: Int64
    }

    func decide(_ cost: Int64, from state: RateLimitState?, at now: Int64) -> RateLimitVerdict {
        let counts = counts(state, at: now)
        // Before its window, where the clock has gone back, a count is whole.
        let elapsed = max(0, now - counts.start)
        let used = counts.current + share(of: counts.previous, length - elapsed)
        let room = max(0, limit - used)
        guard cost <= room else {
            let moment = cost > limit ? nil : moment(for: cost, counts)
            return RateLimitVerdict(
                state: state, wait: moment.map { $0 - now } ?? .max, room: room, unit: 1,
                resetAfter: whole(counts) - now)
        }
        var after = counts
        after.current += cost
        return RateLimitVerdict(
            state: cost == 0 ? state : stored(after), wait: 0, room: room - cost, unit: 1,
            resetAfter: max(0, whole(after) - now))
    }

    func refund(_ cost: Int64, chargedAt moment: Int64, from state: RateLimitState) -> RateLimitState? {
        var counts = kept(state)
        if moment >= counts.start, moment < counts.start + length {
            counts.current = max(0, counts.current - cost)
        } else if moment >= counts.start - length, moment < counts.start {
            counts.previous = max(0, counts.previous - cost)
        }
        return stored(counts)
    }

    /// The counts as they are in the window of `now`, or in the one kept where that is later.
    private func counts(_ state: RateLimitState?, at now: Int64) -> Counts {
        let start = now.flooredDivision(by: length).quotient * length
        guard let state else { return Counts(start: start, current: 0, previous: 0) }
        let kept = kept(state)
        if start <= kept.start { return kept }
        return Counts(start: start, current: 0, previous: start - kept.start == length ? kept.current : 0)
    }

    private func kept(_ state: RateLimitState) -> Counts {
        Counts(
            start: state.expiry - 2 * length, current: state.detail >> 32, previous: state.detail & 0xffff_ffff)
    }

    private func stored(_ counts: Counts) -> RateLimitState {
        RateLimitState(expiry: counts.start + 2 * length, detail: counts.current << 32 | counts.previous)
    }

    /// When nothing of the counts is left.
    private func whole(_ counts: Counts) -> Int64 {
        if counts.current > 0 { return counts.start + 2 * length }
        return counts.start + (counts.previous > 0 ? length : 0)
    }

    /// `count × rest / length`, rounded down.
    private func share(of count: Int64, _ rest: Int64) -> Int64 {
        guard count > 0, rest > 0 else { return 0 }
        return length.dividingFullWidth(count.multipliedFullWidth(by: rest)).quotient
    }

    /// The first moment at which there is room for `cost`, which is at most the limit.
    private func moment(for cost: Int64, _ counts: Counts) -> Int64 {
        let left = limit - cost - counts.current
        if left >= 0 { return counts.start + length - rest(of: counts.previous, below: left + 1) }
        return counts.start + 2 * length - rest(of: counts.current, below: limit - cost + 1)
    }

    /// The longest rest of a window that leaves a share of `count` below `bound`; at most the whole window.
    private func rest(of count: Int64, below bound: Int64) -> Int64 {
        guard count >= bound else { return length }
        let product = bound.multipliedFullWidth(by: length)
        let (low, borrow) = product.low.subtractingReportingOverflow(1)
        return count.dividingFullWidth((product.high - (borrow ? 1 : 0), low)).quotient
    }
}
