/// Credits that a workspace owes: taken back or used beyond what the wallet held.
///
/// The next paid grant settles it first. A wallet is never negative.
public struct Receivable: Sendable, Hashable {
    /// What it is owed for.
    public enum Origin: Sendable, Hashable {
        /// A clawback of this grant found less than it had to take.
        case clawback(Identifier<Grant>)
        /// The debit or capture with this key charged more than there was.
        case charge(IdempotencyKey)
    }

    public let id: Identifier<Receivable>
    public let wallet: WalletPlace
    public let origin: Origin
    public let amount: Credits
    /// What later grants have paid, by the grants that paid it.
    public package(set) var settledBy: [Portion]
    /// What was written off, refunded or given back without having been paid.
    public package(set) var forgiven: Credits
    public let createdAt: Timestamp

    /// A receivable as a store has kept it.
    public init(
        id: Identifier<Receivable>, wallet: WalletPlace, origin: Origin, amount: Credits, settledBy: [Portion],
        forgiven: Credits, createdAt: Timestamp
    ) {
        self.id = id
        self.wallet = wallet
        self.origin = origin
        self.amount = amount
        self.settledBy = settledBy
        self.forgiven = forgiven
        self.createdAt = createdAt
    }

    /// What is still owed.
    public var open: Credits {
        Credits(unchecked: settledBy.reduce(amount.micro - forgiven.micro) { $0 - $1.amount.micro })
    }
}
