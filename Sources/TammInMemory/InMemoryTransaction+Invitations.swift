import TammCore

/// The invitations of a workspace.
struct InvitationLog {
    private var rows: [Identifier<Invitation>: Invitation] = [:]
    private var ids = SortedList<Identifier<Invitation>>()

    subscript(id: Identifier<Invitation>) -> Invitation? { rows[id] }

    mutating func set(_ id: Identifier<Invitation>, _ invitation: Invitation?) {
        rows[id] = invitation
        if invitation == nil { ids.remove(id) } else { ids.insert(id) }
    }

    var all: [Invitation] { ids.elements.compactMap { rows[$0] } }

    func page(after cursor: Identifier<Invitation>?, limit: Int) -> [Invitation] {
        ids.page(after: cursor, limit: limit).compactMap { rows[$0] }
    }
}

extension InMemoryTransaction {
    borrowing func put(_ invitation: Invitation) throws(TammError) {
        try requireWorkspace(invitation.workspace)
        try requireWrite(.invitations, invitation.workspace)
        let present = memory.invitations[invitation.workspace]?[invitation.id]
        memory.willUndo(.invitation(invitation.workspace, invitation.id, present))
        memory.invitations[invitation.workspace, default: InvitationLog()].set(invitation.id, invitation)
    }

    borrowing func invitation(_ id: Identifier<Invitation>, of workspace: Identifier<Workspace>) -> Invitation? {
        mayRead(.invitations, workspace) ? memory.invitations[workspace]?[id] : nil
    }

    borrowing func invitations(
        of workspace: Identifier<Workspace>, after cursor: Identifier<Invitation>?, limit: Int
    ) -> [Invitation] {
        guard mayRead(.invitations, workspace) else { return [] }
        return memory.invitations[workspace]?.page(after: cursor, limit: limit) ?? []
    }

    borrowing func removeClosedInvitations(
        of workspace: Identifier<Workspace>, at moment: Timestamp
    ) throws(TammError) {
        try requireWorkspace(workspace)
        try requireWrite(.invitations, workspace)
        for row in memory.invitations[workspace]?.all ?? [] where !row.isOpen(at: moment) {
            memory.willUndo(.invitation(workspace, row.id, row))
            memory.invitations[workspace]?.set(row.id, nil)
        }
    }
}
