import TammCore

extension RateLimitLaw {
    static let decisionLaws: [RateLimitLaw] =
        RateLimitQuota.Algorithm.allCases.flatMap { [burstLaw($0), exactLaw($0), peekLaw($0)] } + [
            RateLimitLaw("decide.nothing", "A request that one quota refuses is charged to none") { store, context in
                let policy = try RateLimitPolicy(
                    "law",
                    [
                        .gcra("many", 20, per: .seconds(31_622_400), burst: 20),
                        .fixedWindow("few", 2, per: .seconds(3600)),
                        .slidingWindow("more", 50, per: .seconds(3600)),
                    ])
                let subject = context.subject()
                for _ in 0..<2 { _ = try await store.decide(context.request(policy, subject), at: context.base) }
                for _ in 0..<60 {
                    let found = try await store.decide(context.request(policy, subject), at: context.base)
                    try context.expect(found.isAdmitted, false, "whether a third is admitted")
                    try context.expect(found.status.violatedQuotas, [1], "the quotas without room")
                }
                // In the next window the others have all but the two that were admitted, and what has come back.
                let later = try await store.decide(
                    context.request(policy, subject, cost: 2), at: context.at(.seconds(3600)))
                try context.expect(later.isAdmitted, true, "whether two are admitted a window later")
            },
            RateLimitLaw("decide.never", "A cost above a quota is refused without a time to come back, and not charged") {
                store, context in
                for algorithm in RateLimitQuota.Algorithm.allCases {
                    let policy = try context.policy(algorithm)
                    let subject = context.subject()
                    let found = try await store.decide(context.request(policy, subject, cost: 7), at: context.base)
                    try context.expect(found.isAdmitted, false, "\(algorithm): whether 7 of 6 are admitted")
                    try context.expect(found.retryAfter, nil, "\(algorithm): the wait for 7 of 6")
                    let whole = try await store.decide(context.request(policy, subject, cost: 6), at: context.base)
                    try context.expect(whole.isAdmitted, true, "\(algorithm): whether 6 of 6 are admitted then")
                }
            },
            RateLimitLaw("decide.back", "A clock that goes back gives nothing") { store, context in
                for algorithm in RateLimitQuota.Algorithm.allCases {
                    let policy = try context.policy(algorithm)
                    let subject = context.subject()
                    let all = try await store.decide(context.request(policy, subject, cost: 6), at: context.base)
                    try context.expect(all.isAdmitted, true, "\(algorithm): whether a burst is admitted")
                    for seconds in [-1, -59, -60, -61, -3600, 0] as [Int64] {
                        let found = try await store.decide(
                            context.request(policy, subject), at: context.at(.seconds(seconds)))
                        try context.expect(found.isAdmitted, false, "\(algorithm): whether one is admitted at \(seconds) s")
                    }
                }
            },
            RateLimitLaw("decide.subjects", "Neither subjects nor policies share what they have") { store, context in
                let (few, many) = (try context.policy(.gcra, count: 1), try context.policy(.gcra, count: 2))
                let (first, second) = (context.subject(), context.subject())
                for (policy, subject, wanted) in [
                    (few, first, true), (few, first, false), (few, second, true), (many, first, true),
                    (many, first, true), (many, first, false), (few, second, false),
                ] {
                    let found = try await store.decide(context.request(policy, subject), at: context.base)
                    try context.expect(
                        found.isAdmitted, wanted,
                        "whether one of \(policy.quotas[0].count) is admitted for \(subject == first ? "one" : "another")")
                }
            },
            RateLimitLaw("decide.batch", "The requests of a batch are decided in their order, each by itself") {
                store, context in
                let policy = try context.policy(.gcra)
                let (first, second) = (context.subject(), context.subject())
                let requests = [(first, 4), (second, 6), (first, 3), (first, 2), (second, 1), (first, 1)].map {
                    context.request(policy, $0.0, cost: Int64($0.1))
                }
                let found = try await store.decide(requests, at: context.base)
                try context.expect(
                    found.map(\.isAdmitted), [true, true, false, true, false, false], "what is admitted")
                try context.expect(try await store.decide([], at: context.base).count, 0, "decisions of an empty batch")
            },
            RateLimitLaw("decide.concurrent", "Of many at one instant, exactly a burst is admitted") { store, context in
                let policy = try RateLimitPolicy(
                    "law",
                    [
                        .gcra("a", 40, per: .seconds(60), burst: 40), .fixedWindow("b", 50, per: .seconds(60)),
                    ])
                let request = context.request(policy, context.subject())
                let now = context.base
                let admitted = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            var admitted = 0
                            for _ in 0..<10 {
                                if try await store.decide(request, at: now).isAdmitted { admitted += 1 }
                            }
                            return admitted
                        }
                    }
                    return try await group.reduce(0, +)
                }
                try context.expect(admitted, 40, "how many of 80 are admitted")
            },
        ]

    private static func burstLaw(_ algorithm: RateLimitQuota.Algorithm) -> RateLimitLaw {
        RateLimitLaw("decide.burst.\(algorithm)", "\(algorithm): a burst is admitted at one instant, and no more") {
            store, context in
            let policy = try context.policy(algorithm)
            let subject = context.subject()
            for left in [4, 3, 1, 0] as [Int64] {
                let cost: Int64 = left == 4 || left == 1 ? 2 : 1
                let found = try await store.decide(context.request(policy, subject, cost: cost), at: context.base)
                try context.expect(found.isAdmitted, true, "whether it is admitted with \(left) left")
                try context.expect(found.status.remaining, left, "what remains")
            }
            let found = try await store.decide(context.request(policy, subject), at: context.base)
            try context.expect(found.isAdmitted, false, "whether a seventh is admitted")
            try context.expect(found.status.violatedQuotas, [0], "the quotas without room")
        }
    }

    private static func exactLaw(_ algorithm: RateLimitQuota.Algorithm) -> RateLimitLaw {
        RateLimitLaw(
            "decide.exact.\(algorithm)",
            "\(algorithm): what is refused is refused until just before the wait it was told, and admitted at it"
        ) { store, context in
            let policy = try context.policy(algorithm)
            let subject = context.subject()
            var now = context.at(.milliseconds(17_123))
            for cost in [6, 1, 2, 3, 1, 6, 5, 1] as [Int64] {
                let request = context.request(policy, subject, cost: cost)
                var found = try await store.decide(request, at: now)
                if let wait = found.retryAfter {
                    // Whole microseconds: as exact as the clocks of all stores are.
                    let microseconds = (wait.components.seconds * 1_000_000) + wait.components.attoseconds / 1_000_000_000_000
                    let rest = wait - .microseconds(microseconds)
                    let exact = now.advanced(by: .microseconds(microseconds + (rest > .zero ? 1 : 0)))
                    let early = try await store.decide(request, at: exact.advanced(by: .microseconds(-1)))
                    try context.expect(early.isAdmitted, false, "whether \(cost) are admitted 1 µs before the wait of \(wait)")
                    found = try await store.decide(request, at: exact)
                    now = exact
                }
                try context.expect(found.isAdmitted, true, "whether \(cost) are admitted after the wait they were told")
            }
        }
    }

    private static func peekLaw(_ algorithm: RateLimitQuota.Algorithm) -> RateLimitLaw {
        RateLimitLaw("decide.peek.\(algorithm)", "\(algorithm): a cost of 0 is admitted, tells what is left and takes nothing") {
            store, context in
            let policy = try context.policy(algorithm)
            let subject = context.subject()
            for left in [6, 4, 0] as [Int64] {
                for _ in 0..<3 {
                    let found = try await store.decide(context.request(policy, subject, cost: 0), at: context.base)
                    try context.expect(found.isAdmitted, true, "whether a look is admitted")
                    try context.expect(found.status.remaining, left, "what remains")
                }
                _ = try await store.decide(
                    context.request(policy, subject, cost: left == 6 ? 2 : left), at: context.base)
            }
        }
    }
}
