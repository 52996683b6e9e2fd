import TammInMemory
import TammTesting

@testable import TammCore

/// A fixed sequence of records in every log of one workspace.
struct AuditScript: Sendable {
    static let start = Bank.start
    let store: any TammStore
    let workspace = Bank.workspaceID
    var trail: AuditTrail { AuditTrail(store: store) }

    init(over store: any TammStore = InMemoryStore()) async throws {
        self.store = store
        let workspace = try Workspace(id: workspace, name: "Audited", createdAt: Self.start)
        let owner = Member(workspace: workspace.id, user: Bank.ownerID, role: .owner, joinedAt: Self.start)
        try await store.transaction(as: .service) { t throws(TammError) in
            try t.insert(workspace)
            try t.put(owner)
        }
    }

    /// The same with the sequence in it.
    static func run(over store: any TammStore = InMemoryStore()) async throws -> AuditScript {
        let script = try await AuditScript(over: store)
        let requests = try script.requests
        try await script.trail.record(try script.actions + script.documents, as: .service)
        for part in [requests.prefix(1), requests[1..<4], requests.suffix(1)] {
            try await script.trail.record(Array(part), as: .service)
        }
        return script
    }

    func place(_ log: AuditLog) -> AuditPlace { AuditPlace(workspace: workspace, log: log) }

    func chain(_ log: AuditLog) async throws -> [ChainedRecord] {
        try await trail.records(in: log, of: workspace, limit: 1000, as: .service)
    }

    func head(_ log: AuditLog) async throws -> AuditHead {
        let place = place(log)
        return try await store.transaction(as: .service) { t throws(TammError) in try t.auditHead(place) }
    }

    private func id<Entity>(_ number: UInt64) -> Identifier<Entity> { Identifier(high: 0x019b_7000_0000_7009, low: number) }

    var actions: [AuditRecord] {
        get throws {
            let actors = [AuditActor.user(Bank.ownerID), .platformAdmin(id(99)), .service, .service, .service]
            return try actors.enumerated().map { index, actor in
                .action(
                    try AuditEntry(
                        id: id(UInt64(10 - index)), workspace: workspace, actor: actor, action: AuditAction("plan.assigned"),
                        subject: AuditSubject(kind: "workspace", id: "w \(index)"),
                        reason: ["", "سبب", "é", "a", "b"][index],
                        details: try (0..<index).map { try AuditDetail("d\($0)", String(repeating: "x", count: $0)) },
                        at: Self.start.advanced(by: .microseconds(index))))
            }
        }
    }

    var documents: [AuditRecord] {
        get throws {
            try DocumentAccess.Act.allCases.enumerated().map { index, act in
                .document(
                    try DocumentAccess(
                        id: id(UInt64(index)), workspace: workspace, channel: index == 1 ? nil : "whatsapp",
                        agent: index == 2 ? nil : "support", document: "doc-\(index)", act,
                        at: Self.start.advanced(by: .seconds(-index))))
            }
        }
    }

    var requests: [AuditRecord] {
        get throws {
            let addresses: [IPAddress?] = [nil, .v4(0x7f00_0001), .v6(0x2001_0db8_0000_0000, 1), nil, .v4(1)]
            return try addresses.enumerated().map { index, address in
                .request(
                    try ExternalRequest(
                        id: id(UInt64(index)), workspace: workspace, key: index == 3 ? nil : id(7),
                        method: ["GET", "POST", "PUT", "DELETE", "PATCH"][index], target: "/v1/é/\(index)?token=secret",
                        status: 200 + index, refusal: index == 4 ? "rate-limited" : nil, address: address,
                        duration: .microseconds(index * 1000), requestID: index == 0 ? nil : "req-\(index)",
                        at: Self.start.advanced(by: .microseconds(index))))
            }
        }
    }
}
