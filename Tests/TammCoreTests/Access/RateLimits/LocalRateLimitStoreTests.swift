import TammTesting
import Testing

@testable import TammCore

@Suite struct LocalRateLimitStoreTests {
    private let seed = RateLimitSeed(entropy: SeededEntropy(seed: 1).source)
    private let start = RateLimitInstant(nanoseconds: 1_767_225_600_000_000_000)

    private func request(_ policy: RateLimitPolicy, _ number: Int) -> RateLimitRequest {
        RateLimitRequest(policy, RateLimitKey(.key(Identifier<Workspace>(high: 1, low: UInt64(number))), policy, seed), cost: 1)
    }

    @Test func `However many come, no more states are kept than its capacity, and those first to expire go first`() throws {
        let store = try LocalRateLimitStore(capacity: 1024)
        let policy = try RateLimitPolicy("p", [.gcra("q", 10, per: .seconds(10), burst: 10)])
        let busy = request(policy, 1_000_000)
        for _ in 0..<10 { #expect(store.decide(busy, at: start).isAdmitted) }
        for number in 0..<20_000 {
            #expect(store.decide(request(policy, number), at: start).isAdmitted)
            #expect(!store.decide(busy, at: start).isAdmitted)
        }
        #expect(store.count <= 1024)
        #expect(store.evicted >= 20_000 - 1024)
    }

    @Test func `What has expired gives its place away, and nothing is evicted for it`() throws {
        let store = try LocalRateLimitStore(capacity: 4096)
        let policy = try RateLimitPolicy("p", [.gcra("q", 10, per: .seconds(10), burst: 10)])
        for round in 0..<20 {
            let now = start.advanced(by: .seconds(Int64(round)))
            for number in 0..<2000 { _ = store.decide(request(policy, round * 2000 + number), at: now) }
        }
        #expect(store.evicted == 0)
        #expect(store.count <= 4096)
    }

    @Test func `It decides as a dictionary of states does, with a thousand subjects and clocks that leap`() throws {
        var generator = SplitMix64(seed: TestSeed.current)
        let store = try LocalRateLimitStore(capacity: 20_000)
        let policies = [
            try RateLimitPolicy("a", [.gcra("q", 5, per: .seconds(5), burst: 3)]),
            try RateLimitPolicy(
                "b",
                [
                    .slidingWindow("q", 4, per: .seconds(7)), .fixedWindow("r", 9, per: .seconds(60)),
                    .tokenBucket("s", 5, per: .seconds(9), burst: 5),
                ]),
        ]
        var states: [RateLimitKey: [RateLimitState?]] = [:]
        var now = start
        for _ in 0..<30_000 {
            now = now.advanced(by: .milliseconds(Int64.random(in: 0...20, using: &generator)))
            let policy = policies[Int.random(in: 0..<2, using: &generator)]
            let request = request(policy, Int.random(in: 0..<1000, using: &generator))
            let before = states[request.key] ?? policy.quotas.map { _ in nil }
            let wanted = policy.decision(1, from: before, at: now, by: .local)
            #expect(store.decide(request, at: now) == wanted)
            if wanted.isAdmitted {
                states[request.key] = zip(policy.quotas, before).map { $0.decide(1, from: $1, at: now).state }
            }
        }
        #expect(store.evicted == 0)
    }

    @Test func `Many tasks at one key are admitted no more than it has`() async throws {
        let store = try LocalRateLimitStore()
        let policy = try RateLimitPolicy(
            "p", [.gcra("q", 1000, per: .seconds(3600), burst: 1000), .slidingWindow("r", 900, per: .seconds(3600))])
        let request = request(policy, 1)
        let now = start
        let admitted = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { @concurrent in (0..<500).count { _ in store.decide(request, at: now).isAdmitted } }
            }
            return await group.reduce(0, +)
        }
        #expect(admitted == 900)
    }

    @Test func `Leases are bounded too, and those that have ended make room`() throws {
        let store = try LocalRateLimitStore(capacity: 1024)
        let limit = try ConcurrencyLimit("l", 10_000, lifetime: .seconds(60))
        let key = RateLimitKey(.other("one"), limit, seed)
        func take(_ number: Int, _ now: RateLimitInstant) -> TammError? {
            failure { () throws(TammError) in
                _ = try store.acquireNow(Identifier(high: 1, low: UInt64(number)), of: limit, for: key, at: now)
            }
        }
        for number in 0..<16 { #expect(take(number, start) == nil) }
        #expect(take(16, start)?.code == .overloaded)
        #expect(take(17, start.advanced(by: .seconds(60))) == nil)
    }

    @Test(arguments: [1023, 100_000_001])
    func `Its capacity has bounds`(capacity: Int) {
        #expect(failure { () throws(TammError) in try LocalRateLimitStore(capacity: capacity) }?.field == "capacity")
    }

    @Test func `A full table of leases is swept when something has ended, and not at each lease that is asked for`() throws {
        var table = LeaseTable(capacity: 160)
        let limit = try ConcurrencyLimit("runs", 1, lifetime: .milliseconds(1))
        func acquire(_ number: UInt64, at nanoseconds: Int64) -> Bool {
            let key = RateLimitKey(.other("\(number)"), limit, RateLimitSeed(entropy: SeededEntropy(seed: 1).source))
            let decision = try? table.acquire(
                Identifier(high: 1, low: number), of: limit, for: key, at: RateLimitInstant(nanoseconds: nanoseconds))
            if case .admitted = decision { return true }
            return false
        }
        // One ends each microsecond.
        for number in 0..<160 { #expect(acquire(UInt64(number), at: Int64(number) * 1000)) }
        for number in 200..<1200 { #expect(!acquire(UInt64(number), at: 999_999)) }
        #expect(table.sweeps == 0, "nothing has ended")
        var admitted = 0
        for number in 0..<160 where acquire(UInt64(2000 + number), at: 1_000_000 + Int64(number) * 1000) { admitted += 1 }
        #expect(table.sweeps <= 16 && admitted >= 140, "\(table.sweeps) sweeps for \(admitted)")
    }
}
