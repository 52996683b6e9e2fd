import TammCore

@testable import TammInMemory

extension BrokenTransaction {
    borrowing func planAssignment(of workspace: Identifier<Workspace>) throws(TammError) -> PlanAssignment? {
        let found = seen(leaking: .leaksPlans) { $0.planAssignment(of: workspace) }
        if found == nil, flaw == .inventsPlans {
            let plan = try PlanVersionReference(PlanID("free"), version: 1)
            return PlanAssignment(workspace: workspace, plan: plan, since: .epoch)
        }
        return found
    }

    borrowing func put(_ assignment: PlanAssignment) throws(TammError) {
        let isKnown = memory.workspaces[assignment.workspace] != nil
        switch (flaw, base.standing(in: assignment.workspace)) {
        case (.keepsFirstPlans, _) where memory.plans[assignment.workspace] != nil: break
        case (.acceptsHomelessPlans, _) where !isKnown: break
        case (.letsOwnersChoosePlans, .member(.owner, _)):
            try unbound { t throws(TammError) in try t.put(assignment) }
        case (.countsPlansFromTheirDay, _):
            let day = assignment.since.seconds / 86_400 * 86_400
            try base.put(
                PlanAssignment(
                    workspace: assignment.workspace, plan: assignment.plan, since: Timestamp(seconds: day)))
        case (.keepsFailedPlans, _):
            try base.put(assignment)
            base.memory.commit()
        default: try base.put(assignment)
        }
    }
}
