/// Money moved, or tried to be, for one payment: a card's charge, a transfer. What the provider says of it only grows,
/// so that reports may come late, twice and in any order.
public struct PaymentTransaction: Sendable, Hashable {
    /// How far it has come; a later one is never taken back by an earlier one.
    public enum Progress: UInt8, Sendable, Hashable, Comparable, CaseIterable {
        case pending = 1
        case declined
        /// Reserved on the payer's card; not received.
        case authorized
        /// Received.
        case captured

        public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    }

    /// A payer's dispute with the bank.
    public enum Dispute: UInt8, Sendable, Hashable, Comparable, CaseIterable {
        case none = 1
        /// The bank has taken the money back for now.
        case open
        /// The bank has taken it back for good.
        case lost
        /// The money is ours again.
        case won

        public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    }

    /// What became of captured money.
    public enum Use: Sendable, Hashable {
        /// It paid for what the payment was opened for.
        case applied
        /// It is kept until an administrator applies it or gives it back.
        case unapplied(Unapplied)
    }

    /// Why genuine money does nothing by itself.
    public enum Unapplied: String, Sendable, Hashable, CaseIterable {
        /// The payment had expired, failed for good or been withdrawn.
        case late
        case underpaid, overpaid
        case wrongCurrency = "wrong-currency"
        /// The payment has its money already.
        case twice
        /// The subscription is not any more what was paid for.
        case doesNotFit = "does-not-fit"
        /// The wallet does not take the credits.
        case walletRefused = "wallet-refused"
        /// It was returned before it could be applied.
        case returned
    }

    /// The provider's id: 1 to 128 bytes of visible ASCII.
    public let id: String
    public package(set) var progress: Progress
    /// What was reserved or received; nil while neither is known.
    public package(set) var money: Money?
    /// What was refunded, in the money's minor units, in all.
    public package(set) var refunded: Int64
    public package(set) var isVoided: Bool
    public package(set) var dispute: Dispute
    /// Nil until it is captured.
    public package(set) var use: Use?
    public let firstSeenAt: Timestamp

    /// A transaction as a store has kept it.
    public init(
        id: String, progress: Progress, money: Money?, refunded: Int64, isVoided: Bool, dispute: Dispute, use: Use?,
        firstSeenAt: Timestamp
    ) {
        self.id = id
        self.progress = progress
        self.money = money
        self.refunded = refunded
        self.isVoided = isVoided
        self.dispute = dispute
        self.use = use
        self.firstSeenAt = firstSeenAt
    }

    /// What was received, in minor units: nothing before it is captured.
    public var captured: Int64 { progress == .captured ? money?.minorUnits ?? 0 : 0 }

    /// What of it went back: refunded, voided or taken by the bank.
    public var returned: Int64 {
        if isVoided || dispute == .open || dispute == .lost { return captured }
        return min(refunded, captured)
    }

    /// What is kept without having done anything.
    public var unapplied: Int64 { use == .applied ? 0 : captured - returned }
}
