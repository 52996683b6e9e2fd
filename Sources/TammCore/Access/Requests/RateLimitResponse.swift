internal import HTTPTypes

extension ProblemResponse {
    /// The answer to a request that limits refuse: 429 with a whole number of seconds in `Retry-After`, rounded up; 503
    /// where no limit is exceeded but nobody could decide; nil for one that they admit.
    ///
    /// A cost above the policy gets 400 and no `Retry-After`: the same request is refused again.
    ///
    /// - Parameter fields: in which draft the limits are told.
    public init?(
        _ decision: RateLimitDecision, of policy: RateLimitPolicy, fields: RateLimitFields.Draft,
        instance: String? = nil
    ) {
        guard case .refused(let wait, let status) = decision else { return nil }
        let isUndecided = status.basis == .closed
        var head = isUndecided ? [:] : RateLimitFields(decision, of: policy, as: fields).fields
        let seconds = wait.map { max(1, $0.wholeSeconds) }
        if let seconds { head[.retryAfter] = String(seconds) }
        let violated = status.violatedQuotas.map { policy.name(ofQuota: $0) }
        let problem: ProblemDocument
        switch seconds {
        case nil:
            problem = ProblemDocument(
                type: ProblemDocument.quotaExceeded, title: "Bad Request", status: 400,
                detail: "The request costs more than the policy ever admits.", instance: instance,
                violatedPolicies: violated)
        case _ where isUndecided:
            problem = ProblemDocument(title: "Service Unavailable", status: 503, instance: instance)
        case .some(let seconds):
            problem = ProblemDocument(
                type: ProblemDocument.quotaExceeded, title: "Too Many Requests", status: 429,
                detail: "Try again in \(seconds) s.", instance: instance, violatedPolicies: violated)
        }
        self.init(problem, fields: head)
    }
}

extension Duration {
    /// Seconds, rounded up.
    var wholeSeconds: Int64 {
        let (seconds, attoseconds) = components
        return attoseconds > 0 ? seconds + 1 : seconds
    }
}
