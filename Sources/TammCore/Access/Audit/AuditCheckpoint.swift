/// The ends of all chains of the audit logs at one time, under a key that the database does not hold: kept elsewhere,
/// it shows when records are cut off or a whole chain is computed anew.
///
/// Text, for export: `tamm-audit-checkpoint 1`, `taken <time>`, a line `head <workspace> <log> <sequence> <hash>` each,
/// and `hmac <HMAC-SHA256 of all lines before, in hexadecimal>`; lines end with a line feed.
public struct AuditCheckpoint: Sendable, Hashable {
    public let takenAt: Timestamp
    /// In the order of their places.
    public let heads: [AuditHead]

    private static let title = "tamm-audit-checkpoint 1"

    init(takenAt: Timestamp, heads: [AuditHead]) { (self.takenAt, self.heads) = (takenAt, heads) }

    /// The text for export, authenticated with `key`.
    public func text(key: Secret) -> String {
        CheckpointText(title: Self.title, takenAt: takenAt, heads: heads.map(\.line)).sealed(key)
    }

    /// Reads an exported checkpoint.
    ///
    /// - Throws: `invalidInput` for another form or more than 64 MiB, `unauthenticated` when the key did not make it.
    public init(text: String, key: Secret) throws(TammError) {
        let read = try CheckpointText(title: Self.title, opening: text)
        var heads: [AuditHead] = []
        for line in read.heads { heads.append(try AuditHead(line: line)) }
        (takenAt, self.heads) = (read.takenAt, heads)
        try CheckpointText.require(text, is: self.text(key: key))
    }
}

extension AuditHead {
    fileprivate var line: String { "\(place.workspace) \(place.log.rawValue) \(sequence) \(hash)" }

    fileprivate init(line: Substring) throws(TammError) {
        let (names, sequence, hash) = try CheckpointText.parts(of: line)
        guard let log = AuditLog(rawValue: names[1]) else {
            throw TammError(.invalidInput, "wanted the name of an audit log, found \(excerpt(names[1]))")
        }
        self.init(
            AuditPlace(workspace: try Identifier(parsing: names[0]), log: log), sequence: sequence, hash: hash)
    }
}

extension AuditTrail {
    /// Notes the ends of every chain of a workspace, or of all.
    ///
    /// - Throws: as ``verify(workspace:against:as:)``.
    public func checkpoint(
        workspace: Identifier<Workspace>? = nil, at now: Timestamp, as principal: Principal
    ) async throws(TammError) -> AuditCheckpoint {
        var heads: [AuditHead] = []
        try await forEachHead(of: workspace, as: principal) { head throws(TammError) in heads.append(head) }
        return AuditCheckpoint(takenAt: now, heads: heads)
    }
}
