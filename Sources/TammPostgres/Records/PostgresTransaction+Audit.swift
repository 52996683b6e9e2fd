public import TammCore

extension PostgresTransaction {
    public borrowing func append(_ entries: [AuditEntry]) throws(TammError) {
        for workspace in Set(entries.map(\.workspace)) { try requireWrite(.auditLogs, in: workspace) }
        guard !entries.isEmpty else { return }
        var seen: Set<AuditPlace> = []
        for entry in entries where !seen.insert(entry.place).inserted {
            throw TammError(.conflict, "audit entry \(entry.id) is given twice")
        }
        var places = PostgresParameters()
        places.add(entries, \.workspace)
        places.add(entries, \.id)
        // Asked before, so that a refusal leaves the transaction as it is; those who add it at once meet the unique key.
        let bad = try session.run(.refusedAudit, places).first { row throws(TammError) in
            (
                workspace: try row.next(Identifier<Workspace>.self), id: try row.next(Identifier<AuditEntry>.self),
                isThere: try row.next(Bool.self)
            )
        }
        if let bad {
            guard bad.isThere else { throw TammError(.notFound, "no workspace \(bad.workspace)") }
            throw TammError(.conflict, "audit entry \(bad.id) is there already")
        }
        for entry in entries { try session.post(.insertAudit, entry.parameters) }
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
}

private struct AuditPlace: Hashable {
    let workspace: Identifier<Workspace>
    let id: Identifier<AuditEntry>
}

extension AuditEntry {
    fileprivate var place: AuditPlace { AuditPlace(workspace: workspace, id: id) }

    fileprivate var parameters: PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(workspace)
        parameters.add(id)
        switch actor {
        case .user(let user):
            parameters.add("user")
            parameters.add(user)
        case .platformAdmin(let user):
            parameters.add("platform_admin")
            parameters.add(user)
        case .service:
            parameters.add("service")
            parameters.add(nil as Identifier<User>?)
        }
        for text in [action.name, subject.kind, subject.id, reason] { parameters.add(text) }
        parameters.add(details, \.name)
        parameters.add(details, \.value)
        parameters.add(at)
        return parameters
    }
}

extension PostgresRow {
    fileprivate mutating func nextAuditEntry() throws(TammError) -> AuditEntry {
        let (workspace, id): (Identifier<Workspace>, Identifier<AuditEntry>) = (try next(), try next())
        let kind: String = try next()
        let user: Identifier<User>? = try nextIfPresent()
        let actor: AuditActor
        switch (kind, user) {
        case ("user", let user?): actor = .user(user)
        case ("platform_admin", let user?): actor = .platformAdmin(user)
        case ("service", nil): actor = .service
        default: throw TammError(.corrupted, "audit_logs: entry \(id) has no such actor")
        }
        let texts = (try next(String.self), try next(String.self), try next(String.self), try next(String.self))
        let (names, values): ([String], [String]) = (try nextArray(), try nextArray())
        let at: Timestamp = try next()
        return try stored("audit_logs") { () throws(TammError) in
            var details: [AuditDetail] = []
            for (name, value) in zip(names, values) { details.append(try AuditDetail(name, value)) }
            return try AuditEntry(
                id: id, workspace: workspace, actor: actor, action: AuditAction(texts.0),
                subject: AuditSubject(kind: texts.1, id: texts.2), reason: texts.3, details: details, at: at)
        }
    }
}

private let auditColumns =
    "workspace_id, id, actor_kind, actor_id, action, subject_kind, subject_id, reason, detail_names, detail_values, at"

extension Statement {
    fileprivate static let refusedAudit = Statement(
        "refused_audit",
        """
        SELECT n.workspace_id, n.id, w.id IS NOT NULL FROM unnest($1::uuid[], $2::uuid[]) AS n(workspace_id, id)
        LEFT JOIN tamm.workspaces w ON w.id = n.workspace_id
        WHERE w.id IS NULL
            OR EXISTS (SELECT FROM tamm.audit_logs a WHERE a.workspace_id = n.workspace_id AND a.id = n.id)
        LIMIT 1
        """)

    fileprivate static let insertAudit = Statement(
        "insert_audit",
        """
        INSERT INTO tamm.audit_logs (\(auditColumns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """)
}

extension Listing {
    fileprivate static let auditEntries = Listing("audit_entries") { after in
        """
        SELECT \(auditColumns) FROM tamm.audit_logs
        WHERE workspace_id = $2 \(after ? "AND id > $3" : "") ORDER BY id LIMIT $1
        """
    }
}
