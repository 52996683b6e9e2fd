import TammCore

extension StoreLaw {
    static let invitationLaws: [StoreLaw] = [
        StoreLaw("values.invitation", .access, "Every field of an invitation survives, its digest byte for byte") {
            store, context in
            let workspace = try await context.workspace(in: store)
            for invitation in try context.invitations(of: workspace) {
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.put(invitation)
                    return try t.invitation(invitation.id, of: workspace)
                }
                let kept = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.invitation(invitation.id, of: workspace)
                }
                for (row, what) in [(found, "in the same transaction"), (kept, "in the next transaction")] {
                    try context.expect(row, invitation, "the invitation \(what)")
                    try context.expect(row?.digest.bytes, invitation.digest.bytes, "the bytes of its digest \(what)")
                }
            }
        },
        StoreLaw("invitations.none", .access, "An invitation that was never made is not there, nor in another workspace") {
            store, context in
            let tenant = try await context.tenant(in: store)
            let bare = try await context.workspace(in: store)
            for workspace in [bare, context.id()] {
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    (
                        try t.invitation(tenant.invitation.id, of: workspace),
                        try t.invitations(of: workspace, after: nil, limit: 10)
                    )
                }
                try context.expect(found.0, nil, "the invitation")
                try context.expect(found.1, [], "the invitations")
            }
        },
        StoreLaw("invitations.changed", .access, "An invitation that is put again is there once, as it is now") {
            store, context in
            let tenant = try await context.tenant(in: store)
            for (status, user) in [
                (Invitation.Status.revoked, nil), (.accepted, context.id()), (.open, nil),
            ] as [(Invitation.Status, Identifier<User>?)] {
                let changed = tenant.invitation.with(status, acceptedBy: user)
                try await store.transaction(as: .service) { t throws(TammError) in try t.put(changed) }
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.invitations(of: tenant.id, after: nil, limit: 10)
                }
                try context.expect(found, [changed], "the invitations")
            }
        },
        StoreLaw("invitations.separate", .access, "Two workspaces may have invitations of the same identifier") {
            store, context in
            let (tenant, other) = (try await context.tenant(in: store), try await context.workspace(in: store))
            let same = try context.invitation(of: other, id: tenant.invitation.id, as: .admin)
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                try t.put(same)
                return [try t.invitation(same.id, of: tenant.id), try t.invitation(same.id, of: other)]
            }
            try context.expect(found, [tenant.invitation, same], "the invitations")
        },
        StoreLaw("invitations.homeless", .access, "An invitation into a workspace that is not there is refused") {
            store, context in
            let invitation = try context.invitation(of: context.id())
            try await context.expect(.notFound, from: store, as: .service, "put") { t throws(TammError) in
                try t.put(invitation)
            }
            try await context.expect(.notFound, from: store, as: .service, "removed") { t throws(TammError) in
                try t.removeClosedInvitations(of: invitation.workspace, at: .max)
            }
        },
        StoreLaw(
            "invitations.closed", .access,
            "Invitations that are accepted, revoked or over at the moment itself are taken out, and the others stay"
        ) { store, context in
            let (tenant, other) = (try await context.tenant(in: store), try await context.tenant(in: store))
            let moment = context.at(1000)
            let over = try context.invitation(of: tenant.id, expiresAt: moment)
            let open = try context.invitation(of: tenant.id, expiresAt: context.at(1001))
            let revoked = try context.invitation(of: tenant.id).with(.revoked)
            let accepted = try context.invitation(of: tenant.id).with(.accepted, acceptedBy: context.id())
            let (expired, closed) = (
                try context.invitation(of: other.id, expiresAt: .min), other.invitation.with(.revoked)
            )
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                for row in [over, open, revoked, accepted, expired, closed] { try t.put(row) }
                try t.removeClosedInvitations(of: tenant.id, at: moment)
                return (
                    try t.invitations(of: tenant.id, after: nil, limit: 10),
                    try t.invitations(of: other.id, after: nil, limit: 10)
                )
            }
            try context.expect(found.0, [tenant.invitation, open].sorted { $0.id < $1.id }, "the invitations left")
            try context.expect(
                found.1, [expired, closed].sorted { $0.id < $1.id }, "the invitations of another workspace")
        },
        StoreLaw("rollback.invitation", .unitOfWork, "A transaction that throws leaves every invitation as it was") {
            store, context in
            let tenant = try await context.tenant(in: store)
            let new = try context.invitation(of: tenant.id)
            try await context.rollBack(in: store) { t throws(TammError) in
                try t.put(new)
                try t.put(tenant.invitation.with(.revoked))
                try t.removeClosedInvitations(of: tenant.id, at: .max)
            }
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                try t.invitations(of: tenant.id, after: nil, limit: 10)
            }
            try context.expect(found, [tenant.invitation], "the invitations")
        },
        StoreLaw("pages.invitations", .access, "Invitations are paged in the order of their identifiers, unsigned") {
            store, context in
            let workspace = try await context.workspace(in: store)
            _ = try await context.tenant(in: store)
            let ids: [Identifier<Invitation>] = context.scattered()
            let rows = try ids.map { id throws(TammError) in try context.invitation(of: workspace, id: id) }
            try await store.transaction(as: .service) { t throws(TammError) in for row in rows { try t.put(row) } }
            let listing = Listing<Invitation, Identifier<Invitation>>(by: { $0.id }) {
                t, cursor, limit throws(TammError) in try t.invitations(of: workspace, after: cursor, limit: limit)
            }
            try await listing.check(rows.sorted { $0.id < $1.id }, in: store, context)
        },
        StoreLaw("writes.workspace_invitations", .access, "Invitations are written by the service alone") {
            store, context in
            let cast = try await context.cast(in: store)
            for observer in cast.observers {
                let isService = observer.standing == .service
                let invitation = try context.invitation(of: cast.seen.id)
                for row in [invitation, cast.seen.invitation.with(.accepted, acceptedBy: context.id())] where !isService {
                    let error = await context.failure(in: store, as: observer.principal) { t throws(TammError) in
                        try t.put(row)
                    }
                    try context.expect(error, .invitations, false, observer, of: cast)
                }
                let removed = await context.failure(in: store, as: observer.principal) { t throws(TammError) in
                    try t.removeClosedInvitations(of: cast.seen.id, at: cast.seen.invitation.createdAt)
                }
                try context.expect(removed, .invitations, isService, observer, of: cast)
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.invitations(of: cast.seen.id, after: nil, limit: 10)
                }
                try context.expect(found, [cast.seen.invitation], "the invitations after \(observer.name)")
            }
        },
    ]
}

extension LawContext {
    /// An invitation that is open for a minute.
    func invitation(
        of workspace: Identifier<Workspace>, id: Identifier<Invitation>? = nil, as role: Role = .member,
        by actor: AuditActor? = .service, expiresAt: Timestamp? = nil
    ) throws(TammError) -> Invitation {
        Invitation(
            id: id ?? self.id(), workspace: workspace, role: role,
            digest: try InvitationDigest(entropy.bytes(32)), invitedBy: actor, createdAt: base,
            expiresAt: expiresAt ?? at(60_000_000))
    }

    /// Invitations with every field at its bounds.
    fileprivate func invitations(of workspace: Identifier<Workspace>) throws(TammError) -> [Invitation] {
        let digests: [[UInt8]] = [
            Array(repeating: 0, count: 32), Array(repeating: 0xff, count: 32), (0..<32).map { $0 &* 9 },
        ]
        let inviters = [AuditActor.user(id()), .platformAdmin(id()), .service]
        var rows: [Invitation] = []
        for (index, status) in Invitation.Status.allCases.enumerated() {
            rows.append(
                Invitation(
                    id: id(), workspace: workspace, role: Role.allCases[index], digest: try InvitationDigest(digests[index]),
                    invitedBy: inviters[index], status: status, createdAt: [.min, base, .max][index],
                    expiresAt: [base, .max, .min][index], acceptedBy: status == .accepted ? id() : nil))
        }
        return rows + [try invitation(of: workspace, by: nil)]
    }
}

extension Invitation {
    /// The same in another state.
    func with(_ status: Status, acceptedBy user: Identifier<User>? = nil) -> Invitation {
        Invitation(
            id: id, workspace: workspace, role: role, digest: digest, invitedBy: invitedBy, status: status,
            createdAt: createdAt, expiresAt: expiresAt, acceptedBy: user)
    }
}
