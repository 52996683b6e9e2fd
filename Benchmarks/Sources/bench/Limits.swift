import CAllocations
import Synchronization
import TammCore

/// GCRA by key in this process, against as many dictionaries, each behind a lock, with the same arithmetic; both read
/// the same clock once for each decision.
///
/// `limits.gcra.<keys>.vs-dictionary`: time of the processor, on one thread. `limits.gcra.bytes-per-key`: the memory of a
/// million. `limits.gcra.hot-key.…`: time on the wall of one key on one thread and on two.
func limitBenchmarks() async throws {
    let policy = try RateLimitPolicy("bench", [.gcra("q", 1_000_000, per: .seconds(1), burst: 1000)])
    for (name, count) in [("1", 1), ("1k", 1000), ("1M", 1_000_000)] {
        let keys = LimitKeys(count, policy)
        let before = bytes_in_use()
        let store = try LocalRateLimitStore(capacity: 4_000_000)
        let now = RateLimitInstant(TimeSource.system.now())
        // So long ago that none has expired before all have come.
        for key in keys.keys { keep(store.decide(policy, key, cost: 1000, at: now)) }
        if count == 1_000_000 {
            Bench.line("limits.gcra.bytes-per-key", Double(bytes_in_use() - before) / Double(store.count), "bytes")
        }
        let peer = LimitDictionaries(interval: 1000, tolerance: 1_000_000)
        for key in keys.keys { keep(peer.decide(key, 1000, now.nanoseconds)) }
        let ours: Bench.Side = { operations in
            keys.forEach(operations) { key in
                let now = RateLimitInstant(TimeSource.system.now())
                keep(store.decide(policy, key, cost: 1, at: now))
            }
        }
        let theirs: Bench.Side = { operations in
            keys.forEach(operations) { key in
                let now = RateLimitInstant(TimeSource.system.now())
                keep(peer.decide(key, 1, now.nanoseconds))
            }
        }
        try await Bench.compare(
            "limits.gcra.\(name)", with: "dictionary", rounds: 21, operations: 200_000, ours: ours, theirs: theirs)
        if count == 1 {
            let key = keys.keys[0]
            Bench.line(
                "limits.gcra.allocations",
                Bench.allocations {
                    keep(
                        store.decide(
                            policy, key, cost: 1, at: RateLimitInstant(TimeSource.system.now())))
                }, "allocations")
            try await contend(store, policy, key)
        }
    }
}

private func contend(_ store: LocalRateLimitStore, _ policy: RateLimitPolicy, _ key: RateLimitKey) async throws {
    let request = RateLimitRequest(policy, key, cost: 1)
    func run(_ threads: Int) -> Bench.Side {
        { operations in
            await withTaskGroup { group in
                for _ in 0..<threads {
                    group.addTask { @concurrent in
                        for _ in 0..<operations / threads {
                            keep(store.decide(request, at: RateLimitInstant(TimeSource.system.now())))
                        }
                    }
                }
            }
        }
    }
    let times = try await Bench.interleave(rounds: 11, operations: 400_000, clock: .wall, run(1), run(2))
    Bench.line("limits.gcra.hot-key.1-thread.ns", Bench.median(times[0]), "ns")
    Bench.line("limits.gcra.hot-key.2-threads.ns", Bench.median(times[1]), "ns")
}

/// Keys one after the other; they are hashes, so that no cache foresees where their states are.
private final class LimitKeys {
    let keys: [RateLimitKey]
    private var next = 0

    init(_ count: Int, _ policy: RateLimitPolicy) {
        let seed = RateLimitSeed(entropy: .system)
        keys = (0..<count).map { RateLimitKey(.key(Identifier<Workspace>(high: 7, low: UInt64($0))), policy, seed) }
    }

    func forEach(_ operations: Int, _ body: (RateLimitKey) -> Void) {
        for _ in 0..<operations {
            next = next + 1 == keys.count ? 0 : next + 1
            body(keys[next])
        }
    }
}

/// The peer: what one writes first.
private final class LimitDictionaries: Sendable {
    private struct Key: Hashable {
        let high: UInt64, low: UInt64
    }

    private final class Shard: Sendable {
        let tats = Mutex<[Key: Int64]>([:])
    }

    private let shards = (0..<64).map { _ in Shard() }
    private let interval: Int64
    private let tolerance: Int64

    init(interval: Int64, tolerance: Int64) { (self.interval, self.tolerance) = (interval, tolerance) }

    func decide(_ key: RateLimitKey, _ cost: Int64, _ now: Int64) -> Bool {
        let own = Key(high: key.high ^ key.policy, low: key.low ^ key.policy)
        return shards[Int(truncatingIfNeeded: own.low & 63)].tats.withLock { tats in
            let new = max(now, tats[own] ?? now) + cost * interval
            guard new - tolerance <= now else { return false }
            tats[own] = new
            return true
        }
    }
}
