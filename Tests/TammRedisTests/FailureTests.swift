import Foundation
import Synchronization
import TammCore
import TammRedis
import Testing

/// What many callers have found, in three phases: before the server is killed, while it is gone, and afterwards.
private final class Tally: Sendable {
    struct Counts {
        var shared = 0
        var floor = 0
        var admittedByFloor = 0
        var sharedAfterwards = 0
        var longest = Duration.zero
        var isBack = false
        var isOver = false
    }

    private let counts = Mutex(Counts())
    var now: Counts { counts.withLock { $0 } }

    func change(_ body: (inout Counts) -> Void) { counts.withLock { body(&$0) } }

    func until(_ reached: (Counts) -> Bool) async throws {
        while !reached(now) { try await Task.sleep(for: .milliseconds(5)) }
    }
}

@Suite("Limits over Redis that fails", .timeLimit(.minutes(15)))
struct FailureTests {
    private func limits(_ store: RedisRateLimitStore) throws -> RateLimits {
        RateLimits(
            store: store, seed: RateLimitSeed(entropy: .system), local: try LocalRateLimitStore(), time: .system,
            entropy: .system)
    }

    /// Callers that ask without end until they are told.
    private func load(_ limits: RateLimits, _ policy: RateLimitPolicy, _ tally: Tally) async {
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    while !tally.now.isOver {
                        let start = ContinuousClock.now
                        let found = await limits.check(policy, for: .other("everybody"))
                        let wait = ContinuousClock.now - start
                        tally.change { counts in
                            counts.longest = max(counts.longest, wait)
                            if found.status.basis == .floor {
                                counts.floor += 1
                                if found.isAdmitted { counts.admittedByFloor += 1 }
                            } else if counts.isBack {
                                counts.sharedAfterwards += 1
                            } else {
                                counts.shared += 1
                            }
                        }
                        try? await Task.sleep(for: .milliseconds(1))
                    }
                }
            }
        }
    }

    @Test(arguments: ["killed", "frozen"])
    func `No request fails, the floor holds, and it comes back by itself`(how: String) async throws {
        let server = try await OwnServer()
        let store = try RedisRateLimitStore(server.configuration)
        let limits = try limits(store)
        let (burst, perMinute) = (Int64(100), Int64(600))
        let policy = try RateLimitPolicy("p", [.gcra("q", perMinute, per: .seconds(60), burst: burst)])
        let tally = Tally()
        let start = ContinuousClock.now
        let load = Task { await self.load(limits, policy, tally) }
        try await tally.until { $0.shared >= 200 }
        if how == "killed" { server.kill() } else { server.freeze() }
        try await tally.until { $0.floor >= 300 }
        // All that this process may have admitted by itself, with what it had admitted before.
        let floor = burst + Int64((ContinuousClock.now - start) / .seconds(60) * Double(perMinute)) + 1
        let during = tally.now
        tally.change { $0.isBack = true }
        if how == "killed" { try await server.start() } else { server.thaw() }
        try await tally.until { $0.sharedAfterwards >= 100 }
        tally.change { $0.isOver = true }
        await load.value
        let above = max(0, Int64(during.admittedByFloor) - floor)
        print(
            """
            Redis \(how) under load: \(during.shared) shared decisions, then \(during.floor) by the floor, of which \
            \(during.admittedByFloor) admitted, \(above) above the floor of \(floor); longest wait \(tally.now.longest)
            """)
        #expect(above == 0)
        // The deadline is 10 ms, exactly so on the clock of RateLimitsTests; here a busy machine adds what it likes.
        #expect(tally.now.longest < .seconds(300))
        await store.shutdown()
    }

    @Test func `A server that was never there is no reason to wait or to fail`() async throws {
        let store = try RedisRateLimitStore(RedisConfiguration(.unix(path: "/nowhere/socket")))
        let limits = try limits(store)
        let policy = try Desk.policy(3)
        var admitted = 0
        for _ in 0..<10 {
            let found = await limits.check(policy, for: .other("somebody"))
            #expect(found.status.basis == .floor)
            if found.isAdmitted { admitted += 1 }
        }
        #expect(admitted == 3)
        await store.shutdown()
    }
}
