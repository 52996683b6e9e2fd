import TammInMemory
import TammTesting
import Testing

@testable import TammCore

struct APIKeyManagementTests {
    @Test func `A key's text is in the answer to who made it, and in no row`() async throws {
        let house = try await KeyHouse()
        let (key, text) = try await house.issue()
        #expect(text.contains(key.label))
        let listed = try await house.keys.keys(of: house.bank.workspace, as: house.owner)
        let entries = try await house.audit("api-key.issued")
        var shown = ""
        dump(listed, to: &shown)
        dump(entries, to: &shown)
        #expect(listed == [key] && entries.count == 1)
        #expect(!shown.contains(text.suffix(49)) && !shown.contains(text))
        #expect(entries[0].actor == .user(Bank.ownerID) && entries[0].subject.id == key.id.description)
    }

    @Test func `A revoked, disabled or suspended key fails the very next time, and a revoked one for good`() async throws {
        let house = try await KeyHouse()
        let (key, text) = try await house.issue()
        #expect(try await house.refusal(text) == nil)
        try await house.keys.disable(key.place, because: "looks odd", as: house.owner)
        #expect(try await house.refusal(text) == .disabled)
        try await house.keys.enable(key.place, as: house.owner)
        #expect(try await house.refusal(text) == nil)
        try await house.bank.workspaces.suspend(house.bank.workspace, because: "unpaid", as: .service)
        #expect(try await house.refusal(text) == .workspaceSuspended)
        try await house.bank.workspaces.resume(house.bank.workspace, because: "paid", as: .service)
        #expect(try await house.refusal(text) == nil)
        for _ in 0..<2 { try await house.keys.revoke(key.place, because: "lost", as: house.owner) }
        #expect(try await house.refusal(text) == .revoked)
        for again in [house.keys.enable, house.keys.disable] {
            await #expect { try await again(key.place, "", house.owner) } throws: { ($0 as? TammError)?.code == .conflict }
        }
        let actions = try await AuditTrail(store: house.bank.store).entries(of: house.bank.workspace, as: .service)
        #expect(
            actions.map(\.action.name).filter { $0.hasPrefix("api-key") }.sorted() == [
                "api-key.disabled", "api-key.enabled", "api-key.issued", "api-key.revoked",
            ])
    }

    @Test func `Only who manages keys makes, changes or sees them`() async throws {
        let house = try await KeyHouse()
        let (key, _) = try await house.issue()
        let terms = key.terms
        let stranger = try await house.bank.neighbour().owner
        for (principal, code) in [
            (try await house.bank.member(.member, 1), TammError.Code.forbidden), (stranger, .notFound), (.ledger, .forbidden),
        ] {
            let workspace = house.bank.workspace
            #expect(
                await failure {
                    _ = try await house.keys.issue(terms, .live, in: workspace, expiresAt: nil, as: principal).rawKey()
                }?.code == code)
            #expect(await failure { try await house.keys.revoke(key.place, as: principal) }?.code == code)
            #expect(await failure { try await house.keys.enable(key.place, as: principal) }?.code == code)
            #expect(await failure { _ = try await house.keys.keys(of: workspace, as: principal) }?.code == code)
            #expect(
                await failure {
                    _ = try await house.keys.rotate(key.place, overlap: .zero, expiresAt: nil, as: principal).rawKey()
                }?.code == code)
        }
        let admin = try await house.bank.member(.admin, 2)
        try await house.keys.revoke(key.place, as: admin)
        #expect(try await house.audit("api-key.revoked").map(\.actor) == [AuditActor(admin)])
    }

    @Test func `Rotation overlaps for as long as it is told, and never longer than the old key would have lived`() async throws {
        let house = try await KeyHouse()
        let time = house.bank.time
        let (old, text) = try await house.issue(addresses: ["203.0.113.0/24"], lifetime: .seconds(100))
        let issued = try await house.keys.rotate(old.place, overlap: .seconds(1000), expiresAt: nil, as: house.owner)
        let new = issued.key
        let newText = issued.rawKey()
        #expect(new.replaces == old.id && new.lineage == old.id && new.terms == old.terms && new.expiresAt == nil)
        time.advance(by: .seconds(99))
        for text in [text, newText] { #expect(try await house.refusal(text, from: "203.0.113.1") == nil) }
        time.advance(by: .seconds(1))
        #expect(try await house.refusal(text, from: "203.0.113.1") == .expired)
        #expect(try await house.refusal(newText, from: "203.0.113.1") == nil)
        // Over already: nothing to rotate. The new one is, and its old text ends at once.
        #expect(
            await failure {
                _ = try await house.keys.rotate(old.place, overlap: .zero, expiresAt: nil, as: house.owner).rawKey()
            }?.code == .conflict)
        let third = try await house.keys.rotate(
            new.place, overlap: .zero, expiresAt: time.now.advanced(by: .seconds(5)), as: house.owner)
        #expect(third.key.lineage == old.id && third.key.replaces == new.id)
        #expect(try await house.refusal(newText, from: "203.0.113.1") == .revoked)
        #expect(try await house.refusal(third.rawKey(), from: "203.0.113.1") == nil)
    }

    @Test func `Keys under an older pepper are accepted, move to the newest when used, and are then free of the old`() async throws {
        let store = InMemoryStore()
        let before = try await KeyHouse(over: store)
        let (_, first) = try await before.issue()
        let (_, second) = try await before.issue()
        func keys(_ versions: Int...) throws -> APIKeys {
            APIKeys(
                store: store, time: before.bank.time.source, entropy: before.bank.entropy, wallets: before.bank.wallets,
                environment: .live, peppers: try PepperRing(versions.map { try KeyHouse.pepper($0) }))
        }
        func isAccepted(_ keys: APIKeys, _ text: String) async throws -> Bool {
            if case .accepted = try await keys.verify(text, requiring: nil, from: nil) { true } else { false }
        }
        let both = try keys(2, 1)
        #expect(try await isAccepted(both, first))
        try await both.recordUses()
        #expect(try await both.keys(digestedWith: 1) == 1)
        #expect(try await both.keys(digestedWith: 2) == 1)
        let newest = try keys(2)
        #expect(try await isAccepted(newest, first))
        #expect(try await !isAccepted(newest, second))
        #expect(try await isAccepted(both, second))
        try await both.recordUses()
        #expect(try await both.keys(digestedWith: 1) == 0)
        #expect(try await isAccepted(newest, second))
        #expect(try await !isAccepted(before.keys, second))
    }

    @Test func `A new pepper reaches one process after the other, and no key is unknown to any of them`() async throws {
        let store = InMemoryStore()
        let house = try await KeyHouse(over: store, peppers: .withoutPepper)
        let (_, bare) = try await house.issue()
        func process(_ versions: [Int], current: Int, unpeppered: Bool) throws -> APIKeys {
            APIKeys(
                store: store, time: house.bank.time.source, entropy: house.bank.entropy, wallets: house.bank.wallets,
                environment: .live,
                peppers: try PepperRing(versions.map { try KeyHouse.pepper($0) }, current: current, unpeppered: unpeppered))
        }
        let terms = try APIKeyTerms(name: "k", scopes: [])
        var texts = [bare]
        func isAccepted(_ processes: APIKeys...) async throws {
            for keys in processes {
                for text in texts {
                    guard case .accepted = try await keys.verify(text, requiring: nil, from: nil) else {
                        return #expect(Bool(false), "\(keys.peppers.version)")
                    }
                }
                try await keys.recordUses()
                texts.append(
                    try await keys.issue(terms, .live, in: house.bank.workspace, expiresAt: nil, as: .service).rawKey())
            }
        }
        let first = try process([1], current: 0, unpeppered: true)
        let second = try process([1], current: 1, unpeppered: true)
        try await isAccepted(house.keys, first, house.keys)
        try await isAccepted(first, second, first, second)
        let third = try process([1, 2], current: 1, unpeppered: true)
        try await isAccepted(second, third, second)
        #expect(try await third.keys(digestedWith: 0) == 0)
        let last = try process([2, 1], current: 2, unpeppered: false)
        try await isAccepted(last, third, last)
        #expect(last.peppers.version == 2)
        for ring in [([1, 2], 3, false), ([1], 0, false), ([1, 2, 3, 4], 1, true), ([], 0, true)] {
            #expect(throws: TammError.self) { _ = try process(ring.0, current: ring.1, unpeppered: ring.2) }
        }
    }

    @Test func `A rotation without overlap ends the old key for a process whose clock is behind too`() async throws {
        let house = try await KeyHouse()
        let (old, text) = try await house.issue()
        _ = try await house.keys.rotate(old.place, overlap: .zero, expiresAt: nil, as: house.owner).rawKey()
        let behind = ManualTime(house.bank.time.now.advanced(by: .seconds(-60)))
        let there = APIKeys(
            store: house.bank.store, time: behind.source, entropy: house.bank.entropy, wallets: house.bank.wallets,
            environment: .live, peppers: try PepperRing([KeyHouse.pepper(1)]))
        guard case .refused(.revoked) = try await there.verify(text, requiring: nil, from: nil) else {
            return #expect(Bool(false))
        }
        let rotated = try #require(try await house.audit("api-key.rotated").first)
        #expect(rotated.details.contains { $0.name == "status" && $0.value == "revoked" })
    }

    @Test func `No reason is too long or too odd to stop a switch, and no key stays in what is written down`() async throws {
        let house = try await KeyHouse()
        let (key, text) = try await house.issue()
        let reason = "found\n\u{2028}at \(text): " + String(repeating: "é", count: 5000)
        try await house.keys.disable(key.place, because: reason, as: house.owner)
        try await house.keys.revoke(key.place, because: String(text.dropLast(9)), as: house.owner)
        try await house.bank.workspaces.suspend(house.bank.workspace, because: reason, as: .service)
        let second = try await house.issue()
        let source = "https://paste.example/?k=\(second.text)&x=tamm_test_0"
        _ = try await house.keys.report(leaked: second.text, source: source)
        let entries = try await AuditTrail(store: house.bank.store).entries(of: house.bank.workspace, as: .service)
        let reasons = entries.map(\.reason).filter { !$0.isEmpty }
        #expect(reasons.count { $0.hasPrefix("found??at [key]: éé") && (499...500).contains($0.utf8.count) } == 2)
        #expect(reasons.contains("[key]"))
        let details = entries.flatMap(\.details).filter { $0.name == "source" }.map(\.value)
        #expect(details == ["https://paste.example/?k=[key]&x=[key]"])
    }

    @Test func `A leak is reported by whoever holds the key's text, or by who may revoke it`() async throws {
        let house = try await KeyHouse()
        let (first, text) = try await house.issue()
        let (second, _) = try await house.issue(.test)
        let forged = String(text.dropLast(6)) + "000000"
        let unknown = PresentedAPIKey(.live, entropy: house.bank.entropy).text
        for text in [forged, unknown, "", first.label] {
            #expect(try await house.keys.report(leaked: text, source: "a forum") == .unknown)
        }
        #expect(try await house.refusal(text) == nil)
        #expect(try await house.keys.report(leaked: text, source: "a forum\nwith lines") == .revoked(first.place))
        #expect(try await house.refusal(text) == .revoked)
        #expect(try await house.keys.report(leaked: text, source: "again") == .revokedBefore(first.place))
        let member = try await house.bank.member(.member, 1)
        #expect(
            await failure { _ = try await house.keys.report(leaked: second.place, source: "me", as: member) }?.code
                == .forbidden)
        #expect(try await house.keys.report(leaked: second.place, source: "scanner", as: .service) == .revoked(second.place))
        let entries = try await house.audit("api-key.revoked")
        #expect(entries.map(\.reason) == ["reported as leaked", "reported as leaked"])
        #expect(entries.map { $0.details.last?.value } == ["holder", "trusted"])
        #expect(entries[0].details.contains { $0.name == "source" && $0.value == "a forum?with lines" })
    }

    @Test func `A workspace has a bounded number of keys that are not revoked, also when many are made at once`() async throws {
        let house = try await KeyHouse()
        let workspace = house.bank.workspace
        let terms = try APIKeyTerms(name: "k", scopes: [])
        let made = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<APIKeys.maximumKeys + 20 {
                group.addTask {
                    do throws(TammError) {
                        _ = try await house.keys.issue(terms, .test, in: workspace, expiresAt: nil, as: .service).rawKey()
                        return true
                    } catch {
                        #expect(error.code == .conflict)
                        return false
                    }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(made == APIKeys.maximumKeys)
        let first = try await house.keys.keys(of: workspace, limit: 1, as: .service)[0]
        try await house.keys.revoke(first.place, as: .service)
        _ = try await house.keys.issue(terms, .test, in: workspace, expiresAt: nil, as: .service).rawKey()
    }

    @Test func `Terms beyond their bounds, expiries that are past and workspaces that are closing are refused`() async throws {
        let house = try await KeyHouse()
        let scope = try APIKeyScope("a")
        let range = try AddressRange(parsing: "10.0.0.0/8")
        #expect(throws: TammError.self) { try APIKeyTerms(name: "", scopes: []) }
        #expect(throws: TammError.self) { try APIKeyTerms(name: "k", scopes: [scope, scope]) }
        #expect(throws: TammError.self) { try APIKeyTerms(name: "k", scopes: [], addresses: [range, range]) }
        #expect(throws: TammError.self) { try APIKeyTerms(name: "k", scopes: (0..<65).map { try APIKeyScope("a\($0)") }) }
        for name in ["", "A", "a b", "a*", "a:b"] { #expect(throws: TammError.self) { try APIKeyScope(name) } }
        let terms = try APIKeyTerms(name: "k", scopes: [])
        let (workspace, now) = (house.bank.workspace, house.bank.time.now)
        #expect(
            await failure {
                _ = try await house.keys.issue(terms, .live, in: workspace, expiresAt: now, as: .service).rawKey()
            }?.code == .invalidInput)
        try await house.bank.workspaces.close(workspace, because: "gone", as: .service)
        #expect(
            await failure {
                _ = try await house.keys.issue(terms, .live, in: workspace, expiresAt: nil, as: .service).rawKey()
            }?.code == .conflict)
    }
}
