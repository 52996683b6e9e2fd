/// Tamm over one store: its services, made of the same clock, entropy, plans and prices.
public struct Tamm: Sendable {
    public let workspaces: Workspaces
    public let plans: Plans
    public let subscriptions: Subscriptions
    public let payments: Payments
    public let clock: BillingClock
    public let adoption: Adoption
    public let wallets: Wallets
    public let metering: Metering
    public let audit: AuditTrail

    /// With the standard policy, and without anybody to take money.
    ///
    /// - Parameters:
    ///   - catalogue: every plan and version that is or was sold.
    ///   - prices: the price book in force.
    public init(
        store: any TammStore, time: TimeSource, entropy: EntropySource, catalogue: PlanCatalogue, prices: PriceBook
    ) {
        self.init(
            store: store, time: time, entropy: entropy, billing: BillingConfiguration(catalogue: catalogue),
            prices: prices)
    }

    /// - Parameters:
    ///   - billing: every plan and version that is or was sold, the policy, and who takes the money.
    ///   - prices: the price book in force.
    ///   - limits: how much one wallet may have open.
    public init(
        store: any TammStore, time: TimeSource, entropy: EntropySource, billing: BillingConfiguration,
        prices: PriceBook, limits: WalletLimits = .standard
    ) {
        workspaces = Workspaces(store: store, time: time, entropy: entropy)
        plans = Plans(store: store, time: time, rules: billing.rules)
        wallets = Wallets(store: store, time: time, limits: limits)
        let billing = Billing(
            store: store, time: time, entropy: entropy, wallets: wallets, configuration: billing)
        subscriptions = Subscriptions(billing)
        payments = Payments(billing)
        clock = BillingClock(billing)
        adoption = Adoption(billing)
        metering = Metering(wallets: wallets, plans: plans, prices: prices, time: time)
        audit = AuditTrail(store: store)
    }
}
