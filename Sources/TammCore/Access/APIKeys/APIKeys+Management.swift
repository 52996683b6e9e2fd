extension APIKeys {
    /// Makes a key; its text is in the answer and nowhere else.
    ///
    /// - Parameter expiresAt: in the future; nil: it does not expire.
    /// - Throws: `invalidInput` for the expiry; `forbidden` where the principal may not manage keys, `notFound` for a
    ///   stranger; `conflict` where ``maximumKeys`` are there already, or the workspace is closing.
    public func issue(
        _ terms: APIKeyTerms, _ environment: APIKeyEnvironment, in workspace: Identifier<Workspace>,
        expiresAt: Timestamp?, as principal: Principal
    ) async throws(TammError) -> IssuedAPIKey {
        let now = time.now()
        let presented = PresentedAPIKey(environment, entropy: entropy)
        let id = Identifier<APIKey>(at: now, entropy: entropy)
        let key = try Self.new(
            id, in: workspace, presented, terms, expiresAt: expiresAt, replacing: nil, lineage: id, at: now)
        let digest = peppers.digests(of: presented).current
        let audit = try AccessAudit(of: workspace, by: principal, at: now, entropy: entropy)
        try await store.transaction(as: .service) { t throws(TammError) in
            try t.requireRoomForKey(in: workspace, for: principal)
            try t.insert(key, digest: digest)
            try t.append([audit.entry("api-key.issued", key, Self.details(key))])
        }
        return IssuedAPIKey(key, presented)
    }

    /// Makes a key with the same terms, which takes the place of this one; the old one is accepted for `overlap` more at
    /// most, and never longer than it would have been. Both spend of one budget.
    ///
    /// - Parameters:
    ///   - overlap: not negative; zero revokes the old one.
    ///   - expiresAt: of the new one; nil: it does not expire.
    /// - Throws: as ``issue(_:_:in:expiresAt:as:)``, `notFound` without the key, `conflict` for one that is not active
    ///   or is over.
    public func rotate(
        _ place: APIKeyPlace, overlap: Duration, expiresAt: Timestamp?, as principal: Principal
    ) async throws(TammError) -> IssuedAPIKey {
        guard overlap >= .zero, overlap <= .seconds(366 * 86_400) else {
            throw TammError(.invalidInput, "wanted an overlap of at most 366 days, found \(overlap)", field: "overlap")
        }
        let now = time.now()
        let model = try await key(place, as: principal)
        let presented = PresentedAPIKey(model.environment, entropy: entropy)
        let new = try Self.new(
            Identifier(at: now, entropy: entropy), in: place.workspace, presented, model.terms, expiresAt: expiresAt,
            replacing: place.id, lineage: model.lineage, at: now)
        let digest = peppers.digests(of: presented).current
        let audit = try AccessAudit(of: place.workspace, by: principal, at: now, entropy: entropy)
        try await store.transaction(as: .service) { t throws(TammError) in
            try t.requireRoomForKey(in: place.workspace, for: principal)
            guard var old = try t.lockAPIKey(place) else { throw Self.missing(place) }
            guard old.status == .active, old.expiresAt.map({ now < $0 }) ?? true else {
                throw TammError(.conflict, "key \(place.id) is \(old.status.rawValue) or over: issue another")
            }
            // Without an overlap it ends for every process's clock.
            if overlap == .zero { old.status = .revoked }
            old.expiresAt = min(old.expiresAt ?? .max, now.advanced(by: overlap))
            try t.insert(new, digest: digest)
            try t.put(old)
            try t.append([
                audit.entry("api-key.issued", new, Self.details(new)),
                audit.entry(
                    "api-key.rotated", old,
                    [
                        ("by", new.id.description), ("until", old.expiresAt?.description ?? ""),
                        ("status", old.status.rawValue),
                    ]),
            ])
        }
        if overlap == .zero { await fence.pass() }
        return IssuedAPIKey(new, presented)
    }

    /// Ends the key for good: the next verification of it fails, in every process. It returns when that is so, caches
    /// included. Doing it again changes nothing.
    ///
    /// - Parameter reason: for the audit log, which keeps the first 500 bytes of it, on one line.
    /// - Throws: `forbidden` where the principal may not manage keys, `notFound` without the key.
    @discardableResult
    public func revoke(
        _ place: APIKeyPlace, because reason: String = "", as principal: Principal
    ) async throws(TammError) -> APIKey {
        try await set(.revoked, of: place, because: reason, as: principal)
    }

    /// Switches the key off, as ``revoke(_:because:as:)``, until it is switched on again.
    ///
    /// - Throws: as that, and `conflict` for a revoked key.
    @discardableResult
    public func disable(
        _ place: APIKeyPlace, because reason: String = "", as principal: Principal
    ) async throws(TammError) -> APIKey {
        try await set(.disabled, of: place, because: reason, as: principal)
    }

    /// Switches a disabled key on again.
    ///
    /// - Throws: as ``disable(_:because:as:)``.
    @discardableResult
    public func enable(
        _ place: APIKeyPlace, because reason: String = "", as principal: Principal
    ) async throws(TammError) -> APIKey {
        try await set(.active, of: place, because: reason, as: principal)
    }

    /// Up to `limit` (at most 1,000) keys after `cursor`, in the order of their identifiers, revoked ones included.
    ///
    /// - Throws: `forbidden` where the principal may not manage keys, `notFound` for a stranger.
    public func keys(
        of workspace: Identifier<Workspace>, after cursor: Identifier<APIKey>? = nil, limit: Int = 100,
        as principal: Principal
    ) async throws(TammError) -> [APIKey] {
        let limit = try pageLimit(limit)
        return try await store.transaction(as: principal) { t throws(TammError) in
            try t.require(.manageKeys, in: workspace)
            return try t.apiKeys(of: workspace, after: cursor, limit: limit)
        }
    }

    /// What became of the report of a key that was found where it should not be.
    public enum LeakOutcome: Sendable, Hashable {
        case revoked(APIKeyPlace)
        /// It was no more of use; nothing was done.
        case revokedBefore(APIKeyPlace)
        /// It is no key of this platform's.
        case unknown
    }

    /// Revokes a key that somebody has found. Who reports it proves by its text that he holds it; what he says of himself
    /// goes into the audit log. Answer all outcomes alike.
    ///
    /// - Parameters:
    ///   - text: what was found, of either environment.
    ///   - source: where it was found, or who says so; at most 255 bytes of it are kept, and no key that stands in it.
    public func report(leaked text: String, source: String) async throws(TammError) -> LeakOutcome {
        guard let presented = PresentedAPIKey(text) else { return .unknown }
        let digests = peppers.digests(of: presented)
        guard let found = try await store.apiKey(matching: digests), digests.contains(found.digest) else {
            return .unknown
        }
        let place = found.key.place
        guard found.key.status != .revoked else { return .revokedBefore(place) }
        try await set(
            .revoked, of: place, because: "reported as leaked", as: .service,
            details: [("source", source), ("reporter", "holder")])
        return .revoked(place)
    }

    /// Revokes a key on the word of somebody who need not hold it: the workspace's administrators and the platform.
    ///
    /// - Throws: as ``revoke(_:because:as:)``.
    public func report(
        leaked place: APIKeyPlace, source: String, as principal: Principal
    ) async throws(TammError) -> LeakOutcome {
        let present = try await key(place, as: principal)
        guard present.status != .revoked else { return .revokedBefore(place) }
        try await set(
            .revoked, of: place, because: "reported as leaked", as: principal,
            details: [("source", source), ("reporter", "trusted")])
        return .revoked(place)
    }

    /// Writes down when keys were used last, and moves those that were found by another pepper to the current one. To be run
    /// every few seconds, and before the process ends; what cannot be written is tried again the next time.
    ///
    /// - Returns: how many keys were written.
    @discardableResult
    public func recordUses() async throws(TammError) -> Int {
        let all = uses.take()
        var start = 0
        while start < all.count {
            let batch = Array(all[start..<min(start + maximumPage, all.count)])
            do throws(TammError) {
                try await store.transaction(as: .service) { t throws(TammError) in try t.record(batch) }
            } catch {
                uses.putBack(all[start...])
                metrics.countUnwritten(all.count - start)
                throw error
            }
            start += batch.count
        }
        return all.count
    }

    /// How many keys that are not revoked still need that pepper: at 0 it may be forgotten.
    public func keys(digestedWith pepper: Int) async throws(TammError) -> Int {
        try await store.transaction(as: .service) { t throws(TammError) in try t.apiKeys(digestedWith: pepper) }
    }

    // MARK: Parts

    @discardableResult
    private func set(
        _ status: APIKey.Status, of place: APIKeyPlace, because reason: String, as principal: Principal,
        details: [(String, String)] = []
    ) async throws(TammError) -> APIKey {
        let audit = try AccessAudit(
            of: place.workspace, by: principal, because: reason, at: time.now(), entropy: entropy)
        let key = try await store.transaction(as: .service) { t throws(TammError) -> APIKey in
            if principal != .service {
                _ = try t.lockWorkspace(place.workspace, for: principal, holding: .manageKeys)
            }
            guard var key = try t.lockAPIKey(place) else { throw Self.missing(place) }
            guard key.status != status else { return key }
            guard key.status != .revoked else {
                throw TammError(.conflict, "key \(place.id) is revoked, for good: issue another")
            }
            let before = key.status
            key.status = status
            try t.put(key)
            try t.append([
                audit.entry(
                    Self.action(status), key, [("from", before.rawValue), ("to", status.rawValue)] + details)
            ])
            return key
        }
        if status != .active { await fence.pass() }
        return key
    }

    private static func action(_ status: APIKey.Status) -> String {
        switch status {
        case .active: "api-key.enabled"
        case .disabled: "api-key.disabled"
        case .revoked: "api-key.revoked"
        }
    }

    /// The key as it is, for who may manage it.
    private func key(_ place: APIKeyPlace, as principal: Principal) async throws(TammError) -> APIKey {
        let key = try await store.transaction(as: principal) { t throws(TammError) in
            try t.require(.manageKeys, in: place.workspace)
            return try t.apiKey(place)
        }
        guard let key else { throw Self.missing(place) }
        return key
    }

    private static func missing(_ place: APIKeyPlace) -> TammError {
        TammError(.notFound, "no key \(place.id) in workspace \(place.workspace)")
    }

    private static func new(
        _ id: Identifier<APIKey>, in workspace: Identifier<Workspace>, _ presented: PresentedAPIKey, _ terms: APIKeyTerms,
        expiresAt: Timestamp?, replacing old: Identifier<APIKey>?, lineage: Identifier<APIKey>, at now: Timestamp
    ) throws(TammError) -> APIKey {
        if let expiresAt, expiresAt <= now {
            throw TammError(.invalidInput, "wanted an expiry after \(now), found \(expiresAt)", field: "expiresAt")
        }
        return APIKey(
            id: id, workspace: workspace, environment: presented.environment, label: presented.label, terms: terms,
            status: .active, expiresAt: expiresAt, replaces: old, lineage: lineage, createdAt: now, lastUsedAt: nil)
    }

    private static func details(_ key: APIKey) -> [(String, String)] {
        var details = [
            ("environment", key.environment.rawValue), ("label", key.label), ("name", key.terms.name),
            ("scopes", key.terms.scopes.map(\.name).joined(separator: " ")),
            ("expires", key.expiresAt?.description ?? "never"),
        ]
        if key.terms.signature == .required { details.append(("signature", "required")) }
        if let old = key.replaces { details.append(("replaces", old.description)) }
        if let budget = key.terms.budget {
            details.append(("budget", "\(budget.credits) a \(budget.period.rawValue)"))
        }
        return details
    }
}

extension AccessAudit {
    fileprivate func entry(
        _ action: String, _ key: APIKey, _ details: [(String, String)]
    ) throws(TammError) -> AuditEntry { try entry(action, "api-key", key.id.description, details) }
}

extension AccessRecords where Self: ~Copyable {
    /// - Throws: `notFound` without the workspace, `forbidden` where the principal may not manage keys, `conflict` where
    ///   it takes no more keys.
    fileprivate borrowing func requireRoomForKey(
        in workspace: Identifier<Workspace>, for principal: Principal
    ) throws(TammError) {
        // Under the lock, so that two who count at once do not both find room.
        let present = try lockWorkspace(workspace, for: principal, holding: .manageKeys)
        guard present.status != .closing else { throw TammError(.conflict, "workspace \(workspace) is closing") }
        let count = try usableAPIKeys(of: workspace)
        guard count < APIKeys.maximumKeys else {
            throw TammError(.conflict, "workspace \(workspace) has \(count) keys: revoke one first")
        }
    }
}
