internal import Crypto

/// What a workspace was adopted with, field by field, as its audit entry keeps it: what members, plan and credits have
/// become since does not matter when it is asked again.
struct AdoptionRecord {
    static let action = "workspace.adopted"
    /// No text beyond this is kept; of what is longer, its SHA-256.
    private static let maximumText = 200

    let workspace: Identifier<Workspace>
    /// Text and name of each part, in the order of the document.
    private let parts: [(field: AdoptedWorkspace.Field, text: String)]
    private let lots: Int
    private let credits: Credits

    init(_ adopted: AdoptedWorkspace) {
        workspace = adopted.workspace.id
        lots = adopted.lots.count
        credits = adopted.credits
        parts = AdoptedWorkspace.Field.allCases.map { ($0, Self.text(adopted.strictJSON($0))) }
    }

    /// The identifier that the workspace's record always has.
    static func id(in workspace: Identifier<Workspace>) -> Identifier<AuditEntry> {
        Identifier(derivedFrom: workspace, label: "adoption")
    }

    func entry(by actor: Principal, at now: Timestamp) throws(TammError) -> AuditEntry {
        guard let actor = AuditActor(actor) else {
            throw TammError(.forbidden, "the ledger adopts no workspaces")
        }
        var details = [try AuditDetail("credits", credits.description)]
        for part in parts { details.append(try AuditDetail(Self.detail(part.field), part.text)) }
        return try AuditEntry(
            id: Self.id(in: workspace), workspace: workspace, actor: actor, action: AuditAction(Self.action),
            subject: AuditSubject(kind: "workspace", id: workspace), details: details, at: now)
    }

    /// The record that the workspace was adopted with; nil where it was not adopted.
    static func find(
        in workspace: Identifier<Workspace>, in t: borrowing some AuditRecords & ~Copyable
    ) throws(TammError) -> AuditEntry? {
        let id = id(in: workspace)
        let before = Identifier<AuditEntry>(high: id.high, low: id.low - 1)
        return try t.auditEntries(of: workspace, after: before, limit: 1).first { $0.id == id }
    }

    /// The fields in which this differs from what was recorded.
    func differences(from entry: AuditEntry) -> [AdoptionDifference] {
        let recorded = Dictionary(entry.details.map { ($0.name, $0.value) }) { first, _ in first }
        return parts.compactMap { field, text in
            let adopted = recorded[Self.detail(field)] ?? ""
            guard !adopted.utf8.elementsEqual(text.utf8) else { return nil }
            return AdoptionDifference(field: field.rawValue, adopted: adopted, asked: text)
        }
    }

    private static func detail(_ field: AdoptedWorkspace.Field) -> String {
        field == .createdAt ? "created-at" : field.rawValue
    }

    private static func text(_ json: StrictJSON?) -> String {
        guard let json else { return "none" }
        let bytes = json.bytes
        let text = String(decoding: bytes, as: UTF8.self)
        if bytes.count <= maximumText, singleLine(text, atMost: maximumText).utf8.elementsEqual(text.utf8) { return text }
        let digest = "sha256:" + hexadecimal(SHA256.hash(data: bytes))
        guard case .array(let elements) = json else { return digest }
        return "\(elements.count) of \(digest)"
    }
}
