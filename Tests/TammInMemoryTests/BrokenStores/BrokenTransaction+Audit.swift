import TammCore

@testable import TammInMemory

extension BrokenTransaction {
    borrowing func append(_ entries: [AuditEntry]) throws(TammError) {
        switch flaw {
        case .shortensReasons:
            let shortened = try entries.map { entry throws(TammError) in
                try entry.with(reason: String(entry.reason.prefix(64)))
            }
            try base.append(shortened)
        case .sortsDetails:
            let sorted = try entries.map { entry throws(TammError) in
                try entry.with(details: entry.details.sorted { $0.name < $1.name })
            }
            try base.append(sorted)
        case .overwritesAudit:
            for entry in entries where memory.audit[entry.workspace]?[entry.id] != nil {
                memory.audit[entry.workspace]?.put(entry)
            }
            try base.append(entries.filter { memory.audit[$0.workspace]?[$0.id] == nil })
        case .keepsFirstOfRepeatedAudit: try base.append(entries.unique(by: \.id))
        case .sharesAuditIdentifiers:
            for entry in entries where memory.audit.values.contains(where: { $0[entry.id] != nil }) {
                throw TammError(.conflict, "audit entry \(entry.id) is there already")
            }
            try base.append(entries)
        case .acceptsHomelessAudit: try base.append(entries.filter { memory.workspaces[$0.workspace] != nil })
        case .keepsHalfOfARefusedAppend: for entry in entries { try base.append([entry]) }
        case .keepsFailedAudit:
            try base.append(entries)
            base.memory.commit()
        case .letsOwnersRecord:
            guard let first = entries.first, case .member(.owner, _) = base.standing(in: first.workspace) else {
                return try base.append(entries)
            }
            try unbound { t throws(TammError) in try t.append(entries) }
        default: try base.append(entries)
        }
    }

    borrowing func auditEntries(
        of workspace: Identifier<Workspace>, after cursor: Identifier<AuditEntry>?, limit: Int
    ) throws(TammError) -> [AuditEntry] {
        let found = seen(leaking: .leaksAudit) { $0.auditEntries(of: workspace, after: cursor, limit: limit) }
        switch flaw {
        case .inventsAudit where found.isEmpty && cursor == nil && base.principal == .service:
            return [
                try AuditEntry(
                    id: Identifier(high: 1, low: 1), workspace: workspace, actor: .service,
                    action: AuditAction("workspace.created"), subject: AuditSubject(kind: "workspace", id: workspace),
                    at: .epoch)
            ]
        case .ordersAuditByTime: return found.sorted { ($0.at, $0.id) < ($1.at, $1.id) }
        default: return found
        }
    }
}

extension AuditEntry {
    fileprivate func with(reason: String? = nil, details: [AuditDetail]? = nil) throws(TammError) -> AuditEntry {
        try AuditEntry(
            id: id, workspace: workspace, actor: actor, action: action, subject: subject,
            reason: reason ?? self.reason, details: details ?? self.details, at: at)
    }
}
