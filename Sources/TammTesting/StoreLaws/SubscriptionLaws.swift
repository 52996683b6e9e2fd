import TammCore

extension StoreLaw {
    static let subscriptionLaws: [StoreLaw] = [
        StoreLaw("plans.put", .billing, "A workspace is on the plan it was put on, field for field up to their bounds") {
            store, context in
            for (name, version) in [("a", 1), ("growth.2026-eg_1", 2), (String(repeating: "z", count: 64), 1_000_000)] {
                for moment in [Timestamp.min, context.base, .max] {
                    let workspace = try await context.workspace(in: store)
                    let plan = try PlanVersionReference(PlanID(name), version: Int64(version))
                    let assignment = context.subscription(of: workspace, on: plan, since: moment)
                    let found = try await store.transaction(as: .service) { t throws(TammError) in
                        try t.put(assignment, dueAt: moment)
                        return try t.subscription(of: workspace)
                    }
                    try context.expect(found, assignment, "the plan in the same transaction")
                    let kept = try await store.transaction(as: .service) { t throws(TammError) in
                        try t.subscription(of: workspace)
                    }
                    try context.expect(kept, assignment, "the plan in the next transaction")
                }
            }
        },
        StoreLaw("plans.none", .billing, "A workspace that was put on no plan is on none, nor is one that is not there") {
            store, context in
            for workspace in [try await context.workspace(in: store), context.id()] {
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.subscription(of: workspace)
                }
                try context.expect(found, nil, "the plan")
            }
        },
        StoreLaw(
            "plans.moved", .billing, "A workspace is on the last plan it was put on, and other workspaces on theirs"
        ) {
            store, context in
            let (tenant, other) = (try await context.tenant(in: store), try await context.tenant(in: store))
            for (version, moment) in [(7, 1), (2, -1), (2, 5)] {
                let plan = try PlanVersionReference(PlanID("scale"), version: Int64(version))
                let moved = context.subscription(of: tenant.id, on: plan, since: context.at(Int64(moment)))
                try await store.transaction(as: .service) { t throws(TammError) in try t.put(moved, dueAt: nil) }
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    [try t.subscription(of: tenant.id), try t.subscription(of: other.id)]
                }
                try context.expect(found, [moved, other.plan], "the plans")
            }
        },
        StoreLaw("plans.homeless", .billing, "Putting a workspace that is not there on a plan is refused") {
            store, context in
            let plan = try context.plan(of: context.id())
            try await context.expect(.notFound, from: store, as: .service, "put by the service") {
                t throws(TammError) in
                try t.put(plan, dueAt: nil)
            }
        },
        StoreLaw("rollback.plan", .unitOfWork, "A transaction that throws leaves every workspace on its plan") {
            store, context in
            let (tenant, bare) = (try await context.tenant(in: store), try await context.workspace(in: store))
            let plan = try PlanVersionReference(PlanID("scale"), version: 9)
            try await context.rollBack(in: store) { t throws(TammError) in
                for workspace in [tenant.id, bare, tenant.id] {
                    try t.put(context.subscription(of: workspace, on: plan, since: .epoch), dueAt: .epoch)
                }
            }
            let found = try await store.transaction(as: .service) { t throws(TammError) in
                [try t.subscription(of: tenant.id), try t.subscription(of: bare)]
            }
            try context.expect(found, [tenant.plan, nil], "the plans")
        },
        StoreLaw(
            "writes.subscriptions", .access, "Only the service and platform administrators put workspaces on plans"
        ) { store, context in
            for index in try await context.cast(in: store).observers.indices {
                let cast = try await context.cast(in: store)
                let observer = cast.observers[index]
                let plan = try PlanVersionReference(PlanID("scale"), version: 9)
                let moved = context.subscription(of: cast.seen.id, on: plan, since: .epoch)
                let mayWrite = RowPolicy.mayWrite(.subscriptions, in: cast.seen.id, as: observer.standing)
                let error = await context.failure(in: store, as: observer.principal) { t throws(TammError) in
                    try t.put(moved, dueAt: nil)
                }
                let mayRead = RowPolicy.mayRead(.subscriptions, in: cast.seen.id, as: observer.standing)
                let wanted: [TammError.Code?] = mayWrite ? [nil] : mayRead ? [.forbidden] : [.forbidden, .notFound]
                try context.expect(
                    wanted.contains(error?.code), true, "refused as may be for \(observer.name), found \(error as Any)")
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.subscription(of: cast.seen.id)
                }
                try context.expect(found, mayWrite ? moved : cast.seen.plan, "the plan after \(observer.name)")
            }
        },
    ]
}

extension LawContext {
    func plan(of workspace: Identifier<Workspace>) throws(TammError) -> Subscription {
        subscription(of: workspace, on: try PlanVersionReference(PlanID("growth"), version: 2), since: at(3))
    }

    func subscription(
        of workspace: Identifier<Workspace>, on plan: PlanVersionReference, since moment: Timestamp
    ) -> Subscription {
        Subscription(
            workspace: workspace, plan: plan, state: .complimentary, terms: nil, anchor: moment,
            creditedThrough: moment, ending: nil, hadTrial: false, collections: 0, topUp: nil, createdAt: moment)
    }
}
