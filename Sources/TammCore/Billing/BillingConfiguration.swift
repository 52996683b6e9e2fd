/// What billing is run with: the plans that are sold, the platform's policy, and those who take the money.
public struct BillingConfiguration: Sendable {
    public let rules: BillingRules
    /// By name; at most one of each.
    public let providers: [PaymentProviderName: PaymentProvider]
    /// How transfers are taken; nil where they are not.
    public let instaPay: InstaPay?

    /// The standard policy, and nobody to take money.
    public init(catalogue: PlanCatalogue) {
        rules = BillingRules(catalogue: catalogue, policy: .standard)
        providers = [:]
        instaPay = nil
    }

    /// - Throws: `invalidInput` for a provider that is named twice; `notFound` for a fallback that the catalogue lacks.
    public init(
        catalogue: PlanCatalogue, policy: BillingPolicy, providers: [PaymentProvider] = [],
        instaPay: InstaPay? = nil
    ) throws(TammError) {
        try self.init(
            rules: BillingRules(catalogue: catalogue, policy: policy), providers: providers, instaPay: instaPay)
    }

    /// - Throws: `invalidInput` for a provider that is named twice; `notFound` for a fallback that the catalogue lacks.
    public init(
        rules: BillingRules, providers: [PaymentProvider] = [], instaPay: InstaPay? = nil
    ) throws(TammError) {
        if let index = firstRepeated(providers, by: \.name) {
            throw TammError(
                .invalidInput, "wanted one provider of a name, found \(providers[index].name) again",
                field: "providers[\(index)]")
        }
        if let fallback = rules.policy.fallback { _ = try rules.catalogue.plan(fallback) }
        self.rules = rules
        self.providers = Dictionary(uniqueKeysWithValues: providers.map { ($0.name, $0) })
        self.instaPay = instaPay
    }

    /// Which of our accounts receives what this provider takes; nil where it is not configured.
    func account(with provider: PaymentProviderName) -> String? {
        provider == .instaPay ? instaPay?.address : providers[provider]?.account
    }
}
