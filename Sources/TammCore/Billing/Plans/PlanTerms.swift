/// How long one payment lasts.
public enum BillingInterval: String, Sendable, Hashable, CaseIterable, Comparable {
    /// A calendar month or year.
    case month, year

    /// The shorter first.
    public static func < (a: Self, b: Self) -> Bool { a == .month && b == .year }
}

/// What a plan costs for one interval in one currency.
public struct PlanPrice: Sendable, Hashable {
    /// Due once an interval.
    public let amount: Money
    /// How long one payment lasts.
    public let interval: BillingInterval

    /// The price of one interval.
    public init(_ amount: Money, per interval: BillingInterval) {
        (self.amount, self.interval) = (amount, interval)
    }
}

/// Credits sold once, beside the plan's monthly ones.
public struct CreditPack: Sendable, Hashable {
    /// 1 to 64 characters a–z, 0–9, `.`, `-`, `_`, beginning with a letter.
    public let id: String
    /// Above zero.
    public let credits: Credits
    /// At most one a currency, in the order of their codes.
    public let prices: [Money]
    /// How many days after the purchase its credits expire, 1 to 36,500; nil is never.
    public let expiresAfterDays: Int64?

    /// - Throws: `invalidInput` outside the bounds above; no price or more than 25; a currency priced twice.
    public init(
        _ id: String, credits: Credits, prices: [Money], expiresAfterDays: Int64?
    ) throws(TammError) {
        self.id = try checkedName(id, "a pack's id")
        guard !credits.isZero else {
            throw TammError(.invalidInput, "pack \(id): wanted credits above zero, found 0", field: "credits")
        }
        guard (1...25).contains(prices.count) else {
            throw TammError(.invalidInput, "pack \(id): wanted 1 to 25 prices, found \(prices.count)", field: "prices")
        }
        if let index = firstRepeated(prices, by: \.currency) {
            throw TammError(
                .invalidInput, "pack \(id): wanted one price a currency, found two of \(prices[index].currency)",
                field: "prices[\(index)]")
        }
        if let days = expiresAfterDays, !PlanVersion.days.contains(days) {
            throw TammError(
                .invalidInput, "pack \(id): wanted an expiry after 1 to 36500 days, found \(days)",
                field: "expiresAfterDays")
        }
        self.credits = credits
        self.prices = prices.sorted { $0.currency.code < $1.currency.code }
        self.expiresAfterDays = expiresAfterDays
    }

    /// What the pack costs in that currency; nil where it is not sold in it.
    public func price(in currency: Currency) -> Money? { prices.first { $0.currency == currency } }
}

/// How often a plan's workspaces may do something: every window must have room.
public struct PlanRateLimit: Sendable, Hashable {
    /// So many in any stretch of time of that length, and so many at once.
    public struct Window: Sendable, Hashable {
        /// 1 to 1,000,000,000.
        public let count: Int64
        /// 1 to 31,622,400 (366 days).
        public let periodSeconds: Int64
        /// How many may come at one instant, 1 to 1,000,000,000.
        public let burst: Int64

        static let counts: ClosedRange<Int64> = 1...1_000_000_000
        static let periods: ClosedRange<Int64> = 1...31_622_400

        /// - Throws: `invalidInput` outside the bounds above, or for a burst that takes more than 73 years to come back.
        public init(count: Int64, periodSeconds: Int64, burst: Int64) throws(TammError) {
            for (value, range, field) in [
                (count, Self.counts, "count"), (periodSeconds, Self.periods, "periodSeconds"),
                (burst, Self.counts, "burst"),
            ] where !range.contains(value) {
                throw TammError(
                    .invalidInput, "wanted \(range.lowerBound) to \(range.upperBound), found \(value)", field: field)
            }
            _ = try RateLimitQuota.gcra("window", count, per: .seconds(periodSeconds), burst: burst)
            (self.count, self.periodSeconds, self.burst) = (count, periodSeconds, burst)
        }
    }

    /// 1 to 64 characters a–z, 0–9, `.`, `-`, `_`, beginning with a letter: `api.requests`.
    public let name: String
    /// 1 to 8, shortest period first.
    public let windows: [Window]

    /// - Throws: `invalidInput` for another form of name, no window or more than 8, or a period named twice.
    public init(_ name: String, windows: [Window]) throws(TammError) {
        self.name = try checkedName(name, "a rate limit's name")
        guard (1...8).contains(windows.count) else {
            throw TammError(
                .invalidInput, "rate limit \(name): wanted 1 to 8 windows, found \(windows.count)", field: "windows")
        }
        if let index = firstRepeated(windows, by: \.periodSeconds) {
            throw TammError(
                .invalidInput,
                "rate limit \(name): wanted one window a period, found two of \(windows[index].periodSeconds) s",
                field: "windows[\(index)]")
        }
        self.windows = windows.sorted { $0.periodSeconds < $1.periodSeconds }
    }
}
