/// Credits given to a wallet at one time for one reason, with what is left of them: a lot.
public struct Grant: Sendable, Hashable {
    /// Where the credits come from; in this order they are spent where all else is equal.
    public enum Category: UInt8, Sendable, Hashable, CaseIterable {
        case promotional = 1
        /// Included in a plan, by the period.
        case plan = 2
        case purchased = 3
    }

    /// Where a grant stands in its life.
    public enum Status: UInt8, Sendable, Hashable {
        /// Its effective date lies ahead; not yet in the balance.
        case scheduled = 1
        case active = 2
        /// Its expiry has passed; what returns to it expires at once.
        case expired = 3
    }

    public let id: Identifier<Grant>
    public let wallet: WalletPlace
    public let terms: GrantTerms
    public package(set) var status: Status
    /// What can still be spent of it; what holds have reserved is not in it.
    public package(set) var remaining: Credits
    /// What clawbacks have taken back on account of it, wherever it was taken from.
    public package(set) var clawedBack: Credits
    public let createdAt: Timestamp

    /// A grant as a store has kept it.
    public init(
        id: Identifier<Grant>, wallet: WalletPlace, terms: GrantTerms, status: Status, remaining: Credits,
        clawedBack: Credits, createdAt: Timestamp
    ) {
        self.id = id
        self.wallet = wallet
        self.terms = terms
        self.status = status
        self.remaining = remaining
        self.clawedBack = clawedBack
        self.createdAt = createdAt
    }

    /// Whether the wallet still has to look at it: something left, or its day to come.
    public var isOpen: Bool { status == .scheduled || !remaining.isZero }
}

/// What is granted, and how it may be used.
public struct GrantTerms: Sendable, Hashable {
    /// Above zero.
    public let amount: Credits
    public let category: Grant.Category
    /// Lower is spent first; -1,000 to 1,000.
    public let priority: Int
    /// From when it may be spent; nil: at once.
    public let effectiveAt: Timestamp?
    /// From when it may not be spent any more; nil: never.
    public let expiresAt: Timestamp?
    /// What it was given for, such as a payment's identifier: at most 255 bytes of visible ASCII.
    public let source: IdempotencyKey?

    /// - Throws: `invalidInput`, naming the field.
    public init(
        _ amount: Credits, _ category: Grant.Category, priority: Int = 0, effectiveAt: Timestamp? = nil,
        expiresAt: Timestamp? = nil, source: IdempotencyKey? = nil
    ) throws(TammError) {
        guard !amount.isZero else {
            throw TammError(.invalidInput, "a grant is of more than 0 credits", field: "amount")
        }
        guard (-1000...1000).contains(priority) else {
            throw TammError(
                .invalidInput, "a grant's priority lies between -1000 and 1000, found \(priority)", field: "priority")
        }
        if let effectiveAt, let expiresAt, expiresAt <= effectiveAt {
            throw TammError(
                .invalidInput, "a grant expires after it becomes effective, found \(expiresAt) and \(effectiveAt)",
                field: "expiresAt")
        }
        self.amount = amount
        self.category = category
        self.priority = priority
        self.effectiveAt = effectiveAt
        self.expiresAt = expiresAt
        self.source = source
    }
}

/// A part of a grant: what a debit, a hold or a settlement took of it.
public struct Portion: Sendable, Hashable {
    public let grant: Identifier<Grant>
    public package(set) var amount: Credits

    public init(grant: Identifier<Grant>, amount: Credits) {
        self.grant = grant
        self.amount = amount
    }
}
