/// So much in so much time: one window of a ``RateLimitPolicy``.
public struct RateLimitQuota: Sendable, Hashable {
    /// How a quota is counted.
    public enum Algorithm: UInt8, Sendable, Hashable, CaseIterable {
        /// Evenly spaced, with a burst: ``count`` a period and ``burst`` at one instant. The exact one, and the cheapest.
        case gcra = 1
        /// A bucket of ``burst`` tokens that fills at ``count`` a period; it decides as ``gcra`` does.
        case tokenBucket
        /// ``count`` in this window and the share of the one before that the last period still covers.
        case slidingWindow
        /// ``count`` in each window, counted from the epoch; twice as many may come around a window's end.
        case fixedWindow
    }

    /// 1 to 64 characters a–z, 0–9, `.`, `-`, `_`, beginning with a letter; one of its own in a policy.
    public let name: String
    public let algorithm: Algorithm
    /// How many a period, 1 to 1,000,000,000.
    public let count: Int64
    /// 1 ms to 366 days, in whole milliseconds.
    public let period: Duration
    /// How many may come at one instant, 1 to 1,000,000,000; ``count`` where windows are counted.
    public let burst: Int64

    /// The same in numbers.
    let terms: RateLimitTerms

    package var periodNanoseconds: Int64 { terms.period }
    package var interval: Int64 { terms.interval }
    package var tolerance: Int64 { terms.tolerance }

    package static let counts: ClosedRange<Int64> = 1...1_000_000_000
    /// 73 years: sums of moments and tolerances do not overflow.
    package static let longestBurst: Int64 = 1 << 61
    private static let periods: ClosedRange<Duration> = .milliseconds(1)...(.seconds(31_622_400))

    private init(
        _ name: String, _ algorithm: Algorithm, _ count: Int64, per period: Duration, burst: Int64
    ) throws(TammError) {
        self.name = try checkedName(name, "a quota's name", field: "name")
        for (value, field) in [(count, "count"), (burst, "burst")] where !Self.counts.contains(value) {
            throw TammError(.invalidInput, "wanted 1 to 1000000000, found \(value)", field: field)
        }
        let nanoseconds = Self.periods.contains(period) ? period.nanoseconds : 0
        guard nanoseconds > 0, nanoseconds % 1_000_000 == 0 else {
            throw TammError(
                .invalidInput, "wanted a period of 1 ms to 366 days in whole milliseconds, found \(period)",
                field: "period")
        }
        guard let tolerance = Self.tolerance(count: count, period: nanoseconds, burst: burst) else {
            throw TammError(
                .invalidInput, "wanted a burst of at most 73 years' worth, found \(burst) at \(count) per \(period)",
                field: "burst")
        }
        (self.algorithm, self.count, self.period, self.burst) = (algorithm, count, period, burst)
        terms = RateLimitTerms(
            algorithm: algorithm, count: count, period: nanoseconds,
            interval: Self.interval(count: count, period: nanoseconds), tolerance: tolerance)
    }

    /// Evenly spaced with a burst.
    ///
    /// - Throws: `invalidInput` outside the bounds above, or for a burst that takes more than 73 years to come back.
    public static func gcra(
        _ name: String, _ count: Int64, per period: Duration, burst: Int64
    ) throws(TammError) -> RateLimitQuota {
        try RateLimitQuota(name, .gcra, count, per: period, burst: burst)
    }

    /// A bucket of `burst` tokens, filled at `count` a period.
    ///
    /// - Throws: as ``gcra(_:_:per:burst:)``.
    public static func tokenBucket(
        _ name: String, _ count: Int64, per period: Duration, burst: Int64
    ) throws(TammError) -> RateLimitQuota {
        try RateLimitQuota(name, .tokenBucket, count, per: period, burst: burst)
    }

    /// Windows that slide.
    ///
    /// - Throws: `invalidInput` outside the bounds above.
    public static func slidingWindow(
        _ name: String, _ count: Int64, per period: Duration
    ) throws(TammError) -> RateLimitQuota {
        try RateLimitQuota(name, .slidingWindow, count, per: period, burst: count)
    }

    /// Windows that follow one another.
    ///
    /// - Throws: `invalidInput` outside the bounds above.
    public static func fixedWindow(
        _ name: String, _ count: Int64, per period: Duration
    ) throws(TammError) -> RateLimitQuota {
        try RateLimitQuota(name, .fixedWindow, count, per: period, burst: count)
    }

    static func interval(count: Int64, period: Int64) -> Int64 { (period - 1) / count + 1 }

    /// Nil above ``longestBurst``.
    static func tolerance(count: Int64, period: Int64, burst: Int64) -> Int64? {
        let (product, overflow) = interval(count: count, period: period).multipliedReportingOverflow(by: burst)
        return overflow || product > longestBurst ? nil : product
    }
}

/// What an algorithm needs of a quota.
struct RateLimitTerms: Sendable, Hashable {
    let algorithm: RateLimitQuota.Algorithm
    let count: Int64
    /// Nanoseconds.
    let period: Int64
    /// Nanoseconds for each one, rounded up: no more than ``count`` come in a period.
    let interval: Int64
    /// Nanoseconds of a whole burst; at most ``RateLimitQuota/longestBurst``.
    let tolerance: Int64
}

extension Duration {
    /// Whole nanoseconds, held at the bounds of Int64.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflow2) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow || overflow2 ? (seconds < 0 ? .min : .max) : sum
    }
}
