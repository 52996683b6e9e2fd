import TammCore
import TammPostgres
import TammTesting

extension LaunchChecklist {
    static let apiKeys = ChecklistArea("API keys", [.built(HashOnly.self), .built(RevokedFails.self)])
}

/// The keys of a house's workspace.
struct KeyDesk: Sendable {
    let house: DemoHouse
    let keys: APIKeys
    let peppers: PepperRing

    var owner: Principal { .user(house.owner, in: house.workspace.id) }

    /// - Parameter store: one that stands for another process; nil: the house's.
    init(_ house: DemoHouse, on store: (any TammStore)? = nil) throws {
        self.house = house
        peppers = try PepperRing([Pepper(version: 1, Secret([UInt8](repeating: 0x5a, count: 32)))])
        let store = store ?? house.store
        keys = APIKeys(
            store: store, time: house.time.source, entropy: house.entropy,
            wallets: Wallets(store: store, time: house.time.source), environment: .live, peppers: peppers)
    }

    /// A key and its text.
    func issue(as principal: Principal? = nil) async throws(TammError) -> (key: APIKey, text: String) {
        let terms = try APIKeyTerms(name: "Shop", scopes: [APIKeyScope("messages.write")])
        let issued = try await keys.issue(terms, .live, in: house.workspace.id, expiresAt: nil, as: principal ?? owner)
        let key = issued.key
        return (key, issued.rawKey())
    }

    /// The reason of the refusal, or `accepted`.
    func call(_ text: String) async throws(TammError) -> String {
        switch try await keys.verify(text, requiring: APIKeyScope("messages.write"), from: nil) {
        case .accepted: "accepted"
        case .refused(let refusal): refusal.reason
        }
    }
}

/// What the store has of a key.
struct HashOnly: LaunchRow {
    static let id = "keys.hash-only"
    static let title = "storage holds a digest only; the raw key is returned once and cannot be read again"

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        let house = try await DemoHouse(context)
        let desk = try KeyDesk(house)
        let issued = try await desk.keys.issue(
            APIKeyTerms(name: "Shop", scopes: [APIKeyScope("messages.write")]), .live, in: house.workspace.id,
            expiresAt: nil, as: desk.owner)
        let key = issued.key
        let text = issued.rawKey()  // It takes the text out of what was issued: a second time does not compile.
        row.did("issued a key of \(text.utf8.count) characters, tamm_live_\(key.label)_…")
        let presented = try row.require(PresentedAPIKey(text), "a key that is read back")
        let digests = desk.peppers.digests(of: presented)
        let found = try row.require(try await house.store.apiKey(matching: digests), "the key by its digest")
        row.evidence("found by the digest \(Hex.text(found.digest.bytes.prefix(8)))… under pepper \(found.digest.version)")
        row.expect(found.key, equals: key, "the key that is found")
        let other = try PepperRing([Pepper(version: 2, Secret([UInt8](repeating: 0xa5, count: 32)))])
        let missed = try await house.store.apiKey(matching: other.digests(of: presented))
        row.evidence("without the pepper, which the store does not have, the text finds \(missed == nil ? "nothing" : "it")")
        row.expect(missed == nil, "another pepper's digest finds nothing")
        var shown = ""
        dump(try await desk.keys.keys(of: house.workspace.id, as: desk.owner), to: &shown)
        dump(try await house.audit.entries(of: house.workspace.id, as: .service), to: &shown)
        dump(found.key, to: &shown)
        row.evidence("\(shown.utf8.count) bytes of rows read back: \(shown.contains(text.suffix(49)) ? "with" : "without") its secret")
        row.expect(!shown.contains(text.suffix(49)) && !shown.contains(text.dropLast(6).suffix(43)), "no row has the secret")
        row.expect("\(presented) \([presented])", equals: "‹redacted› [‹redacted›]", "a key that is printed")
        guard let store = house.store as? PostgresStore else { return }
        let rows = try await store.operate("SELECT 1 FROM tamm.workspace_api_keys k WHERE k::text LIKE '%\(text.suffix(49))%'")
        row.evidence("a search of the table by SQL: \(rows ? "found" : "not there")")
        row.expect(!rows, "no row of the table has it")
    }
}

/// A key that is revoked fails everywhere at once.
struct RevokedFails: LaunchRow {
    static let id = "keys.revoked-fails"
    static let title = "create, call, revoke: the very next call fails, in every process"

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        let house = try await DemoHouse(context)
        let here = try KeyDesk(house)
        let second = try await context.makeSecondStore()
        let there = try second.map { try KeyDesk(house, on: $0) }
        let desks = [here] + (there.map { [$0] } ?? [])
        let place = desks.count == 1 ? "one process" : "two stores that share nothing but the database, as two processes would"
        row.did("\(place), without a cache")
        let (key, text) = try await here.issue()
        try await expect("accepted", text, at: desks, row)
        try await here.keys.revoke(key.place, because: "lost", as: here.owner)
        try await expect("revoked", text, at: desks.reversed(), row)
        let (other, otherText) = try await here.issue()
        try await expect("accepted", otherText, at: desks, row)
        try await here.keys.disable(other.place, as: here.owner)
        try await expect("disabled", otherText, at: desks.reversed(), row)
        try await here.keys.enable(other.place, as: here.owner)
        try await expect("accepted", otherText, at: desks, row)
        try await house.workspaces.suspend(house.workspace.id, because: "unpaid", as: house.admin)
        try await expect("workspace-suspended", otherText, at: desks.reversed(), row)
        try await house.workspaces.resume(house.workspace.id, because: "paid", as: house.admin)
        try await expect("accepted", otherText, at: desks, row)
        var wanted = ["api-key.disabled", "api-key.enabled", "api-key.issued", "api-key.issued", "api-key.revoked"]
        if let store = house.store as? PostgresStore {
            let sql = "UPDATE tamm.workspace_api_keys SET status = 'revoked' WHERE id = '\(other.id)'"
            row.did(sql)
            row.expect(try await store.operate(sql), "one row is changed")
            try await expect("revoked", otherText, at: desks.reversed(), row)
            wanted.append("api-key.changed")
        }
        let entries = try await house.audit.entries(of: house.workspace.id, as: .service)
            .map(\.action.name).filter { $0.hasPrefix("api-key.") }.sorted()
        row.evidence("audit log: \(entries.joined(separator: ", "))")
        row.expect(entries, equals: wanted.sorted(), "the audit log")
    }

    private func expect(_ wanted: String, _ text: String, at desks: [KeyDesk], _ row: RowRecorder) async throws {
        var found: [String] = []
        for desk in desks { found.append(try await desk.call(text)) }
        row.evidence("the next call\(desks.count > 1 ? " of each store" : ""): \(found.joined(separator: ", "))")
        row.expect(found, equals: desks.map { _ in wanted }, "the next call")
    }
}

extension PostgresStore {
    /// Does what an operator does by hand, under the service's role.
    ///
    /// - Returns: whether a row was found or changed.
    fileprivate func operate(_ sql: String) async throws(TammError) -> Bool {
        let literal = sql.replacing("'", with: "''")
        return try await unitOfWork(as: .service) { t throws(TammError) in
            try t.execute(
                """
                DO $$ DECLARE n int8; BEGIN
                    PERFORM set_config('role', 'tamm_service', true);
                    EXECUTE '\(literal)';
                    GET DIAGNOSTICS n = ROW_COUNT;
                    PERFORM set_config('role', 'none', true), set_config('demo.rows', n::text, true);
                END $$
                """)
            return try t.execute("SELECT current_setting('demo.rows')") { row throws(TammError) in
                try row.next(String.self) != "0"
            }.first ?? false
        }
    }
}

private enum Hex {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
