import TammTesting
import Testing

@testable import TammCore

struct InvitationTests {
    private let guest = Identifier<User>(high: 7, low: 7)

    private func invite(
        _ bank: Bank, as role: Role = .member, by principal: Principal? = nil, for lifetime: Duration = .seconds(60)
    ) async throws -> (invitation: Invitation, token: String) {
        let owner = Principal.user(Bank.ownerID, in: bank.workspace)
        let issued = try await bank.workspaces.invite(
            as: role, into: bank.workspace, lifetime: lifetime, as: principal ?? owner)
        let invitation = issued.invitation
        return (invitation, issued.rawToken())
    }

    private func member(of bank: Bank, _ role: Role, _ number: UInt64) async throws -> Identifier<User> {
        guard case .user(let user, _) = try await bank.member(role, number) else { throw TammError(.notFound, "no user") }
        return user
    }

    @Test func `Whoever presents a token joins in its role, once`() async throws {
        let bank = try await Bank()
        let (invitation, text) = try await invite(bank, as: .admin)
        let token = try InvitationToken(parsing: text)
        bank.time.advance(by: .seconds(1))
        let member = Member(workspace: bank.workspace, user: guest, role: .admin, joinedAt: bank.time.now)
        #expect(try await bank.workspaces.accept(token, for: guest) == .joined(member))
        #expect(try await bank.workspaces.accept(token, for: guest) == .refused)
        #expect(try await bank.workspaces.accept(token, for: Identifier(high: 7, low: 8)) == .refused)
        let kept = try await bank.workspaces.invitations(of: bank.workspace, as: .service)
        #expect(kept.map(\.status) == [.accepted] && kept[0].acceptedBy == guest && kept[0].id == invitation.id)
        let entries = try await AuditTrail(store: bank.store).entries(of: bank.workspace, as: .service)
        #expect(entries.map(\.action.name) == ["member.invited", "member.joined"])
        #expect(entries[1].actor == .user(guest))
    }

    @Test func `Of many who present one token at once, one joins`() async throws {
        let bank = try await Bank()
        let token = try InvitationToken(parsing: try await invite(bank).token)
        let joined = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number: UInt64 in 0..<16 {
                group.addTask {
                    if case .joined = try await bank.workspaces.accept(token, for: Identifier(high: 7, low: number)) { true } else { false }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(joined == 1)
        #expect(try await bank.workspaces.members(of: bank.workspace, as: .service).count == 2)
    }

    @Test func `A member who presents one leaves it open for somebody else`() async throws {
        let bank = try await Bank()
        let token = try InvitationToken(parsing: try await invite(bank).token)
        guard case .alreadyMember(let owner) = try await bank.workspaces.accept(token, for: Bank.ownerID) else {
            return #expect(Bool(false))
        }
        #expect(owner.role == .owner)
        guard case .joined = try await bank.workspaces.accept(token, for: guest) else { return #expect(Bool(false)) }
    }

    @Test func `One that is over, revoked, of a suspended workspace or of nobody is refused, all alike`() async throws {
        let bank = try await Bank()
        let owner = Principal.user(Bank.ownerID, in: bank.workspace)
        let (_, over) = try await invite(bank, for: .seconds(60))
        let (revoked, taken) = try await invite(bank, for: .seconds(600))
        let (_, open) = try await invite(bank, for: .seconds(600))
        bank.time.advance(by: .seconds(60))
        for _ in 0..<2 { try await bank.workspaces.revoke(revoked.id, of: bank.workspace, as: owner) }
        try await bank.workspaces.suspend(bank.workspace, because: "unpaid", as: .service)
        #expect(try await bank.workspaces.accept(InvitationToken(parsing: open), for: guest) == .refused)
        try await bank.workspaces.resume(bank.workspace, because: "paid", as: .service)
        let unknown = InvitationToken(bank.workspace, revoked.id, entropy: bank.entropy)
        for token in [try InvitationToken(parsing: over), try InvitationToken(parsing: taken), unknown] {
            #expect(try await bank.workspaces.accept(token, for: guest) == .refused)
        }
        let elsewhere = InvitationToken(Identifier(high: 1, low: 2), Identifier(high: 3, low: 4), entropy: bank.entropy)
        #expect(try await bank.workspaces.accept(elsewhere, for: guest) == .refused)
        guard case .joined = try await bank.workspaces.accept(InvitationToken(parsing: open), for: guest) else {
            return #expect(Bool(false))
        }
        let accepted = try await bank.workspaces.invitations(of: bank.workspace, as: owner).first { $0.status == .accepted }
        let id = try #require(accepted?.id)
        #expect(await failure { try await bank.workspaces.revoke(id, of: bank.workspace, as: owner) }?.code == .conflict)
    }

    @Test func `Who manages members invites, who manages owners invites owners, and nobody else sees invitations`() async throws {
        let bank = try await Bank()
        let (admin, member) = (try await bank.member(.admin, 1), try await bank.member(.member, 2))
        let (invitation, _) = try await invite(bank, by: admin)
        #expect(await failure { _ = try await invite(bank, as: .owner, by: admin) }?.code == .forbidden)
        let stranger = try await bank.neighbour().owner
        for (principal, code) in [(member, TammError.Code.forbidden), (stranger, .notFound), (.ledger, .forbidden)] {
            #expect(await failure { _ = try await invite(bank, by: principal) }?.code == code)
            #expect(
                await failure { try await bank.workspaces.revoke(invitation.id, of: bank.workspace, as: principal) }?.code
                    == code)
            #expect(
                await failure { _ = try await bank.workspaces.invitations(of: bank.workspace, as: principal) }?.code == code)
        }
        for lifetime in [Duration.zero, .milliseconds(999), .seconds(31 * 86_400 + 1)] {
            #expect(await failure { _ = try await invite(bank, for: lifetime) }?.code == .invalidInput)
        }
    }

    @Test func `One is good as long as who made it may still make it`() async throws {
        let bank = try await Bank()
        guard case .user(let admin, _) = try await bank.member(.admin, 1),
            case .user(let second, _) = try await bank.member(.owner, 2)
        else { return }
        let owner = Principal.user(Bank.ownerID, in: bank.workspace)
        let platform = Identifier<User>(high: 8, low: 8)
        try await bank.workspaces.setPlatformAdmin(platform, true, as: .service)
        let (_, byAdmin) = try await invite(bank, by: .user(admin, in: bank.workspace))
        let (_, byOwner) = try await invite(bank, as: .owner, by: .user(second, in: bank.workspace))
        let (_, byPlatform) = try await invite(bank, by: .platformAdmin(platform))
        try await bank.workspaces.remove(admin, from: bank.workspace, as: owner)
        try await bank.workspaces.setRole(.admin, of: second, in: bank.workspace, as: owner)
        try await bank.workspaces.setPlatformAdmin(platform, false, as: .service)
        for text in [byAdmin, byOwner, byPlatform] {
            #expect(try await bank.workspaces.accept(InvitationToken(parsing: text), for: guest) == .refused)
        }
        try await bank.workspaces.setRole(.admin, of: admin, in: bank.workspace, as: owner)
        try await bank.workspaces.setRole(.owner, of: second, in: bank.workspace, as: owner)
        for text in [byAdmin, byOwner] {
            #expect(try await bank.workspaces.accept(InvitationToken(parsing: text), for: guest) == .refused)
        }
        try await bank.workspaces.setPlatformAdmin(platform, true, as: .service)
        guard case .joined = try await bank.workspaces.accept(InvitationToken(parsing: byPlatform), for: platform) else {
            return #expect(Bool(false))
        }
        let kept = try await bank.workspaces.invitations(of: bank.workspace, as: .service).map(\.invitedBy)
        #expect(Set(kept) == [.user(admin), .user(second), .platformAdmin(platform)])
    }

    @Test func `Those of a member who is removed, leaves or may not make them any more are revoked, and no others`() async throws {
        let bank = try await Bank()
        let owner = Principal.user(Bank.ownerID, in: bank.workspace)
        let departures: [(Role, Role, [Role], @Sendable (Identifier<User>) async throws -> Void)] = [
            (.admin, .admin, [.member, .admin], { try await bank.workspaces.remove($0, from: bank.workspace, as: owner) }),
            (.admin, .admin, [.member], { try await bank.workspaces.leave(as: .user($0, in: bank.workspace)) }),
            (
                .admin, .admin, [.member],
                { try await bank.workspaces.setRole(.member, of: $0, in: bank.workspace, as: owner) }
            ),
            (
                .owner, .owner, [.owner],
                { try await bank.workspaces.setRole(.admin, of: $0, in: bank.workspace, as: owner) }
            ),
            (
                .owner, .owner, [.owner],
                {
                    try await bank.workspaces.transferOwnership(
                        of: bank.workspace, from: $0, to: member(of: bank, .admin, 90), as: owner)
                }
            ),
        ]
        for (index, (role, back, roles, leave)) in departures.enumerated() {
            let user = try await member(of: bank, role, UInt64(index) + 50)
            var (gone, kept): ([Identifier<Invitation>], [Identifier<Invitation>]) = ([], [])
            for role in roles { gone.append(try await invite(bank, as: role, by: .user(user, in: bank.workspace)).invitation.id) }
            if role == .owner { kept.append(try await invite(bank, by: .user(user, in: bank.workspace)).invitation.id) }
            kept.append(try await invite(bank).invitation.id)
            try await leave(user)
            try await bank.workspaces.setRole(back, of: user, in: bank.workspace, as: owner)
            let rows = try await bank.workspaces.invitations(of: bank.workspace, as: owner)
            #expect(rows.filter { gone.contains($0.id) }.map(\.status) == gone.map { _ in .revoked })
            #expect(rows.filter { kept.contains($0.id) }.map(\.status) == kept.map { _ in .open })
            let entries = try await AuditTrail(store: bank.store).entries(of: bank.workspace, limit: 1000, as: .service)
            let revoked = Set(entries.filter { $0.action.name == "member.invitation-revoked" }.map(\.subject.id))
            #expect(revoked.isSuperset(of: gone.map(\.description)) && revoked.isDisjoint(with: kept.map(\.description)))
        }
    }

    @Test func `At most a hundred are open, and those that are over make room`() async throws {
        let bank = try await Bank()
        for _ in 0..<Workspaces.maximumInvitations { _ = try await invite(bank) }
        #expect(await failure { _ = try await invite(bank) }?.code == .conflict)
        bank.time.advance(by: .seconds(60))
        _ = try await invite(bank)
        #expect(try await bank.workspaces.invitations(of: bank.workspace, as: .service).count == 1)
    }

    @Test func `A token is read back, a typing error is found, and nothing shows it`() async throws {
        let bank = try await Bank()
        let (invitation, text) = try await invite(bank)
        let token = try InvitationToken(parsing: text)
        #expect(token.workspace == bank.workspace && token.invitation == invitation.id && token.text == text)
        let bytes = Array(text.utf8)
        for index in bytes.indices {
            var changed = bytes
            changed[index] = changed[index] == UInt8(ascii: "a") ? UInt8(ascii: "b") : UInt8(ascii: "a")
            #expect(throws: TammError.self) { try InvitationToken(parsing: String(decoding: changed, as: UTF8.self)) }
        }
        var shown = "\(token)"
        dump(token, to: &shown)
        dump(try await bank.workspaces.invitations(of: bank.workspace, as: .service), to: &shown)
        #expect(!shown.contains(text.suffix(40)) && !(token is any Encodable))
    }
}
