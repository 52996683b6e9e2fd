/// What a provider says of one transaction, in the words that all providers share.
///
/// One is made of a verified delivery, of a provider's own answer, or of what an administrator has seen on a bank's
/// statement: making one is a claim that it is genuine.
public struct PaymentNotice: Sendable, Hashable {
    /// What is said.
    public enum Fact: Sendable, Hashable {
        case pending
        case declined
        case authorized(Money)
        case captured(Money)
        /// So much of it was given back in all, in minor units.
        case refunded(Int64)
        case voided
        case disputed(PaymentTransaction.Dispute)
        /// Something that the signature does not cover happened: the provider has to be asked.
        case changed

        /// Whether it tells of money that was reserved, received or given back.
        var isOfMoney: Bool {
            switch self {
            case .authorized, .captured, .refunded, .voided, .disputed: true
            case .pending, .declined, .changed: false
            }
        }
    }

    /// The order that the transaction belongs to.
    public let order: ProviderReference
    /// The provider's id of the transaction: 1 to 128 bytes of visible ASCII.
    public let transaction: String
    public let fact: Fact

    /// - Throws: `invalidInput` for a transaction's id outside its bounds.
    public init(order: ProviderReference, transaction: String, _ fact: Fact) throws(TammError) {
        _ = try ProviderReference(order.provider, account: order.account, transaction)
        self.order = order
        self.transaction = transaction
        self.fact = fact
    }
}

/// Genuine money for an order that nobody here has opened: kept for an administrator.
public struct UnmatchedTransaction: Sendable, Hashable {
    public let order: ProviderReference
    public package(set) var transaction: PaymentTransaction

    public init(order: ProviderReference, transaction: PaymentTransaction) {
        self.order = order
        self.transaction = transaction
    }

    /// A place in the order of what is kept.
    public struct Place: Sendable, Hashable, Comparable {
        public let order: ProviderReference
        public let transaction: String

        public init(order: ProviderReference, transaction: String) {
            self.order = order
            self.transaction = transaction
        }

        public static func < (a: Self, b: Self) -> Bool {
            (a.order, a.transaction) < (b.order, b.transaction)
        }
    }

    public var place: Place { Place(order: order, transaction: transaction.id) }
}
