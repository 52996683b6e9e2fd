import TammCore

@testable import TammInMemory

extension BrokenTransaction {
    borrowing func record(_ records: [AuditRecord]) throws(TammError) {
        switch flaw {
        case .shortensReasons:
            try base.record(
                try records.map { record throws(TammError) in
                    try record.with { entry throws(TammError) in try entry.with(reason: String(entry.reason.prefix(64))) }
                })
        case .sortsDetails:
            try base.record(
                try records.map { record throws(TammError) in
                    try record.with { entry throws(TammError) in
                        try entry.with(details: entry.details.sorted { $0.name < $1.name })
                    }
                })
        case .overwritesAudit:
            for record in records {
                guard let present = memory.audit[record.place], let taken = present[record.id] else { continue }
                var records = present.links.map(\.record)
                records[Int(taken.sequence) - 1] = record
                var chain = RecordChain(record.place)
                for record in records {
                    let (links, head) = AuditChain.chain([record], after: chain.head)
                    chain.append(links, head: head)
                }
                memory.audit[record.place] = chain
            }
            try base.record(records.filter { memory.audit[$0.place]?[$0.id] == nil })
        case .keepsFirstOfRepeatedAudit: try base.record(records.unique(by: \.id))
        case .sharesAuditIdentifiers:
            for record in records where memory.audit.values.contains(where: { $0[record.id] != nil }) {
                throw TammError(.conflict, "audit record \(record.id) is there already")
            }
            try base.record(records)
        case .acceptsHomelessAudit: try base.record(records.filter { memory.workspaces[$0.workspace] != nil })
        case .keepsHalfOfARefusedAppend: for record in records { try base.record([record]) }
        case .linksEachRequest: for record in records { try base.record([record]) }
        case .keepsFailedAudit:
            try base.record(records)
            base.memory.commit()
        case .letsOwnersRecord:
            guard let first = records.first, case .member(.owner, _) = base.standing(in: first.workspace) else {
                return try base.record(records)
            }
            try unbound { t throws(TammError) in try t.record(records) }
        case .hasNoPlatform:
            guard !records.contains(where: { $0.workspace == Workspace.platform.id }) else {
                throw TammError(.notFound, "no workspace")
            }
            try base.record(records)
        case .letsAdministratorsRecord, .letsAdministratorsRecordRequests:
            guard let first = records.first, base.standing(in: first.workspace) == .platformAdmin else {
                return try base.record(records)
            }
            try unbound { t throws(TammError) in try t.record(records) }
        case .forksChains:
            // As one who chains from a head that was read before the lock.
            try base.record(records)
            for place in Set(records.map(\.place)) {
                guard let chain = memory.audit[place] else { continue }
                let stale = stale(notes.heads[place])
                notes.heads[place] = past(AuditHead(place, sequence: chain.head.sequence, hash: chain.head.hash))
                guard let stale, chain.head.sequence > stale.sequence else { continue }
                let own = chain.links.suffix(records.count).map(\.record)
                let (links, _) = AuditChain.chain(own, after: AuditHead(emptyAt: place))
                var forked = RecordChain(place)
                let kept = chain.links.dropLast(own.count)
                forked.append(
                    kept
                        + links.enumerated().map { index, link in
                            ChainedRecord(link.record, sequence: Int64(kept.count + index + 1), hash: link.hash)
                        }, head: chain.head)
                memory.audit[place] = forked
            }
        case .reordersRecords: try base.record(records.reversed())
        default: try base.record(records)
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

    borrowing func auditChain(
        _ place: AuditPlace, after cursor: Int64?, limit: Int
    ) throws(TammError) -> [ChainedRecord] {
        let found = seen(leaking: .leaksChains) { $0.auditChain(place, after: cursor, limit: limit) }
        switch flaw {
        case .ordersChainsByIdentifier: return found.sorted { $0.record.id < $1.record.id }
        case .hashesRecordsAlone:
            return found.map { link in
                let hash = link.hash.map { _ in
                    AuditChain.hash([link.record], from: link.sequence, after: AuditChain.genesis(place))
                }
                return ChainedRecord(link.record, sequence: link.sequence, hash: hash)
            }
        case .cutsDocuments where place.log == .documents, .cutsRequests where place.log == .requests:
            return try found.map { link throws(TammError) in
                ChainedRecord(try link.record.shortened, sequence: link.sequence, hash: link.hash)
            }
        default: return found
        }
    }

    borrowing func auditHeads(
        of workspace: Identifier<Workspace>?, after cursor: AuditPlace?, limit: Int
    ) throws(TammError) -> [AuditHead] {
        let found = seen(leaking: .leaksChains) { $0.auditHeads(of: workspace, after: cursor, limit: limit) }
        switch flaw {
        case .inventsHeads where found.isEmpty && cursor == nil && limit > 2:
            guard let workspace, base.principal == .service else { return found }
            return [AuditHead(emptyAt: AuditPlace(workspace: workspace, log: .actions))]
        case .includesCursorOfHeads:
            guard let cursor, limit == 100, let first = memory.audit[cursor] else { return found }
            return [first.head] + found.prefix(limit - 1)
        case .keepsOldHeads:
            return found.map { head in
                guard head.sequence > 2, let link = memory.audit[head.place]?.links.first, let hash = link.hash else {
                    return head
                }
                return AuditHead(head.place, sequence: link.sequence, hash: hash)
            }
        default: return found
        }
    }
}

extension AuditRecord {
    fileprivate func with(
        _ change: (AuditEntry) throws(TammError) -> AuditEntry
    ) throws(TammError) -> AuditRecord {
        guard case .action(let entry) = self else { return self }
        return .action(try change(entry))
    }

    /// Without the end of a long name.
    fileprivate var shortened: AuditRecord {
        get throws(TammError) {
            switch self {
            case .action: return self
            case .document(let access):
                return .document(
                    try DocumentAccess(
                        id: access.id, workspace: access.workspace, channel: access.channel, agent: access.agent,
                        document: String(access.document.prefix(64)), access.act, at: access.at))
            case .request(let request):
                return .request(
                    try ExternalRequest(
                        id: request.id, workspace: request.workspace, key: request.key, method: request.method,
                        target: String(request.path.prefix(64)), status: request.status, refusal: request.refusal,
                        address: request.address, duration: request.duration, requestID: request.requestID,
                        at: request.at))
            }
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
