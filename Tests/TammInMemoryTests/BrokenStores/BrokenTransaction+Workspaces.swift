import TammCore

@testable import TammInMemory

extension BrokenTransaction {
    borrowing func workspace(_ id: Identifier<Workspace>) throws(TammError) -> Workspace? { base.workspace(id) }

    borrowing func insert(_ workspace: Workspace) throws(TammError) { try base.insert(workspace) }

    borrowing func member(_ user: Identifier<User>, of workspace: Identifier<Workspace>) throws(TammError) -> Member? {
        base.member(user, of: workspace)
    }

    borrowing func members(
        of workspace: Identifier<Workspace>, after cursor: Identifier<User>?, limit: Int
    ) throws(TammError) -> [Member] {
        let members = base.members(of: workspace, after: cursor, limit: limit)
        switch flaw {
        case .readsStaleMembers where cursor == nil && !members.isEmpty:
            if let seen = notes.members[workspace], isStale(seen.commit) { return seen.members }
            notes.members[workspace] = (members, notes.commits + 1)
            return members
        case .ordersSigned:
            let all = base.members(of: workspace, after: nil, limit: .max).sorted {
                Int64(bitPattern: $0.user.high) < Int64(bitPattern: $1.user.high)
            }
            let rest = cursor.map { cursor in all.drop { $0.user != cursor }.dropFirst() } ?? all[...]
            return Array(rest.prefix(limit))
        default: return members
        }
    }

    borrowing func put(_ member: Member) throws(TammError) {
        notes.putMembers.append(member)
        switch (flaw, base.standing(in: member.workspace)) {
        case (.letsMembersManageMembers, .member): try unbound().put(member)
        case (.tellsHiddenFromMissing, .stranger) where memory.workspaces[member.workspace] != nil:
            throw TammError(.forbidden, "this is another workspace's")
        default: try base.put(member)
        }
    }

    borrowing func removeMember(
        _ user: Identifier<User>, from workspace: Identifier<Workspace>
    ) throws(TammError) { try base.removeMember(user, from: workspace) }

    borrowing func standing(in workspace: Identifier<Workspace>) throws(TammError) -> RowPolicy.Standing {
        switch (flaw, base.principal) {
        case (.trustsClaimsOfAdministration, .platformAdmin): return .platformAdmin
        case (.takesRolesFromOtherWorkspaces, .user(let user, let own)):
            let role = memory.members[.init(workspace: own, user: user)]?.role
            return role.map { .member($0, of: workspace) } ?? .stranger
        default: return base.standing(in: workspace)
        }
    }

    borrowing func setPlatformAdmin(_ user: Identifier<User>, _ isAdmin: Bool) throws(TammError) {
        try base.setPlatformAdmin(user, isAdmin)
    }
}
