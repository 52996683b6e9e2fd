import TammCore

/// A key and what it is found by.
struct StoredAPIKey {
    var key: APIKey
    var digest: APIKeyDigest
}

/// The API keys, and the processes that answer for them from a cache.
struct KeyRack {
    private(set) var rows: [APIKeyPlace: StoredAPIKey] = [:]
    private(set) var places: [APIKeyDigest: APIKeyPlace] = [:]
    private(set) var byWorkspace: [Identifier<Workspace>: SortedList<Identifier<APIKey>>] = [:]
    private(set) var readers: [Identifier<APIKeyReader>: APIKeyReader] = [:]
    private(set) var readerIDs = SortedList<Identifier<APIKeyReader>>()
    var refreshNumber: Int64 = 0
    /// What may be found otherwise than before.
    struct Changes {
        /// By these digests.
        var digests: [APIKeyDigest] = []
        /// By every one: a workspace's status or subscription.
        var isAny = false
    }

    private var changes = Changes()

    mutating func noteChange() { changes.isAny = true }

    /// What has changed since that was last asked.
    mutating func takeChanges() -> Changes {
        defer { changes = Changes() }
        return changes
    }

    mutating func set(_ place: APIKeyPlace, _ stored: StoredAPIKey?) {
        if let present = rows[place] {
            places[present.digest] = nil
            changes.digests.append(present.digest)
        }
        rows[place] = stored
        if let stored {
            places[stored.digest] = place
            byWorkspace[place.workspace, default: SortedList()].insert(place.id)
        } else {
            byWorkspace[place.workspace]?.remove(place.id)
        }
    }

    mutating func set(_ id: Identifier<APIKeyReader>, _ reader: APIKeyReader?) {
        readers[id] = reader
        if reader == nil { readerIDs.remove(id) } else { readerIDs.insert(id) }
    }
}

extension Memory {
    func apiKey(matching digests: APIKeyDigests) -> FoundAPIKey? {
        func stored(_ digest: APIKeyDigest) -> StoredAPIKey? { keys.places[digest].flatMap { keys.rows[$0] } }
        var found = stored(digests.current)
        for digest in digests.older where found == nil { found = stored(digest) }
        guard let found, let workspace = workspaces[found.key.workspace] else { return nil }
        return FoundAPIKey(
            key: found.key, digest: found.digest, workspaceStatus: workspace.status,
            subscription: subscriptions[found.key.workspace]?.subscription)
    }
}

extension InMemoryTransaction {
    borrowing func apiKey(matching digests: APIKeyDigests) -> FoundAPIKey? {
        principal == .service ? memory.apiKey(matching: digests) : nil
    }

    borrowing func insert(_ key: APIKey, digest: APIKeyDigest) throws(TammError) {
        try requireWorkspace(key.workspace)
        try requireWrite(.apiKeys, key.workspace)
        guard memory.keys.rows[key.place] == nil else {
            throw TammError(.conflict, "key \(key.id) is there already", field: "id")
        }
        guard memory.keys.places[digest] == nil else {
            throw TammError(.conflict, "the digest of key \(key.id) is another key's", field: "digest")
        }
        memory.willUndo(.key(key.place, nil))
        memory.keys.set(key.place, StoredAPIKey(key: key, digest: digest))
    }

    borrowing func put(_ key: APIKey) throws(TammError) {
        try requireWorkspace(key.workspace)
        try requireWrite(.apiKeys, key.workspace)
        guard var stored = memory.keys.rows[key.place] else {
            throw TammError(.notFound, "no key \(key.id) in workspace \(key.workspace)")
        }
        guard stored.key.status != .revoked || key.status == .revoked else {
            throw TammError(.conflict, "key \(key.id) is revoked, for good")
        }
        memory.willUndo(.key(key.place, stored))
        stored.key = stored.key.with(status: key.status, expiresAt: .some(key.expiresAt))
        memory.keys.set(key.place, stored)
    }

    borrowing func apiKey(_ place: APIKeyPlace) -> APIKey? {
        mayRead(.apiKeys, place.workspace) ? memory.keys.rows[place]?.key : nil
    }

    borrowing func lockAPIKey(_ place: APIKeyPlace) throws(TammError) -> APIKey? {
        try requireWrite(.apiKeys, place.workspace)
        return memory.keys.rows[place]?.key
    }

    borrowing func apiKeys(
        of workspace: Identifier<Workspace>, after cursor: Identifier<APIKey>?, limit: Int
    ) -> [APIKey] {
        guard mayRead(.apiKeys, workspace), let ids = memory.keys.byWorkspace[workspace] else { return [] }
        return ids.page(after: cursor, limit: limit).compactMap {
            memory.keys.rows[APIKeyPlace(workspace: workspace, id: $0)]?.key
        }
    }

    borrowing func usableAPIKeys(of workspace: Identifier<Workspace>) -> Int {
        guard mayRead(.apiKeys, workspace), let ids = memory.keys.byWorkspace[workspace] else { return 0 }
        return ids.elements.count {
            memory.keys.rows[APIKeyPlace(workspace: workspace, id: $0)]?.key.status != .revoked
        }
    }

    borrowing func record(_ uses: [APIKeyUse]) throws(TammError) {
        try requireService()
        for use in uses {
            guard var stored = memory.keys.rows[use.key] else { continue }
            memory.willUndo(.key(use.key, stored))
            stored.key = stored.key.with(lastUsedAt: .some(max(use.at, stored.key.lastUsedAt ?? use.at)))
            if let digest = use.digest, stored.key.status != .revoked, memory.keys.places[digest] == nil {
                stored.digest = digest
            }
            memory.keys.set(use.key, stored)
        }
    }

    borrowing func apiKeys(digestedWith pepper: Int) -> Int {
        guard principal == .service else { return 0 }
        return memory.keys.rows.values.count { $0.digest.version == pepper && $0.key.status != .revoked }
    }

    // MARK: Readers

    borrowing func refreshNumber() throws(TammError) -> Int64 {
        try requireService()
        return memory.keys.refreshNumber
    }

    borrowing func askForRefresh() throws(TammError) -> Int64 {
        try requireService()
        memory.willUndo(.refreshNumber(memory.keys.refreshNumber))
        memory.keys.refreshNumber += 1
        return memory.keys.refreshNumber
    }

    borrowing func apiKeyReaders() throws(TammError) -> [APIKeyReader] {
        try requireService()
        return memory.keys.readerIDs.page(after: nil, limit: maximumPage).compactMap { memory.keys.readers[$0] }
    }

    borrowing func put(_ reader: APIKeyReader) throws(TammError) {
        try requireService()
        let present = memory.keys.readers[reader.id]
        guard present != nil || memory.keys.readers.count < maximumPage else {
            throw TammError(.overloaded, "there are \(maximumPage) processes with a cache of API keys")
        }
        memory.willUndo(.reader(reader.id, present))
        memory.keys.set(
            reader.id,
            APIKeyReader(
                id: reader.id, staleness: reader.staleness,
                acknowledged: max(reader.acknowledged, present?.acknowledged ?? .min)))
    }

    borrowing func remove(_ reader: Identifier<APIKeyReader>, acknowledgedBefore number: Int64) throws(TammError) {
        try requireService()
        guard let present = memory.keys.readers[reader], present.acknowledged < number else { return }
        memory.willUndo(.reader(reader, present))
        memory.keys.set(reader, nil)
    }

    private borrowing func requireService() throws(TammError) {
        guard principal == .service else { throw TammError(.forbidden, "this is the service's alone") }
    }
}
