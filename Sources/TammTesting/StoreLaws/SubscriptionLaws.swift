import TammCore

extension StoreLaw {
    static let subscriptionLaws: [StoreLaw] = [
        StoreLaw(
            "values.subscription", .billing, "Every field of a subscription survives, in every state and up to its bounds"
        ) { store, context in
            var workspaces: [Identifier<Workspace>] = []
            for _ in 0..<36 { workspaces.append(context.id()) }
            try await context.insert(workspaces, in: store)
            for subscription in try context.subscriptions(of: workspaces) {
                let workspace = subscription.workspace
                let payments = try subscription.topUp?.pending.map { id throws(TammError) in
                    [try context.payment(of: workspace, id: id)]
                }
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    _ = try t.lockSubscription(of: workspace)
                    for payment in payments ?? [] { try t.put(payment) }
                    try t.put(subscription, dueAt: nil)
                    return [try t.subscription(of: workspace), try t.lockSubscription(of: workspace)]
                }
                try context.expect(found, [subscription, subscription], "it in the same transaction, and under its lock")
                let kept = try await store.transaction(as: .service) { t throws(TammError) in
                    [try t.subscription(of: workspace), try t.lockSubscription(of: workspace)]
                }
                try context.expect(kept, [subscription, subscription], "it in the next transaction, and under its lock")
            }
        },
        StoreLaw(
            "subscriptions.none", .billing,
            "A workspace without a subscription has none, nor has one that is not there, locked or not"
        ) { store, context in
            for workspace in [try await context.workspace(in: store), context.id()] {
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    [try t.subscription(of: workspace), try t.lockSubscription(of: workspace)]
                }
                try context.expect(found, [nil, nil], "the subscription, and under its lock")
            }
        },
        StoreLaw(
            "subscriptions.changed", .billing,
            "A subscription that is put again is as it was put last, in every field, and others stay as they were"
        ) {
            store, context in
            let (tenant, other) = (try await context.tenant(in: store), try await context.tenant(in: store))
            let rows = try context.subscriptions(of: Array(repeating: tenant.id, count: 36)).map {
                var row = $0
                row.topUp?.pending = nil
                return row
            }
            for row in rows + rows.reversed() {
                let changed = Subscription(
                    workspace: row.workspace, plan: row.plan, state: row.state, terms: row.terms, anchor: row.anchor,
                    creditedThrough: row.creditedThrough, ending: row.ending, hadTrial: row.hadTrial,
                    collections: row.collections, topUp: row.topUp, createdAt: tenant.plan.createdAt)
                try await store.transaction(as: .service) { t throws(TammError) in
                    _ = try t.lockSubscription(of: tenant.id)
                    try t.put(changed, dueAt: nil)
                }
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    [try t.lockSubscription(of: tenant.id), try t.subscription(of: other.id)]
                }
                try context.expect(found, [changed, other.plan], "the subscriptions")
            }
        },
        StoreLaw("subscriptions.homeless", .billing, "Putting a subscription of a workspace that is not there is refused") {
            store, context in
            let plan = try context.plan(of: context.id())
            try await context.expect(.notFound, from: store, as: .service, "put by the service") {
                t throws(TammError) in
                try t.put(plan, dueAt: context.base)
            }
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                try t.subscription(of: plan.workspace)
            }
            try context.expect(found, nil, "the subscription after it")
        },
        StoreLaw(
            "isolation.subscription.first", .unitOfWork,
            "Of those who lock the place of a subscription at once and begin one where there is none, one finds none"
        ) { store, context in
            for round in 0..<8 {
                let workspace = try await context.workspace(in: store)
                let plan = try context.plan(of: workspace)
                let began = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for task in 0..<8 {
                        var mine = plan
                        mine.collections = task
                        let subscription = mine
                        group.addTask {
                            try await store.transaction(as: .service) { t throws(TammError) in
                                guard try t.lockSubscription(of: workspace) == nil else { return false }
                                try t.put(subscription, dueAt: nil)
                                return true
                            }
                        }
                    }
                    return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                try context.expect(began, 1, "how many found none in round \(round)")
            }
        },
        StoreLaw(
            "isolation.subscription", .unitOfWork, "Concurrent transactions that lock a subscription lose no change of it"
        ) { store, context in
            let tenant = try await context.tenant(in: store)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<8 {
                            try await store.transaction(as: .service) { t throws(TammError) in
                                guard var changed = try t.lockSubscription(of: tenant.id) else { return }
                                changed.collections += 1
                                try t.put(changed, dueAt: nil)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                try t.subscription(of: tenant.id)?.collections
            }
            try context.expect(found, 64, "the count")
        },
        StoreLaw("rollback.subscription", .unitOfWork, "A transaction that throws leaves every subscription as it was") {
            store, context in
            let (tenant, bare) = (try await context.tenant(in: store), try await context.workspace(in: store))
            let moment = context.dueMoment()
            let due = Due(at: moment, workspace: tenant.id)
            try await store.transaction(as: .service) { t throws(TammError) in
                _ = try t.lockSubscription(of: tenant.id)
                try t.put(tenant.plan, dueAt: moment)
            }
            let plan = try PlanVersionReference(PlanID("scale"), version: 9)
            try await context.rollBack(in: store) { t throws(TammError) in
                for workspace in [tenant.id, bare].sorted() { _ = try t.lockSubscription(of: workspace) }
                for (index, workspace) in [tenant.id, bare, tenant.id, bare].enumerated() {
                    let changed = context.subscription(of: workspace, on: plan, since: .epoch)
                    try t.put(changed, dueAt: index == 2 ? nil : moment.advanced(by: .microseconds(Int64(index))))
                }
            }
            let (found, dues) = try await store.transaction(as: .service) { t throws(TammError) in
                (
                    [try t.subscription(of: tenant.id), try t.subscription(of: bare)],
                    try t.dueSubscriptions(around: moment)
                )
            }
            try context.expect(found, [tenant.plan, nil], "the subscriptions")
            try context.expect(dues, [due], "what is due")
        },
        StoreLaw(
            "writes.subscriptions", .access, "Only the service and platform administrators put subscriptions"
        ) { store, context in
            for index in try await context.cast(in: store).observers.indices {
                let cast = try await context.cast(in: store)
                let observer = cast.observers[index]
                let plan = try PlanVersionReference(PlanID("scale"), version: 9)
                let moved = context.subscription(of: cast.seen.id, on: plan, since: .epoch)
                let mayWrite = RowPolicy.mayWrite(.subscriptions, in: cast.seen.id, as: observer.standing)
                let error = await context.failure(in: store, as: observer.principal) { t throws(TammError) in
                    if mayWrite { _ = try t.lockSubscription(of: cast.seen.id) }
                    try t.put(moved, dueAt: nil)
                }
                try context.expect(error, .subscriptions, mayWrite, observer, of: cast)
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.subscription(of: cast.seen.id)
                }
                try context.expect(found, mayWrite ? moved : cast.seen.plan, "it after \(observer.name)")
            }
        },
        StoreLaw(
            "writes.subscriptions.lock", .access, "Only the service and platform administrators lock subscriptions"
        ) { store, context in
            let cast = try await context.cast(in: store)
            let bare = try await context.workspace(in: store)
            for observer in cast.observers {
                let mayWrite = RowPolicy.mayWrite(.subscriptions, in: cast.seen.id, as: observer.standing)
                for workspace in [cast.seen.id, bare] {
                    let error = await context.failure(in: store, as: observer.principal) { t throws(TammError) in
                        let found = try t.lockSubscription(of: workspace)
                        let wanted = workspace == bare ? nil : cast.seen.plan
                        guard found == wanted else { throw TammError(.corrupted, "not the one that is there") }
                    }
                    try context.expect(error?.code, mayWrite ? nil : .forbidden, "the error for \(observer.name)")
                }
            }
        },
    ]
}

extension LawContext {
    /// - Throws: the violation, unless the write was refused as it may be for the observer: those who see the
    ///   workspace are told that they may not, the others that, or that there is nothing.
    func expect(
        _ error: TammError?, _ table: TenantTable, _ mayWrite: Bool, _ observer: Cast.Observer, of cast: Cast
    ) throws(LawViolation) {
        let isSeen = RowPolicy.mayRead(.workspaces, in: cast.seen.id, as: observer.standing)
        let wanted: [TammError.Code?] = mayWrite ? [nil] : isSeen ? [.forbidden] : [.forbidden, .notFound]
        guard !wanted.contains(error?.code) else { return }
        throw violation("\(observer.name) writing \(table.rawValue): \(wanted)", error.map { "\($0)" } ?? "no error")
    }
}
