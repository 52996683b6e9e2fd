extension PlanRateLimit {
    /// The policy that keeps the limit, a quota for each window, `per-60s` for one of a minute.
    ///
    /// Versions of a plan with the same windows share their states; a workspace that is moved to other windows begins
    /// anew.
    ///
    /// - Throws: never, for the windows have been checked; a rule of quotas that does not fit them would.
    public func policy() throws(TammError) -> RateLimitPolicy {
        var quotas: [RateLimitQuota] = []
        for window in windows {
            quotas.append(
                try RateLimitQuota.gcra(
                    "per-\(window.periodSeconds)s", window.count, per: .seconds(window.periodSeconds),
                    burst: window.burst))
        }
        return try RateLimitPolicy(name, quotas)
    }
}
