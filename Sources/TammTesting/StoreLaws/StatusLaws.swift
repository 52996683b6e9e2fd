import TammCore

extension StoreLaw {
    static let statusLaws: [StoreLaw] = [
        StoreLaw("workspaces.status", .access, "A workspace is active until it is given a status, and then has that one") {
            store, context in
            let (workspace, other) = (try await context.workspace(in: store), try await context.workspace(in: store))
            let first = try await store.transaction(as: .service) { t throws(TammError) in
                try t.workspace(workspace)?.status
            }
            try context.expect(first, .active, "the status of a new workspace")
            for status in WorkspaceStatus.allCases.reversed() + [.closing, .closing] {
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    _ = try t.lockWorkspace(workspace)
                    try t.setStatus(status, of: workspace)
                    return try t.workspace(workspace)?.status
                }
                try context.expect(found, status, "the status in the same transaction")
                let kept = try await store.transaction(as: .service) { t throws(TammError) in
                    [try t.lockWorkspace(workspace)?.status, try t.workspace(other)?.status]
                }
                try context.expect(kept, [status, .active], "the status in the next, and another workspace's")
            }
        },
        StoreLaw("workspaces.status.unknown", .access, "A workspace that is not there has no status and is given none") {
            store, context in
            let nowhere: Identifier<Workspace> = context.id()
            try await context.expect(.notFound, from: store, as: .service, "suspended") { t throws(TammError) in
                try t.setStatus(.suspended, of: nowhere)
            }
            let found = try await store.transaction(as: .service) { t throws(TammError) in try t.lockWorkspace(nowhere) }
            try context.expect(found, nil, "the workspace under its lock")
        },
        StoreLaw(
            "workspaces.platform", .access, "The platform's place stays as it is, and takes no members, from nobody"
        ) { store, context in
            let cast = try await context.cast(in: store)
            let id = Workspace.platform.id
            for observer in cast.observers where [.service, .platformAdmin].contains(observer.standing) {
                for status in [WorkspaceStatus.active, .suspended] {
                    try await context.expect(.forbidden, from: store, as: observer.principal, "given a status") {
                        t throws(TammError) in try t.setStatus(status, of: id)
                    }
                }
                let member = Member(workspace: id, user: context.id(), role: .owner, joinedAt: context.base)
                try await context.expect(.forbidden, from: store, as: observer.principal, "given a member") {
                    t throws(TammError) in try t.put(member)
                }
                try await context.expect(.conflict, from: store, as: observer.principal, "made again") {
                    t throws(TammError) in try t.insert(.platform)
                }
            }
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                (try t.workspace(id), try t.members(of: id, after: nil, limit: 1))
            }
            try context.expect(found.0, .platform, "the platform's place")
            try context.expect(found.1, [], "its members")
        },
        StoreLaw("rollback.workspace.status", .unitOfWork, "A transaction that throws leaves a workspace's status as it was") {
            store, context in
            let workspace = try await context.workspace(in: store)
            try await context.rollBack(in: store) { t throws(TammError) in
                try t.setStatus(.suspended, of: workspace)
                try t.setStatus(.closing, of: workspace)
            }
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                try t.workspace(workspace)?.status
            }
            try context.expect(found, .active, "the status")
        },
        StoreLaw(
            "writes.workspaces.status", .access,
            "The service and platform administrators lock workspaces and change their status, and nobody else does"
        ) { store, context in
            for index in try await context.cast(in: store).observers.indices {
                let cast = try await context.cast(in: store)
                let observer = cast.observers[index]
                let isPlatform = [.service, .platformAdmin].contains(observer.standing)
                let changed = await context.failure(in: store, as: observer.principal) { t throws(TammError) in
                    try t.setStatus(.suspended, of: cast.seen.id)
                }
                let locked = await context.failure(in: store, as: observer.principal) { t throws(TammError) in
                    _ = try t.lockWorkspace(cast.seen.id)
                }
                let wanted: TammError.Code? = isPlatform ? nil : .forbidden
                try context.expect(changed?.code, wanted, "the change by \(observer.name)")
                try context.expect(locked?.code, wanted, "the lock by \(observer.name)")
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.workspace(cast.seen.id)?.status
                }
                try context.expect(found, isPlatform ? .suspended : .active, "the status after \(observer.name)")
            }
        },
    ]
}
