/// Money asked of a workspace for one purchase, and what came of it.
public struct Payment: Sendable, Hashable {
    /// Where it stands.
    public enum Status: String, Sendable, Hashable, CaseIterable {
        case pending, confirmed
        /// Declined or rejected, or what was paid for could not be given; it may be tried again while it has time.
        case failed
        /// Its time was over before the money came.
        case expired
        case partlyRefunded = "partly-refunded"
        /// Returned in whole: refunded or charged back.
        case refunded
        case voided
        /// The provider did not answer, or told less than there is to know; settled by asking again.
        case unknown
    }

    /// What the clock has to do next for it, with the provider.
    public enum Task: String, Sendable, Hashable, CaseIterable {
        /// Open the order.
        case order
        /// Charge the saved card.
        case charge
        /// Ask how the order stands.
        case inquire
        /// Ask a last time, and give it up: money that is heard of then is late.
        case expire
    }

    /// A grant that the payment has paid for, and what was taken back of it.
    public struct PaidGrant: Sendable, Hashable {
        public let grant: Identifier<Grant>
        public let amount: Credits
        /// For good, with the money's return.
        public package(set) var withdrawn: Credits
        /// For as long as a dispute lasts.
        public package(set) var disputed: Credits

        public init(grant: Identifier<Grant>, amount: Credits, withdrawn: Credits, disputed: Credits) {
            self.grant = grant
            self.amount = amount
            self.withdrawn = withdrawn
            self.disputed = disputed
        }
    }

    /// A payer's word that a transfer was made, for an administrator to check against the bank's statement.
    public struct Claim: Sendable, Hashable {
        /// The transfer's reference, normalised.
        public let reference: ProviderReference
        public let at: Timestamp

        public init(reference: ProviderReference, at moment: Timestamp) {
            self.reference = reference
            self.at = moment
        }
    }

    /// Refunds that were asked of the provider: one is open at a time, and each key is done once.
    public struct Refunds: Sendable, Hashable {
        /// One that the provider has not answered yet.
        public struct Open: Sendable, Hashable {
            public let key: IdempotencyKey
            public let transaction: String
            /// What is refunded of the transaction in all once it is done, in minor units.
            public let through: Int64

            public init(key: IdempotencyKey, transaction: String, through: Int64) {
                self.key = key
                self.transaction = transaction
                self.through = through
            }
        }

        /// How many one payment takes.
        public static let maximum = 64

        /// The keys of those that are done, in their order: at most ``maximum``.
        public package(set) var done: [IdempotencyKey]
        public package(set) var open: Open?

        /// None, or those that a store has kept.
        public init(done: [IdempotencyKey] = [], open: Open? = nil) {
            self.done = done
            self.open = open
        }
    }

    /// How many transactions one payment takes; more are kept as unmatched.
    public static let maximumTransactions = 16

    public let id: Identifier<Payment>
    public let workspace: Identifier<Workspace>
    public let purpose: PaymentPurpose
    public let amount: Money
    public let provider: PaymentProviderName
    /// Which of our accounts with the provider is to receive it.
    public let account: String
    public let openedAt: Timestamp
    /// From when money for it is too late.
    public let expiresAt: Timestamp
    /// The provider's order; nil until it is opened there.
    public package(set) var order: ProviderReference?
    public package(set) var claim: Claim?
    public package(set) var status: Status
    /// In the order in which they were first heard of.
    public package(set) var transactions: [PaymentTransaction]
    /// What it has bought, in the order of their beginning.
    public package(set) var grants: [PaidGrant]
    /// What it has paid for of a subscription; nil for credits and upgrades.
    public package(set) var period: Range<Timestamp>?
    /// The refunds that were asked of the provider.
    public package(set) var refunds: Refunds
    /// Whether a card was saved with its order: once, for the provider's word of it has no time.
    public package(set) var hasSavedCard: Bool
    /// Whether the saved card is charged for it.
    public package(set) var isAutomatic: Bool
    public package(set) var task: Task?
    /// When the task is due; nil without one.
    public package(set) var dueAt: Timestamp?
    /// How often the task has been tried.
    public package(set) var attempts: Int

    /// A payment as a store has kept it.
    public init(
        id: Identifier<Payment>, workspace: Identifier<Workspace>, purpose: PaymentPurpose, amount: Money,
        provider: PaymentProviderName, account: String, openedAt: Timestamp, expiresAt: Timestamp,
        order: ProviderReference?, claim: Claim?, status: Status, transactions: [PaymentTransaction],
        grants: [PaidGrant], period: Range<Timestamp>?, refunds: Refunds, hasSavedCard: Bool, isAutomatic: Bool, task: Task?,
        dueAt: Timestamp?,
        attempts: Int
    ) {
        self.id = id
        self.workspace = workspace
        self.purpose = purpose
        self.amount = amount
        self.provider = provider
        self.account = account
        self.openedAt = openedAt
        self.expiresAt = expiresAt
        self.order = order
        self.claim = claim
        self.status = status
        self.transactions = transactions
        self.grants = grants
        self.period = period
        self.refunds = refunds
        self.hasSavedCard = hasSavedCard
        self.isAutomatic = isAutomatic
        self.task = task
        self.dueAt = dueAt
        self.attempts = attempts
    }

    /// The money that paid for it; nil before, and where nothing did.
    public var applied: PaymentTransaction? { transactions.first { $0.use == .applied } }

    /// Whether the payer claims a transfer that nobody has looked for yet.
    public var hasOpenClaim: Bool {
        guard let claim, [.pending, .failed, .unknown].contains(status) else { return false }
        return !transactions.contains { $0.id == claim.reference.text }
    }

    /// The transfers that no other payment may claim: the one that is claimed, and those that were received.
    public var transfers: [ProviderReference] {
        var references = claim.map { [$0.reference] } ?? []
        guard provider == .instaPay else { return references }
        for transaction in transactions where transaction.captured > 0 {
            if let reference = try? ProviderReference(.instaPay, account: account, transaction.id),
                reference != claim?.reference
            {
                references.append(reference)
            }
        }
        return references
    }

    /// Whether it waits for an administrator: it holds unapplied money, or an open claim.
    public var isForReview: Bool { hasOpenClaim || transactions.contains { $0.unapplied > 0 } }

    /// What is kept without having done anything, over all transactions, by currency.
    public var unapplied: [Money] {
        var sums: [Currency: Int64] = [:]
        for transaction in transactions {
            if let money = transaction.money, transaction.unapplied > 0 {
                sums[money.currency, default: 0] += transaction.unapplied
            }
        }
        return sums.sorted { $0.key.code < $1.key.code }.compactMap { try? Money(minorUnits: $0.value, $0.key) }
    }
}

extension Payment {
    /// A payment that is opened now; a transfer has its code for an order, any other gets one from its provider: from
    /// the clock, if nobody has asked for it by `orderedBy`.
    init(
        opening id: Identifier<Payment>, in workspace: Identifier<Workspace>, _ purpose: PaymentPurpose,
        _ amount: Money, with provider: PaymentProviderName, account: String, isAutomatic: Bool, at now: Timestamp,
        orderedBy: Timestamp, expiresAt: Timestamp
    ) throws(TammError) {
        var order: ProviderReference?
        if provider == .instaPay { order = try ProviderReference(provider, account: account, InstaPay.code(of: id)) }
        self.init(
            id: id, workspace: workspace, purpose: purpose, amount: amount, provider: provider, account: account,
            openedAt: now, expiresAt: expiresAt, order: order, claim: nil, status: .pending, transactions: [],
            grants: [], period: nil, refunds: Refunds(), hasSavedCard: false, isAutomatic: isAutomatic,
            task: order == nil ? .order : .expire,
            dueAt: order == nil ? orderedBy : expiresAt, attempts: 0)
    }

    /// Where it is kept.
    public var place: PaymentPlace { PaymentPlace(workspace: workspace, id: id) }
}
