import Synchronization
import TammTesting
import Testing

@testable import TammCore

@Suite(.timeLimit(.minutes(15))) struct RateLimitsTests {
    private static func policy(_ count: Int64 = 3) throws -> RateLimitPolicy {
        try RateLimitPolicy("p", [.gcra("q", count, per: .seconds(3600), burst: count)])
    }

    private let subject = RateLimitSubject.other("somebody")

    @Test func `In one process a check decides, a look charges nothing, and a refund may be used again`() async throws {
        let desk = try LimitDesk(nil)
        let policy = try Self.policy()
        let first = await desk.limits.check(policy, for: subject, cost: 2)
        #expect(first.isAdmitted && first.status.remaining == 1 && first.status.basis == .local)
        #expect(await desk.limits.peek(policy, for: subject).status.remaining == 1)
        #expect(await !desk.limits.check(policy, for: subject, cost: 2).isAdmitted)
        await desk.limits.refund(1, of: first, policy, for: subject)
        #expect(await desk.limits.check(policy, for: subject, cost: 2).isAdmitted)
        let batch = [desk.limits.request(policy, for: .other("b"), cost: 3), desk.limits.request(policy, for: .other("b"))]
        #expect(await desk.limits.decide(batch).map(\.isAdmitted) == [true, false])
        #expect(desk.metrics.count("tamm_rate_limit_decisions", ["outcome": "refused", "basis": "local"]) == 2)
    }

    @Test func `A store that answers decides`() async throws {
        let store = FakeLimitStore()
        let desk = try LimitDesk(store)
        let policy = try Self.policy()
        for left in [2, 1, 0] as [Int64] {
            let found = await desk.limits.check(policy, for: subject)
            #expect(found.isAdmitted && found.status.remaining == left && found.status.basis == .shared)
        }
        #expect(await !desk.limits.check(policy, for: subject).isAdmitted)
        #expect(desk.metrics.count("tamm_rate_limit_decisions", ["outcome": "admitted", "basis": "shared"]) == 3)
        #expect(desk.metrics.total("tamm_rate_limit_store_failures") == 0)
    }

    @Test func `A store that hangs is waited for until the deadline, however long it hangs`() async throws {
        let store = FakeLimitStore(.hangs)
        let desk = try LimitDesk(store)
        let policy = try Self.policy()
        let pending = Task { await desk.limits.check(policy, for: subject) }
        // The store has the question, and the deadline is being waited for; nothing has been decided.
        await store.asked(1)
        await desk.pauses.waiting(1)
        #expect(desk.pauses.durations == [.milliseconds(10)])
        #expect(desk.metrics.total("tamm_rate_limit_decisions") == 0)
        desk.pauses.end()
        let found = await pending.value
        #expect(found.isAdmitted && found.status.basis == .floor)
        #expect(desk.metrics.count("tamm_rate_limit_store_failures", ["cause": "late"]) == 1)
        store.letGo()
    }

    @Test func `While the store fails, a process admits no more than its policy, knowing what it has admitted before`()
        async throws
    {
        let store = FakeLimitStore()
        let desk = try LimitDesk(store)
        let policy = try Self.policy(10)
        for _ in 0..<4 { #expect(await desk.limits.check(policy, for: subject).isAdmitted) }
        store.behave(.fails)
        var admitted = 0
        for _ in 0..<30 {
            let found = await desk.limits.check(policy, for: subject)
            #expect(found.status.basis == .floor)
            if found.isAdmitted { admitted += 1 }
        }
        #expect(admitted == 6)
    }

    @Test func `After five failures the store is not asked, one tries after the pause, and an answer ends it`() async throws {
        let store = FakeLimitStore(.fails)
        let desk = try LimitDesk(store)
        let policy = try Self.policy(1000)
        for _ in 0..<20 { _ = await desk.limits.check(policy, for: subject) }
        #expect(store.questions == 5)
        #expect(desk.metrics.count("tamm_rate_limit_store_failures", ["cause": "error"]) == 5)
        #expect(desk.metrics.count("tamm_rate_limit_store_failures", ["cause": "skipped"]) == 15)
        desk.uptime.advance(by: .milliseconds(250))
        for _ in 0..<5 { _ = await desk.limits.check(policy, for: subject) }
        #expect(store.questions == 6)
        store.behave(.answers)
        desk.uptime.advance(by: .milliseconds(499))
        #expect(await desk.limits.check(policy, for: subject).status.basis == .floor)
        desk.uptime.advance(by: .milliseconds(1))
        for _ in 0..<5 { #expect(await desk.limits.check(policy, for: subject).status.basis == .shared) }
        #expect(store.questions == 11)
        #expect(desk.log.messages.contains { $0.hasPrefix("error the shared store of rate limits is not asked") })
        #expect(desk.log.messages.contains { $0.hasPrefix("notice the shared store of rate limits answers again") })
    }

    @Test func `However often it fails, the log gets a line in ten seconds, which says how often`() async throws {
        let store = FakeLimitStore(.fails)
        let desk = try LimitDesk(store, try RateLimitPatience(failuresToOpen: 1000))
        let policy = try Self.policy(1000)
        for _ in 0..<100 { _ = await desk.limits.check(policy, for: subject) }
        desk.uptime.advance(by: .seconds(10))
        for _ in 0..<10 { _ = await desk.limits.check(policy, for: subject) }
        let lines = desk.log.messages.filter { $0.contains("fails") }
        #expect(lines.count == 2)
        #expect(lines.last?.contains("failures=100") == true, "\(lines)")
    }

    @Test func `Open admits and closed refuses, but a cost above the policy is refused by both`() async throws {
        let policy = try Self.policy(1)
        for (failure, isAdmitted, basis) in [
            (.open, true, .open), (.closed(retryAfter: .seconds(2)), false, .closed),
        ] as [(RateLimitFailurePolicy, Bool, RateLimitStatus.Basis)] {
            let desk = try LimitDesk(FakeLimitStore(.fails), failure: failure)
            for _ in 0..<5 {
                let found = await desk.limits.check(policy, for: subject)
                #expect(found.isAdmitted == isAdmitted)
                #expect(found.status.basis == basis)
                if !isAdmitted { #expect(found.retryAfter == .seconds(2)) }
            }
            let never = await desk.limits.check(policy, for: subject, cost: 2)
            #expect(!never.isAdmitted && never.retryAfter == nil)
        }
    }

    @Test func `No more calls are under way than are allowed: a store that hangs holds no more`() async throws {
        let store = FakeLimitStore(.hangs)
        let desk = try LimitDesk(store, try RateLimitPatience(failuresToOpen: 1000, callsUnderWay: 3))
        let policy = try Self.policy(1000)
        let pending = (0..<3).map { _ in Task { await desk.limits.check(policy, for: subject) } }
        await store.asked(3)
        let found = await desk.limits.check(policy, for: subject)
        #expect(found.status.basis == .floor)
        #expect(desk.metrics.count("tamm_rate_limit_store_failures", ["cause": "crowded"]) == 1)
        await desk.pauses.waiting(3)
        desk.pauses.end()
        for task in pending { #expect(await task.value.status.basis == .floor) }
        store.letGo()
    }

    @Test func `A store that answers too few is not believed`() async throws {
        let desk = try LimitDesk(FakeLimitStore(.answersTooFew))
        #expect(await desk.limits.check(try Self.policy(), for: subject).status.basis == .floor)
    }

    @Test func `Leases too are held here while the store fails`() async throws {
        let store = FakeLimitStore()
        let desk = try LimitDesk(store)
        let limit = try ConcurrencyLimit("runs", 2, lifetime: .seconds(60))
        let first = try #require(await desk.limits.acquire(limit, for: subject).lease)
        #expect(first.basis == .shared)
        store.behave(.fails)
        let second = try #require(await desk.limits.acquire(limit, for: subject).lease)
        #expect(second.basis == .floor)
        #expect(await desk.limits.acquire(limit, for: subject).lease == nil)
        await desk.limits.release(second)
        #expect(await desk.limits.acquire(limit, for: subject).lease != nil)
        store.behave(.answers)
        desk.uptime.advance(by: .seconds(60))
        await desk.limits.release(first)
        #expect(await desk.limits.renew(first).lease?.expiry == first.expiry)
    }

    @Test(arguments: [
        (Duration.milliseconds(11), 5, 1, 1, "deadline"), (.zero, 5, 1, 1, "deadline"),
        (.milliseconds(1), 0, 1, 1, "failuresToOpen"), (.milliseconds(1), 5, 2, 1, "firstPause"),
        (.milliseconds(1), 5, 0, 1, "firstPause"), (.milliseconds(1), 5, 1, 61, "firstPause"),
    ])
    func `Patience has bounds`(_ deadline: Duration, _ failures: Int, _ first: Int, _ longest: Int, _ field: String) {
        let error = failure { () throws(TammError) in
            try RateLimitPatience(
                deadline: deadline, failuresToOpen: failures, firstPause: .seconds(first), longestPause: .seconds(longest))
        }
        #expect(error?.field == field)
    }
}

extension ConcurrencyDecision {
    fileprivate var lease: ConcurrencyLease? {
        if case .admitted(let lease) = self { lease } else { nil }
    }
}
