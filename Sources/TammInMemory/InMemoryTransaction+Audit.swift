import TammCore

/// A workspace's records in one log, in the order of their chain.
struct RecordChain {
    private(set) var links: [ChainedRecord] = []
    private(set) var head: AuditHead
    private var sequences: [Identifier<AuditRecord>: Int64] = [:]
    private var ids = SortedList<Identifier<AuditRecord>>()

    init(_ place: AuditPlace) { head = AuditHead(emptyAt: place) }

    subscript(id: Identifier<AuditRecord>) -> ChainedRecord? { sequences[id].map { links[Int($0) - 1] } }

    mutating func append(_ more: [ChainedRecord], head: AuditHead) {
        for link in more {
            links.append(link)
            sequences[link.record.id] = link.sequence
            ids.insert(link.record.id)
        }
        self.head = head
    }

    /// Takes off what was added after `head`.
    mutating func cut(to head: AuditHead) {
        for link in links[Int(head.sequence)...] {
            sequences[link.record.id] = nil
            ids.remove(link.record.id)
        }
        links.removeLast(links.count - Int(head.sequence))
        self.head = head
    }

    /// At most `limit` records after the identifier `cursor`, in the order of identifiers.
    func page(after cursor: Identifier<AuditRecord>?, limit: Int) -> [AuditRecord] {
        ids.page(after: cursor, limit: limit).compactMap { self[$0]?.record }
    }
}

extension InMemoryTransaction {
    borrowing func record(_ records: [AuditRecord]) throws(TammError) {
        for place in Set(records.map(\.place)) {
            try requireWrite(place.log.table, place.workspace)
            guard memory.workspaces[place.workspace] != nil else {
                throw TammError(.notFound, "no workspace \(place.workspace)")
            }
        }
        var chains: [AuditPlace: [AuditRecord]] = [:]
        var seen: [AuditPlace: Set<Identifier<AuditRecord>>] = [:]
        for record in records {
            guard memory.audit[record.place]?[record.id] == nil,
                seen[record.place, default: []].insert(record.id).inserted
            else { throw TammError(.conflict, "audit record \(record.id) is there already") }
            chains[record.place, default: []].append(record)
        }
        for (place, records) in chains {
            let present = memory.audit[place]?.head ?? AuditHead(emptyAt: place)
            let (links, head) = AuditChain.chain(records, after: present)
            memory.willUndo(.audit(present))
            memory.auditedWorkspaces.insert(place.workspace)
            memory.audit[place, default: RecordChain(place)].append(links, head: head)
        }
    }

    borrowing func auditEntries(
        of workspace: Identifier<Workspace>, after cursor: Identifier<AuditEntry>?, limit: Int
    ) -> [AuditEntry] {
        guard mayRead(.auditLogs, workspace) else { return [] }
        let cursor = cursor.map { Identifier<AuditRecord>(high: $0.high, low: $0.low) }
        let place = AuditPlace(workspace: workspace, log: .actions)
        return (memory.audit[place]?.page(after: cursor, limit: limit) ?? []).compactMap { record in
            if case .action(let entry) = record { entry } else { nil }
        }
    }

    borrowing func auditChain(_ place: AuditPlace, after cursor: Int64?, limit: Int) -> [ChainedRecord] {
        guard mayRead(place.log.table, place.workspace), let chain = memory.audit[place] else { return [] }
        let start = min(max(0, Int(clamping: cursor ?? 0)), chain.links.count)
        return Array(chain.links[start...].prefix(limit))
    }

    borrowing func auditHeads(
        of workspace: Identifier<Workspace>?, after cursor: AuditPlace?, limit: Int
    ) -> [AuditHead] {
        var heads: [AuditHead] = []
        let all = memory.auditedWorkspaces
        let rest = all.elements[(cursor.map { all.position(of: $0.workspace) } ?? 0)...]
        for workspace in workspace.map({ [$0] }) ?? rest {
            for log in AuditLog.allCases.sorted() where heads.count < limit {
                let place = AuditPlace(workspace: workspace, log: log)
                if let cursor, place <= cursor { continue }
                guard mayRead(log.table, workspace), let chain = memory.audit[place], chain.head.sequence > 0 else {
                    continue
                }
                heads.append(chain.head)
            }
            if heads.count >= limit { break }
        }
        return heads
    }
}
