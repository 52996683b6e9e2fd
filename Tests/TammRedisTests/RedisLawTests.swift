import TammCore
import TammRedis
public import TammTesting
public import Testing

extension RateLimitLaw: CustomTestStringConvertible {
    public var testDescription: String { name }
}

@Suite("Laws of a store of rate limits, on Redis", .timeLimit(.minutes(15)))
struct RedisLawTests {
    @Test("The Redis store keeps", arguments: RateLimitLaw.all)
    func keeps(_ law: RateLimitLaw) async throws {
        try await law.check(SharedServer.lawful.get())
    }

    @Test("With windows and costs as large as they may be, the script counts as the rule does")
    func large() async throws {
        let store = try SharedServer.lawful.get()
        let most: Int64 = 1_000_000_000
        let policy = try RateLimitPolicy(
            "large",
            [
                .slidingWindow("a", most, per: .seconds(31_622_400)), .slidingWindow("b", most - 1, per: .milliseconds(7_654_321)),
                .gcra("c", most, per: .seconds(31_622_400), burst: most), .fixedWindow("d", most, per: .milliseconds(1)),
            ])
        var generator = SplitMix64(seed: TestSeed.current)
        let desk = Desk()
        var states = [RateLimitState?](repeating: nil, count: 4)
        var now = RateLimitInstant(nanoseconds: 1_767_225_600_123_456_000)
        for step in 0..<300 {
            now = now.advanced(by: .microseconds(Int64.random(in: 0...4_000_000_000, using: &generator)))
            let cost = Int64.random(in: 1...most / 2, using: &generator) >> Int64.random(in: 0...29, using: &generator)
            let wanted = policy.decision(cost, from: states, at: now, by: .shared)
            let found = try await store.decide([desk.request(policy, cost: cost)], at: now)[0]
            #expect(found == wanted, "step \(step)")
            if wanted.isAdmitted { states = zip(policy.quotas, states).map { $0.decide(cost, from: $1, at: now).state } }
        }
    }
}
