/// What can happen to a subscription, beside that time passes.
public enum SubscriptionEvent: Sendable, Hashable {
    /// Nothing: only what has fallen due happens.
    case timePassed
    /// Begins the plan's trial.
    case beginTrial(PlanVersionReference)
    /// Begins a plan that has no price.
    case begin(PlanVersionReference)
    /// Puts the workspace on a plan by an administrator's decision; credits follow from the next month on.
    case assign(PlanVersionReference)
    /// A purchase was confirmed.
    case paid(PlanPurchase, Subscription.Terms, by: Identifier<Payment>)
    /// Ends or moves to a lower plan when what is paid for ends.
    case endLater(Subscription.Ending)
    /// Takes back what was to happen at the end.
    case resume
    /// Ends it at once.
    case cancelNow
    /// The payment of a purchase was returned in whole; `period` is what it had paid for, but for an upgrade.
    case revoked(PlanPurchase, period: Range<Timestamp>?, BillingPolicy.Revocation)
    /// The money of a purchase came back after a dispute.
    case restored(PlanPurchase, period: Range<Timestamp>?)
}

/// What a change of a subscription asks to be done in the same transaction.
public enum SubscriptionEffect: Sendable, Hashable {
    case changed(SubscriptionChange)
    /// The payment has paid for this time.
    case covered(Range<Timestamp>, payment: Identifier<Payment>)
    /// A month's credits; `payment` is nil where nobody paid for them.
    case grant(PlanGrant, payment: Identifier<Payment>?)
    /// Takes back the credits of months that are still to come.
    case withdrawScheduledGrants
    /// The next period's payment is to be asked for, for the so-manieth time.
    case collect(PlanPurchase, Subscription.Terms, attempt: Int)
}

/// One step of a subscription, with its reason.
public struct SubscriptionChange: Sendable, Hashable {
    /// Why.
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        case began
        case trialBegan = "trial-began"
        case trialEnded = "trial-ended"
        case paid, renewed, raised, lowered, assigned
        case endingScheduled = "ending-scheduled"
        case resumed, canceled
        case periodEnded = "period-ended"
        case graceEnded = "grace-ended"
        case revoked, restored
    }

    public let reason: Reason
    /// When it fell due, which is before the decision where the clock ran late.
    public let at: Timestamp
    public let from: Subscription.Status?
    public let to: Subscription.Status
    public let plan: PlanVersionReference

    public init(
        _ reason: Reason, at moment: Timestamp, from: Subscription.Status?, to: Subscription.Status,
        plan: PlanVersionReference
    ) {
        self.reason = reason
        self.at = moment
        self.from = from
        self.to = to
        self.plan = plan
    }
}

/// The credits of one month of a plan, or what an upgrade adds to them.
public struct PlanGrant: Sendable, Hashable {
    public let credits: Credits
    public let category: Grant.Category
    /// Spendable in this range.
    public let valid: Range<Timestamp>

    public init(_ credits: Credits, _ category: Grant.Category, valid: Range<Timestamp>) {
        self.credits = credits
        self.category = category
        self.valid = valid
    }
}

/// Why a subscription, a payment or a top-up does not do what was asked.
public enum BillingRefusal: Sendable, Hashable {
    /// The plan is not sold any more.
    case notOffered(PlanID)
    /// The plan or pack has no price in this currency and interval.
    case notSold(String, Currency, BillingInterval?)
    /// The plan has a price and begins with a payment.
    case notFree(PlanID)
    /// The plan has no trial, or the workspace has had one.
    case noTrial
    /// The workspace is on a plan already, or was meanwhile moved: the purchase does not fit.
    case doesNotFit(Subscription.Status)
    /// A lower plan begins when what is paid for ends.
    case lowersPlan
    /// A higher plan is bought.
    case raisesPlan
    /// The workspace is on this very plan, or the change costs nothing.
    case nothingToPay
    /// A period has begun that is to be paid first.
    case pastDue
    /// There is nothing to end, or nothing to take back.
    case nothingScheduled
    /// The workspace has no subscription that lives.
    case noSubscription
    /// The payment cannot be changed any more, or not like this.
    case paymentClosed(Payment.Status)
    /// The provider is being asked already.
    case underWay
    /// The transfer's reference was used or claimed for another payment.
    case referenceUsed
    /// More than a transfer may carry, or than the workspace may transfer in the period.
    case aboveTransferLimit(maximum: Money)
    /// The provider is not configured.
    case noProvider(PaymentProviderName)
    /// The workspace has ``Payments/maximumOpen`` payments open.
    case tooManyPayments
    /// There is no such money to apply or to give back.
    case noMoney
    /// The wallet does not take the credits.
    case walletRefused
}
