import Synchronization
import TammInMemory
import TammTesting
import Testing

@testable import TammCore

struct MemberAuditTests {
    private func entries(
        _ bank: Bank, of workspace: Identifier<Workspace>? = nil
    ) async throws -> [String] {
        try await AuditTrail(store: bank.store).entries(of: workspace ?? bank.workspace, as: .service).map { entry in
            let details = entry.details.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
            return "\(entry.action.name) \(entry.subject.id): \(details)"
        }
    }

    @Test func `A workspace that is made, and each member that comes, changes or goes, is written down with who did it`()
        async throws
    {
        let bank = try await Bank()
        let workspaces = bank.workspaces
        let (admin, owner, user) = (Identifier<User>(high: 8, low: 8), Bank.ownerID, Identifier<User>(high: 7, low: 7))
        try await workspaces.setPlatformAdmin(admin, true, as: .service)
        let made = try await workspaces.create(named: "New", owner: owner, as: .platformAdmin(admin))
        let asOwner = Principal.user(owner, in: made.id)
        for (moment, role) in [Role.member, .member, .admin, .admin].enumerated() {
            bank.time.advance(by: .seconds(moment + 1))
            try await workspaces.setRole(role, of: user, in: made.id, as: asOwner)
        }
        bank.time.advance(by: .seconds(1))
        try await workspaces.remove(user, from: made.id, as: asOwner)
        #expect(
            try await entries(bank, of: made.id) == [
                "workspace.created \(made.id): name New, owner \(owner)", "member.added \(user): role member",
                "member.role-changed \(user): from member, to admin", "member.removed \(user): role admin",
            ])
        let actors = try await AuditTrail(store: bank.store).entries(of: made.id, as: asOwner).map(\.actor)
        #expect(actors == [.platformAdmin(admin), .user(owner), .user(owner), .user(owner)])
    }

    @Test func `Who becomes a platform administrator, or is none any more, is written down in the platform's place`() async throws {
        let bank = try await Bank()
        let admin = Identifier<User>(high: 8, low: 8)
        for isAdmin in [true, true, false, false] {
            try await bank.workspaces.setPlatformAdmin(admin, isAdmin, as: .service)
            bank.time.advance(by: .seconds(1))
        }
        #expect(
            try await entries(bank, of: Workspace.platform.id) == [
                "platform-admin.added \(admin): ", "platform-admin.removed \(admin): ",
            ])
        let owner = Principal.user(Bank.ownerID, in: bank.workspace)
        let error = await failure { try await AuditTrail(store: bank.store).entries(of: Workspace.platform.id, as: owner) }
        #expect(error?.code == .notFound)
        for principal in [owner, .platformAdmin(admin), .ledger] {
            #expect(
                await failure { try await bank.workspaces.setPlatformAdmin(admin, true, as: principal) }?.code == .forbidden)
        }
        #expect(try await AuditTrail(store: bank.store).verify(as: .service).isClean)
    }

    @Test func `The platform's place has no members, takes no guests and stays closed`() async throws {
        let bank = try await Bank()
        let (workspaces, place, user) = (bank.workspaces, Workspace.platform.id, Identifier<User>(high: 7, low: 7))
        for act in 0..<3 {
            let error = await failure {
                switch act {
                case 0: try await workspaces.setRole(.owner, of: user, in: place, as: .service)
                case 1: _ = try await workspaces.invite(as: .member, into: place, lifetime: .seconds(9), as: .service).rawToken()
                default: try await workspaces.resume(place, because: "", as: .service)
                }
            }
            #expect(error?.code == .forbidden)
        }
        #expect(try await workspaces.workspace(place, as: .service) == .platform)
        #expect(try await workspaces.members(of: place, as: .service) == [])
    }

    @Test func `What is refused leaves no entry, and a stranger does not learn that the workspace is there`() async throws {
        let bank = try await Bank()
        let (workspaces, workspace) = (bank.workspaces, bank.workspace)
        let owner = Principal.user(Bank.ownerID, in: workspace)
        let (admin, member) = (try await bank.member(.admin, 1), try await bank.member(.member, 2))
        let stranger = try await bank.neighbour().owner
        let user = Identifier<User>(high: 7, low: 7)
        let before = try await entries(bank)
        for (principal, code) in [(member, TammError.Code.forbidden), (stranger, .notFound), (.ledger, .forbidden)] {
            #expect(await failure { try await workspaces.setRole(.member, of: user, in: workspace, as: principal) }?.code == code)
            #expect(await failure { try await workspaces.remove(Bank.ownerID, from: workspace, as: principal) }?.code == code)
            #expect(await failure { try await workspaces.create(named: "x", owner: user, as: principal) }?.code == .forbidden)
        }
        #expect(await failure { try await workspaces.setRole(.owner, of: user, in: workspace, as: admin) }?.code == .forbidden)
        #expect(await failure { try await workspaces.remove(Bank.ownerID, from: workspace, as: admin) }?.code == .forbidden)
        #expect(await failure { try await workspaces.remove(Bank.ownerID, from: workspace, as: owner) }?.code == .conflict)
        #expect(await failure { try await workspaces.remove(user, from: workspace, as: owner) }?.code == .notFound)
        #expect(try await entries(bank) == before)
    }

    /// Each way to act on the word of a member, tried while that member is demoted before one of its transactions.
    @Test func `Nothing is done on the word of a member after it was demoted`() async throws {
        for step in 1...4 {
            for act in 0..<9 {
                let store = InterruptingStore()
                let house = try await KeyHouse(over: store)
                let (workspaces, workspace) = (house.bank.workspaces, house.bank.workspace)
                guard case .user(let user, _) = try await house.bank.member(.owner, 1),
                    case .user(let other, _) = try await house.bank.member(.member, 2)
                else { return }
                let (key, _) = try await house.issue()
                let issued = try await workspaces.invite(
                    as: .member, into: workspace, lifetime: .seconds(60), as: house.owner)
                let invited = issued.invitation
                let actor = Principal.user(user, in: workspace)
                store.interrupt(before: step) {
                    try? await workspaces.setRole(.member, of: user, in: workspace, as: .service)
                }
                let error = await failure {
                    switch act {
                    case 0: _ = try await house.keys.issue(key.terms, .live, in: workspace, expiresAt: nil, as: actor).rawKey()
                    case 1: _ = try await house.keys.rotate(key.place, overlap: .zero, expiresAt: nil, as: actor).rawKey()
                    case 2: try await house.keys.disable(key.place, as: actor)
                    case 3: _ = try await house.keys.report(leaked: key.place, source: "s", as: actor)
                    case 4: _ = try await workspaces.invite(as: .owner, into: workspace, lifetime: .seconds(9), as: actor).rawToken()
                    case 5: try await workspaces.revoke(invited.id, of: workspace, as: actor)
                    case 6: try await workspaces.transferOwnership(of: workspace, from: Bank.ownerID, to: other, as: actor)
                    case 7: try await workspaces.setRole(.admin, of: other, in: workspace, as: actor)
                    default: try await workspaces.remove(other, from: workspace, as: actor)
                    }
                }
                let chain = try await AuditTrail(store: store).records(in: .actions, of: workspace, as: .service)
                let actors = chain.compactMap { if case .action(let entry) = $0.record { entry } else { nil } }
                let demoted = try #require(
                    actors.firstIndex { $0.action.name == "member.role-changed" && $0.subject.id == user.description }
                        ?? (error == nil ? actors.count : nil))
                #expect(!actors[min(demoted, actors.count)...].contains { $0.actor == .user(user) }, "act \(act) at \(step)")
                #expect(step > 1 || error?.code == .forbidden, "act \(act)")
            }
        }
    }
}

/// A store in memory that does something before one of the next transactions.
private final class InterruptingStore: TammStore {
    private let store = InMemoryStore()
    private let hook = Mutex<(left: Int, run: @Sendable () async -> Void)?>(nil)

    func interrupt(before number: Int, _ run: @escaping @Sendable () async -> Void) { hook.withLock { $0 = (number, run) } }

    func transaction<Value: Sendable>(
        as principal: Principal,
        _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Value
    ) async throws(TammError) -> Value {
        let due = hook.withLock { hook -> (@Sendable () async -> Void)? in
            guard let present = hook else { return nil }
            hook = present.left > 1 ? (present.left - 1, present.run) : nil
            return present.left == 1 ? present.run : nil
        }
        await due?()
        return try await store.transaction(as: principal, body)
    }
}
