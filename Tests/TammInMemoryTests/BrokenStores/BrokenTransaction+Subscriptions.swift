import TammCore

@testable import TammInMemory

extension BrokenTransaction {
    borrowing func subscription(of workspace: Identifier<Workspace>) throws(TammError) -> Subscription? {
        let found = seen(leaking: .leaksPlans) { $0.subscription(of: workspace) }
        if found == nil, flaw == .inventsPlans {
            return Subscription(
                workspace: workspace, plan: try PlanVersionReference(PlanID("free"), version: 1),
                state: .complimentary, terms: nil, anchor: .epoch, creditedThrough: .epoch, ending: nil,
                hadTrial: false, collections: 0, topUp: nil, createdAt: .epoch)
        }
        return found
    }

    borrowing func lockSubscription(of workspace: Identifier<Workspace>) throws(TammError) -> Subscription? {
        if flaw == .letsOwnersLockPlans, case .member(.owner, _) = base.standing(in: workspace) {
            return base.subscription(of: workspace)
        }
        let found = try base.lockSubscription(of: workspace)
        switch flaw {
        case .refusesToLockNoPlan where found == nil: throw TammError(.notFound, "no subscription of \(workspace)")
        case .readsStalePlans:
            if let stale = stale(notes.subscriptions[workspace]) { return stale }
            notes.subscriptions[workspace] = past(found)
            return found
        default: return found
        }
    }

    borrowing func dueSubscriptions(by moment: Timestamp, after cursor: Due?, limit: Int) throws(TammError) -> [Due] {
        switch flaw {
        case .leaksDues: return unbound { $0.dueSubscriptions(by: moment, after: cursor, limit: limit) }
        case .delaysDues:
            return base.dueSubscriptions(by: moment, after: cursor, limit: limit).filter { $0.at < moment }
        case .pagesDuesByMoment:
            let all = base.dueSubscriptions(by: moment, after: nil, limit: .max)
            return Array(all.filter { due in cursor.map { due.at > $0.at } ?? true }.prefix(limit))
        case .ordersDuesSigned:
            let all = base.dueSubscriptions(by: moment, after: nil, limit: .max).sorted { $0.signed < $1.signed }
            return Array(all.filter { due in cursor.map { due.signed > $0.signed } ?? true }.prefix(limit))
        default: return base.dueSubscriptions(by: moment, after: cursor, limit: limit)
        }
    }

    borrowing func put(_ assignment: Subscription, dueAt: Timestamp?) throws(TammError) {
        let isKnown = memory.workspaces[assignment.workspace] != nil
        switch (flaw, base.standing(in: assignment.workspace)) {
        case (.keepsFirstPlans, _) where memory.subscriptions[assignment.workspace] != nil: break
        case (.acceptsHomelessPlans, _) where !isKnown: break
        case (.letsOwnersChoosePlans, .member(.owner, _)):
            try unbound { t throws(TammError) in try t.put(assignment, dueAt: dueAt) }
        case (.countsPlansFromTheirDay, _):
            var rounded = assignment
            rounded.anchor = try Timestamp(seconds: assignment.anchor.seconds / 86_400 * 86_400)
            try base.put(rounded, dueAt: dueAt)
        case (.forgetsPaidPeriods, _):
            var shortened = assignment
            switch assignment.state {
            case .trialing(let period, _): shortened.state = .trialing(period, next: nil)
            case .paid(let period, _): shortened.state = .paid(period, next: nil)
            default: break
            }
            try base.put(shortened, dueAt: dueAt)
        case (.forgetsStopsOfTopUps, _):
            var going = assignment
            going.topUp?.stop = nil
            try base.put(going, dueAt: dueAt)
        case (.keepsOldDues, _):
            try base.put(assignment, dueAt: dueAt ?? memory.subscriptions[assignment.workspace]?.dueAt)
        case (.keepsFailedPlans, _):
            try base.put(assignment, dueAt: dueAt)
            base.memory.commit()
        default: try base.put(assignment, dueAt: dueAt)
        }
    }
}

extension Due {
    fileprivate var signed: (Timestamp, Int64, Int64) {
        (at, Int64(bitPattern: workspace.high), Int64(bitPattern: workspace.low))
    }
}
