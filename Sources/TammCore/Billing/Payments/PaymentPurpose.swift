/// What a payment is for.
public enum PaymentPurpose: Sendable, Hashable {
    case plan(PlanPurchase, per: BillingInterval)
    case credits(CreditPurchase)
}

/// What of a plan is bought, said so that a subscription that has changed meanwhile shows that it does not fit.
public struct PlanPurchase: Sendable, Hashable {
    /// What the money does.
    public enum Kind: Sendable, Hashable {
        /// Begins a paid plan: from none, from one without a price, after an end, or after a trial.
        case start
        /// Pays the period that begins at this moment.
        case renewal(of: Timestamp)
        /// Moves up from this version in what is paid through that moment, for a share of the difference.
        case upgrade(from: PlanVersionReference, paidThrough: Timestamp)
        /// Moves up from a month of this version to a whole year, which begins now, less what is left of the month.
        case upgradeToYear(from: PlanVersionReference, paidThrough: Timestamp)
    }

    public let kind: Kind
    public let plan: PlanVersionReference

    public init(_ kind: Kind, _ plan: PlanVersionReference) {
        self.kind = kind
        self.plan = plan
    }
}

/// Credits bought once, as the pack was when the payment was opened.
public struct CreditPurchase: Sendable, Hashable {
    public let pack: String
    public let credits: Credits
    /// Days from the confirmation; nil is never.
    public let expiresAfterDays: Int64?
    /// Whether the workspace's rule bought it, not a person.
    public let isTopUp: Bool

    /// - Parameter pack: what is bought, its credits and their days taken over.
    public init(_ pack: CreditPack, isTopUp: Bool) {
        self.init(
            pack: pack.id, credits: pack.credits, expiresAfterDays: pack.expiresAfterDays, isTopUp: isTopUp)
    }

    /// A purchase as a store has kept it.
    public init(pack: String, credits: Credits, expiresAfterDays: Int64?, isTopUp: Bool) {
        self.pack = pack
        self.credits = credits
        self.expiresAfterDays = expiresAfterDays
        self.isTopUp = isTopUp
    }
}

/// What a workspace asks to buy; the rule makes the purchase and its amount of it.
public enum PurchaseRequest: Sendable, Hashable {
    /// The plan, from now on: begun, or moved up to.
    case plan(PlanID, per: BillingInterval)
    /// The next period of the plan it is on.
    case renewal
    /// Credits, of a pack that its plan sells.
    case pack(String)
}

/// A purchase and what it costs.
public struct Quote: Sendable, Hashable {
    public let purpose: PaymentPurpose
    public let amount: Money
}
