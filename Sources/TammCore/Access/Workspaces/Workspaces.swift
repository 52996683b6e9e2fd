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
        try await store.transaction(as: principal) { t throws(TammError) in
            try t.insert(workspace)
            try t.put(Member(workspace: workspace.id, user: owner, role: .owner, joinedAt: now))
        }
        return workspace
    }

    /// The workspace, or nil where the principal sees none.
    public func workspace(
        _ id: Identifier<Workspace>, as principal: Principal
    ) async throws(TammError) -> Workspace? {
        try await store.transaction(as: principal) { t throws(TammError) in try t.workspace(id) }
    }

    /// Adds a member or changes its role.
    ///
    /// - Throws: `forbidden` where the principal may not manage members, or an owner is made or unmade by someone
    ///   who is not one; `conflict` where the last owner would go; `notFound` without the workspace.
    public func setRole(
        _ role: Role, of user: Identifier<User>, in workspace: Identifier<Workspace>, as principal: Principal
    ) async throws(TammError) {
        let now = time.now()
        try await store.transaction(as: principal) { t throws(TammError) in
            let present = try t.member(user, of: workspace)
            if present?.role == .owner, role != .owner { try t.requireAnotherOwner(than: user, in: workspace) }
            try t.put(
                Member(workspace: workspace, user: user, role: role, joinedAt: present?.joinedAt ?? now))
        }
    }

    /// Takes a member out of the workspace.
    ///
    /// - Throws: as ``setRole(_:of:in:as:)``.
    public func remove(
        _ user: Identifier<User>, from workspace: Identifier<Workspace>, as principal: Principal
    ) async throws(TammError) {
        try await store.transaction(as: principal) { t throws(TammError) in
            if try t.member(user, of: workspace)?.role == .owner {
                try t.requireAnotherOwner(than: user, in: workspace)
            }
            try t.removeMember(user, from: workspace)
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

    /// Makes or unmakes one of the platform's own administrators; the service alone may.
    public func setPlatformAdmin(
        _ user: Identifier<User>, _ isAdmin: Bool, as principal: Principal
    ) async throws(TammError) {
        try await store.transaction(as: principal) { t throws(TammError) in try t.setPlatformAdmin(user, isAdmin) }
    }
}

extension RowPolicy.Standing {
    /// Whether this standing carries the permission in `workspace`.
    public func holds(_ permission: Permission, in workspace: Identifier<Workspace>) -> Bool {
        switch self {
        case .service, .platformAdmin: true
        case .member(let role, let own): own == workspace && role.permissions.contains(permission)
        case .key(let permissions, let own): own == workspace && permissions.contains(permission)
        case .ledger, .stranger: false
        }
    }
}

extension WorkspaceRecords where Self: ~Copyable {
    /// Refuses unless the principal holds the permission in the workspace.
    ///
    /// - Throws: `notFound` for a stranger, who must not learn that the workspace exists; `forbidden` otherwise.
    public borrowing func require(
        _ permission: Permission, in workspace: Identifier<Workspace>
    ) throws(TammError) {
        let standing = try standing(in: workspace)
        guard standing != .stranger else { throw TammError(.notFound, "no workspace \(workspace)") }
        guard standing.holds(permission, in: workspace) else {
            throw TammError(.forbidden, "this needs the permission \(permission.rawValue)")
        }
    }

    borrowing func requireAnotherOwner(
        than user: Identifier<User>, in workspace: Identifier<Workspace>
    ) throws(TammError) {
        var cursor: Identifier<User>?
        while true {
            let page = try members(of: workspace, after: cursor, limit: maximumPage)
            if page.contains(where: { $0.role == .owner && $0.user != user }) { return }
            guard page.count == maximumPage, let last = page.last else { break }
            cursor = last.user
        }
        throw TammError(.conflict, "\(user) is the last owner of workspace \(workspace)")
    }
}
