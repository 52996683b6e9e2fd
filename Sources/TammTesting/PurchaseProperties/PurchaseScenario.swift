public import TammCore

/// What purchases are tried on: the plans that are sold and the platform's policy.
public struct PurchaseScenario: Sendable {
    public let catalogue: PlanCatalogue
    /// A sequence takes one of them by its seed.
    public let policies: [BillingPolicy]
    /// Currencies to pay in: the first usually, the others at times.
    public let currencies: [Currency]
    /// Moments at which sequences begin; likewise.
    public let starts: [Timestamp]
    /// How many workspaces buy beside one another.
    public let workspaces: Int

    /// - Parameters:
    ///   - policies: at least one; the standard policy where there is none.
    ///   - starts: before and on the days at which months are hard to count, where none is given.
    public init(
        catalogue: PlanCatalogue, policies: [BillingPolicy] = [], currencies: [Currency] = [.egp, .usd],
        starts: [Timestamp] = [], workspaces: Int = 3
    ) {
        self.catalogue = catalogue
        self.policies = policies.isEmpty ? [.standard] : policies
        self.currencies = currencies.isEmpty ? [.egp] : currencies
        self.starts = starts.isEmpty ? Self.hardStarts : starts
        self.workspaces = max(1, workspaces)
    }

    /// The example catalogue under three policies: a fallback plan and Cairo's months; no fallback, a trial with grace
    /// and periods that are kept after a refund; short grace and one day to collect.
    public static let example: PurchaseScenario = {
        do throws(TammError) {
            let free = try PlanID("free")
            return PurchaseScenario(
                catalogue: .example,
                policies: [
                    try BillingPolicy(calendar: .cairo, fallback: free),
                    try BillingPolicy(
                        trialGraceDays: 3, afterRefund: .keepsPeriod, afterDispute: .endsPlan),
                    try BillingPolicy(
                        fallback: free, collectionDays: [0], graceDays: 2, paymentHours: 48,
                        afterDispute: .keepsPeriod),
                ])
        } catch { preconditionFailure("\(error)") }
    }()

    /// 2026-01-01, 2026-01-31 at noon, 2026-04-24 shortly before Cairo's clocks change, 2027-12-31, 2028-02-29; in UTC.
    private static let hardStarts = [
        1_767_225_600, 1_769_860_800, 1_776_981_600, 1_830_297_599, 1_835_438_400,
    ].map { Timestamp(unchecked: $0 * 1_000_000) }
}
