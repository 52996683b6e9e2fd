import TammTesting
import Testing

@testable import TammCore

struct WorkspaceControlTests {
    private func actions(_ bank: Bank) async throws -> [String] {
        try await AuditTrail(store: bank.store).entries(of: bank.workspace, as: .service).map { entry in
            ([entry.action.name] + entry.details.map(\.value)).joined(separator: " ")
        }.sorted()
    }

    private func status(_ bank: Bank) async throws -> WorkspaceStatus? {
        try await bank.workspaces.workspace(bank.workspace, as: .service)?.status
    }

    @Test func `A workspace is suspended, resumed and closed by the platform, and each change is written down once`() async throws {
        let bank = try await Bank()
        let (workspaces, workspace) = (bank.workspaces, bank.workspace)
        let admin = Identifier<User>(high: 8, low: 8)
        try await workspaces.setPlatformAdmin(admin, true, as: .service)
        for _ in 0..<2 { try await workspaces.suspend(workspace, because: "unpaid", as: .platformAdmin(admin)) }
        #expect(try await status(bank) == .suspended)
        try await workspaces.resume(workspace, because: "paid", as: .service)
        #expect(try await status(bank) == .active)
        try await workspaces.close(workspace, because: "asked for", as: .service)
        #expect(await failure { try await workspaces.suspend(workspace, because: "", as: .service) }?.code == .conflict)
        #expect(try await status(bank) == .closing)
        try await workspaces.resume(workspace, because: "changed their mind", as: .service)
        #expect(
            try await actions(bank) == [
                "workspace.status-changed active closing", "workspace.status-changed active suspended",
                "workspace.status-changed closing active", "workspace.status-changed suspended active",
            ])
        let entries = try await AuditTrail(store: bank.store).entries(of: workspace, as: .service)
        #expect(entries.first { $0.actor == .platformAdmin(admin) }?.reason == "unpaid")
    }

    @Test func `No member controls its workspace, and a stranger does not learn that it is there`() async throws {
        let bank = try await Bank()
        let (workspaces, workspace) = (bank.workspaces, bank.workspace)
        let owner = Principal.user(Bank.ownerID, in: workspace)
        for (principal, code) in [
            (owner, TammError.Code.forbidden), (try await bank.member(.admin, 1), .forbidden), (.ledger, .forbidden),
            (try await bank.neighbour().owner, .notFound), (.platformAdmin(Bank.ownerID), .notFound),
        ] {
            #expect(await failure { try await workspaces.suspend(workspace, because: "", as: principal) }?.code == code)
            #expect(await failure { try await workspaces.resume(workspace, because: "", as: principal) }?.code == code)
            #expect(await failure { try await workspaces.close(workspace, because: "", as: principal) }?.code == code)
        }
        #expect(try await status(bank) == .active)
        let nowhere = Identifier<Workspace>(high: 4, low: 4)
        #expect(await failure { try await workspaces.suspend(nowhere, because: "", as: .service) }?.code == .notFound)
    }

    @Test func `A member leaves, the last owner does not, and of two owners who leave at once one stays`() async throws {
        let bank = try await Bank()
        let (workspaces, workspace) = (bank.workspaces, bank.workspace)
        let owner = Principal.user(Bank.ownerID, in: workspace)
        let member = try await bank.member(.member, 1)
        try await workspaces.leave(as: member)
        #expect(await failure { try await workspaces.leave(as: member) }?.code == .notFound)
        #expect(await failure { try await workspaces.leave(as: owner) }?.code == .conflict)
        #expect(await failure { try await workspaces.leave(as: .service) }?.code == .forbidden)
        let second = try await bank.member(.owner, 2)
        let codes = await withTaskGroup(of: TammError.Code?.self) { group in
            for principal in [owner, second] {
                group.addTask { await failure { try await workspaces.leave(as: principal) }?.code }
            }
            return await group.reduce(into: [TammError.Code?]()) { $0.append($1) }
        }
        #expect(codes.count { $0 == nil } == 1 && codes.count { $0 == .conflict } == 1)
        #expect(try await workspaces.members(of: workspace, as: .service).map(\.role) == [.owner])
        #expect(
            try await actions(bank) == [
                "member.added member", "member.added owner", "member.left member", "member.left owner",
            ])
    }

    @Test func `Ownership goes from one to another in one step, by an owner or the platform`() async throws {
        let bank = try await Bank()
        let (workspaces, workspace) = (bank.workspaces, bank.workspace)
        let owner = Principal.user(Bank.ownerID, in: workspace)
        guard case .user(let admin, _) = try await bank.member(.admin, 1) else { return }
        let stranger = Identifier<User>(high: 9, low: 9)
        for (principal, from, to, code) in [
            (Principal.user(admin, in: workspace), Bank.ownerID, admin, TammError.Code.forbidden),
            (owner, Bank.ownerID, stranger, .notFound), (owner, stranger, admin, .notFound),
            (owner, admin, Bank.ownerID, .conflict), (owner, Bank.ownerID, Bank.ownerID, .conflict),
            (.user(stranger, in: workspace), Bank.ownerID, admin, .notFound),
        ] {
            let error = await failure {
                try await workspaces.transferOwnership(of: workspace, from: from, to: to, as: principal)
            }
            #expect(error?.code == code, "\(error as Any)")
        }
        try await workspaces.transferOwnership(of: workspace, from: Bank.ownerID, to: admin, as: owner)
        var roles = try await workspaces.members(of: workspace, as: .service)
        #expect(Set(roles.map { "\($0.user) \($0.role)" }) == ["\(admin) owner", "\(Bank.ownerID) admin"])
        try await workspaces.transferOwnership(of: workspace, from: admin, to: Bank.ownerID, keeping: .owner, as: .service)
        roles = try await workspaces.members(of: workspace, as: .service)
        #expect(roles.map(\.role) == [.owner, .owner])
        #expect(try await actions(bank).count { $0.hasPrefix("workspace.ownership-transferred") } == 2)
    }
}
