/// What was recorded of a workspace, to be read by those who answer for it.
public struct AuditTrail: Sendable {
    private let store: any TammStore

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
}
