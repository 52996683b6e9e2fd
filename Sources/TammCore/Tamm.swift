/// Tamm over one store: its services, made of the same clock, entropy, plans and prices.
public struct Tamm: Sendable {
    public let workspaces: Workspaces
    public let plans: Plans
    public let wallets: Wallets
    public let metering: Metering
    public let audit: AuditTrail

    /// - Parameters:
    ///   - catalogue: every plan and version that is or was sold.
    ///   - prices: the price book in force.
    ///   - limits: how much one wallet may have open.
    public init(
        store: any TammStore, time: TimeSource, entropy: EntropySource, catalogue: PlanCatalogue, prices: PriceBook,
        limits: WalletLimits = .standard
    ) {
        workspaces = Workspaces(store: store, time: time, entropy: entropy)
        plans = Plans(store: store, time: time, catalogue: catalogue)
        wallets = Wallets(store: store, time: time, limits: limits)
        metering = Metering(wallets: wallets, plans: plans, prices: prices, time: time)
        audit = AuditTrail(store: store)
    }
}
