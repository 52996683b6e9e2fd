import TammTesting
import Testing

@testable import TammCore

@Suite struct NonceCacheTests {
    let start = Timestamp("2026-01-01T00:00:00Z")!

    private func use(_ nonce: String, of key: String = "k", after seconds: Int64 = 0, in cache: NonceCache) -> NonceCache.Outcome {
        let now = start.advanced(by: .seconds(seconds))
        return cache.use(nonce, of: key, acceptableUntil: now.advanced(by: .seconds(300)), at: now)
    }

    @Test func `A nonce is fresh once for each key`() throws {
        let cache = try NonceCache.fresh()
        #expect(use("a", in: cache) == .fresh)
        #expect(use("a", in: cache) == .used)
        #expect(use("a", of: "other", in: cache) == .fresh)
        #expect(use("b", in: cache) == .fresh)
        #expect(use("a", after: 600, in: cache) == .used)
        #expect(cache.count == 3)
    }

    @Test func `Key and nonce do not run into one another`() throws {
        let cache = try NonceCache.fresh()
        #expect(use("bc", of: "a", in: cache) == .fresh)
        #expect(use("c", of: "ab", in: cache) == .fresh)
    }

    @Test func `A full cache refuses what is new, keeps what it has, and has room again in time`() throws {
        let cache = try NonceCache.fresh(capacity: 3, perKey: 3)
        for nonce in ["a", "b", "c"] { #expect(use(nonce, in: cache) == .fresh) }
        #expect(use("d", after: 600, in: cache) == .full)
        for nonce in ["a", "b", "c"] { #expect(use(nonce, after: 600, in: cache) == .used) }
        #expect(use("d", after: 601, in: cache) == .fresh)
        #expect(cache.count == 1)
    }

    @Test func `One key leaves room for the others`() throws {
        let cache = try NonceCache.fresh(capacity: 4, perKey: 2)
        #expect(use("1", of: "a", in: cache) == .fresh)
        #expect(use("2", of: "a", in: cache) == .fresh)
        #expect(use("3", of: "a", in: cache) == .full)
        #expect(use("1", of: "b", in: cache) == .fresh)
        #expect(use("3", of: "a", after: 601, in: cache) == .fresh)
    }

    @Test func `A clock that goes back makes nothing fresh that was used`() throws {
        let cache = try NonceCache.fresh()
        #expect(use("a", in: cache) == .fresh)
        #expect(use("b", after: 601, in: cache) == .fresh)
        #expect(cache.count == 1)
        for back in [0, -1, -300, -3000] as [Int64] { #expect(use("a", after: back, in: cache) == .used) }
        #expect(use("c", after: 1, in: cache) == .fresh)
    }

    @Test func `A clock that leaps ahead and comes back does not stop what follows`() throws {
        let cache = try NonceCache.fresh(capacity: 2, perKey: 2)
        #expect(use("a", in: cache) == .fresh)
        #expect(use("b", after: 86_400, in: cache) == .fresh)
        #expect(use("c", after: 10, in: cache) == .fresh)
        #expect(use("d", after: 620, in: cache) == .fresh)
    }

    @Test func `However uses and times come, no pair that is acceptable is fresh twice`() throws {
        var generator = SplitMix64(seed: TestSeed.current)
        let cache = try NonceCache.fresh(capacity: 50, perKey: 20)
        var used: Set<String> = []
        for _ in 0..<20_000 {
            let key = String(Int.random(in: 0..<4, using: &generator))
            let nonce = String(Int.random(in: 0..<400, using: &generator))
            let created = start.advanced(by: .seconds(Int64.random(in: 0..<3600, using: &generator)))
            let now = created.advanced(by: .seconds(Int64.random(in: -300...300, using: &generator)))
            let outcome = cache.use("\(nonce)-\(created)", of: key, acceptableUntil: created.advanced(by: .seconds(300)), at: now)
            if outcome == .fresh { #expect(used.insert("\(key) \(nonce)-\(created)").inserted) }
            #expect(cache.count <= 50)
        }
        #expect(!used.isEmpty)
    }

    @Test(arguments: [
        (Duration.zero, 1, 1, "lifetime"), (.seconds(172_801), 1, 1, "lifetime"), (.seconds(1), 0, 1, "capacity"),
        (.seconds(1), 10_000_001, 1, "capacity"), (.seconds(1), 5, 0, "perKey"), (.seconds(1), 5, 6, "perKey"),
    ])
    func `Bounds are kept`(_ lifetime: Duration, _ capacity: Int, _ perKey: Int, _ field: String) {
        let error = failure { () throws(TammError) in
            try NonceCache(lifetime: lifetime, capacity: capacity, perKey: perKey)
        }
        #expect(error?.field == field)
    }
}
