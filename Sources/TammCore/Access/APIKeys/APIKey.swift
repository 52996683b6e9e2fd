/// A workspace's key to the external API: everything but its secret, which nobody has stored.
public struct APIKey: Sendable, Hashable {
    /// Where it stands, in the words of the database.
    public enum Status: String, Sendable, Hashable, CaseIterable {
        case active
        /// Switched off until it is switched on again.
        case disabled
        /// Gone for good.
        case revoked
    }

    public let id: Identifier<APIKey>
    public let workspace: Identifier<Workspace>
    public let environment: APIKeyEnvironment
    /// The eight characters of its text by which people tell it from others.
    public let label: String
    public let terms: APIKeyTerms
    public package(set) var status: Status
    /// Until when it is accepted; nil: without an end. Over at its own instant.
    public package(set) var expiresAt: Timestamp?
    /// The key in whose place it came.
    public let replaces: Identifier<APIKey>?
    /// The first of the keys that came in each other's place: they share one budget.
    public let lineage: Identifier<APIKey>
    public let createdAt: Timestamp
    /// When it was last accepted, to the coarseness with which that is written down; nil: never.
    public package(set) var lastUsedAt: Timestamp?

    /// A key as a store has kept it.
    public init(
        id: Identifier<APIKey>, workspace: Identifier<Workspace>, environment: APIKeyEnvironment, label: String,
        terms: APIKeyTerms, status: Status, expiresAt: Timestamp?, replaces: Identifier<APIKey>?,
        lineage: Identifier<APIKey>, createdAt: Timestamp, lastUsedAt: Timestamp?
    ) {
        self.id = id
        self.workspace = workspace
        self.environment = environment
        self.label = label
        self.terms = terms
        self.status = status
        self.expiresAt = expiresAt
        self.replaces = replaces
        self.lineage = lineage
        self.createdAt = createdAt
        self.lastUsedAt = lastUsedAt
    }

    /// The same key in another state, for a store: everything else of it never changes.
    public func with(
        status: Status? = nil, expiresAt: Timestamp?? = nil, lastUsedAt: Timestamp?? = nil
    ) -> APIKey {
        var key = self
        key.status = status ?? self.status
        if let expiresAt { key.expiresAt = expiresAt }
        if let lastUsedAt { key.lastUsedAt = lastUsedAt }
        return key
    }

    /// Where it lies.
    public var place: APIKeyPlace { APIKeyPlace(workspace: workspace, id: id) }
}

/// A key's workspace and identifier.
public struct APIKeyPlace: Sendable, Hashable, Comparable {
    public let workspace: Identifier<Workspace>
    public let id: Identifier<APIKey>

    public init(workspace: Identifier<Workspace>, id: Identifier<APIKey>) { (self.workspace, self.id) = (workspace, id) }

    public static func < (a: Self, b: Self) -> Bool { (a.workspace, a.id) < (b.workspace, b.id) }
}

/// What a key may do; it is made with them and keeps them.
public struct APIKeyTerms: Sendable, Hashable {
    /// 1 to 200 bytes, for people.
    public let name: String
    /// At most 64, in the order of their names; what is not here the key may not do.
    public let scopes: [APIKeyScope]
    /// From where it is accepted: at most 64; none: from everywhere.
    public let addresses: [AddressRange]
    /// Limits of its own in the place of the plan's of the same name: at most 8, by name.
    public let rateLimits: [PlanRateLimit]
    /// How many credits may be spent through it; nil: as many as the wallet has.
    public let budget: APIKeyBudget?
    /// Whether each request has to be signed.
    public let signature: APIKeySignature

    /// - Throws: `invalidInput`, naming the field, beyond the bounds above, or where something is named twice.
    public init(
        name: String, scopes: [APIKeyScope], addresses: [AddressRange] = [], rateLimits: [PlanRateLimit] = [],
        budget: APIKeyBudget? = nil, signature: APIKeySignature = .optional
    ) throws(TammError) {
        do throws(TammError) { self.name = try checkedTitle(name, "a key's name") } catch { throw error.within("name") }
        for (count, most, field) in [
            (scopes.count, 64, "scopes"), (addresses.count, 64, "addresses"), (rateLimits.count, 8, "rateLimits"),
        ] where count > most {
            throw TammError(.invalidInput, "wanted at most \(most), found \(count)", field: field)
        }
        for (repeated, field) in [
            (firstRepeated(scopes, by: \.name), "scopes"), (firstRepeated(addresses, by: \.self), "addresses"),
            (firstRepeated(rateLimits, by: \.name), "rateLimits"),
        ] {
            if let repeated { throw TammError(.invalidInput, "wanted each once", field: "\(field)[\(repeated)]") }
        }
        self.scopes = scopes.sorted { $0.name < $1.name }
        self.addresses = addresses
        self.rateLimits = rateLimits.sorted { $0.name < $1.name }
        (self.budget, self.signature) = (budget, signature)
    }

    /// The key's own limit of that name; nil: the plan's holds.
    public func rateLimit(_ name: String) -> PlanRateLimit? { rateLimits.first { $0.name == name } }
}

/// Whether the requests of a key carry an HTTP message signature, see ``RequestSigning``.
public enum APIKeySignature: String, Sendable, Hashable, CaseIterable {
    /// One that is there has to be good.
    case optional
    /// Who has the key's text but not its signing secret can do nothing.
    case required
}

/// Something that a key may be allowed to do: 1 to 64 characters a–z, 0–9, `.`, `-`, `_`, beginning with a letter, such
/// as `messages.write`. Scopes are what they are: none holds another.
public struct APIKeyScope: Sendable, Hashable, CustomStringConvertible {
    public let name: String

    /// - Throws: `invalidInput` for another form.
    public init(_ name: String) throws(TammError) { self.name = try checkedName(name, "a scope", field: "scope") }

    public var description: String { name }
}

/// How many credits may be spent through a key and those that come in its place, counted by the ledger in the
/// transaction that spends them: exactly, however many spend at once.
public struct APIKeyBudget: Sendable, Hashable {
    /// In what stretch of time it is counted.
    public enum Period: String, Sendable, Hashable, CaseIterable {
        /// A day or a month of the calendar, in UTC.
        case day, month
        /// From the first of the keys on, once and for all.
        case lifetime
    }

    public let credits: Credits
    public let period: Period

    public init(_ credits: Credits, per period: Period) { (self.credits, self.period) = (credits, period) }

    /// The claim by which a debit or hold of so many credits is counted, to be put on the wallet's command.
    public func claim(
        _ amount: Credits, for lineage: Identifier<APIKey>, at now: Timestamp
    ) throws(TammError) -> QuotaClaim {
        let range = range(at: now)
        return try QuotaClaim(
            meter: Meter("api-key.\(lineage)"), quantity: UInt64(amount.micro), limit: UInt64(credits.micro),
            periodStart: range.lowerBound, resetsAt: range.upperBound)
    }

    private func range(at now: Timestamp) -> Range<Timestamp> {
        let today = CivilDate(of: now)
        switch period {
        case .lifetime: return .epoch ..< .max
        case .day:
            let end = today.midnight.advanced(by: .seconds(86_400))
            return today.midnight..<max(end, today.midnight.advanced(by: .microseconds(1)))
        case .month:
            let first = CivilDate(year: today.year, month: today.month, day: 1) ?? today
            let next = first.adding(months: 1)
            return first.midnight..<(next.midnight > first.midnight ? next.midnight : .max)
        }
    }
}

extension APIKey {
    /// The claim on its budget by which a debit or hold is counted; nil without one.
    public func claim(_ amount: Credits, at now: Timestamp) throws(TammError) -> QuotaClaim? {
        try terms.budget?.claim(amount, for: lineage, at: now)
    }
}

/// A key that was just made, with its text: to be read once.
public struct IssuedAPIKey: ~Copyable, Sendable {
    public let key: APIKey
    private let presented: PresentedAPIKey

    init(_ key: APIKey, _ presented: PresentedAPIKey) { (self.key, self.presented) = (key, presented) }

    /// The key's text, for its holder. Nothing else ever shows it: the store has a digest alone.
    public consuming func rawKey() -> String { presented.text }
}
