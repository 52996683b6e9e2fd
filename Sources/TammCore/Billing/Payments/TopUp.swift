/// A workspace's rule to buy a pack by itself when its credits run low, and how far it has got this month.
public struct TopUp: Sendable, Hashable {
    /// Why it does not buy any more, until somebody starts it again.
    public enum Stop: String, Sendable, Hashable, CaseIterable {
        /// A payment of its own failed or ran out of time.
        case unpaid
        /// The money of one was returned.
        case returned
        /// A member or an administrator said so.
        case asked
    }

    /// How often it may buy in a calendar month: 1 to 100.
    public static let counts: ClosedRange<Int> = 1...100

    /// The pack, of the plan that the workspace is on.
    public let pack: String
    /// It buys when less than this is available.
    public let threshold: Credits
    /// The most that it buys in a calendar month.
    public let monthlyMaximum: Int
    public let currency: Currency
    public let provider: PaymentProviderName
    /// The payment that is open; there is one at a time.
    public package(set) var pending: Identifier<Payment>?
    /// The calendar month that is counted.
    public package(set) var month: Timestamp
    public package(set) var count: Int
    public package(set) var stop: Stop?

    /// A rule that has bought nothing yet.
    ///
    /// - Throws: `invalidInput` for a pack's id of another form, or a maximum outside ``counts``.
    public init(
        pack: String, below threshold: Credits, monthlyMaximum: Int, currency: Currency, provider: PaymentProviderName
    ) throws(TammError) {
        guard Self.counts.contains(monthlyMaximum) else {
            throw TammError(
                .invalidInput, "wanted 1 to 100 top-ups a month, found \(monthlyMaximum)", field: "monthlyMaximum")
        }
        self.init(
            pack: try checkedName(pack, "a pack's id"), threshold: threshold, monthlyMaximum: monthlyMaximum,
            currency: currency, provider: provider, pending: nil, month: .min, count: 0, stop: nil)
    }

    /// A rule as a store has kept it.
    public init(
        pack: String, threshold: Credits, monthlyMaximum: Int, currency: Currency, provider: PaymentProviderName,
        pending: Identifier<Payment>?, month: Timestamp, count: Int, stop: Stop?
    ) {
        self.pack = pack
        self.threshold = threshold
        self.monthlyMaximum = monthlyMaximum
        self.currency = currency
        self.provider = provider
        self.pending = pending
        self.month = month
        self.count = count
        self.stop = stop
    }

    /// Whether one is to be opened now; counts it if so.
    mutating func decide(available: Credits, opening payment: Identifier<Payment>, at now: Timestamp, rules: BillingRules) -> Bool {
        let month = rules.policy.calendar.calendarMonth(of: now).lowerBound
        let bought = month <= self.month ? count : 0
        guard stop == nil, available < threshold, rules.topsUp(pending != nil, bought, monthlyMaximum) else {
            return false
        }
        self.month = max(month, self.month)
        count = bought + 1
        pending = payment
        return true
    }

    /// Takes in what became of one of its payments.
    mutating func note(_ payment: Identifier<Payment>, _ status: Payment.Status, rules: BillingRules) {
        switch status {
        case .pending, .unknown: break
        case .confirmed: if pending == payment { pending = nil }
        case .failed, .expired:
            guard pending == payment else { return }
            pending = nil
            if rules.stops(.unpaid) { stop = stop ?? .unpaid }
        case .partlyRefunded, .refunded, .voided:
            if pending == payment { pending = nil }
            if rules.stops(.returned) { stop = stop ?? .returned }
        }
    }

}
