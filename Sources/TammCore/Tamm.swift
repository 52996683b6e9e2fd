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
    private let store: any TammStore
    private let time: TimeSource
    private let entropy: EntropySource
    private let rules: BillingRules

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
        (self.store, self.time, self.entropy, rules) = (store, time, entropy, billing.rules)
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

    /// Keys to the external API; made once, for it gathers when they were used.
    ///
    /// - Parameters:
    ///   - environment: whose keys are accepted here.
    ///   - peppers: what keys are digested with.
    ///   - limiter: asked after every check but the credits.
    ///   - cache: opt-in; its staleness is the price.
    public func apiKeys(
        _ environment: APIKeyEnvironment, peppers: PepperRing, limiter: APIKeyLimiter? = nil, cache: APIKeyCache? = nil,
        clock: SteadyClock = .system
    ) -> APIKeys {
        APIKeys(
            store: store, time: time, entropy: entropy, wallets: wallets, environment: environment, peppers: peppers,
            limiter: limiter, cache: cache, clock: clock)
    }

    /// The log of requests to the external API; to be run, ticked and shut down by the host.
    public func externalRequestLog(
        bounds: ExternalRequestLog.Bounds = ExternalRequestLog.Bounds()
    ) throws(TammError) -> ExternalRequestLog {
        try ExternalRequestLog(store: store, bounds: bounds)
    }

    /// The way in to the external API.
    ///
    /// - Parameters:
    ///   - limits: where requests are counted.
    ///   - otherwise: for keys without a limit of that name whose workspace has no plan, or one that does not name it.
    ///   - proxies: who may say on whose behalf it asks.
    ///   - signing: nil: signatures are passed over, and a key that requires one is not let in.
    ///   - log: of the same store.
    /// - Throws: as ``ExternalAPI/init(keys:limits:limit:proxies:signing:log:maxBodyBytes:fields:clock:)``.
    public func externalAPI(
        _ keys: APIKeys, limits: RateLimits, otherwise: PlanRateLimit, proxies: TrustedProxies, signing: RequestSigning?,
        log: ExternalRequestLog, maxBodyBytes: Int = SignedPayload.maxBodyBytes, fields: RateLimitFields.Draft = .draft10,
        clock: SteadyClock = .system
    ) throws(TammError) -> ExternalAPI {
        try ExternalAPI(
            keys: keys, limits: limits, limit: PlanLimit(otherwise: otherwise, rules: rules), proxies: proxies,
            signing: signing, log: log, maxBodyBytes: maxBodyBytes, fields: fields, clock: clock)
    }
}
