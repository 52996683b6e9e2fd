import TammCore

extension StoreLaw {
    static let workspaceLaws: [StoreLaw] = [
        StoreLaw("workspaces.insert", .access, "An inserted workspace has its name, byte for byte, and its moment") {
            store, context in
            let names = [
                "a", "O'Brien \\ \"quotes\" %s $1 ; --", "مساحة عمل", "e\u{301} is not \u{e9}", "\u{e9}",
                String(repeating: "😀", count: 50),
            ]
            for (name, moment) in zip(names, [.min, .epoch, context.base, .max, context.at(1), context.at(2)]) {
                let workspace = try Workspace(id: context.id(), name: name, createdAt: moment)
                try await store.transaction(as: .service) { t throws(TammError) in try t.insert(workspace) }
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.workspace(workspace.id)
                }
                try context.expect(found, workspace, "the workspace")
                try context.expect(found.map { Array($0.name.utf8) }, Array(name.utf8), "the bytes of its name")
            }
        },
        StoreLaw("workspaces.unknown", .access, "A workspace that was never inserted is not there, nor its members") {
            store, context in
            let (workspace, user): (Identifier<Workspace>, Identifier<User>) = (context.id(), context.id())
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                (
                    try t.workspace(workspace), try t.member(user, of: workspace),
                    try t.members(of: workspace, after: nil, limit: 10)
                )
            }
            try context.expect(found.0, nil, "the workspace")
            try context.expect(found.1, nil, "the member")
            try context.expect(found.2, [], "the members")
        },
        StoreLaw("workspaces.taken", .access, "Inserting a workspace whose identifier is taken is a conflict") {
            store, context in
            let tenant = try await context.tenant(in: store)
            let other = try Workspace(id: tenant.id, name: "Another name", createdAt: context.at(9))
            try await context.expect(.conflict, from: store, as: .service, "inserted again") { t throws(TammError) in
                try t.insert(other)
            }
            let found = try await store.transaction(as: .service) { t throws(TammError) in try t.workspace(tenant.id) }
            try context.expect(found, tenant.workspace, "the workspace after it")
        },
        StoreLaw("members.put", .access, "A member that is put is there with its role and the moment it joined") {
            store, context in
            let workspace = try await context.workspace(in: store)
            for (role, moment) in zip(Role.allCases, [Timestamp.min, context.base, .max]) {
                let member = Member(workspace: workspace, user: context.id(), role: role, joinedAt: moment)
                try await store.transaction(as: .service) { t throws(TammError) in try t.put(member) }
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.member(member.user, of: workspace)
                }
                try context.expect(found, member, "the member")
            }
        },
        StoreLaw("members.role", .access, "Putting a member again changes its role, and it is there once") {
            store, context in
            let tenant = try await context.tenant(in: store)
            var members = tenant.members.sorted { $0.user < $1.user }
            for index in members.indices { members[index].role = members[index].role == .owner ? .member : .owner }
            let changed = members
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                for member in changed { try t.put(member) }
                return try t.members(of: tenant.id, after: nil, limit: 10)
            }
            try context.expect(found, changed, "the members")
        },
        StoreLaw("members.homeless", .access, "Putting a member into a workspace that is not there is refused") {
            store, context in
            let member = Member(workspace: context.id(), user: context.id(), role: .owner, joinedAt: context.base)
            try await context.expect(.notFound, from: store, as: .service, "put by the service") {
                t throws(TammError) in
                try t.put(member)
            }
        },
        StoreLaw("members.remove", .access, "A removed member is gone, the others stay, and it may come back") {
            store, context in
            let tenant = try await context.tenant(in: store)
            let rest = tenant.members.filter { $0.user != tenant.admin }.sorted { $0.user < $1.user }
            try await store.transaction(as: .service) { t throws(TammError) in
                try t.removeMember(tenant.admin, from: tenant.id)
            }
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                (try t.member(tenant.admin, of: tenant.id), try t.members(of: tenant.id, after: nil, limit: 10))
            }
            try context.expect(found.0, nil, "the removed member")
            try context.expect(found.1, rest, "the members")
            let back = Member(workspace: tenant.id, user: tenant.admin, role: .member, joinedAt: context.at(5))
            let again = try await store.transaction(as: .service) { t throws(TammError) in
                try t.put(back)
                return try t.member(tenant.admin, of: tenant.id)
            }
            try context.expect(again, back, "the member that came back")
        },
        StoreLaw("members.remove.unknown", .access, "Removing somebody who is no member is refused") { store, context in
            let (tenant, other) = (try await context.tenant(in: store), try await context.tenant(in: store))
            for user in [context.id(), other.owner] {
                try await context.expect(.notFound, from: store, as: .service, "removed") { t throws(TammError) in
                    try t.removeMember(user, from: tenant.id)
                }
            }
        },
        StoreLaw("members.separate", .access, "A user's membership in one workspace is not that in another") {
            store, context in
            let (first, second) = (try await context.tenant(in: store), try await context.tenant(in: store))
            let joined = Member(workspace: second.id, user: first.owner, role: .member, joinedAt: context.at(7))
            try await store.transaction(as: .service) { t throws(TammError) in try t.put(joined) }
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                (try t.member(first.owner, of: first.id), try t.member(first.owner, of: second.id))
            }
            try context.expect(found.0?.role, .owner, "the role in the first workspace")
            try context.expect(found.1, joined, "the membership in the second")
            let left = try await store.transaction(as: .service) { t throws(TammError) in
                try t.removeMember(first.owner, from: second.id)
                return try t.member(first.owner, of: first.id)
            }
            try context.expect(left?.role, .owner, "the role in the first after leaving the second")
        },
        StoreLaw("standing", .access, "A principal stands as the store's own rows say, not as it claims") {
            store, context in
            let cast = try await context.cast(in: store)
            for observer in cast.observers {
                let found = try await store.transaction(as: observer.principal) { t throws(TammError) in
                    try t.standing(in: cast.seen.id)
                }
                try context.expect(found, observer.standing, "the standing of \(observer.name)")
            }
        },
        StoreLaw("standing.unknown", .access, "In a workspace that is not there every user is a stranger") {
            store, context in
            let (cast, nowhere) = (try await context.cast(in: store), context.id() as Identifier<Workspace>)
            for observer in cast.observers {
                guard case .user(let user, _) = observer.principal else { continue }
                for principal in [observer.principal, .user(user, in: nowhere)] {
                    let found = try await store.transaction(as: principal) { t throws(TammError) in
                        try t.standing(in: nowhere)
                    }
                    try context.expect(found, .stranger, "the standing of \(observer.name)")
                }
            }
        },
        StoreLaw("standing.changes", .access, "A role given, changed or taken counts from the next transaction on") {
            store, context in
            let tenant = try await context.tenant(in: store)
            let user: Identifier<User> = context.id()
            for role in Role.allCases + [nil, .member] {
                try await store.transaction(as: .service) { t throws(TammError) in
                    guard let role else { return try t.removeMember(user, from: tenant.id) }
                    try t.put(Member(workspace: tenant.id, user: user, role: role, joinedAt: context.base))
                }
                let found = try await store.transaction(as: .user(user, in: tenant.id)) { t throws(TammError) in
                    try t.standing(in: tenant.id)
                }
                let wanted = role.map { RowPolicy.Standing.member($0, of: tenant.id) } ?? .stranger
                try context.expect(found, wanted, "the standing as \(role.map(\.rawValue) ?? "nobody")")
            }
        },
        StoreLaw(
            "standing.of", .access,
            "The service learns of every principal what the store's rows say of it, and nobody else learns it of others"
        ) { store, context in
            let cast = try await context.cast(in: store)
            for observer in cast.observers {
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.standing(of: observer.principal, in: cast.seen.id)
                }
                try context.expect(found, observer.standing, "the standing of \(observer.name)")
                guard observer.principal != .service else { continue }
                try await context.expect(.forbidden, from: store, as: observer.principal, "asked by \(observer.name)") {
                    t throws(TammError) in _ = try t.standing(of: observer.principal, in: cast.seen.id)
                }
            }
            let nowhere: Identifier<Workspace> = context.id()
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                try t.standing(of: .user(cast.seen.owner, in: nowhere), in: nowhere)
            }
            try context.expect(found, .stranger, "the standing in a workspace that is not there")
        },
        StoreLaw(
            "standing.of.locked", .access, "Under a workspace's lock, who somebody is there is read as it is then"
        ) { store, context in
            for _ in 0..<16 {
                let tenant = try await context.tenant(in: store)
                let admin = Principal.user(tenant.admin, in: tenant.id)
                async let removed: Void = store.transaction(as: .service) { t throws(TammError) in
                    _ = try t.lockWorkspace(tenant.id)
                    guard try t.invitation(tenant.invitation.id, of: tenant.id)?.status == .open else { return }
                    try t.removeMember(tenant.admin, from: tenant.id)
                }
                async let invited: Void = store.transaction(as: .service) { t throws(TammError) in
                    _ = try t.standing(of: admin, in: tenant.id)
                    _ = try t.lockWorkspace(tenant.id)
                    guard try t.standing(of: admin, in: tenant.id) != .stranger else { return }
                    try t.put(tenant.invitation.with(.revoked))
                }
                _ = try await (removed, invited)
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    let isOpen = try t.invitation(tenant.invitation.id, of: tenant.id)?.status == .open
                    return [isOpen, try t.member(tenant.admin, of: tenant.id) == nil]
                }
                try context.expect(found[0], found[1], "what stands when one of the two came first")
            }
        },
        StoreLaw(
            "standing.keys", .access,
            "A key stands as its scopes say while it and its workspace are active, from the next transaction on"
        ) { store, context in
            let tenant = try await context.tenant(in: store)
            let key = try context.apiKey(of: tenant.id, scopes: ["audit.read", "billing.write", "messages.write"])
            let digest = try context.keyDigest()
            try await store.transaction(as: .service) { t throws(TammError) in try t.insert(key, digest: digest) }
            let wanted = RowPolicy.Standing.key([.readAudit], of: tenant.id)
            func expect(_ wanted: RowPolicy.Standing, _ what: String) async throws {
                let found = try await store.transaction(as: .key(key.id, in: tenant.id)) { t throws(TammError) in
                    try t.standing(in: tenant.id)
                }
                try context.expect(found, wanted, "the standing of the key when \(what)")
            }
            try await expect(wanted, "it was made")
            for status in [APIKey.Status.disabled, .active] {
                try await store.transaction(as: .service) { t throws(TammError) in try t.put(key.with(status: status)) }
                try await expect(status == .active ? wanted : .stranger, "it is \(status.rawValue)")
            }
            for status in [WorkspaceStatus.suspended, .active] {
                try await store.transaction(as: .service) { t throws(TammError) in
                    try t.setStatus(status, of: tenant.id)
                }
                try await expect(status == .active ? wanted : .stranger, "its workspace is \(status.rawValue)")
            }
            try await store.transaction(as: .service) { t throws(TammError) in try t.put(key.with(status: .revoked)) }
            try await expect(.stranger, "it is revoked")
        },
        StoreLaw("admins.service", .access, "Only the service makes and unmakes platform administrators") {
            store, context in
            let cast = try await context.cast(in: store)
            let user: Identifier<User> = context.id()
            for observer in cast.observers where observer.principal != .service {
                try await context.expect(.forbidden, from: store, as: observer.principal, "made by \(observer.name)") {
                    t throws(TammError) in try t.setPlatformAdmin(user, true)
                }
                let found = try await store.transaction(as: .platformAdmin(user)) { t throws(TammError) in
                    try t.standing(in: cast.seen.id)
                }
                try context.expect(found, .stranger, "whom \(observer.name) made")
            }
            for (isAdmin, isNew) in [(true, true), (true, false), (false, true), (false, false)] {
                let changed = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.setPlatformAdmin(user, isAdmin)
                }
                try context.expect(changed, isNew, "whether that changed anything")
                let found = try await store.transaction(as: .platformAdmin(user)) { t throws(TammError) in
                    try t.standing(in: cast.seen.id)
                }
                try context.expect(found, isAdmin ? .platformAdmin : .stranger, "whom the service made or unmade")
            }
        },
    ]
}
