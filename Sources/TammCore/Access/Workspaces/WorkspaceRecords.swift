/// What a store does for workspaces; rows that the principal may not see do not exist for it.
public protocol WorkspaceRecords: ~Copyable {
    /// The workspace; nil where there is none or the principal does not see it.
    borrowing func workspace(_ id: Identifier<Workspace>) throws(TammError) -> Workspace?

    /// - Throws: `conflict` when the identifier is taken, `forbidden` unless the principal is the service or a
    ///   platform administrator.
    borrowing func insert(_ workspace: Workspace) throws(TammError)

    /// The workspace, locked for this transaction; nil where there is none. Whoever counts what it has, or changes its
    /// status, takes this lock first.
    ///
    /// - Throws: `forbidden` unless the principal is the service or a platform administrator.
    borrowing func lockWorkspace(_ id: Identifier<Workspace>) throws(TammError) -> Workspace?

    /// Gives the workspace another status.
    ///
    /// - Throws: `notFound` without the workspace, `forbidden` unless the principal is the service or a platform
    ///   administrator, and for ``Workspace/platform``.
    borrowing func setStatus(_ status: WorkspaceStatus, of workspace: Identifier<Workspace>) throws(TammError)

    /// The user's place in the workspace; nil where it has none or the principal does not see it.
    borrowing func member(_ user: Identifier<User>, of workspace: Identifier<Workspace>) throws(TammError) -> Member?

    /// The members in the order of their identifiers, at most `limit` after `cursor`.
    borrowing func members(
        of workspace: Identifier<Workspace>, after cursor: Identifier<User>?, limit: Int
    ) throws(TammError) -> [Member]

    /// Adds the member, or gives it another role.
    ///
    /// - Throws: `notFound` without the workspace, `forbidden` where the principal may not write it, and for
    ///   ``Workspace/platform``; the same error for a workspace that it may not see as for one that is not there.
    borrowing func put(_ member: Member) throws(TammError)

    /// - Throws: as ``put(_:)``, and `notFound` without the member.
    borrowing func removeMember(
        _ user: Identifier<User>, from workspace: Identifier<Workspace>
    ) throws(TammError)

    /// Who the principal is found to be in this workspace.
    borrowing func standing(in workspace: Identifier<Workspace>) throws(TammError) -> RowPolicy.Standing

    /// Who another principal is found to be in this workspace: the service asks before it acts for it. What is read
    /// after it is read anew, as after a lock. A platform administrator stays one until this transaction ends: when its
    /// removal has returned, nothing is done for it any more. A member stays one under the workspace's lock.
    ///
    /// - Throws: `forbidden` unless the transaction's own principal is the service.
    borrowing func standing(
        of principal: Principal, in workspace: Identifier<Workspace>
    ) throws(TammError) -> RowPolicy.Standing

    /// Makes or unmakes a platform administrator.
    ///
    /// - Returns: whether that changed anything.
    /// - Throws: `forbidden` unless the principal is the service.
    @discardableResult
    borrowing func setPlatformAdmin(_ user: Identifier<User>, _ isAdmin: Bool) throws(TammError) -> Bool
}

extension WorkspaceRecords where Self: ~Copyable {
    /// Refuses unless the principal holds the permission in the workspace.
    ///
    /// - Throws: `notFound` for a stranger, who must not learn that the workspace exists; `forbidden` otherwise.
    public borrowing func require(
        _ permission: Permission, in workspace: Identifier<Workspace>
    ) throws(TammError) {
        try standing(in: workspace).require(permission, in: workspace)
    }

    /// The workspace under its lock, for what the service does at the word of a principal: looked up before, so that a
    /// stranger waits for nobody, and again under the lock, under which nobody changes members.
    ///
    /// - Throws: as ``require(_:in:)``, `notFound` without the workspace, `forbidden` for ``Workspace/platform``.
    borrowing func lockWorkspace(
        _ workspace: Identifier<Workspace>, for principal: Principal, holding permission: Permission
    ) throws(TammError) -> Workspace {
        try standing(of: principal, in: workspace).require(permission, in: workspace)
        try workspace.requireNotPlatform()
        guard let present = try lockWorkspace(workspace) else {
            throw TammError(.notFound, "no workspace \(workspace)")
        }
        try standing(of: principal, in: workspace).require(permission, in: workspace)
        return present
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

    fileprivate func require(_ permission: Permission, in workspace: Identifier<Workspace>) throws(TammError) {
        guard self != .stranger else { throw TammError(.notFound, "no workspace \(workspace)") }
        guard holds(permission, in: workspace) else {
            throw TammError(.forbidden, "this needs the permission \(permission.rawValue)")
        }
    }
}
