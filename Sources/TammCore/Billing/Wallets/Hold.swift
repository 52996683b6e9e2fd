/// Credits reserved for something that is going on: captured when it is done, released when it fails.
public struct Hold: Sendable, Hashable {
    /// Where a hold stands in its life; all but ``open`` are final.
    public enum Status: UInt8, Sendable, Hashable {
        case open = 1
        /// Settled, in whole or in part; the rest went back.
        case captured = 2
        /// Given back whole by its owner.
        case released = 3
        /// Given back whole because nobody settled it in time.
        case expired = 4
    }

    public let id: Identifier<Hold>
    public let wallet: WalletPlace
    public let amount: Credits
    /// From when it counts as given back, whether or not anybody has tidied it away.
    public let expiresAt: Timestamp
    /// Which grants it reserved, in the order in which they will be spent.
    public let portions: [Portion]
    /// The metered allowance that it reserved.
    public let quota: QuotaClaim?
    public package(set) var status: Status
    /// What was spent of it: never more than ``amount``.
    public package(set) var captured: Credits
    public let createdAt: Timestamp

    /// A hold as a store has kept it.
    public init(
        id: Identifier<Hold>, wallet: WalletPlace, amount: Credits, expiresAt: Timestamp, portions: [Portion],
        quota: QuotaClaim?, status: Status, captured: Credits, createdAt: Timestamp
    ) {
        self.id = id
        self.wallet = wallet
        self.amount = amount
        self.expiresAt = expiresAt
        self.portions = portions
        self.quota = quota
        self.status = status
        self.captured = captured
        self.createdAt = createdAt
    }
}
