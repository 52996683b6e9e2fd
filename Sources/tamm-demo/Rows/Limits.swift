import HTTPTypes
import Synchronization
import TammCore
import TammTesting

extension LaunchChecklist {
    static let limits = ChecklistArea(
        "Limits", [.built(FreeAgainstPaid.self), .built(TooManyRequests.self), .built(FailOpen.self)])
}

/// Two workspaces ask as often as they can for a minute; their plans decide how often they may.
struct FreeAgainstPaid: LaunchRow {
    static let id = "limits.free-vs-paid"
    static let title = "the plan decides the limit"

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        for (plan, wanted) in [("free", 10), ("growth", 610)] {
            let house = try await DemoHouse(context, plan: plan)
            let limits = try context.limits(house.time.source)
            let standing = try await house.plans.plan(of: house.workspace.id, as: .service)
            let version = try row.require(standing, "the workspace's plan").version
            let limit = try row.require(version.rateLimit("api.requests"), "the plan's rate limit")
            let policy = try context.policy(limit.policy())
            row.did("a workspace on \(version.reference) sent 50 requests a second for a minute")
            var admitted = 0
            for second in 0..<60 {
                if second > 0 { house.time.advance(by: .seconds(1)) }
                for _ in 0..<50 {
                    if await limits.check(policy, for: .workspace(house.workspace.id)).isAdmitted { admitted += 1 }
                }
            }
            let windows = limit.windows.map { "\($0.count) in \($0.periodSeconds) s, at most \($0.burst) at once" }
            row.evidence("\(admitted) of 3000 admitted; the plan says \(windows.joined(separator: "; "))")
            row.expect(admitted, equals: wanted, "requests admitted on \(plan)")
            let left = await limits.peek(policy, for: .workspace(house.workspace.id)).status
            row.evidence("the limit reads: \(left.remaining) left, whole again in \(left.resetAfter)")
        }
    }
}

/// A request over the limit is told when to come back, and that is the moment.
struct TooManyRequests: LaunchRow {
    static let id = "limits.429"
    static let title = "over the limit: 429, Retry-After and a problem document; the wait it names is exact"

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        let time = ManualTime(context.now)
        let limits = try context.limits(time.source)
        let policy = try context.policy(
            RateLimitPolicy(
                "api.requests",
                [.gcra("burst", 100, per: .seconds(60), burst: 3), .gcra("daily", 1000, per: .seconds(86_400), burst: 1000)]))
        let address = try IPAddress(parsing: "2001:db8:1:2::7")
        row.did("a client sent requests until one was refused, then came back a microsecond too early, and in time")
        var decisions: [RateLimitDecision] = []
        for _ in 0..<4 { decisions.append(await limits.check(policy, for: .address(address))) }
        row.expect(decisions.map(\.isAdmitted), equals: [true, true, true, false], "what is admitted")
        let last = try row.require(decisions.last, "a decision")
        let answer = try row.require(
            ProblemResponse(last, of: policy, fields: .draft10), "an answer that refuses")
        row.evidence(
            "\(answer.head.status.code), \(answer.head.headerFields.map { "\($0.name.rawName): \($0.value)" }.joined(separator: ", "))")
        row.evidence(String(decoding: answer.body, as: UTF8.self))
        row.expect(answer.head.status.code, equals: 429, "the status")
        row.expect(answer.head.headerFields[.retryAfter], equals: "1", "Retry-After")
        row.expect(answer.problem.violatedPolicies, equals: ["api.requests.burst"], "the violated policies")

        let wait = try row.require(last.retryAfter, "a wait")
        let neighbour = try IPAddress(parsing: "2001:db8:1:2:ffff::1")
        time.advance(by: wait - .microseconds(1))
        let early = await limits.check(policy, for: .address(neighbour))
        row.evidence("\(wait - .microseconds(1)) later, from the same /64: \(early.isAdmitted ? "admitted" : "refused")")
        row.expect(!early.isAdmitted, "a request before the wait is over is refused")
        time.advance(by: .microseconds(1))
        let exact = await limits.check(policy, for: .address(address))
        row.evidence("\(wait) later: \(exact.isAdmitted ? "admitted" : "refused")")
        row.expect(exact.isAdmitted, "a request after the wait is admitted")
    }
}

/// A shared store that fails, hangs, and comes back.
struct FailOpen: LaunchRow {
    static let id = "limits.fail-open"
    static let title =
        "the shared limit store gone: requests go through within 10 ms, counted and logged; it comes back by itself"

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        let time = ManualTime(context.now)
        let store = FailingLimitStore(try LocalRateLimitStore(capacity: 4096))
        let (counts, log) = (DemoCounters(), DemoLog())
        let limits = RateLimits(
            store: store, seed: RateLimitSeed(entropy: SeededEntropy(seed: context.seed).source),
            failure: context.limitFailure,
            patience: try RateLimitPatience(
                failuresToOpen: 5, firstPause: .milliseconds(1), longestPause: .milliseconds(1)),
            local: try LocalRateLimitStore(capacity: 4096), time: time.source, entropy: .system, metrics: counts,
            logger: log.logger)
        let policy = try RateLimitPolicy("api.requests", [.gcra("burst", 20, per: .seconds(3600), burst: 20)])
        let subject = RateLimitSubject.other("a client")
        let before = await limits.check(policy, for: subject)
        row.expect(before.status.basis, equals: .shared, "who decides before")

        for (mode, requests) in [(FailingLimitStore.Mode.hangs, 4), (.fails, 40)] {
            row.did("the shared store \(mode == .hangs ? "hung" : "failed"); \(requests) requests were sent")
            store.set(mode)
            var longest = Duration.zero
            var found: [RateLimitDecision] = []
            for _ in 0..<requests {
                let start = ContinuousClock.now
                found.append(await limits.check(policy, for: subject))
                longest = max(longest, ContinuousClock.now - start)
            }
            let admitted = found.count { $0.isAdmitted }
            row.evidence(
                "\(admitted) of \(requests) went through, all decided by \(Set(found.map { "\($0.status.basis)" }).sorted().joined(separator: ", "))"
            )
            row.evidence("the longest wait was \(Int(longest / .microseconds(1))) µs")
            row.expect(found.allSatisfy { $0.status.basis == .floor }, "this process's own limits decide")
            // The deadline of 10 ms, and what a machine with other things to do adds to it.
            row.expect(longest < .seconds(1), "no request waits for the store, found \(longest)")
            row.expect(admitted, equals: mode == .hangs ? 4 : 15, "requests that went through")
        }
        let failures = counts.total("tamm_rate_limit_store_failures")
        row.evidence(
            "counted: \(failures) times without an answer, \(counts.total("tamm_rate_limit_decisions")) decisions; the log has \(log.count) lines"
        )
        row.expect(failures, equals: 44, "failures counted")
        row.expect((1...20).contains(log.count), "the log has some lines and not one for each failure")

        row.did("the shared store was there again")
        store.set(.answers)
        var isBack = false
        for _ in 0..<2000 where !isBack {
            isBack = await limits.peek(policy, for: subject).status.basis == .shared
            if !isBack { try await Task.sleep(for: .milliseconds(1)) }
        }
        row.evidence(isBack ? "it decides again, asked by itself" : "it is not asked any more")
        row.expect(isBack, "the shared store decides again")
    }
}
