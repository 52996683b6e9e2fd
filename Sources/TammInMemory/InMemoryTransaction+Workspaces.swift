import TammCore

extension InMemoryTransaction {
    borrowing func standing(in workspace: Identifier<Workspace>) -> RowPolicy.Standing {
        memory.standing(of: principal, in: workspace)
    }

    borrowing func standing(
        of other: Principal, in workspace: Identifier<Workspace>
    ) throws(TammError) -> RowPolicy.Standing {
        guard principal == .service else { throw TammError(.forbidden, "the service alone asks who others are") }
        return memory.standing(of: other, in: workspace)
    }

    borrowing func mayRead(_ table: TenantTable, _ workspace: Identifier<Workspace>) -> Bool {
        RowPolicy.mayRead(table, in: workspace, as: standing(in: workspace))
    }

    /// - Throws: `forbidden` where the principal may not write rows of this table in the workspace.
    borrowing func requireWrite(_ table: TenantTable, _ workspace: Identifier<Workspace>) throws(TammError) {
        guard RowPolicy.mayWrite(table, in: workspace, as: standing(in: workspace)) else {
            throw TammError(.forbidden, "this principal may not write \(table.rawValue)")
        }
    }

    borrowing func workspace(_ id: Identifier<Workspace>) -> Workspace? {
        mayRead(.workspaces, id) ? memory.workspaces[id] : nil
    }

    borrowing func insert(_ workspace: Workspace) throws(TammError) {
        switch standing(in: workspace.id) {
        case .service, .platformAdmin: break
        case .ledger, .member, .key, .stranger:
            throw TammError(.forbidden, "only the service and platform administrators make workspaces")
        }
        guard memory.workspaces[workspace.id] == nil else {
            throw TammError(.conflict, "workspace \(workspace.id) is there already")
        }
        memory.willUndo(.workspace(workspace.id))
        memory.workspaces[workspace.id] = workspace  // It has no keys yet, so that none is to be forgotten.
    }

    borrowing func lockWorkspace(_ id: Identifier<Workspace>) throws(TammError) -> Workspace? {
        try requirePlatform(in: id)
        return memory.workspaces[id]
    }

    borrowing func setStatus(
        _ status: WorkspaceStatus, of workspace: Identifier<Workspace>
    ) throws(TammError) {
        try requirePlatform(in: workspace)
        try workspace.requireNotPlatform()
        guard var present = memory.workspaces[workspace] else {
            throw TammError(.notFound, "no workspace \(workspace)")
        }
        memory.willUndo(.status(workspace, present))
        present.status = status
        memory.setWorkspace(workspace, present)
    }

    private borrowing func requirePlatform(in workspace: Identifier<Workspace>) throws(TammError) {
        switch standing(in: workspace) {
        case .service, .platformAdmin: break
        case .ledger, .member, .key, .stranger:
            throw TammError(.forbidden, "only the service and platform administrators control workspaces")
        }
    }

    borrowing func member(_ user: Identifier<User>, of workspace: Identifier<Workspace>) -> Member? {
        mayRead(.workspaceUsers, workspace) ? memory.members[.init(workspace: workspace, user: user)] : nil
    }

    borrowing func members(
        of workspace: Identifier<Workspace>, after cursor: Identifier<User>?, limit: Int
    ) -> [Member] {
        guard mayRead(.workspaceUsers, workspace), let users = memory.users[workspace] else { return [] }
        return users.page(after: cursor, limit: limit).compactMap {
            memory.members[.init(workspace: workspace, user: $0)]
        }
    }

    borrowing func put(_ member: Member) throws(TammError) {
        guard memory.workspaces[member.workspace] != nil, mayRead(.workspaces, member.workspace) else {
            throw TammError(.notFound, "no workspace \(member.workspace)")
        }
        try member.workspace.requireNotPlatform()
        let key = Memory.MemberKey(workspace: member.workspace, user: member.user)
        try requireChange(from: memory.members[key]?.role, to: member.role, in: member.workspace)
        memory.willUndo(.member(key, memory.members[key]))
        memory.setMember(key, member)
    }

    borrowing func removeMember(
        _ user: Identifier<User>, from workspace: Identifier<Workspace>
    ) throws(TammError) {
        let key = Memory.MemberKey(workspace: workspace, user: user)
        guard mayRead(.workspaceUsers, workspace), let present = memory.members[key] else {
            throw TammError(.notFound, "no member \(user) in workspace \(workspace)")
        }
        try requireChange(from: present.role, to: nil, in: workspace)
        memory.willUndo(.member(key, present))
        memory.setMember(key, nil)
    }

    private borrowing func requireChange(
        from present: Role?, to next: Role?, in workspace: Identifier<Workspace>
    ) throws(TammError) {
        let standing = standing(in: workspace)
        guard RowPolicy.mayChangeRole(from: present, to: next, in: workspace, as: standing) else {
            throw TammError(.forbidden, "this principal may not make this change of role")
        }
    }

    @discardableResult
    borrowing func setPlatformAdmin(_ user: Identifier<User>, _ isAdmin: Bool) throws(TammError) -> Bool {
        guard principal == .service else {
            throw TammError(.forbidden, "only the service makes platform administrators")
        }
        let wasAdmin = memory.platformAdmins.contains(user)
        memory.willUndo(.platformAdmin(user, wasAdmin))
        memory.setPlatformAdmin(user, isAdmin)
        return wasAdmin != isAdmin
    }
}
