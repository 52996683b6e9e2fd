/// A key that was found by its digest, with all that decides about it, as of one moment.
public final class FoundAPIKey: Sendable {
    /// What most verifications look at, beside each other in memory: of many keys few are in the processor's cache.
    struct Gate: Sendable {
        let environment: APIKeyEnvironment
        let status: APIKey.Status
        let workspace: WorkspaceStatus
        /// `.max` without an end, which no clock reaches.
        let expiresAt: Timestamp
        /// `.min` without a use.
        let lastUsedAt: Timestamp
        let scopes: [APIKeyScope]
        let addresses: [AddressRange]
    }

    /// The one by which it was found.
    public let digest: APIKeyDigest
    let gate: Gate
    private let rest: Rest

    private final class Rest: Sendable {
        let key: APIKey
        let subscription: Subscription?

        init(_ key: APIKey, _ subscription: Subscription?) { (self.key, self.subscription) = (key, subscription) }
    }

    public var key: APIKey { rest.key }
    /// What its workspace has bought; nil: nothing yet.
    public var subscription: Subscription? { rest.subscription }
    /// Its workspace's.
    public var workspaceStatus: WorkspaceStatus { gate.workspace }

    public init(key: APIKey, digest: APIKeyDigest, workspaceStatus: WorkspaceStatus, subscription: Subscription?) {
        self.digest = digest
        gate = Gate(
            environment: key.environment, status: key.status, workspace: workspaceStatus, expiresAt: key.expiresAt ?? .max,
            lastUsedAt: key.lastUsedAt ?? .min, scopes: key.terms.scopes, addresses: key.terms.addresses)
        rest = Rest(key, subscription)
    }
}

/// That a key was accepted, to be written down some time later.
public struct APIKeyUse: Sendable, Hashable {
    public let key: APIKeyPlace
    public let at: Timestamp
    /// The digest under the current pepper, where the key was found by another.
    public let digest: APIKeyDigest?

    public init(_ key: APIKeyPlace, at moment: Timestamp, digest: APIKeyDigest? = nil) {
        (self.key, at, self.digest) = (key, moment, digest)
    }
}

/// What a store does for API keys. Of a key's text it has a digest and nothing else.
public protocol APIKeyRecords: ~Copyable {
    /// The key with one of the digests and all that decides about it, whatever its status; nil for every principal but
    /// the service.
    borrowing func apiKey(matching digests: APIKeyDigests) throws(TammError) -> FoundAPIKey?

    /// Adds a key.
    ///
    /// - Throws: `notFound` without the workspace, `forbidden` unless the principal is the service, `conflict` for an
    ///   identifier or a digest that is taken.
    borrowing func insert(_ key: APIKey, digest: APIKeyDigest) throws(TammError)

    /// Writes the status and the expiry of a key; the rest of it never changes, and a revoked one stays revoked.
    ///
    /// - Throws: `notFound` without the workspace or the key, `forbidden` unless the principal is the service, `conflict`
    ///   for another status of a revoked key.
    borrowing func put(_ key: APIKey) throws(TammError)

    /// The key; nil where there is none or the principal does not see it.
    borrowing func apiKey(_ place: APIKeyPlace) throws(TammError) -> APIKey?

    /// As ``apiKey(_:)-(APIKeyPlace)``, locked for this transaction.
    ///
    /// - Throws: `forbidden` unless the principal is the service.
    borrowing func lockAPIKey(_ place: APIKeyPlace) throws(TammError) -> APIKey?

    /// The keys in the order of their identifiers, at most `limit` after `cursor`.
    borrowing func apiKeys(
        of workspace: Identifier<Workspace>, after cursor: Identifier<APIKey>?, limit: Int
    ) throws(TammError) -> [APIKey]

    /// How many keys of the workspace are not revoked, as far as the principal sees them.
    borrowing func usableAPIKeys(of workspace: Identifier<Workspace>) throws(TammError) -> Int

    /// Writes down when keys were used last, never an earlier moment than what is there, and nothing else of them but the
    /// digests that come with it, for keys that are not revoked. A key that is not there is passed over.
    ///
    /// - Throws: `forbidden` unless the principal is the service.
    borrowing func record(_ uses: [APIKeyUse]) throws(TammError)

    /// How many keys that are not revoked have a digest of that pepper's; 0 for every principal but the service.
    borrowing func apiKeys(digestedWith pepper: Int) throws(TammError) -> Int
}

/// A process that answers for keys from a cache.
public struct APIKeyReader: Sendable, Hashable {
    public let id: Identifier<APIKeyReader>
    /// How long it answers from what it knows, at most.
    public let staleness: Duration
    /// The last refresh that it has done; see ``APIKeyReaderRecords/refreshNumber()``.
    public let acknowledged: Int64

    public init(id: Identifier<APIKeyReader>, staleness: Duration, acknowledged: Int64) {
        (self.id, self.staleness, self.acknowledged) = (id, staleness, acknowledged)
    }
}

/// What a store does for processes with a cache of API keys; the service's alone, for others it is `forbidden`.
public protocol APIKeyReaderRecords: ~Copyable {
    /// How often a refresh was asked for.
    borrowing func refreshNumber() throws(TammError) -> Int64

    /// Asks all readers to forget what they know.
    ///
    /// - Returns: the number that a reader acknowledges when it has.
    borrowing func askForRefresh() throws(TammError) -> Int64

    /// All readers, at most ``maximumPage``, in the order of their identifiers.
    borrowing func apiKeyReaders() throws(TammError) -> [APIKeyReader]

    /// Adds the reader, or writes what it has acknowledged, never a lower number than what is there.
    ///
    /// - Throws: `overloaded` when there are ``maximumPage`` others.
    borrowing func put(_ reader: APIKeyReader) throws(TammError)

    /// Takes the reader out, if it has not acknowledged that number meanwhile.
    borrowing func remove(_ reader: Identifier<APIKeyReader>, acknowledgedBefore number: Int64) throws(TammError)
}
