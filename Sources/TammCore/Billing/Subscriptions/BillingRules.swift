/// The judgements that billing is made of, over a catalogue and a policy; each a value, so that a test can put a wrong
/// one in and show that it is caught.
public struct BillingRules: Sendable {
    public let catalogue: PlanCatalogue
    public let policy: BillingPolicy

    public init(catalogue: PlanCatalogue, policy: BillingPolicy) {
        self.catalogue = catalogue
        self.policy = policy
    }

    /// Whether the moment has come.
    package var isDue: @Sendable (_ moment: Timestamp, _ now: Timestamp) -> Bool = { moment, now in moment <= now }

    /// Where the period after one begins: where that one ended, however late it is paid.
    package var renewsFrom: @Sendable (_ end: Timestamp, _ now: Timestamp) -> Timestamp = { end, _ in end }

    /// How long an unpaid plan is kept.
    package var graceEnd: @Sendable (_ end: Timestamp, _ days: Int64) -> Timestamp = { end, days in
        end.advanced(by: .seconds(days * 86_400))
    }

    /// Whether a workspace may try a plan.
    package var mayTry: @Sendable (_ hadTrial: Bool, _ days: Int64) -> Bool = { hadTrial, days in !hadTrial && days > 0 }

    /// Whether a period that was not paid for keeps its credits coming.
    package var credits: @Sendable (Subscription.State) -> Bool = { state in
        switch state {
        case .complimentary, .trialing, .canceled, .expired: true
        case .paid, .pastDue: false
        }
    }

    /// Up to when the months of a subscription count as credited once its month to `end` is.
    package var credited: @Sendable (_ through: Timestamp, _ end: Timestamp) -> Timestamp = { through, end in
        max(through, end)
    }

    /// Whether what was bought fits what the subscription is now.
    package var fits: @Sendable (_ expected: PlanPurchase?, _ purchase: PlanPurchase) -> Bool = { expected, purchase in
        expected == purchase
    }

    /// What part of `amount` belongs to the `rest` of `whole`, rounded down.
    package var share: @Sendable (_ amount: Int64, _ rest: Int64, _ whole: Int64) -> Int64 = { amount, rest, whole in
        Proration.share(of: amount, rest, in: whole)
    }

    /// Until when a month's credits last.
    package var lasts: @Sendable (BillingCalendar, _ anchor: Timestamp, _ month: Int64, _ rollover: Int64) -> Timestamp = {
        calendar, anchor, month, rollover in calendar.boundary(month + 1 + rollover, after: anchor)
    }

    /// Why captured money does not pay what was asked, if it does not.
    package var mismatch: @Sendable (_ asked: Money, _ received: Money) -> PaymentTransaction.Unapplied? = {
        asked, received in
        if asked.currency != received.currency { return .wrongCurrency }
        if received.minorUnits < asked.minorUnits { return .underpaid }
        return received.minorUnits > asked.minorUnits ? .overpaid : nil
    }

    /// Whether money that comes now is too late.
    package var isLate: @Sendable (_ expiresAt: Timestamp, _ now: Timestamp) -> Bool = { expiresAt, now in
        expiresAt <= now
    }

    /// Whether a payment that has its money takes no more.
    package var isTaken: @Sendable (_ hasApplied: Bool) -> Bool = { hasApplied in hasApplied }

    /// Whether money that is only reserved counts as received.
    package var isRevenue: @Sendable (PaymentTransaction.Progress) -> Bool = { progress in progress == .captured }

    /// How much of the credits goes back when `returned` of `captured` did.
    package var withdraws: @Sendable (_ granted: Int64, _ returned: Int64, _ captured: Int64) -> Int64 = {
        granted, returned, captured in Proration.share(of: granted, returned, in: captured)
    }

    /// What a merged report of returned money is: it never shrinks.
    package var refunded: @Sendable (_ known: Int64, _ told: Int64) -> Int64 = { known, told in max(known, told) }

    /// Whether a transfer may be claimed in this status.
    package var takesClaim: @Sendable (Payment.Status) -> Bool = { status in status == .pending }

    /// Whether one more top-up may be opened.
    package var topsUp: @Sendable (_ isPending: Bool, _ count: Int, _ maximum: Int) -> Bool = {
        isPending, count, maximum in !isPending && count < maximum
    }

    /// Whether a top-up that failed or was returned stops those after it.
    package var stops: @Sendable (TopUp.Stop) -> Bool = { _ in true }
}

/// Parts of whole numbers, without overflow.
enum Proration {
    /// `amount × part ÷ whole`, rounded down; the part is held between none and all.
    static func share(of amount: Int64, _ part: Int64, in whole: Int64) -> Int64 {
        guard whole > 0, amount > 0 else { return 0 }
        let part = UInt64(min(max(part, 0), whole))
        let (high, low) = UInt64(amount).multipliedFullWidth(by: part)
        return Int64(UInt64(whole).dividingFullWidth((high, low)).quotient)
    }
}
