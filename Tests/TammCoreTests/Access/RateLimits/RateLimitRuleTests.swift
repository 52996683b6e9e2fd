import TammTesting
import Testing

@testable import TammCore

@Suite struct RateLimitRuleTests {
    private func quota(
        _ algorithm: RateLimitQuota.Algorithm, _ generator: inout SplitMix64, burst: Int64? = nil
    ) throws -> RateLimitQuota {
        let count = Int64.random(in: 1...50, using: &generator)
        let period = Duration.milliseconds(Int64.random(in: 1...5000, using: &generator))
        let burst = burst ?? Int64.random(in: 1...50, using: &generator)
        return switch algorithm {
        case .gcra: try .gcra("q", count, per: period, burst: burst)
        case .tokenBucket: try .tokenBucket("q", count, per: period, burst: burst)
        case .slidingWindow: try .slidingWindow("q", count, per: period)
        case .fixedWindow: try .fixedWindow("q", count, per: period)
        }
    }

    @Test func `A token bucket decides as GCRA does, also when the clock goes back`() throws {
        var generator = SplitMix64(seed: TestSeed.current)
        for _ in 0..<300 {
            let gcra = try quota(.gcra, &generator)
            let bucket = try RateLimitQuota.tokenBucket("q", gcra.count, per: gcra.period, burst: gcra.burst)
            var states: (RateLimitState?, RateLimitState?) = (nil, nil)
            var now = RateLimitInstant(nanoseconds: 1_767_225_600_123_456_789)
            for _ in 0..<100 {
                let back = Int.random(in: 0..<10, using: &generator) == 0
                let step = Int64.random(in: 0...2 * gcra.interval, using: &generator)
                now = RateLimitInstant(nanoseconds: now.nanoseconds + (back ? -step : step))
                let cost = Int64.random(in: 0...4, using: &generator)
                let verdicts = (gcra.decide(cost, from: states.0, at: now), bucket.decide(cost, from: states.1, at: now))
                #expect(verdicts.0.wait == verdicts.1.wait)
                #expect(verdicts.0.remaining == verdicts.1.remaining)
                #expect(verdicts.0.resetAfter == verdicts.1.resetAfter)
                states = (verdicts.0.state, verdicts.1.state)
                if Int.random(in: 0..<8, using: &generator) == 0 {
                    states.0 = gcra.refund(cost, chargedAt: now, from: states.0, at: now)
                    states.1 = bucket.refund(cost, chargedAt: now, from: states.1, at: now)
                }
            }
        }
    }

    @Test(arguments: RateLimitQuota.Algorithm.allCases)
    func `A refusal holds until one nanosecond before its wait, and not at it`(
        _ algorithm: RateLimitQuota.Algorithm
    ) throws {
        var generator = SplitMix64(seed: TestSeed.current)
        var refusals = 0
        for _ in 0..<200 {
            let quota = try quota(algorithm, &generator)
            var state: RateLimitState?
            var now = Int64(1_767_225_600_987_654_321)
            for _ in 0..<100 {
                let back = Int.random(in: 0..<15, using: &generator) == 0
                now += Int64.random(in: 0...2 * quota.interval, using: &generator) * (back ? -1 : 1)
                let cost = Int64.random(in: 1...6, using: &generator)
                let verdict = quota.decide(cost, from: state, at: RateLimitInstant(nanoseconds: now))
                if verdict.isAdmitted {
                    state = verdict.state
                } else if verdict.wait == .max {
                    #expect(cost > quota.burst)
                    #expect(!quota.decide(cost, from: nil, at: RateLimitInstant(nanoseconds: now)).isAdmitted)
                } else {
                    refusals += 1
                    #expect(verdict.wait > 0)
                    let early = quota.decide(cost, from: state, at: RateLimitInstant(nanoseconds: now + verdict.wait - 1))
                    #expect(!early.isAdmitted && early.wait == 1, "\(quota), \(early)")
                    #expect(quota.decide(cost, from: state, at: RateLimitInstant(nanoseconds: now + verdict.wait)).isAdmitted)
                }
            }
        }
        #expect(refusals > 1000)
    }

    @Test(arguments: RateLimitQuota.Algorithm.allCases)
    func `No span of time admits more than it may, whatever comes and however clocks go`(
        _ algorithm: RateLimitQuota.Algorithm
    ) throws {
        var generator = SplitMix64(seed: TestSeed.current)
        for _ in 0..<100 {
            let quota = try quota(algorithm, &generator)
            var state: RateLimitState?
            var now = Int64(1_767_225_600_000_000_000)
            var admitted: [(at: Int64, cost: Int64)] = []
            for _ in 0..<150 {
                // Time that is real goes on; what the clock shows may be behind it.
                now += Int64.random(in: 0...quota.interval, using: &generator)
                let shown = now - (Int.random(in: 0..<8, using: &generator) == 0 ? quota.interval * 3 : 0)
                let cost = Int64.random(in: 0...3, using: &generator)
                let verdict = quota.decide(cost, from: state, at: RateLimitInstant(nanoseconds: shown))
                guard verdict.isAdmitted else { continue }
                state = verdict.state
                admitted.append((now, cost))
            }
            let length = quota.periodNanoseconds
            for (index, first) in admitted.enumerated() {
                let span = admitted[index...].prefix { $0.at < first.at + length }.reduce(0) { $0 + $1.cost }
                let most =
                    switch algorithm {
                    // A span of the clock's is longer by what the clock went back at its beginning.
                    case .gcra, .tokenBucket: quota.burst + quota.count + 3
                    case .slidingWindow, .fixedWindow: 2 * quota.count
                    }
                #expect(span <= most, "\(quota): \(span)")
            }
        }
    }

    @Test func `A sliding window counts the share of the window before it, rounded down`() throws {
        let quota = try RateLimitQuota.slidingWindow("q", 10, per: .seconds(10))
        let start = RateLimitInstant(nanoseconds: 1_767_225_600_000_000_000)
        func at(_ milliseconds: Int64) -> RateLimitInstant { start.advanced(by: .milliseconds(milliseconds)) }
        var state = quota.decide(10, from: nil, at: at(9000)).state
        // At 2.5 s into the next window three quarters of 10 count: 7.5, rounded down to 7.
        let verdict = quota.decide(3, from: state, at: at(12_500))
        #expect(verdict.isAdmitted)
        #expect(verdict.remaining == 0)
        state = verdict.state
        #expect(quota.decide(1, from: state, at: at(12_500)).wait == 500_000_001)
    }

    @Test func `A fixed window ends at its end`() throws {
        let quota = try RateLimitQuota.fixedWindow("q", 2, per: .seconds(10))
        let start = RateLimitInstant(nanoseconds: 1_767_225_600_000_000_000)
        let late = start.advanced(by: .milliseconds(9999))
        let state = quota.decide(2, from: nil, at: late).state
        #expect(quota.decide(1, from: state, at: late).wait == 1_000_000)
        #expect(quota.decide(2, from: state, at: start.advanced(by: .seconds(10))).isAdmitted)
    }

    @Test func `An interval is rounded up, so that no period has one too many`() throws {
        let quota = try RateLimitQuota.gcra("q", 3, per: .seconds(1), burst: 1)
        #expect(quota.interval == 333_333_334)
    }

    @Test(
        arguments: [
            (0, 1000, 1, "count"), (1_000_000_001, 1000, 1, "count"), (1, 0, 1, "period"), (1, -1, 1, "period"),
            (1, 31_622_400_001, 1, "period"), (1, 1000, 0, "burst"), (1, 1000, 1_000_000_001, "burst"),
            (1, 31_622_400_000, 74, "burst"),
        ] as [(Int64, Int64, Int64, String)])
    func `Bounds are kept`(_ count: Int64, _ milliseconds: Int64, _ burst: Int64, _ field: String) {
        let error = failure { () throws(TammError) in
            try RateLimitQuota.gcra("q", count, per: .milliseconds(milliseconds), burst: burst)
        }
        #expect(error?.field == field)
    }

    @Test(arguments: RateLimitQuota.Algorithm.allCases)
    func `The largest numbers do not overflow`(_ algorithm: RateLimitQuota.Algorithm) throws {
        let (most, year) = (Int64(1_000_000_000), Duration.seconds(31_622_400))
        let quota =
            switch algorithm {
            case .gcra: try RateLimitQuota.gcra("q", most, per: year, burst: most)
            case .tokenBucket: try RateLimitQuota.tokenBucket("q", most, per: year, burst: most)
            case .slidingWindow: try RateLimitQuota.slidingWindow("q", most, per: year)
            case .fixedWindow: try RateLimitQuota.fixedWindow("q", most, per: year)
            }
        let moments = [Int64.min, 0, 1_767_225_600_000_000_000, .max].map { RateLimitInstant(nanoseconds: $0) }
        var states: [RateLimitState?] = [nil]
        for value in [Int64.min, -1, 0, 1, 1 << 62, .max] {
            states += [Int64.min, 0, 1, 1 << 62, .max].map { RateLimitState(expiry: value, detail: $0) }
        }
        for now in moments {
            for state in states {
                for cost in [Int64.min, 0, 1, most, .max] {
                    let verdict = quota.decide(cost, from: state, at: now)
                    #expect(verdict.wait >= 0 && verdict.remaining >= 0)
                    for moment in moments { _ = quota.refund(cost, chargedAt: moment, from: state, at: now) }
                }
            }
        }
    }

    @Test func `Quotas and policies name what is wrong with them`() throws {
        let quota = try RateLimitQuota.fixedWindow("q", 1, per: .seconds(1))
        #expect(failure { () throws(TammError) in try RateLimitPolicy("p", []) }?.field == "quotas")
        #expect(failure { () throws(TammError) in try RateLimitPolicy("p", [quota, quota]) }?.field == "quotas[1]")
        #expect(failure { () throws(TammError) in try RateLimitPolicy("P", [quota]) }?.field == "name")
        let other = try RateLimitPolicy("p", [.fixedWindow("q", 2, per: .seconds(1))])
        #expect(try RateLimitPolicy("p", [quota]).tag != other.tag)
        #expect(try RateLimitPolicy("p", [quota]).tag == RateLimitPolicy("p", [quota]).tag)
    }

    @Test func `Every window of a plan becomes a quota`() throws {
        for plan in PlanCatalogue.example.plans {
            for limit in plan.current.rateLimits {
                let policy = try limit.policy()
                #expect(policy.name == limit.name)
                #expect(policy.quotas.map(\.count) == limit.windows.map(\.count))
                #expect(policy.quotas.map(\.burst) == limit.windows.map(\.burst))
                #expect(policy.quotas.map(\.name) == limit.windows.map { "per-\($0.periodSeconds)s" })
            }
        }
        let error = failure { () throws(TammError) in
            try PlanRateLimit.Window(count: 1, periodSeconds: 31_622_400, burst: 74)
        }
        #expect(error?.field == "burst")
    }
}
