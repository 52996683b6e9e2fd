/// The audit entries that a unit of work of access adds: named before it, so that it may run again.
struct AccessAudit: Sendable {
    let workspace: Identifier<Workspace>
    let actor: AuditActor
    /// In the actor's words, cut to what an entry takes: no text stops what is done. Keys in it are left out.
    let reason: String
    let now: Timestamp
    private let seed: Identifier<AccessAudit>

    /// - Throws: `forbidden` for the ledger and for keys, which are no actors.
    init(
        of workspace: Identifier<Workspace>, by principal: Principal, because reason: String = "", at now: Timestamp,
        entropy: EntropySource
    ) throws(TammError) {
        guard let actor = AuditActor(principal) else {
            throw TammError(.forbidden, "the ledger does nothing but wallets, and a key changes nothing")
        }
        self.workspace = workspace
        self.actor = actor
        self.reason = AuditEntry.shownReason(reason)
        self.now = now
        seed = Identifier(at: now, entropy: entropy)
    }

    func entry(
        _ action: String, _ kind: String, _ subject: String, _ details: [(String, String)] = []
    ) throws(TammError) -> AuditEntry {
        var lines: [AuditDetail] = []
        for (name, value) in details { lines.append(try AuditDetail(name, showing: value)) }
        return try AuditEntry(
            id: Identifier(derivedFrom: seed, label: "\(action):\(subject)", at: now), workspace: workspace, actor: actor,
            action: AuditAction(action), subject: AuditSubject(kind: kind, id: subject), reason: reason, details: lines,
            at: now)
    }
}
