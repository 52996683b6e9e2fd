/// Workspaces and who belongs to them.
public struct Workspaces: Sendable {
    let store: any TammStore
    let time: TimeSource
    let entropy: EntropySource
    let fence: APIKeyFence

    /// - Parameter clock: by which a suspension waits for caches of API keys, where there are any.
    public init(store: any TammStore, time: TimeSource, entropy: EntropySource, clock: SteadyClock = .system) {
        self.store = store
        self.time = time
        self.entropy = entropy
        fence = APIKeyFence(store: store, clock: clock)
    }

    /// Makes a workspace with `owner` as its first member.
    ///
    /// - Throws: `invalidInput` for the name, `forbidden` unless the principal is the service or a platform
    ///   administrator.
    public func create(
        named name: String, owner: Identifier<User>, as principal: Principal
    ) async throws(TammError) -> Workspace {
        let now = time.now()
        let workspace = try Workspace(id: Identifier(at: now, entropy: entropy), name: name, createdAt: now)
        let audit = try AccessAudit(of: workspace.id, by: principal, at: now, entropy: entropy)
        try await store.transaction(as: .service) { t throws(TammError) in
            switch try t.standing(of: principal, in: workspace.id) {
            case .service, .platformAdmin: break
            case .ledger, .member, .key, .stranger:
                throw TammError(.forbidden, "only the service and platform administrators make workspaces")
            }
            try t.insert(workspace)
            try t.put(Member(workspace: workspace.id, user: owner, role: .owner, joinedAt: now))
            try t.append([
                audit.entry(
                    "workspace.created", "workspace", workspace.id.description,
                    [("name", name), ("owner", owner.description)])
            ])
        }
        return workspace
    }

    /// The workspace, or nil where the principal sees none.
    public func workspace(
        _ id: Identifier<Workspace>, as principal: Principal
    ) async throws(TammError) -> Workspace? {
        try await store.transaction(as: principal) { t throws(TammError) in try t.workspace(id) }
    }

    /// Adds a member or changes its role; the audit log has what has changed. Its open invitations that the new role may
    /// not make are revoked.
    ///
    /// - Throws: `forbidden` where the principal may not manage members, or an owner is made or unmade by someone
    ///   who is not one; `conflict` where the last owner would go; `notFound` without the workspace.
    public func setRole(
        _ role: Role, of user: Identifier<User>, in workspace: Identifier<Workspace>, as principal: Principal
    ) async throws(TammError) {
        let now = time.now()
        let audit = try AccessAudit(of: workspace, by: principal, at: now, entropy: entropy)
        try await store.transaction(as: .service) { t throws(TammError) in
            let present = try t.lockMember(user, of: workspace, for: principal, becoming: role)
            guard present?.role != role else { return }
            try t.put(Member(workspace: workspace, user: user, role: role, joinedAt: present?.joinedAt ?? now))
            let action = present == nil ? "member.added" : "member.role-changed"
            let details = present.map { [("from", $0.role.rawValue), ("to", role.rawValue)] } ?? [("role", role.rawValue)]
            let revoked = try t.revokeInvitations(by: user, of: workspace, becoming: role, audit)
            try t.append([audit.entry(action, "user", user.description, details)] + revoked)
        }
    }

    /// Takes a member out of the workspace; its open invitations are revoked.
    ///
    /// - Throws: as ``setRole(_:of:in:as:)``, and `notFound` without the member.
    public func remove(
        _ user: Identifier<User>, from workspace: Identifier<Workspace>, as principal: Principal
    ) async throws(TammError) {
        let audit = try AccessAudit(of: workspace, by: principal, at: time.now(), entropy: entropy)
        try await store.transaction(as: .service) { t throws(TammError) in
            guard let present = try t.lockMember(user, of: workspace, for: principal, becoming: nil) else {
                throw TammError(.notFound, "no member \(user) in workspace \(workspace)")
            }
            try t.removeMember(user, from: workspace)
            let revoked = try t.revokeInvitations(by: user, of: workspace, becoming: nil, audit)
            try t.append(
                [audit.entry("member.removed", "user", user.description, [("role", present.role.rawValue)])] + revoked)
        }
    }

    /// Up to `limit` (at most 1,000) members after `cursor`, in the order of their identifiers.
    public func members(
        of workspace: Identifier<Workspace>, after cursor: Identifier<User>? = nil, limit: Int = 100,
        as principal: Principal
    ) async throws(TammError) -> [Member] {
        let limit = try pageLimit(limit)
        return try await store.transaction(as: principal) { t throws(TammError) in
            try t.members(of: workspace, after: cursor, limit: limit)
        }
    }

    /// Makes or unmakes one of the platform's own administrators; the service alone may. The log of
    /// ``Workspace/platform`` has what has changed.
    public func setPlatformAdmin(
        _ user: Identifier<User>, _ isAdmin: Bool, as principal: Principal
    ) async throws(TammError) {
        let audit = try AccessAudit(of: Workspace.platform.id, by: principal, at: time.now(), entropy: entropy)
        try await store.transaction(as: principal) { t throws(TammError) in
            guard try t.setPlatformAdmin(user, isAdmin) else { return }
            try t.append([
                audit.entry(isAdmin ? "platform-admin.added" : "platform-admin.removed", "user", user.description)
            ])
        }
    }
}

extension WorkspaceRecords where Self: ~Copyable {
    /// The member under the workspace's lock, for a change of its role that the principal may make; nil is no member.
    ///
    /// - Throws: `forbidden` for a change that it may not make, `conflict` where the last owner would go, `notFound`
    ///   without the workspace.
    fileprivate borrowing func lockMember(
        _ user: Identifier<User>, of workspace: Identifier<Workspace>, for principal: Principal, becoming next: Role?
    ) throws(TammError) -> Member? {
        _ = try lockWorkspace(workspace, for: principal, holding: .manageMembers)
        let present = try member(user, of: workspace)
        let standing = try standing(of: principal, in: workspace)
        guard RowPolicy.mayChangeRole(from: present?.role, to: next, in: workspace, as: standing) else {
            throw TammError(.forbidden, "this principal may not make this change of role")
        }
        if present?.role == .owner, next != .owner { try requireAnotherOwner(than: user, in: workspace) }
        return present
    }
}
