public import TammCore

extension PostgresTransaction {
    public borrowing func apiKey(matching digests: APIKeyDigests) throws(TammError) -> FoundAPIKey? {
        guard session.principal == .service else { return nil }
        return try session.run(.apiKeyByDigest, .digests(digests)).first { row throws(TammError) in
            try row.nextFoundAPIKey()
        }
    }

    public borrowing func insert(_ key: APIKey, digest: APIKeyDigest) throws(TammError) {
        try requireWorkspace(key.workspace)
        try requireWrite(.apiKeys, in: key.workspace)
        guard try apiKey(key.place) == nil else {
            throw TammError(.conflict, "key \(key.id) is there already", field: "id")
        }
        if try apiKey(matching: APIKeyDigests(current: digest)) != nil {
            throw TammError(.conflict, "the digest of key \(key.id) is another key's", field: "digest")
        }
        try session.post(.insertAPIKey, key.parameters(digest))
    }

    public borrowing func put(_ key: APIKey) throws(TammError) {
        try requireWorkspace(key.workspace)
        try requireWrite(.apiKeys, in: key.workspace)
        var parameters = key.place.parameters
        parameters.add(key.status.rawValue)
        parameters.add(key.expiresAt)
        guard try session.run(.putAPIKey, parameters).affected == 0 else { return }
        guard try apiKey(key.place) == nil else { throw TammError(.conflict, "key \(key.id) is revoked, for good") }
        throw TammError(.notFound, "no key \(key.id) in workspace \(key.workspace)")
    }

    public borrowing func apiKey(_ place: APIKeyPlace) throws(TammError) -> APIKey? {
        guard mayRead(.apiKeys, in: place.workspace) else { return nil }
        return try session.run(.apiKey, place.parameters).first { row throws(TammError) in try row.nextAPIKey() }
    }

    public borrowing func lockAPIKey(_ place: APIKeyPlace) throws(TammError) -> APIKey? {
        try session.begin(.committed)
        try requireWrite(.apiKeys, in: place.workspace)
        return try session.run(.lockAPIKey, place.parameters).first { row throws(TammError) in try row.nextAPIKey() }
    }

    public borrowing func apiKeys(
        of workspace: Identifier<Workspace>, after cursor: Identifier<APIKey>?, limit: Int
    ) throws(TammError) -> [APIKey] {
        guard mayRead(.apiKeys, in: workspace) else { return [] }
        var parameters = PostgresParameters()
        parameters.add(Int64(limit))
        parameters.add(workspace)
        if let cursor { parameters.add(cursor) }
        return try session.run(.apiKeys, cursor != nil, parameters).map { row throws(TammError) in try row.nextAPIKey() }
    }

    public borrowing func usableAPIKeys(of workspace: Identifier<Workspace>) throws(TammError) -> Int {
        guard mayRead(.apiKeys, in: workspace) else { return 0 }
        return try count(.usableAPIKeys, workspace.parameter)
    }

    public borrowing func record(_ uses: [APIKeyUse]) throws(TammError) {
        try session.begin(.committed)
        try requireService()
        var last: [APIKeyPlace: APIKeyUse] = [:]
        for use in uses { if use.at >= last[use.key]?.at ?? .min { last[use.key] = use } }
        let rows = last.values.sorted { $0.key < $1.key }
        var parameters = PostgresParameters()
        parameters.add(rows, \.key.workspace)
        parameters.add(rows, \.key.id)
        parameters.add(rows, \.at)
        try session.post(.recordAPIKeyUses, parameters)
        let moved = uses.filter { $0.digest != nil }.sorted { $0.key < $1.key }
        for use in moved {
            guard let digest = use.digest else { continue }
            var parameters = use.key.parameters
            parameters.add(digest.bytes)
            parameters.add(Int64(digest.version))
            try session.post(.moveAPIKeyDigest, parameters)
        }
    }

    public borrowing func apiKeys(digestedWith pepper: Int) throws(TammError) -> Int {
        guard session.principal == .service else { return 0 }
        var parameters = PostgresParameters()
        parameters.add(Int64(pepper))
        return try count(.apiKeysByPepper, parameters)
    }

    private borrowing func count(_ statement: Statement, _ parameters: PostgresParameters) throws(TammError) -> Int {
        let count = try session.run(statement, parameters).first { row throws(TammError) in try row.next(Int64.self) }
        return Int(count ?? 0)
    }

    // MARK: Readers

    public borrowing func refreshNumber() throws(TammError) -> Int64 {
        try requireService()
        return try session.run(.refreshNumber).first { row throws(TammError) in try row.next(Int64.self) } ?? 0
    }

    public borrowing func askForRefresh() throws(TammError) -> Int64 {
        try session.begin(.committed)
        try requireService()
        let number = try session.run(.askForRefresh).first { row throws(TammError) in try row.next(Int64.self) }
        guard let number else { throw TammError(.corrupted, "api_key_refreshes has lost its row") }
        return number
    }

    public borrowing func apiKeyReaders() throws(TammError) -> [APIKeyReader] {
        try session.begin(.committed)
        try requireService()
        return try session.run(.apiKeyReaders).map { row throws(TammError) in
            let (id, staleness): (Identifier<APIKeyReader>, Int64) = (try row.next(), try row.next())
            return APIKeyReader(id: id, staleness: .microseconds(staleness), acknowledged: try row.next())
        }
    }

    public borrowing func put(_ reader: APIKeyReader) throws(TammError) {
        try requireService()
        var parameters = reader.id.parameter
        parameters.add(Int64(reader.staleness / .microseconds(1)))
        parameters.add(reader.acknowledged)
        guard try session.run(.putAPIKeyReader, parameters).affected == 1 else {
            throw TammError(.overloaded, "there are \(maximumPage) processes with a cache of API keys")
        }
    }

    public borrowing func remove(
        _ reader: Identifier<APIKeyReader>, acknowledgedBefore number: Int64
    ) throws(TammError) {
        try session.begin(.committed)
        try requireService()
        var parameters = reader.parameter
        parameters.add(number)
        try session.post(.removeAPIKeyReader, parameters)
    }

    private borrowing func requireService() throws(TammError) {
        guard session.principal == .service else { throw TammError(.forbidden, "this is the service's alone") }
    }
}

extension APIKeyPlace {
    fileprivate var parameters: PostgresParameters {
        var parameters = workspace.parameter
        parameters.add(id)
        return parameters
    }
}

extension PostgresParameters {
    static func digests(_ digests: APIKeyDigests) -> PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(digests.all, \.bytes)
        return parameters
    }
}

private let keyColumns = [
    "workspace_id", "id", "environment", "label", "name", "scopes", "addresses", "limit_names", "limit_counts",
    "limit_seconds", "limit_bursts", "budget_credits", "budget_period", "status", "expires_at", "replaces", "lineage",
    "created_at", "last_used_at", "signature",
]

extension APIKey {
    fileprivate func parameters(_ digest: APIKeyDigest) -> PostgresParameters {
        var parameters = place.parameters
        for text in [environment.rawValue, label, terms.name] { parameters.add(text) }
        parameters.add(terms.scopes, \.name)
        parameters.add(terms.addresses, \.description)
        let windows = terms.rateLimits.flatMap { limit in limit.windows.map { (limit.name, $0) } }
        parameters.add(windows, \.0)
        parameters.add(windows, \.1.count)
        parameters.add(windows, \.1.periodSeconds)
        parameters.add(windows, \.1.burst)
        parameters.add(terms.budget?.credits)
        parameters.add(terms.budget?.period.rawValue)
        parameters.add(status.rawValue)
        parameters.add(expiresAt)
        parameters.add(replaces)
        parameters.add(lineage)
        parameters.add(createdAt)
        parameters.add(lastUsedAt)
        parameters.add(terms.signature.rawValue)
        parameters.add(digest.bytes)
        parameters.add(Int64(digest.version))
        return parameters
    }
}

extension PostgresRow {
    mutating func nextFoundAPIKey() throws(TammError) -> FoundAPIKey {
        let (bytes, version): ([UInt8], Int64) = (try next(), try next())
        let status: WorkspaceStatus? = try nextNameIfPresent()
        let isSubscribed: Bool = try next()
        let key = try nextAPIKey()
        guard let status else { throw TammError(.corrupted, "workspace \(key.workspace) has no status") }
        return FoundAPIKey(
            key: key,
            digest: try stored("api_key_digests") { () throws(TammError) in
                try APIKeyDigest(version: Int(version), bytes: bytes)
            },
            workspaceStatus: status, subscription: isSubscribed ? try nextSubscription() : nil)
    }

    fileprivate mutating func nextAPIKey() throws(TammError) -> APIKey {
        let (workspace, id): (Identifier<Workspace>, Identifier<APIKey>) = (try next(), try next())
        let environment: APIKeyEnvironment? = try nextNameIfPresent()
        let (label, name): (String, String) = (try next(), try next())
        let (scopes, addresses): ([String], [String]) = (try nextArray(), try nextArray())
        let names: [String] = try nextArray()
        let (counts, seconds, bursts): ([Int64], [Int64], [Int64]) = (try nextArray(), try nextArray(), try nextArray())
        let credits: Credits? = try nextIfPresent()
        let period: APIKeyBudget.Period? = try nextNameIfPresent()
        let status: APIKey.Status? = try nextNameIfPresent()
        guard let environment, let status, counts.count == names.count, seconds.count == names.count,
            bursts.count == names.count
        else { throw TammError(.corrupted, "key \(id) has no environment, no status or uneven limits") }
        let (expiresAt, replaces): (Timestamp?, Identifier<APIKey>?) = (try nextIfPresent(), try nextIfPresent())
        let (lineage, createdAt): (Identifier<APIKey>, Timestamp) = (try next(), try next())
        let lastUsedAt: Timestamp? = try nextIfPresent()
        guard let signature: APIKeySignature = try nextNameIfPresent() else {
            throw TammError(.corrupted, "key \(id) does not say whether its requests are signed")
        }
        let terms = try stored("workspace_api_keys") { () throws(TammError) in
            var windows: [String: [PlanRateLimit.Window]] = [:]
            for (index, name) in names.enumerated() {
                windows[name, default: []].append(
                    try .init(count: counts[index], periodSeconds: seconds[index], burst: bursts[index]))
            }
            var limits: [PlanRateLimit] = []
            for (name, windows) in windows { limits.append(try PlanRateLimit(name, windows: windows)) }
            return try APIKeyTerms(
                name: name, scopes: scopes.map { name throws(TammError) in try APIKeyScope(name) },
                addresses: addresses.map { text throws(TammError) in try AddressRange(parsing: text) }, rateLimits: limits,
                budget: credits.flatMap { credits in period.map { APIKeyBudget(credits, per: $0) } }, signature: signature)
        }
        return APIKey(
            id: id, workspace: workspace, environment: environment, label: label, terms: terms, status: status,
            expiresAt: expiresAt, replaces: replaces, lineage: lineage, createdAt: createdAt, lastUsedAt: lastUsedAt)
    }
}

extension Statement {
    /// Key, workspace and what it has bought, found by the digest through three indexes.
    static let apiKeyByDigest: Statement = {
        let key = keyColumns.map { "k.\($0)" }.joined(separator: ", ")
        let subscription = subscriptionColumns.split { $0 == "," || $0.isWhitespace }.map { "s.\($0)" }
            .joined(separator: ", ")
        return Statement(
            "api_key_by_digest",
            """
            SELECT d.digest, k.pepper_version, w.status, s.workspace_id IS NOT NULL, \(key), \(subscription)
            FROM tamm.api_key_digests d
            JOIN tamm.workspace_api_keys k ON k.workspace_id = d.workspace_id AND k.id = d.key_id
            JOIN tamm.workspaces w ON w.id = d.workspace_id
            LEFT JOIN tamm.subscriptions s ON s.workspace_id = d.workspace_id
            WHERE d.digest = ANY ($1) LIMIT 1
            """)
    }()

    private static let keyList = keyColumns.joined(separator: ", ")
    fileprivate static let apiKey = Statement(
        "api_key", "SELECT \(keyList) FROM tamm.workspace_api_keys WHERE workspace_id = $1 AND id = $2")
    fileprivate static let lockAPIKey = Statement(
        "lock_api_key",
        "SELECT \(keyList) FROM tamm.workspace_api_keys WHERE workspace_id = $1 AND id = $2 FOR NO KEY UPDATE")
    fileprivate static let insertAPIKey: Statement = {
        let columns = keyColumns + ["digest", "pepper_version"]
        let values = columns.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
        return Statement(
            "insert_api_key",
            "INSERT INTO tamm.workspace_api_keys (\(columns.joined(separator: ", "))) VALUES (\(values))")
    }()
    fileprivate static let putAPIKey = Statement(
        "put_api_key",
        """
        UPDATE tamm.workspace_api_keys SET status = $3, expires_at = $4, changes = changes + 1
        WHERE workspace_id = $1 AND id = $2 AND (status <> 'revoked' OR $3 = 'revoked')
        """)
    fileprivate static let usableAPIKeys = Statement(
        "usable_api_keys",
        "SELECT count(*) FROM tamm.workspace_api_keys WHERE workspace_id = $1 AND status <> 'revoked'")
    fileprivate static let apiKeysByPepper = Statement(
        "api_keys_by_pepper",
        "SELECT count(*) FROM tamm.workspace_api_keys WHERE pepper_version = $1 AND status <> 'revoked'")

    /// Rows are locked in the order of their keys, also those whose digest alone moves after it; none goes back.
    fileprivate static let recordAPIKeyUses = Statement(
        "record_api_key_uses",
        """
        WITH used AS (
            SELECT k.workspace_id, k.id, n.at
            FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS n(workspace_id, id, at)
            JOIN tamm.workspace_api_keys k ON k.workspace_id = n.workspace_id AND k.id = n.id
            ORDER BY k.workspace_id, k.id FOR NO KEY UPDATE OF k
        )
        UPDATE tamm.workspace_api_keys k SET last_used_at = used.at FROM used
        WHERE k.workspace_id = used.workspace_id AND k.id = used.id
            AND (k.last_used_at IS NULL OR k.last_used_at < used.at)
        """)
    fileprivate static let moveAPIKeyDigest = Statement(
        "move_api_key_digest",
        """
        UPDATE tamm.workspace_api_keys SET digest = $3, pepper_version = $4
        WHERE workspace_id = $1 AND id = $2 AND digest <> $3 AND status <> 'revoked'
            AND NOT EXISTS (SELECT FROM tamm.api_key_digests d WHERE d.digest = $3)
        """)

    fileprivate static let refreshNumber = Statement("refresh_number", "SELECT number FROM tamm.api_key_refreshes")
    fileprivate static let askForRefresh = Statement(
        "ask_for_refresh", "UPDATE tamm.api_key_refreshes SET number = number + 1 RETURNING number")
    fileprivate static let apiKeyReaders = Statement(
        "api_key_readers", "SELECT id, staleness_us, acknowledged FROM tamm.api_key_readers ORDER BY id LIMIT 1000")
    fileprivate static let putAPIKeyReader = Statement(
        "put_api_key_reader",
        """
        INSERT INTO tamm.api_key_readers AS r (id, staleness_us, acknowledged)
        SELECT $1, $2, $3 WHERE EXISTS (SELECT FROM tamm.api_key_readers WHERE id = $1)
            OR (SELECT count(*) FROM tamm.api_key_readers) < 1000
        ON CONFLICT (id) DO UPDATE SET staleness_us = excluded.staleness_us,
            acknowledged = greatest(r.acknowledged, excluded.acknowledged)
        """)
    fileprivate static let removeAPIKeyReader = Statement(
        "remove_api_key_reader", "DELETE FROM tamm.api_key_readers WHERE id = $1 AND acknowledged < $2")
}

extension Listing {
    fileprivate static let apiKeys = Listing("api_keys") { after in
        """
        SELECT \(keyColumns.joined(separator: ", ")) FROM tamm.workspace_api_keys
        WHERE workspace_id = $2 \(after ? "AND id > $3" : "") ORDER BY id LIMIT $1
        """
    }
}
