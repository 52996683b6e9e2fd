/// What the platform decides about subscriptions and payments, beside its plans.
public struct BillingPolicy: Sendable, Hashable {
    /// What becomes of a plan whose payment was refunded in whole, voided or charged back. Credits are taken back in
    /// either case.
    public enum Revocation: String, Sendable, Hashable, CaseIterable {
        /// The subscription ends at once; an upgrade goes back to the plan before it.
        case endsPlan
        /// The plan stays to the end of the period that was paid and is not renewed.
        case keepsPeriod
    }

    /// In which time zone months and years are counted.
    public let calendar: BillingCalendar
    /// The plan of a workspace whose subscription has ended; nil: none.
    public let fallback: PlanID?
    /// When a renewal is asked for, in whole days from the end of the period, ascending; below zero is before it. At
    /// most 16, each -30 to 90, the first at most 0. The first opens the payment; each charges the saved card where there is one.
    public let collectionDays: [Int64]
    /// How long a plan is kept after an unpaid period began, 0 to 90 days.
    public let graceDays: Int64
    /// The same after a trial, 0 to 90 days.
    public let trialGraceDays: Int64
    /// How long a payment may be paid after it was opened, 1 to 720 hours.
    public let paymentHours: Int64
    /// The same for a bank transfer, which people make by hand.
    public let transferHours: Int64
    /// After a refund in whole, or a void.
    public let afterRefund: Revocation
    /// After a chargeback.
    public let afterDispute: Revocation

    /// UTC, no fallback, asked for three days ahead, at the end and one, three and five days after it; seven days of
    /// grace, none after a trial; a day to pay, three for a transfer; a refund or chargeback ends the plan.
    public static let standard: BillingPolicy = {
        do throws(TammError) { return try BillingPolicy() } catch { preconditionFailure("\(error)") }
    }()

    /// - Throws: `invalidInput`, naming the field, outside the bounds above.
    public init(
        calendar: BillingCalendar = .utc, fallback: PlanID? = nil, collectionDays: [Int64] = [-3, 0, 1, 3, 5],
        graceDays: Int64 = 7, trialGraceDays: Int64 = 0, paymentHours: Int64 = 24, transferHours: Int64 = 72,
        afterRefund: Revocation = .endsPlan, afterDispute: Revocation = .endsPlan
    ) throws(TammError) {
        guard (1...16).contains(collectionDays.count), collectionDays.allSatisfy({ (-30...90).contains($0) }),
            zip(collectionDays, collectionDays.dropFirst()).allSatisfy({ $0 < $1 }), collectionDays[0] <= 0
        else {
            throw TammError(
                .invalidInput, "wanted 1 to 16 ascending days of -30 to 90, the first at most 0, found \(collectionDays)",
                field: "collectionDays")
        }
        for (value, range, field) in [
            (graceDays, 0...90, "graceDays"), (trialGraceDays, 0...90, "trialGraceDays"),
            (paymentHours, 1...720, "paymentHours"), (transferHours, 1...720, "transferHours"),
        ] as [(Int64, ClosedRange<Int64>, String)] where !range.contains(value) {
            throw TammError(
                .invalidInput, "wanted \(range.lowerBound) to \(range.upperBound), found \(value)", field: field)
        }
        self.calendar = calendar
        self.fallback = fallback
        self.collectionDays = collectionDays
        self.graceDays = graceDays
        self.trialGraceDays = trialGraceDays
        self.paymentHours = paymentHours
        self.transferHours = transferHours
        self.afterRefund = afterRefund
        self.afterDispute = afterDispute
    }
}
