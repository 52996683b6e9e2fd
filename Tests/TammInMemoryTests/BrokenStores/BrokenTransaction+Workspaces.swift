import TammCore

@testable import TammInMemory

extension BrokenTransaction {
    borrowing func workspace(_ id: Identifier<Workspace>) throws(TammError) -> Workspace? {
        let found = seen(leaking: .leaksWorkspaces) { $0.workspace(id) }
        if found == nil, flaw == .inventsWorkspaces { return try Workspace(id: id, name: "?", createdAt: .epoch) }
        return found
    }

    borrowing func insert(_ workspace: Workspace) throws(TammError) {
        switch (flaw, base.standing(in: workspace.id)) {
        case (.letsUsersMakeWorkspaces, .stranger): try unbound { t throws(TammError) in try t.insert(workspace) }
        case (.overwritesWorkspaces, .service): memory.workspaces[workspace.id] = workspace
        case (.shortensNames, _):
            let name = String(workspace.name.prefix(32))
            try base.insert(Workspace(id: workspace.id, name: name, createdAt: workspace.createdAt))
        default: try base.insert(workspace)
        }
    }

    borrowing func member(_ user: Identifier<User>, of workspace: Identifier<Workspace>) throws(TammError) -> Member? {
        seen(leaking: .leaksMembers) { $0.member(user, of: workspace) }
    }

    borrowing func members(
        of workspace: Identifier<Workspace>, after cursor: Identifier<User>?, limit: Int
    ) throws(TammError) -> [Member] {
        let members = seen(leaking: .leaksMembers) { $0.members(of: workspace, after: cursor, limit: limit) }
        switch flaw {
        case .readsStaleMembers where cursor == nil && !members.isEmpty:
            if let stale = stale(notes.members[workspace]) { return stale }
            notes.members[workspace] = past(members)
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
        let present = unbound { $0.member(member.user, of: member.workspace) }
        let count = unbound { $0.members(of: member.workspace, after: nil, limit: .max).count }
        switch (flaw, base.standing(in: member.workspace)) {
        case (.letsMembersManageMembers, .member): try unbound { t throws(TammError) in try t.put(member) }
        case (.tellsHiddenFromMissing, .stranger) where memory.workspaces[member.workspace] != nil:
            throw TammError(.forbidden, "this is another workspace's")
        case (.losesFourthMembers, _) where count >= 3 && present == nil: break
        case (.keepsFirstRoles, _) where present != nil: break
        case (.acceptsHomelessMembers, _) where memory.workspaces[member.workspace] == nil: break
        case (.forgetsWhenMembersJoined, _):
            try base.put(
                Member(workspace: member.workspace, user: member.user, role: member.role, joinedAt: .epoch))
        default: try base.put(member)
        }
    }

    borrowing func removeMember(
        _ user: Identifier<User>, from workspace: Identifier<Workspace>
    ) throws(TammError) {
        let present = base.member(user, of: workspace)
        if let present { notes.removedMembers[.init(workspace: workspace, user: user)] = past(present.role) }
        switch (flaw, base.standing(in: workspace)) {
        case (.letsMembersRemoveMembers, .member):
            try unbound { t throws(TammError) in try t.removeMember(user, from: workspace) }
        case (.keepsRemovedMembers, _) where present != nil: break
        case (.removesNobody, _) where present == nil: break
        case (.removesEverywhere, _):
            try base.removeMember(user, from: workspace)
            for key in memory.members.keys where key.user == user { memory.setMember(key, nil) }
        default: try base.removeMember(user, from: workspace)
        }
    }

    borrowing func standing(in workspace: Identifier<Workspace>) throws(TammError) -> RowPolicy.Standing {
        let found = base.standing(in: workspace)
        switch (flaw, base.principal) {
        case (.trustsClaimsOfAdministration, .platformAdmin): return .platformAdmin
        case (.takesRolesFromOtherWorkspaces, .user(let user, let own)):
            let role = memory.members[.init(workspace: own, user: user)]?.role
            return role.map { .member($0, of: workspace) } ?? .stranger
        case (.letsRevokedKeysStand, .key(let id, let own)):
            guard own == workspace, let key = memory.keys.rows[.init(workspace: own, id: id)]?.key else { return found }
            return .key(Set(key.terms.scopes.compactMap(Permission.init)), of: own)
        case (.takesEveryScopeForBilling, .key(_, let own)) where found != .stranger:
            return .key([.readBilling], of: own)
        case (.remembersStandings, _):
            let key = BrokenStore.Notes.Standing(principal: base.principal, workspace: workspace)
            notes.standings[key] = notes.standings[key] ?? found
            return notes.standings[key] ?? found
        default: return found
        }
    }

    borrowing func standing(
        of principal: Principal, in workspace: Identifier<Workspace>
    ) throws(TammError) -> RowPolicy.Standing {
        let found = try base.standing(of: principal, in: workspace)
        switch (flaw, principal) {
        case (.believesThoseItActsFor, .platformAdmin): return .platformAdmin
        case (.readsStaleStandings, .user(let user, let own)) where own == workspace:
            let role = stale(notes.removedMembers[.init(workspace: own, user: user)])
            return role.map { .member($0, of: own) } ?? found
        default: return found
        }
    }

    @discardableResult
    borrowing func setPlatformAdmin(_ user: Identifier<User>, _ isAdmin: Bool) throws(TammError) -> Bool {
        let changed = try base.setPlatformAdmin(user, isAdmin)
        return changed || flaw == .changesEveryAdministrator
    }
}
