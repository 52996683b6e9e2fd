import TammCore

extension StoreLaw {
    static let apiKeyLookupLaws: [StoreLaw] = [
        StoreLaw(
            "keys.found", .access,
            "A key is found by its digest among others, with its workspace's status and what that has bought"
        ) { store, context in
            let (tenant, bare) = (try await context.tenant(in: store), try await context.workspace(in: store))
            let key = try context.apiKey(of: bare)
            let (digest, unknown) = (try context.keyDigest(pepper: 3), try context.keyDigest())
            try await store.transaction(as: .service) { t throws(TammError) in
                try t.insert(key, digest: digest)
                try t.setStatus(.closing, of: bare)
            }
            for others in [[], [unknown]] {
                let mine = try await context.look(for: others + [tenant.digest], in: store)
                try context.expect(mine, .init(tenant.apiKey, tenant.digest, .active, tenant.plan), "the tenant's key")
                let other = try await context.look(for: others + [digest], in: store)
                try context.expect(other, .init(key, digest, .closing, nil), "the other workspace's key")
                try context.expect(other?.version, 3, "the version of its pepper")
            }
            try context.expect(try await context.look(for: [unknown], in: store), nil, "an unknown key")
        },
        StoreLaw("keys.found.any", .access, "A key is found whatever its status and expiry are") { store, context in
            let workspace = try await context.workspace(in: store)
            for status in APIKey.Status.allCases {
                for end in [nil, Timestamp.min] {
                    let key = try context.apiKey(of: workspace).with(status: status, expiresAt: .some(end))
                    let digest = try context.keyDigest()
                    try await store.transaction(as: .service) { t throws(TammError) in try t.insert(key, digest: digest) }
                    let found = try await context.look(for: [digest], in: store)
                    try context.expect(found?.key, key, "a key that is \(status.rawValue)")
                }
            }
        },
        StoreLaw(
            "keys.found.now", .access,
            "What has been committed of a key, its workspace and its plan is found by the next look-up"
        ) { store, context in
            let tenant = try await context.tenant(in: store)
            _ = try await context.look(for: [tenant.digest], in: store)
            for (index, status) in [WorkspaceStatus.suspended, .active, .closing, .active].enumerated() {
                let key = tenant.apiKey.with(
                    status: index % 2 == 0 ? .disabled : .active, expiresAt: .some(context.at(Int64(index))))
                try await store.transaction(as: .service) { t throws(TammError) in
                    try t.setStatus(status, of: tenant.id)
                    try t.put(key)
                }
                let found = try await context.look(for: [tenant.digest], in: store)
                try context.expect(found, .init(key, tenant.digest, status, tenant.plan), "what is found")
            }
        },
        StoreLaw("keys.found.service", .access, "Nobody but the service finds a key by its digest") { store, context in
            let cast = try await context.cast(in: store)
            for observer in cast.observers {
                let found = try await store.transaction(as: observer.principal) { t throws(TammError) in
                    (
                        try t.apiKey(matching: APIKeyDigests(current: cast.seen.digest))?.key.id,
                        try t.apiKeys(digestedWith: 1) > 0
                    )
                }
                let isService = observer.principal == .service
                try context.expect(found.0, isService ? cast.seen.apiKey.id : nil, "what \(observer.name) finds")
                try context.expect(found.1, isService, "whether \(observer.name) counts digests")
            }
        },
        StoreLaw(
            "keys.moved", .access,
            "A use that brings a digest under another pepper moves the key to it, and it is found by the old one no more"
        ) { store, context in
            let (tenant, other) = (try await context.tenant(in: store), try await context.tenant(in: store))
            // Versions of this law's own: the store may hold other laws' keys.
            let version = Int(context.entropy.next() % 1_000_000) + 1_000_000
            let moved = try context.keyDigest(pepper: version)
            try await store.transaction(as: .service) { t throws(TammError) in
                try t.record([
                    APIKeyUse(tenant.apiKey.place, at: context.base, digest: moved),
                    APIKeyUse(APIKeyPlace(workspace: tenant.id, id: other.apiKey.id), at: context.base, digest: other.digest),
                ])
            }
            let used = tenant.apiKey.with(lastUsedAt: .some(context.base))
            try context.expect(
                try await context.look(for: [moved], in: store), .init(used, moved, .active, tenant.plan), "by the new one")
            try context.expect(try await context.look(for: [tenant.digest], in: store), nil, "by the old one")
            for (status, count) in [(APIKey.Status.disabled, 1), (.revoked, 0)] {
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.put(tenant.apiKey.with(status: status))
                    return try t.apiKeys(digestedWith: version)
                }
                try context.expect(found, count, "how many that are not revoked have the pepper")
            }
            // Another key's digest is not taken, and nothing fails.
            try await store.transaction(as: .service) { t throws(TammError) in
                try t.record([APIKeyUse(tenant.apiKey.place, at: context.at(1), digest: other.digest)])
            }
            let kept = try await context.look(for: [other.digest], in: store)
            try context.expect(kept?.key, other.apiKey, "the other key by its own")
        },
        StoreLaw("keys.moved.revoked", .access, "A revoked key is found by its digest for good: no use moves it") {
            store, context in
            let tenant = try await context.tenant(in: store)
            let (revoked, moved) = (tenant.apiKey.with(status: .revoked), try context.keyDigest(pepper: 7))
            try await store.transaction(as: .service) { t throws(TammError) in
                try t.put(revoked)
                try t.record([APIKeyUse(tenant.apiKey.place, at: context.base, digest: moved)])
            }
            let used = revoked.with(lastUsedAt: .some(context.base))
            try context.expect(
                try await context.look(for: [tenant.digest], in: store), .init(used, tenant.digest, .active, tenant.plan),
                "by its digest")
            try context.expect(try await context.look(for: [moved], in: store), nil, "by another")
        },
        StoreLaw("isolation.api-key.digest", .unitOfWork, "Of those who add keys with one digest at once, one does") {
            store, context in
            let workspace = try await context.workspace(in: store)
            let digest = try context.keyDigest()
            let codes = try await withThrowingTaskGroup(of: TammError.Code?.self) { group in
                for _ in 0..<8 {
                    let key = try context.apiKey(of: workspace)
                    group.addTask {
                        await context.failure(in: store, as: .service) { t throws(TammError) in
                            try t.insert(key, digest: digest)
                        }?.code
                    }
                }
                return try await group.reduce(into: [TammError.Code?]()) { $0.append($1) }
            }
            try context.expect(codes.count { $0 == nil }, 1, "how many added it")
            try context.expect(codes.count { $0 == .conflict }, 7, "how many were refused")
        },
    ]
}

/// What a look-up has found, to be compared.
struct FoundKey: Sendable, Hashable {
    let key: APIKey
    let digest: [UInt8]
    let version: Int
    let status: WorkspaceStatus
    let subscription: Subscription?

    init(_ key: APIKey, _ digest: APIKeyDigest, _ status: WorkspaceStatus, _ subscription: Subscription?) {
        (self.key, self.digest, version) = (key, digest.bytes, digest.version)
        (self.status, self.subscription) = (status, subscription)
    }
}

extension LawContext {
    /// What the store's own look-up finds, which is what it has at hand and what a transaction of the service's finds.
    func look(for digests: [APIKeyDigest], in store: any TammStore) async throws -> FoundKey? {
        let wanted = APIKeyDigests(current: digests[0], older: Array(digests.dropFirst()))
        func described(_ found: FoundAPIKey?) -> FoundKey? {
            found.map { FoundKey($0.key, $0.digest, $0.workspaceStatus, $0.subscription) }
        }
        let atHand = store.apiKeyAtHand(matching: wanted)
        let alone = described(try await store.apiKey(matching: wanted))
        if atHand != nil { try expect(described(atHand), alone, "what is at hand") }
        let within = described(
            try await store.transaction(as: .service) { t throws(TammError) in try t.apiKey(matching: wanted) })
        try expect(alone, within, "the look-up alone and within a transaction")
        return alone
    }
}
