public import TammCore

extension PostgresTransaction {
    public borrowing func put(_ invitation: Invitation) throws(TammError) {
        try requireWorkspace(invitation.workspace)
        try requireWrite(.invitations, in: invitation.workspace)
        var parameters = invitation.workspace.parameter
        parameters.add(invitation.id)
        parameters.add(invitation.role.rawValue)
        parameters.add(invitation.digest.bytes)
        if let inviter = invitation.invitedBy {
            parameters.add(actor: inviter)
        } else {
            parameters.add(nil as String?)
            parameters.add(nil as Identifier<User>?)
        }
        parameters.add(invitation.status.rawValue)
        parameters.add(invitation.createdAt)
        parameters.add(invitation.expiresAt)
        parameters.add(invitation.acceptedBy)
        try session.post(.putInvitation, parameters)
    }

    public borrowing func invitation(
        _ id: Identifier<Invitation>, of workspace: Identifier<Workspace>
    ) throws(TammError) -> Invitation? {
        guard mayRead(.invitations, in: workspace) else { return nil }
        var parameters = workspace.parameter
        parameters.add(id)
        return try session.run(.invitation, parameters).first { row throws(TammError) in try row.nextInvitation() }
    }

    public borrowing func invitations(
        of workspace: Identifier<Workspace>, after cursor: Identifier<Invitation>?, limit: Int
    ) throws(TammError) -> [Invitation] {
        guard mayRead(.invitations, in: workspace) else { return [] }
        var parameters = PostgresParameters()
        parameters.add(Int64(limit))
        parameters.add(workspace)
        if let cursor { parameters.add(cursor) }
        return try session.run(.invitations, cursor != nil, parameters).map { row throws(TammError) in
            try row.nextInvitation()
        }
    }

    public borrowing func removeClosedInvitations(
        of workspace: Identifier<Workspace>, at moment: Timestamp
    ) throws(TammError) {
        try requireWorkspace(workspace)
        try requireWrite(.invitations, in: workspace)
        var parameters = workspace.parameter
        parameters.add(moment)
        try session.post(.removeClosedInvitations, parameters)
    }
}

extension PostgresRow {
    fileprivate mutating func nextInvitation() throws(TammError) -> Invitation {
        let (workspace, id): (Identifier<Workspace>, Identifier<Invitation>) = (try next(), try next())
        let role: Role? = try nextNameIfPresent()
        let bytes: [UInt8] = try next()
        let inviter = try nextActorIfPresent()
        let status: Invitation.Status? = try nextNameIfPresent()
        let (createdAt, expiresAt): (Timestamp, Timestamp) = (try next(), try next())
        guard let role, let status else {
            throw TammError(.corrupted, "invitation \(id) has no role or no status")
        }
        return Invitation(
            id: id, workspace: workspace, role: role,
            digest: try stored("workspace_invitations") { () throws(TammError) in try InvitationDigest(bytes) },
            invitedBy: inviter, status: status, createdAt: createdAt, expiresAt: expiresAt, acceptedBy: try nextIfPresent())
    }
}

private let invitationColumns =
    "workspace_id, id, role, digest, inviter_kind, inviter_id, status, created_at, expires_at, accepted_by"

extension Statement {
    fileprivate static let invitation = Statement(
        "invitation",
        "SELECT \(invitationColumns) FROM tamm.workspace_invitations WHERE workspace_id = $1 AND id = $2")
    fileprivate static let putInvitation = Statement(
        "put_invitation",
        """
        INSERT INTO tamm.workspace_invitations (\(invitationColumns))
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (workspace_id, id) DO UPDATE SET role = excluded.role, digest = excluded.digest,
            inviter_kind = excluded.inviter_kind, inviter_id = excluded.inviter_id,
            status = excluded.status, created_at = excluded.created_at, expires_at = excluded.expires_at,
            accepted_by = excluded.accepted_by
        """)
    fileprivate static let removeClosedInvitations = Statement(
        "remove_closed_invitations",
        "DELETE FROM tamm.workspace_invitations WHERE workspace_id = $1 AND (status <> 'open' OR expires_at <= $2)")
}

extension Listing {
    fileprivate static let invitations = Listing("invitations") { after in
        """
        SELECT \(invitationColumns) FROM tamm.workspace_invitations
        WHERE workspace_id = $2 \(after ? "AND id > $3" : "") ORDER BY id LIMIT $1
        """
    }
}
