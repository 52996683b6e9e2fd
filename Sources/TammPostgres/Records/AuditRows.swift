import TammCore

extension AuditLog {
    /// What a record is read from, in this order.
    var columns: String {
        switch self {
        case .actions:
            "workspace_id, id, actor_kind, actor_id, action, subject_kind, subject_id, reason, detail_names, "
                + "detail_values, at"
        case .documents: "workspace_id, id, channel, agent, document, act, at"
        case .requests:
            "workspace_id, id, key_id, method, path, status, refusal, address, microseconds, request_id, at"
        }
    }
}

extension Statement {
    static let insertAudit = Statement(
        "insert_audit",
        """
        INSERT INTO tamm.audit_logs (\(AuditLog.actions.columns))
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """)

    static let insertDocuments = Statement(
        "insert_documents",
        """
        INSERT INTO tamm.channel_doc_audit_logs (\(AuditLog.documents.columns))
        SELECT \(AuditLog.documents.columns)
        FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
            WITH ORDINALITY AS n(\(AuditLog.documents.columns), place)
        ORDER BY place
        """)

    /// One link: it ends with the last row.
    static let insertRequests = Statement(
        "insert_requests",
        """
        INSERT INTO tamm.external_api_audit_logs (\(AuditLog.requests.columns), ends_link)
        SELECT \(AuditLog.requests.columns), place = cardinality($1)
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::int8[], $7::text[], $8::text[],
                $9::int8[], $10::text[], $11::timestamptz[])
            WITH ORDINALITY AS n(\(AuditLog.requests.columns), place)
        ORDER BY place
        """)
}

extension AuditEntry {
    var parameters: PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(workspace)
        parameters.add(id)
        parameters.add(actor: actor)
        for text in [action.name, subject.kind, subject.id, reason] { parameters.add(text) }
        parameters.add(details, \.name)
        parameters.add(details, \.value)
        parameters.add(at)
        return parameters
    }
}

extension PostgresParameters {
    /// What kind of actor it is, and which.
    mutating func add(actor: AuditActor) {
        switch actor {
        case .user(let user):
            add("user")
            add(user)
        case .platformAdmin(let user):
            add("platform_admin")
            add(user)
        case .service:
            add("service")
            add(nil as Identifier<User>?)
        }
    }
}

extension DocumentAccess {
    static func parameters(_ accesses: [DocumentAccess]) -> PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(accesses) { $0.workspace }
        parameters.add(accesses) { $0.id }
        parameters.add(accesses) { $0.channel }
        parameters.add(accesses) { $0.agent }
        parameters.add(accesses) { $0.document }
        parameters.add(accesses) { $0.act.description }
        parameters.add(accesses) { $0.at }
        return parameters
    }
}

extension ExternalRequest {
    static func parameters(_ requests: [ExternalRequest]) -> PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(requests) { $0.workspace }
        parameters.add(requests) { $0.id }
        parameters.add(requests) { $0.key }
        parameters.add(requests) { $0.method }
        parameters.add(requests) { $0.path }
        parameters.add(requests) { Int64($0.status) }
        parameters.add(requests) { $0.refusal }
        parameters.add(requests) { $0.address?.description }
        parameters.add(requests) { $0.microseconds }
        parameters.add(requests) { $0.requestID }
        parameters.add(requests) { $0.at }
        return parameters
    }
}

extension PostgresRow {
    /// An actor in two columns; nil where they name none.
    /// The next two columns, an actor; nil where they are null or name none.
    mutating func nextActorIfPresent() throws(TammError) -> AuditActor? {
        let kind: String? = try nextIfPresent()
        let user: Identifier<User>? = try nextIfPresent()
        return switch (kind, user) {
        case ("user", let user?): .user(user)
        case ("platform_admin", let user?): .platformAdmin(user)
        case ("service", nil): .service
        default: nil
        }
    }

    mutating func nextAuditEntry() throws(TammError) -> AuditEntry {
        let (workspace, id): (Identifier<Workspace>, Identifier<AuditEntry>) = (try next(), try next())
        guard let actor = try nextActorIfPresent() else {
            throw TammError(.corrupted, "audit_logs: entry \(id) has no such actor")
        }
        let texts = (try next(String.self), try next(String.self), try next(String.self), try next(String.self))
        let (names, values): ([String], [String]) = (try nextArray(), try nextArray())
        let at: Timestamp = try next()
        return try stored("audit_logs: entry \(id)") { () throws(TammError) in
            var details: [AuditDetail] = []
            for (name, value) in zip(names, values) { details.append(try AuditDetail(name, value)) }
            return try AuditEntry(
                id: id, workspace: workspace, actor: actor, action: AuditAction(texts.0),
                subject: AuditSubject(kind: texts.1, id: texts.2), reason: texts.3, details: details, at: at)
        }
    }

    mutating func nextDocumentAccess() throws(TammError) -> DocumentAccess {
        let (workspace, id): (Identifier<Workspace>, Identifier<DocumentAccess>) = (try next(), try next())
        let (channel, agent): (String?, String?) = (try nextIfPresent(), try nextIfPresent())
        let (document, act): (String, String) = (try next(), try next())
        let at: Timestamp = try next()
        return try stored("channel_doc_audit_logs: access \(id)") { () throws(TammError) in
            guard let act = DocumentAccess.Act(act) else { throw TammError(.corrupted, "\(act) is nothing one does") }
            return try DocumentAccess(
                id: id, workspace: workspace, channel: channel, agent: agent, document: document, act, at: at)
        }
    }

    mutating func nextExternalRequest() throws(TammError) -> ExternalRequest {
        let (workspace, id): (Identifier<Workspace>, Identifier<ExternalRequest>) = (try next(), try next())
        let key: Identifier<APIKey>? = try nextIfPresent()
        let (method, path, status): (String, String, Int64) = (try next(), try next(), try next())
        let (refusal, address): (String?, String?) = (try nextIfPresent(), try nextIfPresent())
        let (microseconds, requestID): (Int64, String?) = (try next(), try nextIfPresent())
        let at: Timestamp = try next()
        return try stored("external_api_audit_logs: request \(id)") { () throws(TammError) in
            let from = try address.map { text throws(TammError) in
                let address = try IPAddress(parsing: text)
                // Another spelling of the same address has other canonical bytes.
                guard address.description == text else { throw TammError(.corrupted, "another spelling of an address") }
                return address
            }
            return try ExternalRequest(
                id: id, workspace: workspace, key: key, method: method, path: path, status: Int(status),
                refusal: refusal, address: from, microseconds: microseconds, requestID: requestID, at: at)
        }
    }
}
