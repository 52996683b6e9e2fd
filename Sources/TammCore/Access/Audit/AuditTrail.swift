/// What was recorded of a workspace, to be read, verified and exported by those who answer for it.
public struct AuditTrail: Sendable {
    let store: any TammStore

    public init(store: any TammStore) { self.store = store }

    /// Up to `limit` (at most 1,000) entries after `cursor`, in the order of their identifiers: drawn ones, the oldest
    /// first.
    ///
    /// - Throws: `forbidden` without the permission ``Permission/readAudit``, `notFound` for a stranger, `invalidInput`
    ///   for the limit.
    public func entries(
        of workspace: Identifier<Workspace>, after cursor: Identifier<AuditEntry>? = nil, limit: Int = 100,
        as principal: Principal
    ) async throws(TammError) -> [AuditEntry] {
        let limit = try pageLimit(limit)
        return try await store.transaction(as: principal) { t throws(TammError) in
            try t.require(.readAudit, in: workspace)
            return try t.auditEntries(of: workspace, after: cursor, limit: limit)
        }
    }

    /// Up to `limit` (at most 1,000) records of a log after the number `cursor`, in the order in which they were added.
    ///
    /// - Throws: as ``entries(of:after:limit:as:)``.
    public func records(
        in log: AuditLog, of workspace: Identifier<Workspace>, after cursor: Int64 = 0, limit: Int = 100,
        as principal: Principal
    ) async throws(TammError) -> [ChainedRecord] {
        let limit = try pageLimit(limit)
        return try await store.transaction(as: principal) { t throws(TammError) in
            try t.require(.readAudit, in: workspace)
            return try t.auditChain(AuditPlace(workspace: workspace, log: log), after: cursor, limit: limit)
        }
    }

    /// Adds at most 1,000 records by themselves, all or none. What belongs to a change is added in its unit of work:
    /// ``AuditRecords/record(_:)``.
    ///
    /// - Throws: as ``AuditRecords/record(_:)``, `invalidInput` for more records.
    public func record(_ records: [AuditRecord], as principal: Principal) async throws(TammError) {
        guard records.count <= maximumPage else {
            throw TammError(.invalidInput, "wanted at most \(maximumPage) records, found \(records.count)")
        }
        try await store.transaction(as: principal) { t throws(TammError) in try t.record(records) }
    }
}
