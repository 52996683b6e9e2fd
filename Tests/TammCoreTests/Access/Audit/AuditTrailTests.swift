import TammTesting
import Testing

@testable import TammCore

struct AuditTrailTests {
    /// A bank with `count` entries in the order of their identifiers.
    private func bank(_ count: Int) async throws -> (Bank, [AuditEntry]) {
        let bank = try await Bank()
        let entropy = SeededEntropy(seed: 7).source
        let made = try (0..<count).map { index in
            try AuditEntry(
                id: Identifier(at: bank.time.source.now().advanced(by: .seconds(index)), entropy: entropy),
                workspace: bank.workspace, actor: .user(Bank.ownerID), action: AuditAction("member.added"),
                subject: AuditSubject(kind: "user", id: "\(index)"), at: Bank.start)
        }
        try await bank.store.transaction(as: .service) { t throws(TammError) in try t.append(made) }
        return (bank, made)
    }

    @Test func `Those who answer for a workspace read what was recorded, in pages, the oldest first`() async throws {
        let (bank, made) = try await bank(5)
        let trail = AuditTrail(store: bank.store)
        let owner = Principal.user(Bank.ownerID, in: bank.workspace)
        let admin = Member(workspace: bank.workspace, user: Identifier(high: 7, low: 7), role: .admin, joinedAt: Bank.start)
        try await bank.store.transaction(as: .service) { t throws(TammError) in try t.put(admin) }
        for principal in [owner, .user(admin.user, in: bank.workspace), .service] {
            #expect(try await trail.entries(of: bank.workspace, as: principal) == made)
            #expect(try await trail.entries(of: bank.workspace, limit: 2, as: principal) == Array(made[..<2]))
            let rest = try await trail.entries(of: bank.workspace, after: made[1].id, limit: 2, as: principal)
            #expect(rest == Array(made[2..<4]))
        }
    }

    @Test func `A member reads nothing, and a stranger does not learn that there is something`() async throws {
        let (bank, _) = try await bank(1)
        let trail = AuditTrail(store: bank.store)
        let stranger = try await bank.neighbour().owner
        for (principal, code) in [
            (try await bank.member(.member, 1), TammError.Code.forbidden), (.ledger, .forbidden), (stranger, .notFound),
        ] {
            let error = await failure { try await trail.entries(of: bank.workspace, as: principal) }
            #expect(error?.code == code)
        }
    }

    @Test(arguments: [0, -1, 1001])
    func `A page of another size is refused`(limit: Int) async throws {
        let (bank, _) = try await bank(0)
        let trail = AuditTrail(store: bank.store)
        let error = await failure { try await trail.entries(of: bank.workspace, limit: limit, as: .service) }
        #expect(error?.code == .invalidInput && error?.field == "limit")
    }

    @Test func `The audit log is read by admins and owners, and written by the platform alone`() {
        let here = Bank.workspaceID
        let standings: [(RowPolicy.Standing, reads: Bool, writes: Bool)] = [
            (.member(.member, of: here), false, false), (.member(.admin, of: here), true, false),
            (.member(.owner, of: here), true, false), (.platformAdmin, true, false), (.service, true, true),
            (.ledger, false, false), (.stranger, false, false),
            (.member(.owner, of: Identifier(high: 9, low: 9)), false, false),
        ]
        for (standing, reads, writes) in standings {
            #expect(RowPolicy.mayRead(.auditLogs, in: here, as: standing) == reads, "\(standing)")
            #expect(RowPolicy.mayWrite(.auditLogs, in: here, as: standing) == writes, "\(standing)")
        }
        #expect(!TenantTable.auditLogs.isLedger && TenantTable.auditLogs.rawValue == "audit_logs")
    }
}
