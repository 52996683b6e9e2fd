import HTTPTypes
import Synchronization
import TammInMemory
import TammTesting
import Testing

@testable import TammCore

@Suite struct `The external API` {
    @Test func `lets a key in as itself: in its workspace, with its scopes, environment, budget and limits`() async throws {
        let house = try await APIHouse()
        try await house.bank.grant(Credits(9), "grant")
        let (key, text) = try await house.issue(budget: APIKeyBudget(Credits(5), per: .day))
        let answer = await house.api.admit(
            try house.call(text), requiring: try APIKeyScope("messages.write"), charging: try house.charge(2))
        guard case .admitted(let admitted) = answer else { throw Unexpected("\(answer)") }
        #expect(admitted.principal == .key(key.id, in: house.bank.workspace) && admitted.workspace == house.bank.workspace)
        #expect(admitted.scopes == key.terms.scopes && admitted.environment == .live && admitted.signature == nil)
        let two = try Credits(2)
        #expect(admitted.budget == key.terms.budget && admitted.key.receipt?.amount == two)
        #expect(admitted.fields[.rateLimitPolicy] == #""api.requests.per-60s";q=1;w=60"#)
        #expect(admitted.fields[.rateLimit] == #""api.requests.per-60s";r=4;t=60"#)
        admitted.answered(with: 201)
        admitted.answered(with: 500)
        #expect(try await house.logged() == ["201"])
        let records = try await house.tamm.audit.records(in: .requests, of: house.bank.workspace, limit: 10, as: house.owner)
        guard case .request(let request) = records.first?.record else { throw Unexpected("\(records)") }
        #expect(request.key == key.id && request.method == "POST" && request.path == "/v1/messages")
        let client = try IPAddress(parsing: "203.0.113.9")
        #expect(request.address == client && request.requestID == "gateway-1")
        #expect(request.id == admitted.id && request.at == house.bank.time.now)
        #expect(try await house.keys.recordUses() == 1)
    }

    /// From the last check to the first, one more of them fails each time, and the earlier one decides.
    @Test func `checks in its order, spends nothing on a refusal, and logs the reason that it does not tell`() async throws {
        let wait = Mutex<Duration?>(nil)
        let balance = Mutex(0)
        let limiter = APIKeyLimiter { _, _ throws(TammError) in
            if let wait = wait.withLock({ $0 }) { return .refused(retryAfter: wait) }
            balance.withLock { $0 += 1 }
            return .admitted { balance.withLock { $0 -= 1 } }
        }
        let house = try await APIHouse(limiter: limiter)
        let bank = house.bank
        try await bank.grant(Credits(5), "grant")
        let (key, text) = try await house.issue(
            scopes: ["agents.read"], addresses: ["203.0.113.0/24"], limit: 1, signature: .required, expiresIn: .seconds(60))
        var call = try await house.signed(house.call(text), by: key)
        var scope = "agents.read"
        var log: [String] = []
        var bodies: Set<String> = []
        func expect(_ status: Int, _ line: String?, _ sourceLocation: SourceLocation = #_sourceLocation) async throws {
            let answer = await house.api.admit(call, requiring: try APIKeyScope(scope), charging: try house.charge(6))
            guard case .refused(let response) = answer else { throw Unexpected("admitted instead of \(status)") }
            #expect(response.problem.status == status && response.head.status.code == status, sourceLocation: sourceLocation)
            if let line { log.append("\(status) \(line)") }
            #expect(try await house.logged() == log, sourceLocation: sourceLocation)
            if status == 401 {
                let id = try #require(response.problem.instance)
                bodies.insert(
                    "\(response.head.headerFields)\(String(decoding: response.body, as: UTF8.self))".replacing(id, with: ""))
            }
            #expect(try await house.room(key) == 1, sourceLocation: sourceLocation)
            #expect(balance.withLock { $0 } == 0, sourceLocation: sourceLocation)
            #expect(house.nonces.count == 0, "no nonce is used up", sourceLocation: sourceLocation)
            #expect(try await house.credits() == (try Credits(5)), sourceLocation: sourceLocation)
        }

        try await expect(402, "credits")
        // The limit is the key's own; what was taken of it is given back.
        let policy = try #require(key.terms.rateLimit("api.requests")).policy()
        let taken = await house.limits.check(policy, for: .key(key.lineage))
        let limited = await house.api.admit(call, requiring: try APIKeyScope(scope), charging: try house.charge(6))
        guard case .refused(let response) = limited else { throw Unexpected("admitted above the limit") }
        #expect(response.problem.status == 429 && response.head.headerFields[.retryAfter] == "3600")
        #expect(response.problem.violatedPolicies == ["api.requests.per-3600s"])
        log.append("429 rate-limited")
        await house.limits.refund(1, of: taken, policy, for: .key(key.lineage))
        #expect(balance.withLock { $0 } == 0)
        wait.withLock { $0 = .milliseconds(1500) }
        try await expect(429, "rate-limited")

        call.head.headerFields[.forwardedFor] = "198.51.100.7"
        try await expect(401, "address-not-allowed")
        scope = "messages.write"
        try await expect(401, "missing-scope")
        try await bank.workspaces.suspend(bank.workspace, because: "unpaid", as: .service)
        try await expect(401, "workspace-suspended")
        bank.time.advance(by: .seconds(60))
        try await expect(401, "expired")
        try await house.keys.disable(key.place, as: house.owner)
        try await expect(401, "disabled")
        try await house.keys.revoke(key.place, as: house.owner)
        try await expect(401, "revoked")
        call.body = Array("{ }".utf8)
        try await expect(401, "signature.digest-mismatch")
        call.head.headerFields[.signature] = nil
        call.head.headerFields[.signatureInput] = nil
        try await expect(401, "signature.missing")
        // What comes without a known key belongs to no workspace's log.
        call.head.headerFields[.authorization] = "Bearer \(PresentedAPIKey(.live, entropy: bank.entropy).text)"
        try await expect(401, nil)
        call.head.headerFields[.authorization] = nil
        try await expect(401, nil)
        call.body = [UInt8](repeating: 32, count: 1025)
        try await expect(413, nil)
        #expect(bodies.count == 1, "one answer, byte for byte, but for the request's name: \(bodies)")
        #expect(bodies.first?.contains("Bearer") == true)
        #expect(try await house.keys.recordUses() == 0, "no refused key counts as used")
    }

    @Test func `is for one environment`() async throws {
        let house = try await APIHouse(.test)
        let (_, text) = try await house.issue()
        #expect(try await house.status(house.call(text)) == 401)
        #expect(try await house.logged() == ["401 wrong-environment"])
    }

    @Test func `counts by the key's own limit, else the plan's, else the one for those without`() async throws {
        let house = try await APIHouse()
        let (own, ownText) = try await house.issue(limit: 2)
        let (_, text) = try await house.issue()
        for _ in 0..<2 { #expect(try await house.status(house.call(ownText)) == 200) }
        #expect(try await house.status(house.call(ownText)) == 429)
        #expect(try await house.room() == 5, "the workspace's is another")
        let next = try await house.keys.rotate(own.place, overlap: .seconds(60), expiresAt: nil, as: house.owner)
        #expect(try await house.status(house.call(next.rawKey())) == 429, "who comes in its place has no room of its own")
        for _ in 0..<5 { #expect(try await house.status(house.call(text)) == 200) }
        #expect(try await house.status(house.call(text)) == 429)
        _ = try await house.tamm.subscriptions.assign(PlanID("growth"), to: house.bank.workspace, as: .service)
        let plan = try #require(try await house.tamm.plans.plan(of: house.bank.workspace, as: .service))
        let burst = try #require(plan.version.rateLimit("api.requests")?.windows.map(\.burst).min())
        for _ in 0..<burst { #expect(try await house.status(house.call(text)) == 200) }
        #expect(try await house.status(house.call(text)) == 429)
    }

    @Test func `gives back what a request without credits was charged, nonce and all`() async throws {
        let house = try await APIHouse()
        let (key, text) = try await house.issue(limit: 1)
        let call = try await house.signed(house.call(text), by: key)
        #expect(try await house.status(call, charging: house.charge(3)) == 402)
        try await house.bank.grant(Credits(3), "grant")
        #expect(try await house.status(call, charging: house.charge(3)) == 200, "the same request, when there are some")
        #expect(try await house.status(call, charging: house.charge(3)) == 401, "once")
        let next = try await house.signed(house.call(text), by: key, nonce: "nonce-2")
        #expect(try await house.status(next, charging: house.charge(3)) == 429)
        #expect(try await house.credits() == .zero)
    }

    @Test func `answers 503 where a store does not answer, and has then spent nothing`() async throws {
        let house = try await APIHouse()
        try await house.bank.grant(Credits(5), "grant")
        let (key, text) = try await house.issue(limit: 1)
        let call = try await house.signed(house.call(text), by: key)
        house.store.set(isDown: true)
        let answer = await house.api.admit(call, requiring: nil)
        guard case .refused(let response) = answer else { throw Unexpected("admitted without a store") }
        #expect(response.problem.status == 503 && response.head.headerFields[.retryAfter] == "1")
        house.store.set(isDown: false)
        house.store.set(isLedgerDown: true)
        #expect(try await house.status(call, charging: house.charge(2)) == 503)
        #expect(try await house.room(key) == 1)
        house.store.set(isLedgerDown: false)
        #expect(try await house.status(call, charging: house.charge(2)) == 200)
        #expect(try await house.logged() == ["503 failed.unavailable", "200"], "the first one's workspace was not known")
    }

    @Test func `answers 503 where limits are closed and their store does not answer`() async throws {
        let house = try await APIHouse(shared: LostLimitStore())
        try await house.bank.grant(Credits(5), "grant")
        let (key, text) = try await house.issue()
        let call = try await house.signed(house.call(text), by: key)
        let answer = await house.api.admit(call, requiring: nil, charging: try house.charge(2))
        guard case .refused(let response) = answer else { throw Unexpected("admitted without limits") }
        #expect(response.problem.status == 503 && response.head.headerFields[.retryAfter] == "2")
        #expect(try await house.logged() == ["503 failed"])
        #expect(house.nonces.count == 0)
        #expect(try await house.credits() == (try Credits(5)))
    }

    @Test func `has a limiter for those who verify keys alone, which gives back too`() async throws {
        let house = try await APIHouse()
        let limit = try PlanLimit(
            otherwise: APIHouse.otherwise.get(), rules: BillingRules(catalogue: .example, policy: .standard))
        let keys = house.tamm.apiKeys(
            .live, peppers: try PepperRing([KeyHouse.pepper(1)]), limiter: APIKeyLimiter(limit, in: house.limits))
        let (_, text) = try await house.issue()
        func refusal(_ charge: APIKeyCharge?) async throws -> APIKeyRefusal? {
            let decision = try await keys.verify(text, requiring: nil, from: nil, charging: charge)
            return if case .refused(let refusal) = decision { refusal } else { nil }
        }
        for _ in 0..<9 { #expect(try await refusal(house.charge(2))?.reason == "credits") }
        #expect(try await house.room() == 5)
        for _ in 0..<5 { #expect(try await refusal(nil) == nil) }
        #expect(try await refusal(nil) == .rateLimited(retryAfter: .seconds(60)))
    }

    @Test func `answers 409 for an idempotency key that was used for something else`() async throws {
        let house = try await APIHouse()
        try await house.bank.grant(Credits(5), "grant")
        let (_, text) = try await house.issue()
        #expect(try await house.status(house.call(text), charging: house.charge(2)) == 200)
        #expect(try await house.status(house.call(text), charging: house.charge(3)) == 409)
        #expect(try await house.room() == 4)
        #expect(try await house.logged() == ["200", "409 failed.conflict"])
    }

    @Test func `logs what was admitted and never answered`() async throws {
        let house = try await APIHouse()
        let (_, text) = try await house.issue()
        do { _ = await house.api.admit(try house.call(text), requiring: nil) }
        #expect(try await house.logged() == ["500 unanswered"])
    }

    @Test func `admits no more than the limit of many at once, and logs each of them`() async throws {
        let house = try await APIHouse()
        let (_, text) = try await house.issue(limit: 20)
        let call = try house.call(text)
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<100 { group.addTask { try await house.status(call) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 200 } == 20 && statuses.count { $0 == 429 } == 80)
        let log = try await house.logged()
        #expect(log.count { $0 == "200" } == 20 && log.count { $0 == "429 rate-limited" } == 80)
    }

    @Test func `lets a key read what its scopes say, of its own workspace, and write nothing`() async throws {
        let house = try await APIHouse()
        try await house.bank.grant(Credits(5), "grant")
        let (key, _) = try await house.issue(scopes: ["billing.read"])
        let (other, _) = try await house.issue(scopes: ["messages.write"])
        let principal = Principal.key(key.id, in: house.bank.workspace)
        #expect(try await house.bank.wallets.balance(of: house.bank.wallet, as: principal).available == (try Credits(5)))
        let foreign = Identifier<User>(high: 3, low: 3)
        let elsewhere = try await house.tamm.workspaces.create(named: "Other", owner: foreign, as: .service)
        let found = try await house.store.transaction(as: .key(key.id, in: elsewhere.id)) { t throws(TammError) in
            (try t.standing(in: elsewhere.id), try t.workspace(elsewhere.id))
        }
        #expect(found.0 == .stranger && found.1 == nil)
        let writer = Principal.key(other.id, in: house.bank.workspace)
        let attempts: [(String, @Sendable () async throws -> Void)] = [
            ("a balance", { _ = try await house.bank.wallets.balance(of: house.bank.wallet, as: writer) }),
            ("a debit", { _ = try await house.bank.submit(.debit(.one, shortfall: .refuse), "d", as: principal) }),
            ("a key", { _ = try await house.keys.revoke(other.place, as: principal) }),
            ("a role", { try await house.bank.workspaces.setRole(.owner, of: foreign, in: house.bank.workspace, as: principal) }),
            ("a status", { try await house.bank.workspaces.suspend(house.bank.workspace, because: "", as: principal) }),
        ]
        for (what, attempt) in attempts {
            await #expect("\(what)") { try await attempt() } throws: {
                [.forbidden, .notFound].contains(($0 as? TammError)?.code)
            }
        }
        try await house.keys.disable(key.place, as: house.owner)
        await #expect { _ = try await house.bank.wallets.balance(of: house.bank.wallet, as: principal) } throws: {
            ($0 as? TammError)?.code == .notFound
        }
    }
}

struct Unexpected: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
