import TammCore

extension RateLimitLaw {
    static let refundLaws: [RateLimitLaw] =
        RateLimitQuota.Algorithm.allCases.map { algorithm in
            RateLimitLaw("refund.\(algorithm)", "\(algorithm): what is given back may be used again, and no more") {
                store, context in
                let policy = try context.policy(algorithm)
                let subject = context.subject()
                let now = context.at(.seconds(1))
                _ = try await store.decide(context.request(policy, subject, cost: 6), at: now)
                try await store.refund(
                    [RateLimitRefund(context.request(policy, subject, cost: 2), chargedAt: now)], at: now)
                let found = try await store.decide(
                    (0..<3).map { _ in context.request(policy, subject) }, at: now)
                try context.expect(found.map(\.isAdmitted), [true, true, false], "what is admitted after 2 came back")
            }
        } + [
            RateLimitLaw("refund.most", "Nothing given back makes a quota larger than it is") { store, context in
                for algorithm in RateLimitQuota.Algorithm.allCases {
                    let policy = try context.policy(algorithm)
                    let subject = context.subject()
                    let refund = RateLimitRefund(
                        context.request(policy, subject, cost: 6), chargedAt: context.base)
                    // Of a subject that was never seen, and of one that has been charged less.
                    try await store.refund([refund, refund], at: context.base)
                    _ = try await store.decide(context.request(policy, subject, cost: 1), at: context.base)
                    try await store.refund([refund, refund], at: context.base)
                    let found = try await store.decide(
                        [context.request(policy, subject, cost: 6), context.request(policy, subject)], at: context.base)
                    try context.expect(found.map(\.isAdmitted), [true, false], "\(algorithm): what is admitted")
                }
            },
            RateLimitLaw("refund.late", "What was charged in a window that has passed is not given back to another") {
                store, context in
                let policy = try context.policy(.fixedWindow)
                let subject = context.subject()
                _ = try await store.decide(context.request(policy, subject, cost: 6), at: context.base)
                let later = context.at(.seconds(60))
                _ = try await store.decide(context.request(policy, subject, cost: 6), at: later)
                try await store.refund(
                    [RateLimitRefund(context.request(policy, subject, cost: 6), chargedAt: context.base)], at: later)
                let found = try await store.decide(context.request(policy, subject), at: later)
                try context.expect(found.isAdmitted, false, "whether one is admitted")
            },
        ]
}
