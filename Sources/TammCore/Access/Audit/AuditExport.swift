/// A chain as JSON Lines, so that an outside program can recompute it: one object a record, in the order of the chain.
///
/// Each has `log`, `workspace`, `sequence`, `record` and `hash`: that of the link which the record ends in lower-case
/// hexadecimal, null where the link goes on with the next line. A record's members are the fields of its canonical
/// bytes under the names of ``AuditChain``, in which moments are RFC 3339 in UTC with up to six decimals and what is
/// absent is null; an entry's details are pairs of name and value.
public enum AuditExport {
    /// One line, with its line feed.
    public static func line(of link: ChainedRecord) -> String {
        let json = StrictJSON.object([
            .init("log", .text(link.record.log.rawValue)),
            .init("workspace", .text(link.record.workspace.description)),
            .init("sequence", .integer(link.sequence)),
            .init("record", link.record.json),
            .init("hash", link.hash.map { .text($0.description) } ?? .null),
        ])
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }
}

extension AuditTrail {
    /// Writes a chain in pieces of at most 1,000 lines, with what is added meanwhile.
    ///
    /// - Throws: `forbidden` without ``Permission/readAudit``, `notFound` for a stranger, `corrupted` at a record that holds
    ///   no record's values, and what `write` throws.
    public func export(
        _ log: AuditLog, of workspace: Identifier<Workspace>, as principal: Principal,
        to write: (String) async throws(TammError) -> Void
    ) async throws(TammError) {
        let place = AuditPlace(workspace: workspace, log: log)
        _ = try await forEachPage(of: place, as: principal) { page throws(TammError) in
            let links = try page.map { link throws(TammError) in try link.chained }
            try await write(links.map(AuditExport.line).joined())
        }
    }
}

extension AuditRecord {
    fileprivate var json: StrictJSON {
        var members: [StrictJSON.Member] = [.init("id", .text(id.description))]
        func add(_ name: String, _ text: String?) { members.append(.init(name, text.map { .text($0) } ?? .null)) }
        switch self {
        case .action(let entry):
            let (kind, actor): (String, Identifier<User>?) =
                switch entry.actor {
                case .user(let user): ("user", user)
                case .platformAdmin(let user): ("platform_admin", user)
                case .service: ("service", nil)
                }
            add("actorKind", kind)
            add("actor", actor?.description)
            add("action", entry.action.name)
            add("subjectKind", entry.subject.kind)
            add("subject", entry.subject.id)
            add("reason", entry.reason)
            add("at", entry.at.description)
            members.append(
                .init("details", .array(entry.details.map { .array([.text($0.name), .text($0.value)]) })))
        case .document(let access):
            add("channel", access.channel)
            add("agent", access.agent)
            add("document", access.document)
            add("act", access.act.description)
            add("at", access.at.description)
        case .request(let request):
            add("key", request.key?.description)
            add("method", request.method)
            add("path", request.path)
            members.append(.init("status", .integer(Int64(request.status))))
            add("refusal", request.refusal)
            add("address", request.address?.description)
            members.append(.init("microseconds", .integer(request.microseconds)))
            add("requestID", request.requestID)
            add("at", request.at.description)
        }
        return .object(members)
    }
}
