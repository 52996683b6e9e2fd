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
        try base.lockSubscription(of: workspace)
    }

    borrowing func dueSubscriptions(by moment: Timestamp, after cursor: Due?, limit: Int) throws(TammError) -> [Due] {
        base.dueSubscriptions(by: moment, after: cursor, limit: limit)
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
        case (.keepsFailedPlans, _):
            try base.put(assignment, dueAt: dueAt)
            base.memory.commit()
        default: try base.put(assignment, dueAt: dueAt)
        }
    }
}
