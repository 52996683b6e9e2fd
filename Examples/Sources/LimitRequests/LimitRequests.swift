import HTTPTypes
import TammCore
import TammInMemory

/// A workspace's plan limits its requests; the one too many is answered with 429 and told when to come back.
@main
struct LimitRequests {
    static func main() async throws {
        for line in try await lines(time: .system, entropy: .system) { print(line) }
    }

    static func lines(time: TimeSource, entropy: EntropySource) async throws -> [String] {
        // The requests of this example all come at one moment.
        let now = time.now()
        let time = TimeSource { now }
        let tamm = Tamm(store: InMemoryStore(), time: time, entropy: entropy, catalogue: .example, prices: .example)
        let user = Identifier<User>(at: now, entropy: entropy)
        let workspace = try await tamm.workspaces.create(named: "Nile Books", owner: user, as: .service)
        _ = try await tamm.subscriptions.assign(PlanID("free"), to: workspace.id, as: .service)
        let plan = try await tamm.plans.plan(of: workspace.id, as: .service)?.version

        // snippet: limits
        let limits = RateLimits(local: try LocalRateLimitStore(), time: time, entropy: entropy)
        // end snippet
        guard let policy = try plan?.rateLimit("api.requests")?.policy() else { return ["no limit"] }
        var lines: [String] = []
        for _ in 0..<2 {
            // snippet: check
            let decision = await limits.check(policy, for: .workspace(workspace.id))
            if let refusal = ProblemResponse(decision, of: policy, fields: .draft10) {
                // … `refusal.head` and `refusal.body` are the answer.
                lines.append("\(refusal.head.status.code), Retry-After: \(refusal.head.headerFields[.retryAfter] ?? "none")")
            } else {
                lines.append("admitted, \(decision.status.remaining) left")
            }
            // end snippet
        }
        return try await lines + cost(limits) + together(limits)
    }

    /// What costs more counts for more, and what was not used comes back.
    static func cost(_ limits: RateLimits) async throws -> [String] {
        // snippet: policy
        let policy = try RateLimitPolicy(
            "exports",
            [
                .gcra("burst", 60, per: .seconds(60), burst: 10),
                .slidingWindow("daily", 1000, per: .seconds(86_400)),
            ])
        let client = RateLimitSubject.address(try IPAddress(parsing: "2001:db8:1:2::7"))  // its /64
        let decision = await limits.check(policy, for: client, cost: 8)
        await limits.refund(3, of: decision, policy, for: client)  // it took 5 in the end
        // end snippet
        return ["\(await limits.peek(policy, for: client).status.remaining) left after 8 and 3 back"]
    }

    /// Two at the same time.
    static func together(_ limits: RateLimits) async throws -> [String] {
        // snippet: lease
        let runs = try ConcurrencyLimit("agent.runs", 2, lifetime: .seconds(300))
        if case .admitted(let lease) = await limits.acquire(runs, for: .other("agent 7")) {
            // … the work; a lease that is never given back ends by itself.
            await limits.release(lease)
        }
        // end snippet
        var held = 0
        for _ in 0..<3 {
            if case .admitted = await limits.acquire(runs, for: .other("agent 7")) { held += 1 }
        }
        return ["\(held) of 3 runs at the same time"]
    }
}
