import TammCore

extension StoreLaw {
    static let apiKeyLaws: [StoreLaw] = [
        StoreLaw("values.api-key", .access, "Every field of an API key survives, byte for byte, up to its bounds") {
            store, context in
            let workspace = try await context.workspace(in: store)
            for key in try context.apiKeys(of: workspace) {
                let digest = try context.keyDigest()
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.insert(key, digest: digest)
                    return try t.apiKey(key.place)
                }
                let kept = try await store.transaction(as: .service) { t throws(TammError) in
                    [try t.apiKey(key.place), try t.lockAPIKey(key.place)]
                }
                try context.expect(found, key, "the key in the same transaction")
                try context.expect(kept, [key, key], "the key in the next, and under its lock")
                try context.expect(
                    kept[0].map { Array($0.terms.name.utf8) }, Array(key.terms.name.utf8), "the bytes of its name")
            }
        },
        StoreLaw("keys.none", .access, "An API key that was never made is not there, nor in another workspace") {
            store, context in
            let tenant = try await context.tenant(in: store)
            for workspace in [try await context.workspace(in: store), context.id()] {
                let place = APIKeyPlace(workspace: workspace, id: tenant.apiKey.id)
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    (
                        try t.apiKey(place), try t.lockAPIKey(place),
                        try t.apiKeys(of: workspace, after: nil, limit: 10), try t.usableAPIKeys(of: workspace)
                    )
                }
                try context.expect([found.0, found.1], [nil, nil], "the key")
                try context.expect(found.2, [], "the keys")
                try context.expect(found.3, 0, "how many are usable")
            }
        },
        StoreLaw(
            "keys.taken", .access,
            "An API key whose identifier is taken in its workspace, or its digest anywhere, is a conflict"
        ) { store, context in
            let (tenant, other) = (try await context.tenant(in: store), try await context.tenant(in: store))
            let (first, second) = (try context.keyDigest(), try context.apiKey(of: other.id))
            try await context.expect(.conflict, from: store, as: .service, "the identifier again") { t throws(TammError) in
                try t.insert(tenant.apiKey, digest: first)
            }
            try await context.expect(.conflict, from: store, as: .service, "the digest again") { t throws(TammError) in
                try t.insert(second, digest: tenant.digest)
            }
            let same = try context.apiKey(of: other.id, id: tenant.apiKey.id)
            try await store.transaction(as: .service) { t throws(TammError) in try t.insert(same, digest: first) }
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                [try t.apiKey(tenant.apiKey.place), try t.apiKey(same.place), try t.apiKey(second.place)]
            }
            try context.expect(found, [tenant.apiKey, same, nil], "the keys of both workspaces")
        },
        StoreLaw("keys.revoked", .access, "A revoked API key stays revoked: another status for it is a conflict") {
            store, context in
            let tenant = try await context.tenant(in: store)
            let revoked = tenant.apiKey.with(status: .revoked)
            try await store.transaction(as: .service) { t throws(TammError) in try t.put(revoked) }
            for status in APIKey.Status.allCases where status != .revoked {
                try await context.expect(.conflict, from: store, as: .service, status.rawValue) { t throws(TammError) in
                    try t.put(tenant.apiKey.with(status: status))
                }
            }
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                try t.put(revoked.with(expiresAt: .some(context.base)))
                return try t.apiKey(revoked.place)
            }
            try context.expect(found, revoked.with(expiresAt: .some(context.base)), "the key")
        },
        StoreLaw("keys.homeless", .access, "An API key of a workspace that is not there is refused") { store, context in
            let (key, digest) = (try context.apiKey(of: context.id()), try context.keyDigest())
            try await context.expect(.notFound, from: store, as: .service, "inserted") { t throws(TammError) in
                try t.insert(key, digest: digest)
            }
        },
        StoreLaw(
            "keys.changed", .access, "Writing an API key changes its status and expiry, and nothing else of it"
        ) { store, context in
            let tenant = try await context.tenant(in: store)
            for (status, end) in zip([.disabled, .active, .revoked] as [APIKey.Status], [.max, nil, context.base]) {
                let wanted = tenant.apiKey.with(status: status, expiresAt: .some(end))
                let other = try context.apiKey(of: tenant.id, id: tenant.apiKey.id, name: "Another name", usedAt: .max)
                    .with(status: status, expiresAt: .some(end))
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.put(other)
                    return try t.apiKey(other.place)
                }
                try context.expect(found, wanted, "the key")
            }
            let unknown = try context.apiKey(of: tenant.id)
            try await context.expect(.notFound, from: store, as: .service, "a key that is not there") {
                t throws(TammError) in try t.put(unknown)
            }
        },
        StoreLaw("keys.usable", .access, "Keys that are not revoked are counted, of their workspace alone") {
            store, context in
            let (tenant, _) = (try await context.tenant(in: store), try await context.tenant(in: store))
            var made: [APIKey] = []
            for status in APIKey.Status.allCases { made.append(try context.apiKey(of: tenant.id).with(status: status)) }
            for (count, key) in zip([2, 3, 3], made) {
                let digest = try context.keyDigest()
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.insert(key, digest: digest)
                    return try t.usableAPIKeys(of: tenant.id)
                }
                try context.expect(found, count, "how many with a key that is \(key.status.rawValue)")
            }
        },
        StoreLaw(
            "keys.uses", .access,
            "A use is written down when it is later than the one that is, whatever else has become of the key"
        ) { store, context in
            let (tenant, other) = (try await context.tenant(in: store), try await context.tenant(in: store))
            let unknown = APIKeyPlace(workspace: tenant.id, id: context.id())
            let revoked = tenant.apiKey.with(status: .revoked, expiresAt: .some(context.at(5)))
            try await store.transaction(as: .service) { t throws(TammError) in try t.put(revoked) }
            for (use, wanted) in [(2, 2), (1, 2), (2, 2), (7, 7), (3, 7)] as [(Int64, Int64)] {
                let uses = [
                    APIKeyUse(tenant.apiKey.place, at: context.at(use)), APIKeyUse(unknown, at: context.at(use)),
                    APIKeyUse(other.apiKey.place, at: context.at(100 - use)),
                    APIKeyUse(other.apiKey.place, at: context.at(90)),
                ]
                try await store.transaction(as: .service) { t throws(TammError) in try t.record(uses) }
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.apiKey(tenant.apiKey.place)
                }
                try context.expect(found, revoked.with(lastUsedAt: .some(context.at(wanted))), "the key after a use at \(use)")
            }
            let last = try await store.transaction(as: .service) { t throws(TammError) in
                try t.apiKey(other.apiKey.place)?.lastUsedAt
            }
            try context.expect(last, context.at(99), "the last use of a key that was used twice at once")
        },
        StoreLaw("keys.uses.service", .access, "Uses are written down by the service alone") { store, context in
            let cast = try await context.cast(in: store)
            for observer in cast.observers where observer.principal != .service {
                let uses = [APIKeyUse(cast.seen.apiKey.place, at: context.base)]
                try await context.expect(.forbidden, from: store, as: observer.principal, "by \(observer.name)") {
                    t throws(TammError) in try t.record(uses)
                }
            }
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                try t.apiKey(cast.seen.apiKey.place)
            }
            try context.expect(found, cast.seen.apiKey, "the key")
        },
        StoreLaw("rollback.api-key", .unitOfWork, "A transaction that throws leaves every API key as it was") {
            store, context in
            let tenant = try await context.tenant(in: store)
            let new = try context.apiKey(of: tenant.id)
            let (digest, moved) = (try context.keyDigest(), try context.keyDigest(pepper: 9))
            try await context.rollBack(in: store) { t throws(TammError) in
                try t.insert(new, digest: digest)
                try t.put(tenant.apiKey.with(status: .revoked))
                try t.record([APIKeyUse(tenant.apiKey.place, at: .max, digest: moved)])
            }
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                (
                    try t.apiKeys(of: tenant.id, after: nil, limit: 10),
                    try t.apiKey(matching: APIKeyDigests(current: digest))?.key,
                    try t.apiKey(matching: APIKeyDigests(current: moved))?.key,
                    try t.apiKey(matching: APIKeyDigests(current: tenant.digest))?.key
                )
            }
            try context.expect(found.0, [tenant.apiKey], "the keys")
            try context.expect([found.1, found.2, found.3], [nil, nil, tenant.apiKey], "what is found by digests")
        },
        StoreLaw("isolation.api-key", .unitOfWork, "Of those who switch one API key off at once, one does") {
            store, context in
            let tenant = try await context.tenant(in: store)
            let done = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await store.transaction(as: .service) { t throws(TammError) in
                            guard let key = try t.lockAPIKey(tenant.apiKey.place), key.status == .active else { return 0 }
                            try t.put(key.with(status: .disabled))
                            return 1
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            try context.expect(done, 1, "how many switched it off")
        },
        StoreLaw("pages.api-keys", .access, "API keys are paged in the order of their identifiers, unsigned") {
            store, context in
            let workspace = try await context.workspace(in: store)
            _ = try await context.tenant(in: store)
            let ids: [Identifier<APIKey>] = context.scattered()
            let rows = try ids.map { id throws(TammError) in try context.apiKey(of: workspace, id: id) }
            let digests = try ids.map { _ throws(TammError) in try context.keyDigest() }
            try await store.transaction(as: .service) { t throws(TammError) in
                for (row, digest) in zip(rows, digests) { try t.insert(row, digest: digest) }
            }
            let listing = Listing<APIKey, Identifier<APIKey>>(by: { $0.id }) {
                t, cursor, limit throws(TammError) in try t.apiKeys(of: workspace, after: cursor, limit: limit)
            }
            try await listing.check(rows.sorted { $0.id < $1.id }, in: store, context)
        },
        StoreLaw("writes.workspace_api_keys", .access, "API keys are written and locked by the service alone") {
            store, context in
            for index in try await context.cast(in: store).observers.indices {
                let cast = try await context.cast(in: store)
                let observer = cast.observers[index]
                let mayWrite = observer.standing == .service
                let (key, digest) = (try context.apiKey(of: cast.seen.id), try context.keyDigest())
                let added = await context.failure(in: store, as: observer.principal) { t throws(TammError) in
                    try t.insert(key, digest: digest)
                }
                try context.expect(added, .apiKeys, mayWrite, observer, of: cast)
                let changed = await context.failure(in: store, as: observer.principal) { t throws(TammError) in
                    try t.put(cast.seen.apiKey.with(status: .revoked))
                }
                try context.expect(changed, .apiKeys, mayWrite, observer, of: cast)
                let locked = await context.failure(in: store, as: observer.principal) { t throws(TammError) in
                    _ = try t.lockAPIKey(cast.seen.apiKey.place)
                }
                try context.expect(locked, .apiKeys, mayWrite, observer, of: cast)
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    [try t.apiKey(key.place)?.status, try t.apiKey(cast.seen.apiKey.place)?.status]
                }
                try context.expect(found, mayWrite ? [.active, .revoked] : [nil, .active], "the keys after \(observer.name)")
            }
        },
    ]
}

extension LawContext {
    /// A digest that nothing has yet.
    func keyDigest(pepper: Int = 1) throws(TammError) -> APIKeyDigest {
        try APIKeyDigest(version: pepper, bytes: entropy.bytes(32))
    }

    /// An API key that is active and does not expire.
    func apiKey(
        of workspace: Identifier<Workspace>, id: Identifier<APIKey>? = nil, name: String = "Key of a law",
        scopes: [String] = ["messages.write", "agents.read"], usedAt: Timestamp? = nil
    ) throws(TammError) -> APIKey {
        let (id, lineage): (Identifier<APIKey>, Identifier<APIKey>) = (id ?? self.id(), self.id())
        let terms = try APIKeyTerms(
            name: name, scopes: scopes.map { scope throws(TammError) in try APIKeyScope(scope) })
        return APIKey(
            id: id, workspace: workspace, environment: .live, label: "aB3dE6gH", terms: terms, status: .active,
            expiresAt: nil, replaces: nil, lineage: lineage, createdAt: base, lastUsedAt: usedAt)
    }

    /// API keys with every field at its bounds.
    fileprivate func apiKeys(of workspace: Identifier<Workspace>) throws(TammError) -> [APIKey] {
        let names = ["O'Brien \\ \"quotes\" %s $1 ; --", "e\u{301} is not \u{e9}", String(repeating: "😀", count: 50), "k"]
        var scopes: [APIKeyScope] = []
        for index in 0..<64 { scopes.append(try APIKeyScope("s\(index)." + String(repeating: "x", count: 58))) }
        let texts = ["0.0.0.0/0", "203.0.113.7", "2001:db8::/32", "::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]
        let ranges = try texts.map { text throws(TammError) in try AddressRange(parsing: text) }
        var limits: [PlanRateLimit] = []
        for index in 0..<8 {
            var windows: [PlanRateLimit.Window] = []
            for period in 0..<8 {
                windows.append(
                    try .init(count: 1_000_000_000, periodSeconds: 31_622_400 - Int64(period), burst: Int64(index) + 1))
            }
            limits.append(try PlanRateLimit("limit-\(7 - index)", windows: windows))
        }
        let budgets = [nil, APIKeyBudget(.zero, per: .day), APIKeyBudget(.max, per: .month), APIKeyBudget(.one, per: .lifetime)]
        var keys: [APIKey] = []
        for index in names.indices {
            let terms = try APIKeyTerms(
                name: names[index], scopes: Array(scopes.prefix([0, 1, 64, 3][index])),
                addresses: Array(ranges.prefix([5, 0, 1, 2][index])), rateLimits: Array(limits.prefix([8, 1, 0, 2][index])),
                budget: budgets[index],
                signature: APIKeySignature.allCases[index % 2])
            let moments: [Timestamp?] = [nil, .min, .max, base]
            keys.append(
                APIKey(
                    id: id(), workspace: workspace, environment: index % 2 == 0 ? .live : .test, label: "0zZ9aA1\(index)",
                    terms: terms, status: APIKey.Status.allCases[index % 3], expiresAt: moments[index],
                    replaces: index % 2 == 0 ? nil : id(), lineage: id(), createdAt: [.min, base, .max, .epoch][index],
                    lastUsedAt: moments[3 - index]))
        }
        return keys
    }
}
