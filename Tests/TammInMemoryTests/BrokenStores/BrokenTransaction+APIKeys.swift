import TammCore

@testable import TammInMemory

extension BrokenTransaction {
    borrowing func apiKey(matching digests: APIKeyDigests) throws(TammError) -> FoundAPIKey? {
        let found = base.apiKey(matching: digests)
        switch (flaw, base.principal) {
        case (.showsDigestsToAdministrators, .platformAdmin): return unbound { $0.apiKey(matching: digests) }
        case (.hidesRevokedKeys, _): return found?.key.status == .revoked ? nil : found
        case (.forgetsPlansOfKeys, _):
            return found.map {
                FoundAPIKey(key: $0.key, digest: $0.digest, workspaceStatus: $0.workspaceStatus, subscription: nil)
            }
        case (.remembersKeys, .service):
            let remembered = notes.foundKeys[digests.current]
            notes.foundKeys[digests.current] = remembered ?? found
            return remembered ?? found
        default: return found
        }
    }

    borrowing func insert(_ key: APIKey, digest: APIKeyDigest) throws(TammError) {
        switch (flaw, base.standing(in: key.workspace)) {
        case (.sharesDigests, _) where memory.keys.places[digest] != nil: break
        case (.acceptsHomelessKeys, _) where memory.workspaces[key.workspace] == nil: break
        case (.letsAdminsWriteKeys, .member(.admin, _)):
            try unbound { t throws(TammError) in try t.insert(key, digest: digest) }
        case (.shortensKeyNames, _):
            let terms = try APIKeyTerms(
                name: String(key.terms.name.prefix(16)).trimming(), scopes: key.terms.scopes,
                addresses: key.terms.addresses, rateLimits: key.terms.rateLimits, budget: key.terms.budget)
            try base.insert(key.with(terms: terms), digest: digest)
        case (.keepsFailedKeys, _):
            try base.insert(key, digest: digest)
            base.memory.commit()
        default: try base.insert(key, digest: digest)
        }
    }

    borrowing func put(_ key: APIKey) throws(TammError) {
        if flaw == .revivesRevokedKeys, let stored = memory.keys.rows[key.place] {
            memory.keys.set(key.place, StoredAPIKey(key: stored.key.with(status: key.status), digest: stored.digest))
        }
        try base.put(key)
        guard flaw == .rewritesKeys, let stored = memory.keys.rows[key.place] else { return }
        memory.keys.set(key.place, StoredAPIKey(key: key, digest: stored.digest))
    }

    borrowing func apiKey(_ place: APIKeyPlace) throws(TammError) -> APIKey? {
        let found = seen(leaking: .leaksKeys) { $0.apiKey(place) }
        guard flaw == .sharesKeys, base.principal == .service else { return found }
        return found ?? memory.keys.rows.values.first { $0.key.id == place.id }?.key
    }

    borrowing func lockAPIKey(_ place: APIKeyPlace) throws(TammError) -> APIKey? {
        let found = try base.lockAPIKey(place)
        guard flaw == .readsStaleKeyRows, let found else { return found }
        if let stale = stale(notes.lockedKeys[place]) { return stale }
        notes.lockedKeys[place] = past(found)
        return found
    }

    borrowing func apiKeys(
        of workspace: Identifier<Workspace>, after cursor: Identifier<APIKey>?, limit: Int
    ) throws(TammError) -> [APIKey] {
        guard flaw == .ordersKeysSigned else {
            return seen(leaking: .leaksKeys) { $0.apiKeys(of: workspace, after: cursor, limit: limit) }
        }
        let all = base.apiKeys(of: workspace, after: nil, limit: .max).sorted {
            Int64(bitPattern: $0.id.high) < Int64(bitPattern: $1.id.high)
        }
        let rest = cursor.map { cursor in all.drop { $0.id != cursor }.dropFirst() } ?? all[...]
        return Array(rest.prefix(limit))
    }

    borrowing func usableAPIKeys(of workspace: Identifier<Workspace>) throws(TammError) -> Int {
        guard flaw == .countsRevokedKeys else {
            return seen(leaking: .leaksKeys) { $0.usableAPIKeys(of: workspace) }
        }
        return base.apiKeys(of: workspace, after: nil, limit: .max).count
    }

    borrowing func record(_ uses: [APIKeyUse]) throws(TammError) {
        switch (flaw, base.principal) {
        case (.letsOwnersRecordUses, .user(_, let own)) where base.standing(in: own) == .member(.owner, of: own):
            try unbound { t throws(TammError) in try t.record(uses) }
        case (.setsUsesBack, .service):
            for use in uses {
                guard var stored = memory.keys.rows[use.key] else { continue }
                stored.key = stored.key.with(lastUsedAt: .some(use.at))
                memory.keys.set(use.key, stored)
            }
        case (.revivesUsedKeys, .service):
            try base.record(uses)
            for use in uses {
                guard let stored = memory.keys.rows[use.key] else { continue }
                let key = stored.key.with(status: .active)
                memory.keys.set(use.key, StoredAPIKey(key: key, digest: stored.digest))
            }
        case (.movesRevokedKeys, .service):
            try base.record(uses)
            for use in uses {
                guard let digest = use.digest, let stored = memory.keys.rows[use.key], stored.key.status == .revoked
                else { continue }
                memory.keys.set(use.key, StoredAPIKey(key: stored.key, digest: digest))
            }
        case (.ignoresMovedDigests, _): try base.record(uses.map { APIKeyUse($0.key, at: $0.at) })
        default: try base.record(uses)
        }
    }

    borrowing func apiKeys(digestedWith pepper: Int) throws(TammError) -> Int { base.apiKeys(digestedWith: pepper) }

    borrowing func refreshNumber() throws(TammError) -> Int64 { try base.refreshNumber() }

    borrowing func askForRefresh() throws(TammError) -> Int64 {
        flaw == .countsNoRefresh ? try base.refreshNumber() : try base.askForRefresh()
    }

    borrowing func apiKeyReaders() throws(TammError) -> [APIKeyReader] {
        guard flaw == .showsReadersToAll else { return try base.apiKeyReaders() }
        return try unbound { t throws(TammError) in try t.apiKeyReaders() }
    }

    borrowing func put(_ reader: APIKeyReader) throws(TammError) {
        if flaw == .forgetsAcknowledgements, base.principal == .service { memory.keys.set(reader.id, nil) }
        try base.put(reader)
        if flaw == .keepsFailedReaders { base.memory.commit() }
    }

    borrowing func remove(
        _ reader: Identifier<APIKeyReader>, acknowledgedBefore number: Int64
    ) throws(TammError) { try base.remove(reader, acknowledgedBefore: number) }
}

extension APIKey {
    fileprivate func with(terms: APIKeyTerms) -> APIKey {
        APIKey(
            id: id, workspace: workspace, environment: environment, label: label, terms: terms, status: status,
            expiresAt: expiresAt, replaces: replaces, lineage: lineage, createdAt: createdAt, lastUsedAt: lastUsedAt)
    }
}

extension String {
    fileprivate func trimming() -> String { hasSuffix(" ") ? String(dropLast()) : self }
}
