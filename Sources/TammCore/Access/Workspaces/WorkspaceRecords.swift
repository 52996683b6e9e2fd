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
    ///   administrator.
    borrowing func setStatus(_ status: WorkspaceStatus, of workspace: Identifier<Workspace>) throws(TammError)

    /// The user's place in the workspace; nil where it has none or the principal does not see it.
    borrowing func member(_ user: Identifier<User>, of workspace: Identifier<Workspace>) throws(TammError) -> Member?

    /// The members in the order of their identifiers, at most `limit` after `cursor`.
    borrowing func members(
        of workspace: Identifier<Workspace>, after cursor: Identifier<User>?, limit: Int
    ) throws(TammError) -> [Member]

    /// Adds the member, or gives it another role.
    ///
    /// - Throws: `notFound` without the workspace, `forbidden` where the principal may not write it; the same error
    ///   for a workspace that it may not see as for one that is not there.
    borrowing func put(_ member: Member) throws(TammError)

    /// - Throws: as ``put(_:)``, and `notFound` without the member.
    borrowing func removeMember(
        _ user: Identifier<User>, from workspace: Identifier<Workspace>
    ) throws(TammError)

    /// Who the principal is found to be in this workspace.
    borrowing func standing(in workspace: Identifier<Workspace>) throws(TammError) -> RowPolicy.Standing

    /// Makes or unmakes a platform administrator.
    ///
    /// - Throws: `forbidden` unless the principal is the service.
    borrowing func setPlatformAdmin(_ user: Identifier<User>, _ isAdmin: Bool) throws(TammError)
}
