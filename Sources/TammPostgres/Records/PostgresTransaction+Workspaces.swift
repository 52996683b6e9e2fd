public import TammCore

extension PostgresTransaction {
    public borrowing func standing(in workspace: Identifier<Workspace>) throws(TammError) -> RowPolicy.Standing {
        switch session.principal {
        case .service: return .service
        case .ledger: return .ledger
        case .platformAdmin:
            let isAdmin = try session.run(.isPlatformAdmin).first { row throws(TammError) in try row.next(Bool.self) }
            return isAdmin == true ? .platformAdmin : .stranger
        case .user(_, let own):
            guard own == workspace else { return .stranger }
            let name = try session.run(.actingRole).first { row throws(TammError) in
                try row.nextIfPresent(String.self)
            }
            guard let name = name ?? nil else { return .stranger }
            guard let role = Role(rawValue: name) else {
                throw TammError(.corrupted, "workspace_users: wanted a role, found \(name)")
            }
            return .member(role, of: own)
        case .key(_, let own):
            guard own == workspace else { return .stranger }
            let names = try session.run(.actingScopes).first { row throws(TammError) in try row.nextArray(String.self) }
            guard let names else { return .stranger }
            let scopes = try stored("workspace_api_keys") { () throws(TammError) in
                try names.map { name throws(TammError) in try APIKeyScope(name) }
            }
            return .key(Set(scopes.compactMap(Permission.init)), of: own)
        }
    }

    public borrowing func standing(
        of principal: Principal, in workspace: Identifier<Workspace>
    ) throws(TammError) -> RowPolicy.Standing {
        guard session.principal == .service else { throw TammError(.forbidden, "the service alone asks who others are") }
        switch principal {
        case .service: return .service
        case .ledger: return .ledger
        case .platformAdmin(let user):
            try session.begin(.committed)
            return try session.run(.platformAdmin, user.parameter).count > 0 ? .platformAdmin : .stranger
        case .user(let user, let own):
            guard own == workspace else { return .stranger }
            try session.begin(.committed)
            return try member(user, of: own).map { .member($0.role, of: own) } ?? .stranger
        case .key(let id, let own):
            guard own == workspace else { return .stranger }
            try session.begin(.committed)
            guard try self.workspace(own)?.status == .active,
                let key = try apiKey(APIKeyPlace(workspace: own, id: id)), key.status == .active
            else { return .stranger }
            return .key(Set(key.terms.scopes.compactMap(Permission.init)), of: own)
        }
    }

    /// Whether rows of the table in the workspace are the principal's to read, as far as that is known without asking
    /// the database: what a member sees, the database decides.
    borrowing func mayRead(_ table: TenantTable, in workspace: Identifier<Workspace>) -> Bool {
        switch session.principal {
        case .service: true
        case .ledger: RowPolicy.mayRead(table, in: workspace, as: .ledger)
        case .platformAdmin: !table.isSecret
        case .user(_, let own), .key(_, let own): own == workspace && !table.isSecret
        }
    }

    /// - Throws: `forbidden` where the principal may not write rows of this table in the workspace.
    borrowing func requireWrite(_ table: TenantTable, in workspace: Identifier<Workspace>) throws(TammError) {
        guard RowPolicy.mayWrite(table, in: workspace, as: try standing(in: workspace)) else {
            throw TammError(.forbidden, "this principal may not write \(table.rawValue)")
        }
    }

    /// - Throws: `notFound` without the workspace, or where the principal does not see it.
    borrowing func requireWorkspace(_ id: Identifier<Workspace>) throws(TammError) {
        guard try workspace(id) != nil else { throw TammError(.notFound, "no workspace \(id)") }
    }

    /// Whether the principal sees what belongs to no workspace.
    borrowing func isPlatform() throws(TammError) -> Bool {
        switch session.principal {
        case .service: true
        case .platformAdmin(let user): try standing(in: Identifier(high: user.high, low: user.low)) == .platformAdmin
        case .user, .key, .ledger: false
        }
    }

    borrowing func requirePlatform() throws(TammError) {
        guard try isPlatform() else { throw TammError(.forbidden, "this belongs to the platform") }
    }

    // MARK: Workspaces

    public borrowing func workspace(_ id: Identifier<Workspace>) throws(TammError) -> Workspace? {
        guard mayRead(.workspaces, in: id) else { return nil }
        return try session.run(.workspace, id.parameter).first { row throws(TammError) in try row.nextWorkspace() }
    }

    public borrowing func insert(_ workspace: Workspace) throws(TammError) {
        switch try standing(in: workspace.id) {
        case .service, .platformAdmin: break
        case .ledger, .member, .key, .stranger:
            throw TammError(.forbidden, "only the service and platform administrators make workspaces")
        }
        guard try self.workspace(workspace.id) == nil else {
            throw TammError(.conflict, "workspace \(workspace.id) is there already")
        }
        var parameters = workspace.id.parameter
        parameters.add(workspace.name)
        parameters.add(workspace.createdAt)
        parameters.add(workspace.status.rawValue)
        try session.post(.insertWorkspace, parameters)
    }

    public borrowing func lockWorkspace(_ id: Identifier<Workspace>) throws(TammError) -> Workspace? {
        try session.begin(.committed)
        try requirePlatform()
        // The second statement sees what was committed before the lock was had.
        let rows = try session.run([(.lockWorkspace, id.parameter), (.workspace, id.parameter)])
        return try rows[1].first { row throws(TammError) in try row.nextWorkspace() }
    }

    public borrowing func setStatus(
        _ status: WorkspaceStatus, of workspace: Identifier<Workspace>
    ) throws(TammError) {
        try requirePlatform()
        try workspace.requireNotPlatform()
        var parameters = workspace.parameter
        parameters.add(status.rawValue)
        guard try session.run(.setWorkspaceStatus, parameters).affected == 1 else {
            throw TammError(.notFound, "no workspace \(workspace)")
        }
    }

    // MARK: Members

    public borrowing func member(
        _ user: Identifier<User>, of workspace: Identifier<Workspace>
    ) throws(TammError) -> Member? {
        guard mayRead(.workspaceUsers, in: workspace) else { return nil }
        var parameters = workspace.parameter
        parameters.add(user)
        return try session.run(.member, parameters).first { row throws(TammError) in try row.nextMember() }
    }

    public borrowing func members(
        of workspace: Identifier<Workspace>, after cursor: Identifier<User>?, limit: Int
    ) throws(TammError) -> [Member] {
        guard mayRead(.workspaceUsers, in: workspace) else { return [] }
        var parameters = PostgresParameters()
        parameters.add(Int64(limit))
        parameters.add(workspace)
        if let cursor { parameters.add(cursor) }
        return try session.run(.members, cursor != nil, parameters).map { row throws(TammError) in try row.nextMember() }
    }

    /// Without a snapshot, what is decided about owners is decided under the workspace's lock.
    private borrowing func lockMembers(of workspace: Identifier<Workspace>) throws(TammError) {
        guard session.view == .committed else { return }
        _ = try session.run(.lockWorkspace, workspace.parameter)
    }

    public borrowing func put(_ member: Member) throws(TammError) {
        try lockMembers(of: member.workspace)
        try requireWorkspace(member.workspace)
        try member.workspace.requireNotPlatform()
        let present = try self.member(member.user, of: member.workspace)
        try requireChange(from: present?.role, to: member.role, in: member.workspace)
        var parameters = member.workspace.parameter
        parameters.add(member.user)
        parameters.add(member.role.rawValue)
        parameters.add(member.joinedAt)
        try session.post(.putMember, parameters)
    }

    public borrowing func removeMember(
        _ user: Identifier<User>, from workspace: Identifier<Workspace>
    ) throws(TammError) {
        try lockMembers(of: workspace)
        guard let present = try member(user, of: workspace) else {
            throw TammError(.notFound, "no member \(user) in workspace \(workspace)")
        }
        try requireChange(from: present.role, to: nil, in: workspace)
        var parameters = workspace.parameter
        parameters.add(user)
        try session.post(.removeMember, parameters)
    }

    private borrowing func requireChange(
        from present: Role?, to next: Role?, in workspace: Identifier<Workspace>
    ) throws(TammError) {
        let standing = try standing(in: workspace)
        guard RowPolicy.mayChangeRole(from: present, to: next, in: workspace, as: standing) else {
            throw TammError(.forbidden, "this principal may not make this change of role")
        }
    }

    @discardableResult
    public borrowing func setPlatformAdmin(_ user: Identifier<User>, _ isAdmin: Bool) throws(TammError) -> Bool {
        guard session.principal == .service else {
            throw TammError(.forbidden, "only the service makes platform administrators")
        }
        return try session.run(isAdmin ? .addPlatformAdmin : .removePlatformAdmin, user.parameter).affected == 1
    }
}

extension Identifier {
    /// The identifier alone, as the parameters of a statement.
    var parameter: PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(self)
        return parameters
    }
}

extension PostgresRow {
    fileprivate mutating func nextWorkspace() throws(TammError) -> Workspace {
        let (id, name, createdAt): (Identifier<Workspace>, String, Timestamp) = (try next(), try next(), try next())
        guard let status: WorkspaceStatus = try nextNameIfPresent() else {
            throw TammError(.corrupted, "workspace \(id) has no status")
        }
        return try stored("workspaces") { () throws(TammError) in
            try Workspace(id: id, name: name, createdAt: createdAt, status: status)
        }
    }

    fileprivate mutating func nextMember() throws(TammError) -> Member {
        let (workspace, user): (Identifier<Workspace>, Identifier<User>) = (try next(), try next())
        let name: String = try next()
        guard let role = Role(rawValue: name) else {
            throw TammError(.corrupted, "workspace_users: wanted a role, found \(name)")
        }
        return Member(workspace: workspace, user: user, role: role, joinedAt: try next())
    }
}

extension Statement {
    fileprivate static let actingRole = Statement("acting_role", "SELECT tamm.acting_role()")
    fileprivate static let actingScopes = Statement(
        "acting_scopes", "SELECT s FROM tamm.acting_scopes() AS s WHERE s IS NOT NULL")
    fileprivate static let isPlatformAdmin = Statement("is_platform_admin", "SELECT tamm.is_platform_admin()")

    /// A removal of the row waits for what is done for the administrator, and what comes after it finds none.
    fileprivate static let platformAdmin = Statement(
        "platform_admin", "SELECT user_id FROM tamm.platform_admins WHERE user_id = $1 FOR KEY SHARE")

    fileprivate static let workspace = Statement(
        "workspace", "SELECT id, name, created_at, status FROM tamm.workspaces WHERE id = $1")
    fileprivate static let insertWorkspace = Statement(
        "insert_workspace", "INSERT INTO tamm.workspaces (id, name, created_at, status) VALUES ($1, $2, $3, $4)")
    fileprivate static let setWorkspaceStatus = Statement(
        "set_workspace_status",
        "UPDATE tamm.workspaces SET status = $2, status_changes = status_changes + 1 WHERE id = $1")

    fileprivate static let member = Statement(
        "member",
        """
        SELECT workspace_id, user_id, role, joined_at FROM tamm.workspace_users WHERE workspace_id = $1 AND user_id = $2
        """)
    fileprivate static let putMember = Statement(
        "put_member",
        """
        INSERT INTO tamm.workspace_users (workspace_id, user_id, role, joined_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (workspace_id, user_id) DO UPDATE SET role = excluded.role, joined_at = excluded.joined_at
        """)
    fileprivate static let removeMember = Statement(
        "remove_member", "DELETE FROM tamm.workspace_users WHERE workspace_id = $1 AND user_id = $2")

    fileprivate static let addPlatformAdmin = Statement(
        "add_platform_admin", "INSERT INTO tamm.platform_admins (user_id) VALUES ($1) ON CONFLICT DO NOTHING")
    fileprivate static let removePlatformAdmin = Statement(
        "remove_platform_admin", "DELETE FROM tamm.platform_admins WHERE user_id = $1")
}

extension Listing {
    fileprivate static let members = Listing("members") { after in
        """
        SELECT workspace_id, user_id, role, joined_at FROM tamm.workspace_users
        WHERE workspace_id = $2 \(after ? "AND user_id > $3" : "") ORDER BY user_id LIMIT $1
        """
    }
}
