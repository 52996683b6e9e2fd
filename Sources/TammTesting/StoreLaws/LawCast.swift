import TammCore

/// Two workspaces, and everybody who may or may not see the first.
struct Cast: Sendable {
    struct Observer: Sendable {
        let name: String
        let principal: Principal
        /// What the principal is in the workspace that is looked at.
        let standing: RowPolicy.Standing
    }

    /// The workspace that is looked at, and one that is not.
    let seen: Tenant
    let other: Tenant
    let observers: [Observer]
}

extension LawContext {
    func cast(in store: any TammStore) async throws(TammError) -> Cast {
        let (seen, other) = (try await tenant(in: store), try await tenant(in: store))
        let (admin, formerAdmin): (Identifier<User>, Identifier<User>) = (id(), id())
        let (both, removed): (Identifier<User>, Identifier<User>) = (id(), id())
        let moment = base
        let scopes = ["audit.read", "billing.read", "messages.write", "workspace.read"]
        let (reads, writes) = (try apiKey(of: seen.id, scopes: scopes), try apiKey(of: seen.id, scopes: ["messages.write"]))
        let (pays, theirs) = (try apiKey(of: seen.id, scopes: ["billing.read"]), try apiKey(of: other.id, scopes: scopes))
        let revoked = try apiKey(of: seen.id, scopes: scopes).with(status: .revoked)
        var keys: [(APIKey, APIKeyDigest)] = []
        for key in [reads, writes, pays, theirs, revoked] { keys.append((key, try keyDigest())) }
        let cut = keys
        try await store.transaction(as: .service) { t throws(TammError) in
            for (key, digest) in cut { try t.insert(key, digest: digest) }
            for user in [admin, formerAdmin] { try t.setPlatformAdmin(user, true) }
            try t.setPlatformAdmin(formerAdmin, false)
            for workspace in [seen.id, other.id] {
                try t.put(Member(workspace: workspace, user: both, role: .owner, joinedAt: moment))
            }
            try t.put(Member(workspace: seen.id, user: removed, role: .owner, joinedAt: moment))
            try t.removeMember(removed, from: seen.id)
        }
        let observers: [Cast.Observer] = [
            .init(
                name: "a member", principal: .user(seen.member, in: seen.id), standing: .member(.member, of: seen.id)),
            .init(name: "an admin", principal: .user(seen.admin, in: seen.id), standing: .member(.admin, of: seen.id)),
            .init(name: "an owner", principal: .user(seen.owner, in: seen.id), standing: .member(.owner, of: seen.id)),
            .init(
                name: "an owner of both, acting here", principal: .user(both, in: seen.id),
                standing: .member(.owner, of: seen.id)),
            .init(
                name: "an owner of both, acting in the other", principal: .user(both, in: other.id),
                standing: .stranger),
            .init(
                name: "the other workspace's owner", principal: .user(other.owner, in: other.id), standing: .stranger),
            .init(
                name: "the other workspace's owner, claiming to act here", principal: .user(other.owner, in: seen.id),
                standing: .stranger),
            .init(name: "a removed owner", principal: .user(removed, in: seen.id), standing: .stranger),
            .init(name: "a user of no workspace", principal: .user(id(), in: seen.id), standing: .stranger),
            .init(name: "a platform administrator", principal: .platformAdmin(admin), standing: .platformAdmin),
            .init(
                name: "a platform administrator acting as a user", principal: .user(admin, in: seen.id),
                standing: .stranger),
            .init(
                name: "an owner who claims to be a platform administrator", principal: .platformAdmin(seen.owner),
                standing: .stranger),
            .init(
                name: "a platform administrator no longer", principal: .platformAdmin(formerAdmin),
                standing: .stranger),
            .init(
                name: "a key that reads", principal: .key(reads.id, in: seen.id),
                standing: .key([.readAudit, .readBilling, .readWorkspace], of: seen.id)),
            .init(
                name: "a key that reads billing", principal: .key(pays.id, in: seen.id),
                standing: .key([.readBilling], of: seen.id)),
            .init(
                name: "a key without a scope that reads", principal: .key(writes.id, in: seen.id),
                standing: .key([], of: seen.id)),
            .init(name: "a revoked key", principal: .key(revoked.id, in: seen.id), standing: .stranger),
            .init(name: "the other workspace's key", principal: .key(theirs.id, in: other.id), standing: .stranger),
            .init(
                name: "the other workspace's key, claiming to act here", principal: .key(theirs.id, in: seen.id),
                standing: .stranger),
            .init(
                name: "a user who claims to be a key", principal: .key(Identifier(high: seen.owner.high, low: seen.owner.low), in: seen.id),
                standing: .stranger),
            .init(name: "the service", principal: .service, standing: .service),
            .init(name: "the ledger", principal: .ledger, standing: .ledger),
        ]
        return Cast(seen: seen, other: other, observers: observers)
    }
}
