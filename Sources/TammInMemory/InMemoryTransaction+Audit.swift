import TammCore

/// The audit entries of a workspace.
struct AuditLog {
    private var entries: [Identifier<AuditEntry>: AuditEntry] = [:]
    private var ids = SortedList<Identifier<AuditEntry>>()

    subscript(id: Identifier<AuditEntry>) -> AuditEntry? { entries[id] }

    /// Puts the entry, in the place of one with its identifier.
    mutating func put(_ entry: AuditEntry) {
        entries[entry.id] = entry
        ids.insert(entry.id)
    }

    mutating func remove(_ id: Identifier<AuditEntry>) {
        entries[id] = nil
        ids.remove(id)
    }

    /// At most `limit` entries after `cursor`, in the order of their identifiers.
    func page(after cursor: Identifier<AuditEntry>?, limit: Int) -> [AuditEntry] {
        ids.page(after: cursor, limit: limit).compactMap { entries[$0] }
    }
}

extension InMemoryTransaction {
    borrowing func append(_ entries: [AuditEntry]) throws(TammError) {
        let mark = memory.mark
        do throws(TammError) {
            for entry in entries { try append(entry) }
        } catch {
            memory.rollBack(to: mark)
            throw error
        }
    }

    private borrowing func append(_ entry: AuditEntry) throws(TammError) {
        try requireWrite(.auditLogs, entry.workspace)
        guard memory.workspaces[entry.workspace] != nil else {
            throw TammError(.notFound, "no workspace \(entry.workspace)")
        }
        guard memory.audit[entry.workspace]?[entry.id] == nil else {
            throw TammError(.conflict, "audit entry \(entry.id) is there already")
        }
        memory.willUndo(.audit(entry.workspace, entry.id))
        memory.audit[entry.workspace, default: AuditLog()].put(entry)
    }

    borrowing func auditEntries(
        of workspace: Identifier<Workspace>, after cursor: Identifier<AuditEntry>?, limit: Int
    ) -> [AuditEntry] {
        guard mayRead(.auditLogs, workspace) else { return [] }
        return memory.audit[workspace]?.page(after: cursor, limit: limit) ?? []
    }
}
