/// What a store does for the audit log; nothing changes an entry or takes one out.
public protocol AuditRecords: ~Copyable {
    /// Adds the entries, of one workspace or several: all of them, or on an error none.
    ///
    /// - Throws: `forbidden` unless the principal is the service or a platform administrator, `notFound` without the
    ///   workspace, `conflict` when the workspace has an entry with that identifier or two of these have the same.
    borrowing func append(_ entries: [AuditEntry]) throws(TammError)

    /// The entries in the order of their identifiers, at most `limit` after `cursor`; empty where the principal does
    /// not see them.
    borrowing func auditEntries(
        of workspace: Identifier<Workspace>, after cursor: Identifier<AuditEntry>?, limit: Int
    ) throws(TammError) -> [AuditEntry]
}
