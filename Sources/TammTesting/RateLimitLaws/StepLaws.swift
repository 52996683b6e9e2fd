import TammCore

extension RateLimitLaw {
    /// The rule is the model: whatever comes, in whatever order, a store says what the rule says.
    static let stepLaws: [RateLimitLaw] =
        RateLimitQuota.Algorithm.allCases.map { algorithm in
            RateLimitLaw("steps.\(algorithm)", "\(algorithm): a store decides as the rule does, step by step") {
                store, context in
                try await compare(store, context, try context.policy(algorithm, count: 7))
            }
        } + [
            RateLimitLaw("steps.policy", "A policy of every algorithm is decided as the rule does, step by step") {
                store, context in
                let policy = try RateLimitPolicy(
                    "law",
                    [
                        .gcra("a", 20, per: .seconds(60), burst: 5), .tokenBucket("b", 7, per: .seconds(30), burst: 6),
                        .slidingWindow("c", 17, per: .seconds(90)), .fixedWindow("d", 9, per: .milliseconds(45_500)),
                        .gcra("e", 1000, per: .seconds(31_622_400), burst: 900),
                    ])
                try await compare(store, context, policy)
            }
        ]

    private static func compare(
        _ store: any RateLimitStore, _ context: LimitLawContext, _ policy: RateLimitPolicy
    ) async throws {
        var generator = SplitMix64(seed: context.law.entropy.next())
        let subject = context.subject()
        var states = [RateLimitState?](repeating: nil, count: policy.quotas.count)
        var now = context.base
        var log: [String] = []
        var charges: [(cost: Int64, at: RateLimitInstant)] = []
        for step in 0..<120 {
            let roll = Int.random(in: 0..<20, using: &generator)
            let moved: Int64 =
                switch roll {
                case 0: -Int64.random(in: 0...90_000_000, using: &generator)
                case 1: Int64.random(in: 0...400_000_000, using: &generator)
                case 2..<8: 0
                default: Int64.random(in: 0...12_000_000, using: &generator)
                }
            now = now.advanced(by: .microseconds(moved))
            if roll == 19, let charge = charges.randomElement(using: &generator) {
                let refund = RateLimitRefund(context.request(policy, subject, cost: charge.cost), chargedAt: charge.at)
                try await store.refund([refund], at: now)
                for (index, quota) in policy.quotas.enumerated() {
                    states[index] = quota.refund(charge.cost, chargedAt: charge.at, from: states[index], at: now)
                }
                log.append("refund \(charge.cost) at \(now.nanoseconds)")
                continue
            }
            let cost = Int64.random(in: 0...3, using: &generator)
            let verdicts = zip(policy.quotas, states).map { $0.decide(cost, from: $1, at: now) }
            let wanted = context.decision(policy, cost, states, now)
            let found = try await store.decide(context.request(policy, subject, cost: cost), at: now)
            log.append("\(cost) at \(now.nanoseconds)")
            guard found.facts == wanted.facts else {
                throw context.law.violation(
                    "step \(step), \(wanted.facts.joined(separator: ", "))",
                    "\(found.facts.joined(separator: ", ")) after \(log.suffix(5))")
            }
            if verdicts.allSatisfy(\.isAdmitted), cost > 0 {
                states = verdicts.map(\.state)
                charges.append((cost, now))
            }
        }
    }
}

extension LimitLawContext {
    func decision(
        _ policy: RateLimitPolicy, _ cost: Int64, _ states: [RateLimitState?], _ now: RateLimitInstant
    ) -> RateLimitDecision {
        policy.decision(cost, from: states, at: now, by: .local)
    }
}
