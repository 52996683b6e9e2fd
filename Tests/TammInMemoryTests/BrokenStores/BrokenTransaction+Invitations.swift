import TammCore

@testable import TammInMemory

extension BrokenTransaction {
    borrowing func lockWorkspace(_ id: Identifier<Workspace>) throws(TammError) -> Workspace? {
        try base.lockWorkspace(id)
    }

    borrowing func setStatus(
        _ status: WorkspaceStatus, of workspace: Identifier<Workspace>
    ) throws(TammError) {
        switch (flaw, base.standing(in: workspace)) {
        case (.ignoresStatuses, .service) where memory.workspaces[workspace] != nil: break
        case (.opensThePlatform, .service) where workspace == Workspace.platform.id: break
        case (.suspendsNobody, .service) where memory.workspaces[workspace] == nil: break
        case (.letsOwnersSuspend, .member(.owner, _)):
            try unbound { t throws(TammError) in try t.setStatus(status, of: workspace) }
        case (.keepsFailedStatuses, _):
            try base.setStatus(status, of: workspace)
            base.memory.commit()
        default: try base.setStatus(status, of: workspace)
        }
    }

    borrowing func put(_ invitation: Invitation) throws(TammError) {
        let isThere = memory.invitations[invitation.workspace]?[invitation.id] != nil
        switch (flaw, base.standing(in: invitation.workspace)) {
        case (.keepsFirstInvitations, _) where isThere: break
        case (.acceptsHomelessInvitations, _) where memory.workspaces[invitation.workspace] == nil: break
        case (.letsAdminsWriteInvitations, .member(.admin, _)):
            try unbound { t throws(TammError) in try t.put(invitation) }
        case (.forgetsInviters, _): try base.put(invitation.with(invitedBy: .service))
        case (.invitesInSeconds, _):
            let end = (try? Timestamp(seconds: invitation.expiresAt.seconds)) ?? invitation.expiresAt
            try base.put(invitation.with(expiresAt: end))
        case (.movesInvitations, _):
            for workspace in memory.invitations.keys where workspace != invitation.workspace {
                memory.invitations[workspace]?.set(invitation.id, nil)
            }
            try base.put(invitation)
        case (.keepsFailedInvitations, _):
            try base.put(invitation)
            base.memory.commit()
        default: try base.put(invitation)
        }
    }

    borrowing func invitation(
        _ id: Identifier<Invitation>, of workspace: Identifier<Workspace>
    ) throws(TammError) -> Invitation? {
        let found = seen(leaking: .leaksInvitations) { $0.invitation(id, of: workspace) }
        guard flaw == .sharesInvitations, base.principal == .service else { return found }
        return found ?? memory.invitations.values.lazy.compactMap { $0[id] }.first
    }

    borrowing func invitations(
        of workspace: Identifier<Workspace>, after cursor: Identifier<Invitation>?, limit: Int
    ) throws(TammError) -> [Invitation] {
        guard flaw == .ordersInvitationsSigned else {
            return seen(leaking: .leaksInvitations) { $0.invitations(of: workspace, after: cursor, limit: limit) }
        }
        let all = base.invitations(of: workspace, after: nil, limit: .max).sorted {
            Int64(bitPattern: $0.id.high) < Int64(bitPattern: $1.id.high)
        }
        let rest = cursor.map { cursor in all.drop { $0.id != cursor }.dropFirst() } ?? all[...]
        return Array(rest.prefix(limit))
    }

    borrowing func removeClosedInvitations(
        of workspace: Identifier<Workspace>, at moment: Timestamp
    ) throws(TammError) {
        let earlier = moment.advanced(by: .microseconds(-1))
        try base.removeClosedInvitations(of: workspace, at: flaw == .keepsInvitationsThatAreOver ? earlier : moment)
    }
}

extension Invitation {
    fileprivate func with(invitedBy actor: AuditActor? = nil, expiresAt end: Timestamp? = nil) -> Invitation {
        Invitation(
            id: id, workspace: workspace, role: role, digest: digest, invitedBy: actor ?? invitedBy, status: status,
            createdAt: createdAt, expiresAt: end ?? expiresAt, acceptedBy: acceptedBy)
    }
}
