/// One of the logs that are added to and never changed, by its table's name. Each workspace has a chain in each.
public enum AuditLog: String, Sendable, Hashable, CaseIterable {
    /// Who did what to what, and why: ``AuditEntry``.
    case actions = "audit_logs"
    /// Which channel or agent read or changed which ingested document: ``DocumentAccess``.
    case documents = "channel_doc_audit_logs"
    /// What was asked of the external API: ``ExternalRequest``.
    case requests = "external_api_audit_logs"

    /// Whether what is added together ends in one link of the chain; where it does not, each record is a link.
    public var isBatched: Bool { self == .requests }

    package var table: TenantTable {
        switch self {
        case .actions: .auditLogs
        case .documents: .documentAccesses
        case .requests: .externalRequests
        }
    }
}

extension AuditLog: Comparable {
    public static func < (a: Self, b: Self) -> Bool { a.rawValue.utf8.lexicographicallyPrecedes(b.rawValue.utf8) }
}

/// What one of the logs keeps.
public enum AuditRecord: Sendable, Hashable {
    case action(AuditEntry)
    case document(DocumentAccess)
    case request(ExternalRequest)

    public var log: AuditLog {
        switch self {
        case .action: .actions
        case .document: .documents
        case .request: .requests
        }
    }

    public var workspace: Identifier<Workspace> {
        switch self {
        case .action(let entry): entry.workspace
        case .document(let access): access.workspace
        case .request(let request): request.workspace
        }
    }

    /// Distinct within its log and workspace.
    public var id: Identifier<AuditRecord> {
        switch self {
        case .action(let entry): Identifier(high: entry.id.high, low: entry.id.low)
        case .document(let access): Identifier(high: access.id.high, low: access.id.low)
        case .request(let request): Identifier(high: request.id.high, low: request.id.low)
        }
    }

    public var at: Timestamp {
        switch self {
        case .action(let entry): entry.at
        case .document(let access): access.at
        case .request(let request): request.at
        }
    }

    package var place: AuditPlace { AuditPlace(workspace: workspace, log: log) }
}

/// Where a chain is found: a workspace has one in each log.
public struct AuditPlace: Sendable, Hashable, Comparable {
    public let workspace: Identifier<Workspace>
    public let log: AuditLog

    public init(workspace: Identifier<Workspace>, log: AuditLog) {
        (self.workspace, self.log) = (workspace, log)
    }

    public static func < (a: Self, b: Self) -> Bool { (a.workspace, a.log) < (b.workspace, b.log) }
}

/// A record in its place in the chain.
public struct ChainedRecord: Sendable, Hashable {
    public let record: AuditRecord
    /// From 1 without gaps, in the workspace's chain of the log.
    public let sequence: Int64
    /// That of the link which this record ends; nil where the link goes on with the next record.
    public let hash: ChainHash?

    public init(_ record: AuditRecord, sequence: Int64, hash: ChainHash?) {
        (self.record, self.sequence, self.hash) = (record, sequence, hash)
    }
}

/// A row of a chain as it is found.
public enum AuditLink: Sendable, Hashable {
    case record(ChainedRecord)
    /// One that holds no record's values, with its number, its hash where it has one, and what is wrong with it.
    case unreadable(sequence: Int64, hash: ChainHash?, why: String)

    public var sequence: Int64 {
        switch self {
        case .record(let record): record.sequence
        case .unreadable(let sequence, hash: _, why: _): sequence
        }
    }

    /// - Throws: `corrupted` for one that is unreadable.
    var chained: ChainedRecord {
        get throws(TammError) {
            switch self {
            case .record(let record): record
            case .unreadable(let sequence, hash: _, let why): throw TammError(.corrupted, "record \(sequence): \(why)")
            }
        }
    }
}

/// The end of a chain.
public struct AuditHead: Sendable, Hashable {
    public let place: AuditPlace
    /// The number of the last record; 0 where there is none.
    public let sequence: Int64
    /// That of the last link; the genesis where there is none.
    public let hash: ChainHash

    public init(_ place: AuditPlace, sequence: Int64, hash: ChainHash) {
        (self.place, self.sequence, self.hash) = (place, sequence, hash)
    }

    /// The end of a chain in which nothing is yet.
    public init(emptyAt place: AuditPlace) {
        self.init(place, sequence: 0, hash: AuditChain.genesis(place))
    }
}
