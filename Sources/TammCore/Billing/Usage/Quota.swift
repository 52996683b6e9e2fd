/// A claim on a metered allowance, which is counted by wallet: this much of this meter, in a period that admits so
/// much.
public struct QuotaClaim: Sendable, Hashable {
    public let meter: Meter
    public let quantity: UInt64
    /// The most that the period admits.
    public let limit: UInt64
    public let periodStart: Timestamp
    /// When the next period begins; after ``periodStart``.
    public let resetsAt: Timestamp

    /// - Throws: `invalidInput` when the period is empty or a number is above 2⁶².
    public init(
        meter: Meter, quantity: UInt64, limit: UInt64, periodStart: Timestamp, resetsAt: Timestamp
    ) throws(TammError) {
        guard periodStart < resetsAt else {
            throw TammError(.invalidInput, "a quota's period ends after it begins", field: "resetsAt")
        }
        guard quantity <= QuotaCounter.maximum, limit <= QuotaCounter.maximum else {
            throw TammError(.invalidInput, "a quota counts to \(QuotaCounter.maximum)", field: "quantity")
        }
        self.meter = meter
        self.quantity = quantity
        self.limit = limit
        self.periodStart = periodStart
        self.resetsAt = resetsAt
    }

    /// What is asked, for a command's fingerprint: in which period it is counted, and against which limit, the moment
    /// decides at which it is done.
    func encode(into encoder: inout CanonicalEncoder) {
        encoder.field(meter.name)
        encoder.field(quantity)
    }
}

/// How much of a metered allowance a wallet has used in one period, open reservations included.
public struct QuotaCounter: Sendable, Hashable {
    /// Which wallet, meter and period it counts.
    public struct Key: Sendable, Hashable {
        public let wallet: WalletPlace
        public let meter: Meter
        public let periodStart: Timestamp

        public init(wallet: WalletPlace, meter: Meter, periodStart: Timestamp) {
            self.wallet = wallet
            self.meter = meter
            self.periodStart = periodStart
        }
    }

    /// 2⁶²: counters stop there, so that adding a claim never overflows.
    public static let maximum: UInt64 = 1 << 62

    public let key: Key
    public package(set) var used: UInt64

    public init(key: Key, used: UInt64) {
        self.key = key
        self.used = used
    }
}

extension QuotaClaim {
    /// The same claim for what was used in the end.
    func claiming(_ quantity: Int64) throws(TammError) -> QuotaClaim {
        try QuotaClaim(
            meter: meter, quantity: UInt64(max(0, quantity)), limit: limit, periodStart: periodStart, resetsAt: resetsAt)
    }

    func key(for wallet: WalletPlace) -> QuotaCounter.Key {
        QuotaCounter.Key(wallet: wallet, meter: meter, periodStart: periodStart)
    }
}
