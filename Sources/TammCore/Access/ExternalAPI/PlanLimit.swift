/// The limit that a key's requests are counted under: the key's own of that name, else its workspace's plan's, else the
/// one for those without.
public struct PlanLimit: Sendable {
    /// Of the key's or the plan's limits.
    public let name: String
    private let otherwise: RateLimitPolicy
    private let rules: BillingRules

    /// - Parameter otherwise: for workspaces without a plan, or with one that does not name the limit. Its name is the
    ///   limit's.
    public init(otherwise: PlanRateLimit, rules: BillingRules) throws(TammError) {
        (name, self.otherwise, self.rules) = (otherwise.name, try otherwise.policy(), rules)
    }

    /// What the key's request is counted under now. A key's own limit counts its lineage, so that one that comes in
    /// another's place has no room of its own; a plan's counts the workspace.
    ///
    /// - Throws: `corrupted` when the catalogue lacks what the workspace has bought.
    public func policy(
        for key: AuthenticatedKey, at now: Timestamp
    ) throws(TammError) -> (policy: RateLimitPolicy, subject: RateLimitSubject) {
        if let own = key.key.terms.rateLimit(name) { return (try own.policy(), .key(key.key.lineage)) }
        let version = try key.subscription?.standing(at: now, rules: rules).version(rules: rules)
        return (try version?.rateLimit(name)?.policy() ?? otherwise, .workspace(key.workspace))
    }
}

extension APIKeyLimiter {
    /// Keeps the limit of the key or its plan; what it charged is given back where the request is refused after all.
    public init(_ limit: PlanLimit, in limits: RateLimits) {
        self.init { key, now throws(TammError) in
            let (policy, subject) = try limit.policy(for: key, at: now)
            let decision = await limits.check(policy, for: subject)
            guard decision.isAdmitted else { return .refused(retryAfter: decision.retryAfter ?? .seconds(86_400)) }
            return .admitted { await limits.refund(1, of: decision, policy, for: subject) }
        }
    }
}
