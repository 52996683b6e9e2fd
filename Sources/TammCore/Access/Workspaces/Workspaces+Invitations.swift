/// What became of a token that was presented.
public enum InvitationOutcome: Sendable, Hashable {
    /// The user has the place now.
    case joined(Member)
    /// The user had a place already; the invitation is open still.
    case alreadyMember(Member)
    /// There is none such, or it is used, revoked, over, its workspace does not work, or who made it is not known or
    /// may not invite into that role any more.
    case refused
}

extension Workspaces {
    /// How many invitations of a workspace may be open.
    public static let maximumInvitations = 100
    /// The longest that an invitation may stay open: 31 days.
    public static let maximumInvitationLifetime: Duration = .seconds(31 * 86_400)

    /// Makes an invitation; its token is in the answer and nowhere else.
    ///
    /// - Parameter lifetime: 1 second to ``maximumInvitationLifetime``.
    /// - Throws: `invalidInput` for the lifetime; `forbidden` where the principal may not manage members, or makes an
    ///   owner without being one; `notFound` for a stranger; `conflict` where ``maximumInvitations`` are open.
    public func invite(
        as role: Role, into workspace: Identifier<Workspace>, lifetime: Duration, as principal: Principal
    ) async throws(TammError) -> IssuedInvitation {
        guard lifetime >= .seconds(1), lifetime <= Self.maximumInvitationLifetime else {
            throw TammError(
                .invalidInput, "an invitation lasts between 1 s and \(Self.maximumInvitationLifetime), found \(lifetime)",
                field: "lifetime")
        }
        let now = time.now()
        let audit = try AccessAudit(of: workspace, by: principal, at: now, entropy: entropy)
        let token = InvitationToken(workspace, Identifier(at: now, entropy: entropy), entropy: entropy)
        let invitation = Invitation(
            id: token.invitation, workspace: workspace, role: role, digest: InvitationDigest(of: token),
            invitedBy: audit.actor, createdAt: now, expiresAt: now.advanced(by: lifetime))
        try await store.transaction(as: .service) { t throws(TammError) in
            let permission = role == .owner ? Permission.manageOwners : .manageMembers
            _ = try t.lockWorkspace(workspace, for: principal, holding: permission)
            try t.removeClosedInvitations(of: workspace, at: now)
            let open = try t.invitations(of: workspace, after: nil, limit: Self.maximumInvitations)
            guard open.count < Self.maximumInvitations else {
                throw TammError(
                    .conflict, "workspace \(workspace) has \(open.count) open invitations: revoke one, or wait")
            }
            try t.put(invitation)
            try t.append([
                audit.entry(
                    "member.invited", "invitation", invitation.id.description,
                    [("role", role.rawValue), ("expires", invitation.expiresAt.description)])
            ])
        }
        return IssuedInvitation(invitation, token)
    }

    /// Gives the user the place that the token promises, once, as long as who made the invitation may still make it. A
    /// member's are revoked with what allowed them, and stay so when it comes back; a platform administrator's rest
    /// while it is none.
    ///
    /// - Parameter user: who was found to be acting, by the caller: no member yet.
    public func accept(
        _ token: InvitationToken, for user: Identifier<User>
    ) async throws(TammError) -> InvitationOutcome {
        let (now, workspace) = (time.now(), token.workspace)
        let digest = InvitationDigest(of: token)
        let audit = try AccessAudit(
            of: workspace, by: .user(user, in: workspace), at: now, entropy: entropy)
        return try await store.transaction(as: .service) { t throws(TammError) in
            // Under the lock, so that of two who come at once one joins.
            guard let place = try t.lockWorkspace(workspace), place.status == .active,
                var invitation = try t.invitation(token.invitation, of: workspace), invitation.digest == digest,
                invitation.isOpen(at: now), let inviter = invitation.invitedBy,
                RowPolicy.mayInvite(
                    as: invitation.role, into: workspace,
                    as: try t.standing(of: inviter.principal(in: workspace), in: workspace))
            else { return .refused }
            if let member = try t.member(user, of: workspace) { return .alreadyMember(member) }
            let member = Member(workspace: workspace, user: user, role: invitation.role, joinedAt: now)
            (invitation.status, invitation.acceptedBy) = (.accepted, user)
            try t.put(member)
            try t.put(invitation)
            try t.append([
                audit.entry(
                    "member.joined", "user", user.description,
                    [("invitation", invitation.id.description), ("role", member.role.rawValue)])
            ])
            return .joined(member)
        }
    }

    /// Takes an open invitation back; its token is refused from then on. Doing it again changes nothing.
    ///
    /// - Throws: `forbidden` where the principal may not manage members, `notFound` without the invitation, `conflict`
    ///   for one that was accepted.
    public func revoke(
        _ invitation: Identifier<Invitation>, of workspace: Identifier<Workspace>, as principal: Principal
    ) async throws(TammError) {
        let audit = try AccessAudit(of: workspace, by: principal, at: time.now(), entropy: entropy)
        try await store.transaction(as: .service) { t throws(TammError) in
            _ = try t.lockWorkspace(workspace, for: principal, holding: .manageMembers)
            guard var present = try t.invitation(invitation, of: workspace) else {
                throw TammError(.notFound, "no invitation \(invitation) in workspace \(workspace)")
            }
            guard present.status != .accepted else {
                throw TammError(.conflict, "invitation \(invitation) was accepted: remove the member instead")
            }
            guard present.status == .open else { return }
            present.status = .revoked
            try t.put(present)
            try t.append([audit.entry("member.invitation-revoked", "invitation", invitation.description)])
        }
    }

    /// Up to `limit` (at most 1,000) invitations after `cursor`, in the order of their identifiers.
    public func invitations(
        of workspace: Identifier<Workspace>, after cursor: Identifier<Invitation>? = nil, limit: Int = 100,
        as principal: Principal
    ) async throws(TammError) -> [Invitation] {
        let limit = try pageLimit(limit)
        return try await store.transaction(as: principal) { t throws(TammError) in
            try t.require(.manageMembers, in: workspace)
            return try t.invitations(of: workspace, after: cursor, limit: limit)
        }
    }
}

extension InvitationRecords where Self: ~Copyable {
    /// Revokes what a user has open that it may not make any more as what it is from now on; nil is no member. Under the
    /// workspace's lock.
    ///
    /// - Returns: the entries of the audit log.
    borrowing func revokeInvitations(
        by user: Identifier<User>, of workspace: Identifier<Workspace>, becoming role: Role?, _ audit: AccessAudit
    ) throws(TammError) -> [AuditEntry] {
        let standing = role.map { RowPolicy.Standing.member($0, of: workspace) } ?? .stranger
        var entries: [AuditEntry] = []
        var cursor: Identifier<Invitation>?
        while true {
            let page = try invitations(of: workspace, after: cursor, limit: Workspaces.maximumInvitations)
            for var invitation in page where invitation.status == .open && invitation.invitedBy == .user(user) {
                if RowPolicy.mayInvite(as: invitation.role, into: workspace, as: standing) { continue }
                invitation.status = .revoked
                try put(invitation)
                entries.append(try audit.entry("member.invitation-revoked", "invitation", invitation.id.description))
            }
            guard page.count == Workspaces.maximumInvitations, let last = page.last else { return entries }
            cursor = last.id
        }
    }
}
