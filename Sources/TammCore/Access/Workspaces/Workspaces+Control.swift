extension Workspaces {
    /// Stops the workspace until it is resumed: the next use of any of its API keys fails.
    ///
    /// It returns when no process answers for them any more, caches included. Doing it again changes nothing.
    ///
    /// - Parameter reason: for the audit log, which keeps the first 500 bytes of it, on one line.
    /// - Throws: `forbidden` unless the principal is the service or a platform administrator, `notFound` without the
    ///   workspace, `conflict` for one that is closing.
    public func suspend(
        _ workspace: Identifier<Workspace>, because reason: String, as principal: Principal
    ) async throws(TammError) {
        try await set(.suspended, of: workspace, from: [.active], because: reason, as: principal)
    }

    /// Lets a suspended or closing workspace work again.
    ///
    /// - Throws: as ``suspend(_:because:as:)``.
    public func resume(
        _ workspace: Identifier<Workspace>, because reason: String, as principal: Principal
    ) async throws(TammError) {
        try await set(.active, of: workspace, from: [.suspended, .closing], because: reason, as: principal)
    }

    /// Begins to close the workspace: as a suspension, and no suspension undoes it.
    ///
    /// - Throws: as ``suspend(_:because:as:)``.
    public func close(
        _ workspace: Identifier<Workspace>, because reason: String, as principal: Principal
    ) async throws(TammError) {
        try await set(.closing, of: workspace, from: [.active, .suspended], because: reason, as: principal)
    }

    private func set(
        _ status: WorkspaceStatus, of workspace: Identifier<Workspace>, from allowed: Set<WorkspaceStatus>,
        because reason: String, as principal: Principal
    ) async throws(TammError) {
        let audit = try AccessAudit(of: workspace, by: principal, because: reason, at: time.now(), entropy: entropy)
        try await store.transaction(as: .service) { t throws(TammError) in
            let present = try t.lockWorkspace(workspace, for: principal, holding: .controlWorkspace)
            guard present.status != status else { return }
            guard allowed.contains(present.status) else {
                throw TammError(
                    .conflict, "workspace \(workspace) is \(present.status.rawValue): it does not become \(status.rawValue)")
            }
            try t.setStatus(status, of: workspace)
            try t.append([
                audit.entry(
                    "workspace.status-changed", "workspace", workspace.description,
                    [("from", present.status.rawValue), ("to", status.rawValue)])
            ])
        }
        if status != .active { await fence.pass() }
    }

    /// Takes the acting user out of the workspace; its open invitations are revoked.
    ///
    /// - Throws: `conflict` for the last owner, `notFound` for somebody who is no member, `forbidden` for a principal
    ///   that is no user.
    public func leave(as principal: Principal) async throws(TammError) {
        guard case .user(let user, in: let workspace) = principal else {
            throw TammError(.forbidden, "only a user leaves a workspace")
        }
        let audit = try AccessAudit(of: workspace, by: principal, at: time.now(), entropy: entropy)
        try await store.transaction(as: .service) { t throws(TammError) in
            guard case .member = try t.standing(of: principal, in: workspace),
                try t.lockWorkspace(workspace) != nil, let member = try t.member(user, of: workspace)
            else {
                throw TammError(.notFound, "no member \(user) in workspace \(workspace)")
            }
            if member.role == .owner { try t.requireAnotherOwner(than: user, in: workspace) }
            try t.removeMember(user, from: workspace)
            let revoked = try t.revokeInvitations(by: user, of: workspace, becoming: nil, audit)
            try t.append(
                [audit.entry("member.left", "user", user.description, [("role", member.role.rawValue)])] + revoked)
        }
    }

    /// Makes a member the owner in the place of another, in one unit of work: there is an owner at every moment. Open
    /// invitations of the one before that its new role may not make are revoked.
    ///
    /// - Parameter kept: the role that the one who was the owner has then.
    /// - Throws: `forbidden` where the principal may not manage owners; `notFound` where one of them is no member;
    ///   `conflict` where `owner` is no owner, or both are the same.
    public func transferOwnership(
        of workspace: Identifier<Workspace>, from owner: Identifier<User>, to user: Identifier<User>,
        keeping kept: Role = .admin, as principal: Principal
    ) async throws(TammError) {
        let audit = try AccessAudit(of: workspace, by: principal, at: time.now(), entropy: entropy)
        try await store.transaction(as: .service) { t throws(TammError) in
            _ = try t.lockWorkspace(workspace, for: principal, holding: .manageOwners)
            guard var before = try t.member(owner, of: workspace), var after = try t.member(user, of: workspace) else {
                throw TammError(.notFound, "an owner hands a workspace to a member: one of the two is none")
            }
            guard before.role == .owner, owner != user else {
                throw TammError(.conflict, "wanted an owner and another member, found \(before.role.rawValue) \(owner)")
            }
            after.role = .owner
            before.role = kept
            try t.put(after)
            try t.put(before)
            let revoked = try t.revokeInvitations(by: owner, of: workspace, becoming: kept, audit)
            let entry = try audit.entry(
                "workspace.ownership-transferred", "workspace", workspace.description,
                [("from", owner.description), ("to", user.description), ("kept", kept.rawValue)])
            try t.append([entry] + revoked)
        }
    }
}
