/// What subscribers of one version of a plan pay and get; immutable once published.
///
/// Lists are kept in a fixed order (by name, by currency and interval), so that two versions with the same content
/// are equal however they were written down.
public struct PlanVersion: Sendable, Hashable {
    /// The plan and the number of this version.
    public let reference: PlanVersionReference
    /// Granted for each month of a subscription, also of one paid by the year.
    public let monthlyCredits: Credits
    /// At most 50, one for each currency and interval; none for a plan that is not bought.
    public let prices: [PlanPrice]
    /// At most 50, by id.
    public let packs: [CreditPack]
    /// At most 200, by name.
    public let entitlements: [Entitlement]
    /// At most 50, by name. What is not named here is not limited by the plan.
    public let rateLimits: [PlanRateLimit]
    /// How many days each class of data is kept, 1 to 36,500; at most 50 classes. What is not named is kept.
    public let retentionDays: [String: Int64]
    /// 0 to 365; 0 is no trial.
    public let trialDays: Int64
    /// How many months longer than its own a month's credits last, 0 to 12; 0: they expire with the month.
    public let rolloverMonths: Int64

    static let days: ClosedRange<Int64> = 1...36_500
    static let rollovers: ClosedRange<Int64> = 0...12

    /// - Throws: `invalidInput`, with the field, outside the bounds above or where something is named twice.
    public init(
        _ reference: PlanVersionReference, monthlyCredits: Credits, prices: [PlanPrice], packs: [CreditPack],
        entitlements: [Entitlement], rateLimits: [PlanRateLimit], retentionDays: [String: Int64], trialDays: Int64,
        rolloverMonths: Int64 = 0
    ) throws(TammError) {
        try Self.check(prices, "prices", atMost: 50, by: { [$0.amount.currency.code, $0.interval.rawValue] })
        try Self.check(packs, "packs", atMost: 50, by: { [$0.id] })
        try Self.check(entitlements, "entitlements", atMost: 200, by: { [$0.name] })
        try Self.check(rateLimits, "rateLimits", atMost: 50, by: { [$0.name] })
        guard retentionDays.count <= 50 else {
            throw TammError(
                .invalidInput, "wanted at most 50 classes of data, found \(retentionDays.count)", field: "retentionDays"
            )
        }
        for (name, count) in retentionDays.sorted(by: { $0.key < $1.key }) {
            do throws(TammError) { _ = try checkedName(name, "a class of data") } catch {
                throw error.within("retentionDays")
            }
            guard Self.days.contains(count) else {
                throw TammError(
                    .invalidInput, "wanted 1 to 36500 days, found \(count)", field: "retentionDays.\(name)")
            }
        }
        guard (0...365).contains(trialDays) else {
            throw TammError(.invalidInput, "wanted a trial of 0 to 365 days, found \(trialDays)", field: "trialDays")
        }
        guard Self.rollovers.contains(rolloverMonths) else {
            throw TammError(
                .invalidInput, "wanted credits to roll over for 0 to 12 months, found \(rolloverMonths)",
                field: "rolloverMonths")
        }
        self.reference = reference
        self.monthlyCredits = monthlyCredits
        self.prices = prices.sorted {
            ($0.amount.currency.code, $0.interval) < ($1.amount.currency.code, $1.interval)
        }
        self.packs = packs.sorted { $0.id < $1.id }
        self.entitlements = entitlements.sorted { $0.name < $1.name }
        self.rateLimits = rateLimits.sorted { $0.name < $1.name }
        self.retentionDays = retentionDays
        self.trialDays = trialDays
        self.rolloverMonths = rolloverMonths
    }

    private static func check<Element>(
        _ elements: [Element], _ field: String, atMost maxCount: Int, by key: (Element) -> [String]
    ) throws(TammError) {
        guard elements.count <= maxCount else {
            throw TammError(.invalidInput, "wanted at most \(maxCount), found \(elements.count)", field: field)
        }
        guard let index = firstRepeated(elements, by: key) else { return }
        let name = key(elements[index]).joined(separator: " per ")
        throw TammError(.invalidInput, "wanted \(name) once, found it twice", field: "\(field)[\(index)]")
    }
}

extension PlanVersion {
    /// What one interval costs in that currency; nil where it is not sold so.
    public func price(in currency: Currency, per interval: BillingInterval) -> Money? {
        prices.first { $0.amount.currency == currency && $0.interval == interval }?.amount
    }

    /// The pack of that id; nil where the plan does not sell it.
    public func pack(_ id: String) -> CreditPack? { packs.first { $0.id == id } }

    /// The rate limit of that name; nil where the plan does not name it, and so does not limit.
    public func rateLimit(_ name: String) -> PlanRateLimit? { rateLimits.first { $0.name == name } }

    /// Whether the feature is on; off where the plan does not name it.
    public func enables(_ feature: String) -> Bool { entitlement(feature) == .feature(true) }

    /// The limit of that name; none where the plan does not name it.
    public func limit(_ name: String) -> Allowance {
        guard case .limit(let allowance) = entitlement(name) else { return .none }
        return allowance
    }

    /// How much of the meter is possible in a month; nil where the plan does not name it, and does not bound it.
    public func metered(_ name: String) -> Allowance? {
        guard case .metered(let allowance) = entitlement(name) else { return nil }
        return allowance
    }

    private func entitlement(_ name: String) -> Entitlement.Kind? {
        entitlements.first { $0.name == name }?.kind
    }
}
