public import TammCore

extension PostgresTransaction {
    public borrowing func record(_ records: [AuditRecord]) throws(TammError) {
        for place in Set(records.map(\.place)) { try requireWrite(place.log.table, in: place.workspace) }
        guard !records.isEmpty else { return }
        var seen: Set<RecordPlace> = []
        for record in records where !seen.insert(RecordPlace(record)).inserted {
            throw TammError(.conflict, "audit record \(record.id) is given twice")
        }
        // The triggers lock the heads, in the order in which the records come: that of their places.
        try session.begin(.committed)
        let chains = Dictionary(grouping: records, by: \.place).sorted { $0.key < $1.key }
        try refuse(chains.map(\.value))
        for (place, records) in chains {
            switch place.log {
            case .actions:
                for case .action(let entry) in records { try session.post(.insertAudit, entry.parameters) }
            case .documents:
                let accesses = records.compactMap { if case .document(let access) = $0 { access } else { nil } }
                try session.post(.insertDocuments, DocumentAccess.parameters(accesses))
            case .requests:
                let requests = records.compactMap { if case .request(let request) = $0 { request } else { nil } }
                try session.post(.insertRequests, ExternalRequest.parameters(requests))
            }
        }
    }

    /// Asked before, so that a refusal leaves the transaction as it is; those who add the same at once meet the unique
    /// key.
    private borrowing func refuse(_ chains: [[AuditRecord]]) throws(TammError) {
        var questions: [(Statement, PostgresParameters)] = []
        for log in AuditLog.allCases {
            let records = chains.joined().filter { $0.log == log }
            guard !records.isEmpty else { continue }
            var parameters = PostgresParameters()
            parameters.add(records, \.workspace)
            parameters.add(records, \.id)
            questions.append((.refused(log), parameters))
        }
        for rows in try session.run(questions) {
            let bad = try rows.first { row throws(TammError) in
                (
                    workspace: try row.next(Identifier<Workspace>.self), id: try row.next(Identifier<AuditRecord>.self),
                    isThere: try row.next(Bool.self)
                )
            }
            guard let bad else { continue }
            guard bad.isThere else { throw TammError(.notFound, "no workspace \(bad.workspace)") }
            throw TammError(.conflict, "audit record \(bad.id) is there already")
        }
    }

    public borrowing func auditEntries(
        of workspace: Identifier<Workspace>, after cursor: Identifier<AuditEntry>?, limit: Int
    ) throws(TammError) -> [AuditEntry] {
        guard mayRead(.auditLogs, in: workspace) else { return [] }
        var parameters = PostgresParameters()
        parameters.add(Int64(limit))
        parameters.add(workspace)
        if let cursor { parameters.add(cursor) }
        return try session.run(.auditEntries, cursor != nil, parameters).map { row throws(TammError) in
            try row.nextAuditEntry()
        }
    }

    public borrowing func auditChain(
        _ place: AuditPlace, after cursor: Int64?, limit: Int
    ) throws(TammError) -> [ChainedRecord] {
        try links(place, after: cursor, limit: limit) { row throws(TammError) in try row.nextChained(place.log) }
    }

    public borrowing func auditLinks(
        _ place: AuditPlace, after cursor: Int64?, limit: Int
    ) throws(TammError) -> [AuditLink] {
        try links(place, after: cursor, limit: limit) { row throws(TammError) in
            var same = row
            do throws(TammError) { return .record(try row.nextChained(place.log)) } catch {
                guard error.code == .corrupted else { throw error }
                for _ in 0..<place.log.width { same.skip() }
                return .unreadable(sequence: try same.next(), hash: try same.nextIfPresent(), why: error.message)
            }
        }
    }

    private borrowing func links<Link>(
        _ place: AuditPlace, after cursor: Int64?, limit: Int, _ decode: (inout PostgresRow) throws(TammError) -> Link
    ) throws(TammError) -> [Link] {
        guard mayRead(place.log.table, in: place.workspace) else { return [] }
        var parameters = PostgresParameters()
        parameters.add(Int64(limit))
        parameters.add(place.workspace)
        if let cursor { parameters.add(cursor) }
        return try session.run(.auditChain(place.log), cursor != nil, parameters).map(decode)
    }

    public borrowing func auditHeads(
        of workspace: Identifier<Workspace>?, after cursor: AuditPlace?, limit: Int
    ) throws(TammError) -> [AuditHead] {
        if session.principal == .ledger { return [] }
        if let workspace, !mayRead(.auditLogs, in: workspace) { return [] }
        var parameters = PostgresParameters()
        parameters.add(Int64(limit))
        if let workspace { parameters.add(workspace) }
        if let cursor {
            parameters.add(cursor.workspace)
            parameters.add(cursor.log.rawValue)
        }
        let listing: Listing = workspace == nil ? .allAuditHeads : .auditHeads
        return try session.run(listing, cursor != nil, parameters).map { row throws(TammError) in
            let (workspace, name): (Identifier<Workspace>, String) = (try row.next(), try row.next())
            guard let log = AuditLog(rawValue: name) else {
                throw TammError(.corrupted, "audit_heads: \(name) is no audit log")
            }
            let place = AuditPlace(workspace: workspace, log: log)
            let (sequence, hash): (Int64?, ChainHash?) = (try row.nextIfPresent(), try row.nextIfPresent())
            guard let sequence, let hash else { return AuditHead(emptyAt: place) }
            return AuditHead(place, sequence: sequence, hash: hash)
        }
    }
}

extension AuditLog {
    /// How many columns a record is read from.
    fileprivate var width: Int { columns.split(separator: ",").count }
}

extension PostgresRow {
    fileprivate mutating func nextChained(_ log: AuditLog) throws(TammError) -> ChainedRecord {
        let record: AuditRecord =
            switch log {
            case .actions: .action(try nextAuditEntry())
            case .documents: .document(try nextDocumentAccess())
            case .requests: .request(try nextExternalRequest())
            }
        return ChainedRecord(record, sequence: try next(), hash: try nextIfPresent())
    }
}

private struct RecordPlace: Hashable {
    let chain: AuditPlace
    let id: Identifier<AuditRecord>

    init(_ record: AuditRecord) { (chain, id) = (record.place, record.id) }
}

extension Statement {
    /// The first of the records whose workspace is not there or whose identifier is taken.
    fileprivate static func refused(_ log: AuditLog) -> Statement {
        Statement(
            "refused_\(log.rawValue)",
            """
            SELECT n.workspace_id, n.id, w.id IS NOT NULL FROM unnest($1::uuid[], $2::uuid[]) AS n(workspace_id, id)
            LEFT JOIN tamm.workspaces w ON w.id = n.workspace_id
            WHERE w.id IS NULL
                OR EXISTS (SELECT FROM tamm.\(log.rawValue) a WHERE a.workspace_id = n.workspace_id AND a.id = n.id)
            LIMIT 1
            """)
    }
}

extension Listing {
    fileprivate static let auditEntries = Listing("audit_entries") { after in
        """
        SELECT \(AuditLog.actions.columns) FROM tamm.audit_logs
        WHERE workspace_id = $2 \(after ? "AND id > $3" : "") ORDER BY id LIMIT $1
        """
    }

    fileprivate static func auditChain(_ log: AuditLog) -> Listing {
        Listing("chain_\(log.rawValue)") { after in
            """
            SELECT \(log.columns), sequence, hash FROM tamm.\(log.rawValue)
            WHERE workspace_id = $2 \(after ? "AND sequence > $3" : "") ORDER BY sequence LIMIT $1
            """
        }
    }

    fileprivate static let auditHeads = heads("audit_heads") { $0 ? "w.id = $2 AND (w.id, l.log) > ($3, $4) AND" : "w.id = $2 AND" }
    fileprivate static let allAuditHeads = heads("audit_heads_all") { $0 ? "(w.id, l.log) > ($2, $3) AND" : "" }

    /// Of chains in which something is: a head that is lost does not hide its records.
    private static func heads(_ name: String, _ condition: (Bool) -> String) -> Listing {
        let logs = AuditLog.allCases.map(\.rawValue)
        let names = logs.map { "('\($0)'::text COLLATE \"C\")" }.joined(separator: ", ")
        let isThere = logs.map {
            "WHEN '\($0)' THEN EXISTS (SELECT FROM tamm.\($0) a WHERE a.workspace_id = w.id)"
        }.joined(separator: " ")
        return Listing(name) { after in
            """
            SELECT w.id, l.log, h.sequence, h.hash FROM tamm.workspaces w CROSS JOIN (VALUES \(names)) AS l(log)
            LEFT JOIN tamm.audit_heads h ON h.workspace_id = w.id AND h.log = l.log
            WHERE \(condition(after)) (h.sequence > 0 OR CASE l.log \(isThere) END)
            ORDER BY w.id, l.log LIMIT $1
            """
        }
    }
}
