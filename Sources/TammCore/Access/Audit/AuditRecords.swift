/// What a store does for the audit logs; nothing changes a record or takes one out.
///
/// Each workspace has a chain in each log (``AuditChain``). Adding to one locks its head until the transaction ends, so
/// that a chain has neither gaps nor forks. Heads are locked after wallets, those of one call in the order of their
/// places.
public protocol AuditRecords: ~Copyable {
    /// Adds the records, of one workspace or several: all of them, or on an error none. Those of one chain are chained
    /// in their order; in a log that ``AuditLog/isBatched`` they end in one link.
    ///
    /// - Throws: `forbidden` where ``RowPolicy`` does not let the principal write the log, `notFound` without the
    ///   workspace, `conflict` when the workspace's log has a record with that identifier or two of these have the same.
    borrowing func record(_ records: [AuditRecord]) throws(TammError)

    /// The entries of `audit_logs` in the order of their identifiers, at most `limit` after `cursor`; empty where the
    /// principal does not see them.
    borrowing func auditEntries(
        of workspace: Identifier<Workspace>, after cursor: Identifier<AuditEntry>?, limit: Int
    ) throws(TammError) -> [AuditEntry]

    /// A chain's records in their order, at most `limit` after the number `cursor`; empty where the principal does not
    /// see them. Without a cursor it begins with whatever number is lowest.
    ///
    /// - Throws: `corrupted` where one of them holds no record's values.
    borrowing func auditChain(
        _ place: AuditPlace, after cursor: Int64?, limit: Int
    ) throws(TammError) -> [ChainedRecord]

    /// As ``auditChain(_:after:limit:)``, for verification: past what holds no record's values.
    borrowing func auditLinks(
        _ place: AuditPlace, after cursor: Int64?, limit: Int
    ) throws(TammError) -> [AuditLink]

    /// The ends of the chains in which something is, of a workspace or of all that the principal sees, in the order of
    /// their places, at most `limit` after `cursor`. A chain whose head is lost has an empty one.
    borrowing func auditHeads(
        of workspace: Identifier<Workspace>?, after cursor: AuditPlace?, limit: Int
    ) throws(TammError) -> [AuditHead]
}

extension AuditRecords where Self: ~Copyable {
    /// For a store in which every record is readable.
    public borrowing func auditLinks(
        _ place: AuditPlace, after cursor: Int64?, limit: Int
    ) throws(TammError) -> [AuditLink] {
        try auditChain(place, after: cursor, limit: limit).map(AuditLink.record)
    }

    /// Adds entries to `audit_logs`, as ``record(_:)``.
    public borrowing func append(_ entries: [AuditEntry]) throws(TammError) {
        try record(entries.map(AuditRecord.action))
    }
}
