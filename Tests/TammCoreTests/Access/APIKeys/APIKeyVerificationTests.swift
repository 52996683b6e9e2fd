import Synchronization
import TammInMemory
import TammTesting
import Testing

@testable import TammCore

struct APIKeyVerificationTests {
    /// Answers as it is told, and counts.
    private final class Limiter: Sendable {
        let asked = Mutex(0)
        let refunded = Mutex(0)
        let wait = Mutex<Duration?>(nil)

        var limiter: APIKeyLimiter {
            APIKeyLimiter { _, _ throws(TammError) in
                self.asked.withLock { $0 += 1 }
                if let wait = self.wait.withLock({ $0 }) { return .refused(retryAfter: wait) }
                return .admitted { self.refunded.withLock { $0 += 1 } }
            }
        }
    }

    @Test func `A key is accepted with its workspace and what that has bought`() async throws {
        let house = try await KeyHouse()
        let (key, text) = try await house.issue()
        let decision = try await house.keys.verify(text, requiring: APIKeyScope("messages.write"), from: nil)
        guard case .accepted(let authenticated) = decision else { return #expect(Bool(false), "\(decision)") }
        #expect(authenticated.key == key && authenticated.workspace == house.bank.workspace)
        #expect(authenticated.subscription == nil && authenticated.receipt == nil)
    }

    /// From the last check to the first, one more of them fails each time, and the earlier one answers.
    @Test func `The checks are made in their order, and nothing is spent on a refusal`() async throws {
        let limits = Limiter()
        let house = try await KeyHouse(limiter: limits.limiter)
        let (bank, keys) = (house.bank, house.keys)
        try await bank.apply(.grant(GrantTerms(Credits(5), .purchased)), "grant")
        let (key, text) = try await house.issue(
            scopes: ["agents.read"], addresses: ["203.0.113.0/24"], lifetime: .seconds(60))
        let (scope, near, far) = ("agents.read", "203.0.113.9", "198.51.100.1")
        func refusal(_ scope: String, _ address: String?, _ text: String = text) async throws -> APIKeyRefusal? {
            try await house.refusal(text, scope, from: address, charging: Credits(6))
        }
        let asked = { limits.asked.withLock { $0 } }

        let poor = try await refusal(scope, near)
        #expect(poor == .credits(.insufficientCredits(available: try Credits(5), wanted: try Credits(6))))
        #expect(limits.refunded.withLock { $0 } == 1, "what the limiter has charged is given back")
        limits.wait.withLock { $0 = .seconds(7) }
        #expect(try await refusal(scope, near) == .rateLimited(retryAfter: .seconds(7)))
        #expect(asked() == 2)
        #expect(try await refusal(scope, far) == .addressNotAllowed)
        #expect(try await refusal(scope, nil) == .addressNotAllowed)
        let missing = try APIKeyScope("messages.write")
        #expect(try await refusal(missing.name, far) == .missingScope(missing))
        try await bank.workspaces.suspend(bank.workspace, because: "unpaid", as: .service)
        #expect(try await refusal(missing.name, far) == .workspaceSuspended)
        try await bank.workspaces.close(bank.workspace, because: "gone", as: .service)
        #expect(try await refusal(missing.name, far) == .workspaceClosing)
        bank.time.advance(by: .seconds(60))
        #expect(try await refusal(missing.name, far) == .expired)
        try await keys.disable(key.place, as: house.owner)
        #expect(try await refusal(missing.name, far) == .disabled)
        try await keys.revoke(key.place, as: house.owner)
        #expect(try await refusal(missing.name, far) == .revoked)
        let other = APIKeys(
            store: bank.store, time: bank.time.source, entropy: bank.entropy, wallets: bank.wallets, environment: .test,
            peppers: try PepperRing([KeyHouse.pepper(1)]))
        guard case .refused(.wrongEnvironment) = try await other.verify(text, requiring: missing, from: nil) else {
            return #expect(Bool(false), "the other environment accepts or sees another reason first")
        }
        let unknown = PresentedAPIKey(.live, entropy: bank.entropy).text
        #expect(try await refusal(missing.name, far, unknown) == .unknown)
        #expect(try await refusal(missing.name, far, String(unknown.dropLast()) + "!") == .malformed)
        // Those that were refused before the limiter did not ask it, and no credit was spent.
        #expect(asked() == 2)
        #expect(limits.refunded.withLock { $0 } == 1)
        let balance = try await bank.wallets.balance(of: bank.wallet, as: .service)
        #expect(balance.available == (try Credits(5)))
        #expect(
            try await bank.store.transaction(as: .service) { t throws(TammError) in
                try t.entries(of: bank.wallet.place, after: 0, limit: 10).count
            } == 1)
        #expect(house.keys.uses.take().isEmpty)
    }

    @Test func `The last instant of a key is before its expiry`() async throws {
        let house = try await KeyHouse()
        let (_, text) = try await house.issue(lifetime: .seconds(60))
        house.bank.time.advance(by: .microseconds(59_999_999))
        #expect(try await house.refusal(text) == nil)
        house.bank.time.advance(by: .microseconds(1))
        #expect(try await house.refusal(text) == .expired)
    }

    @Test func `Every reason that has to do with the key has one face, and a name of its own for the log`() throws {
        let refusals: [APIKeyRefusal] = [
            .malformed, .unknown, .signature(.missing), .wrongEnvironment, .revoked, .disabled, .expired, .workspaceSuspended,
            .workspaceClosing,
            .missingScope(try APIKeyScope("a")), .addressNotAllowed,
        ]
        #expect(Set(refusals.map(\.face)) == [.unauthenticated])
        let wait = APIKeyRefusal.rateLimited(retryAfter: .seconds(3))
        let poor = APIKeyRefusal.credits(.insufficientCredits(available: .zero, wanted: .one))
        #expect(wait.face == .rateLimited(retryAfter: .seconds(3)) && poor.face == .paymentRequired)
        let reasons = (refusals + [wait, poor]).map(\.reason)
        #expect(reasons == APIKeyRefusal.reasons && Set(reasons).count == reasons.count)
    }

    @Test func `A charge is debited once under its key, also when the request comes again`() async throws {
        let house = try await KeyHouse()
        try await house.bank.apply(.grant(GrantTerms(Credits(5), .purchased)), "grant")
        let (_, text) = try await house.issue()
        for _ in 0..<3 { #expect(try await house.refusal(text, charging: Credits(2), "one") == nil) }
        #expect(try await house.bank.wallets.balance(of: house.bank.wallet, as: .service).available == (try Credits(3)))
    }

    @Test(arguments: [APIKeyBudget.Period.day, .month, .lifetime])
    func `A budget is never overspent, however many spend at once, and begins anew in its period`(
        period: APIKeyBudget.Period
    ) async throws {
        let house = try await KeyHouse()
        try await house.bank.apply(.grant(GrantTerms(Credits(1000), .purchased)), "grant")
        let (key, text) = try await house.issue(budget: APIKeyBudget(try Credits(10), per: period))
        let second = try await house.keys.rotate(key.place, overlap: .seconds(3600), expiresAt: nil, as: house.owner)
        let texts = [text, second.rawKey()]
        func spend(_ round: String) async throws -> (accepted: Int, exhausted: Int) {
            try await withThrowingTaskGroup(of: APIKeyRefusal?.self) { group in
                for index in 0..<40 {
                    group.addTask {
                        try await house.refusal(texts[index % 2], charging: .one, "\(round)-\(index)")
                    }
                }
                return try await group.reduce(into: (0, 0)) { count, refusal in
                    switch refusal {
                    case nil: count.0 += 1
                    case .credits(.quotaExhausted): count.1 += 1
                    default: Issue.record("\(refusal as Any)")
                    }
                }
            }
        }
        #expect(try await spend("first") == (10, 30))
        #expect(try await house.bank.wallets.balance(of: house.bank.wallet, as: .service).available == (try Credits(990)))
        // 2026-01-01: a day later is another day of the same month.
        house.bank.time.advance(by: .seconds(1800))
        #expect(try await spend("later").accepted == 0)
        house.bank.time.set(try Timestamp(parsing: "2026-02-01T00:00:00Z"))
        let third = try await house.issue(budget: APIKeyBudget(try Credits(10), per: period))
        #expect(try await house.refusal(third.text, charging: .one, "third") == nil)
        let old = try await house.refusal(texts[1], charging: .one, "again")
        if period == .lifetime { #expect(old?.face == .paymentRequired) } else { #expect(old == nil) }
    }

    @Test(arguments: [APIKeyBudget.Period.day, .month])
    func `A charge that is tried again in the budget's next period is answered again and spends nothing`(
        period: APIKeyBudget.Period
    ) async throws {
        let house = try await KeyHouse()
        try await house.bank.grant(try Credits(100), "grant")
        let (_, text) = try await house.issue(budget: APIKeyBudget(try Credits(3), per: period))
        func receipt(_ charge: String) async throws -> WalletReceipt? {
            let decision = try await house.keys.verify(
                text, requiring: nil, from: nil, charging: APIKeyCharge(try Credits(2), key: IdempotencyKey(charge)))
            if case .accepted(let key) = decision { return key.receipt }
            return nil
        }
        let first = try #require(try await receipt("charge"))
        house.bank.time.advance(by: .days(32))
        #expect(try await receipt("charge") == first)
        #expect(try await receipt("another") != nil)
        #expect(try await receipt("third") == nil)
        #expect(try await house.bank.balance().available == 96.credits)
    }

    @Test func `A budget's day and month are those of UTC, up to the ends of the calendar`() throws {
        let id = Identifier<APIKey>(high: 1, low: 1)
        for (text, period, start, end) in [
            ("2026-02-28T23:59:59.999999Z", APIKeyBudget.Period.day, "2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"),
            ("2026-12-31T12:00:00Z", .month, "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2024-02-29T00:00:00Z", .month, "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
        ] {
            let claim = try APIKeyBudget(.one, per: period).claim(.one, for: id, at: Timestamp(parsing: text))
            #expect(try [claim.periodStart, claim.resetsAt] == [Timestamp(parsing: start), Timestamp(parsing: end)])
        }
        for moment in [Timestamp.min, .max] {
            for period in APIKeyBudget.Period.allCases {
                _ = try APIKeyBudget(.max, per: period).claim(.max, for: id, at: moment)
            }
        }
    }

    @Test func `Verifying writes no row: the status that somebody gives meanwhile stays`() async throws {
        let house = try await KeyHouse()
        let (key, text) = try await house.issue()
        #expect(try await house.refusal(text) == nil)
        try await house.keys.disable(key.place, as: house.owner)
        try await house.keys.recordUses()
        #expect(try await house.refusal(text) == .disabled)
        let kept = try await house.keys.keys(of: house.bank.workspace, as: house.owner)
        #expect(kept.map(\.status) == [.disabled] && kept[0].lastUsedAt == house.bank.time.now)
    }

    @Test func `Uses are coalesced, never go back, and are written again when the store was not there`() async throws {
        let house = try await KeyHouse()
        let (key, text) = try await house.issue()
        let start = house.bank.time.now
        func used() async throws -> Timestamp? {
            try await house.bank.store.transaction(as: .service) { t throws(TammError) in
                try t.apiKey(key.place)?.lastUsedAt
            }
        }
        for second in 0..<100 {
            house.bank.time.set(start.advanced(by: .seconds(second % 7)))
            #expect(try await house.refusal(text) == nil)
        }
        #expect(try await used() == nil)
        #expect(try await house.keys.recordUses() == 1)
        #expect(try await used() == start.advanced(by: .seconds(6)))
        // Within the minute nothing more is to be written.
        house.bank.time.set(start.advanced(by: .seconds(65)))
        #expect(try await house.refusal(text) == nil)
        #expect(try await house.keys.recordUses() == 0)
        house.bank.time.set(start.advanced(by: .seconds(66)))
        #expect(try await house.refusal(text) == nil)
        #expect(try await house.keys.recordUses() == 1)
        house.bank.time.set(start)
        house.keys.uses.putBack([APIKeyUse(key.place, at: start)])
        #expect(try await house.keys.recordUses() == 1)
        #expect(try await used() == start.advanced(by: .seconds(66)))
    }
}
