import TammCore

extension StoreLaw {
    static let dueLaws: [StoreLaw] = [
        StoreLaw(
            "pages.subscriptions.due", .billing,
            "Subscriptions that are due are paged by their moment, and at the same moment by their workspace, unsigned"
        ) { store, context in
            let start = context.dueMoment()
            let workspaces = try await context.scatteredWorkspaces(in: store)
            let dues = zip(workspaces, [2, 0, 1, 2, 0, 2, 1] as [Int64]).map {
                Due(at: start.advanced(by: .microseconds($1)), workspace: $0)
            }
            for due in dues { try await context.put(due, in: store) }
            let end = start.advanced(by: .microseconds(9))
            let listing = Listing<Due, Due>(by: { $0 }) { t, cursor, limit throws(TammError) in
                try t.dueSubscriptions(by: end, after: cursor ?? start.before, limit: limit)
            }
            let sorted = dues.sorted()
            try await listing.check(sorted, in: store, context)
            for (index, due) in sorted.enumerated() {
                let (high, low) = (due.workspace.high, due.workspace.low)
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    try [low - 1, low + 1].map { low throws(TammError) in
                        let cursor = Due(at: due.at, workspace: Identifier(high: high, low: low))
                        return try t.dueSubscriptions(by: end, after: cursor, limit: maximumPage)
                    }
                }
                try context.expect(found[0], Array(sorted[index...]), "what is due after just before one")
                try context.expect(found[1], Array(sorted[(index + 1)...]), "what is due after just behind one")
            }
            let first = try await store.transaction(as: .service) { t throws(TammError) in
                try t.dueSubscriptions(by: end, after: nil, limit: 1)
            }
            try context.expect(first.count == 1 && first[0] <= sorted[0], true, "the first of all")
        },
        StoreLaw(
            "subscriptions.due", .billing, "A subscription is due from its moment on, to the microsecond, not before"
        ) { store, context in
            for moment in [Timestamp.min, context.dueMoment(), .max] {
                let workspace = try await context.workspace(in: store)
                let due = Due(at: moment, workspace: workspace)
                try await context.put(due, in: store)
                let cursor = Due(at: moment, workspace: Identifier(high: workspace.high, low: workspace.low - 1))
                for (shift, wanted) in [(-1, []), (0, [due]), (1, [due])] as [(Int64, [Due])] {
                    let by = moment.advanced(by: .microseconds(shift))
                    guard shift == 0 || by != moment else { continue }
                    let found = try await store.transaction(as: .service) { t throws(TammError) in
                        try t.dueSubscriptions(by: by, after: cursor, limit: 1)
                    }
                    try context.expect(found, wanted, "what is due \(shift) µs after its moment \(moment)")
                }
            }
        },
        StoreLaw(
            "subscriptions.due.changed", .billing,
            "A subscription is due when it was put last: at another moment it has moved, at none it is not due"
        ) { store, context in
            let (start, workspace) = (context.dueMoment(), try await context.workspace(in: store))
            for shift in [0, 5, 3, 3, nil, nil, 4, 0, nil] as [Int64?] {
                let moment = shift.map { start.advanced(by: .microseconds($0)) }
                let plan = try context.plan(of: workspace)
                let found = try await store.transaction(as: .service) { t throws(TammError) in
                    _ = try t.lockSubscription(of: workspace)
                    try t.put(plan, dueAt: moment)
                    return try t.dueSubscriptions(around: start)
                }
                let kept = try await store.transaction(as: .service) { t throws(TammError) in
                    try t.dueSubscriptions(around: start)
                }
                let wanted = moment.map { [Due(at: $0, workspace: workspace)] } ?? []
                try context.expect(found, wanted, "what is due in the same transaction")
                try context.expect(kept, wanted, "what is due in the next transaction")
            }
        },
        StoreLaw("reads.subscriptions.due", .access, "What is due of subscriptions is shown to the service alone") {
            store, context in
            let cast = try await context.cast(in: store)
            let due = Due(at: context.dueMoment(), workspace: cast.seen.id)
            try await context.put(due, in: store)
            for observer in cast.observers {
                let found = try await store.transaction(as: observer.principal) { t throws(TammError) in
                    try t.dueSubscriptions(around: due.at)
                }
                try context.expect(found, observer.standing == .service ? [due] : [], "what \(observer.name) sees")
            }
        },
    ]
}

extension LawContext {
    /// Puts a subscription that is due then.
    func put(_ due: Due, in store: any TammStore) async throws(TammError) {
        let plan = try plan(of: due.workspace)
        try await store.transaction(as: .service) { t throws(TammError) in
            _ = try t.lockSubscription(of: due.workspace)
            try t.put(plan, dueAt: due.at)
        }
    }
}

extension Timestamp {
    /// A place before all that is due then.
    fileprivate var before: Due {
        Due(at: advanced(by: .microseconds(-1)), workspace: Identifier(high: .max, low: .max))
    }
}

extension SubscriptionRecords where Self: ~Copyable {
    /// What is due in the ten microseconds from a moment on.
    borrowing func dueSubscriptions(around moment: Timestamp) throws(TammError) -> [Due] {
        try dueSubscriptions(by: moment.advanced(by: .microseconds(9)), after: moment.before, limit: maximumPage)
    }
}
