/// The plans that workspaces are on.
public struct Plans: Sendable {
    private let store: any TammStore
    private let time: TimeSource
    /// Every plan and version that is or was sold.
    public let catalogue: PlanCatalogue

    public init(store: any TammStore, time: TimeSource, catalogue: PlanCatalogue) {
        self.store = store
        self.time = time
        self.catalogue = catalogue
    }

    /// Puts a workspace on a version of a plan; it stays there when newer versions are published.
    ///
    /// Its months go on being counted from its first assignment: moving about gives no fresh allowance.
    ///
    /// - Parameter version: nil for the current version.
    /// - Throws: `notFound` for a plan that is not in the catalogue or a workspace that is not there, `forbidden`
    ///   unless the principal is the service or a platform administrator.
    @discardableResult
    public func assign(
        _ plan: PlanID, version: PlanVersionReference? = nil, to workspace: Identifier<Workspace>,
        as principal: Principal
    ) async throws(TammError) -> PlanAssignment {
        let chosen: PlanVersion
        if let version { chosen = try catalogue.version(version) } else { chosen = try catalogue.current(of: plan) }
        guard chosen.reference.plan == plan else {
            throw TammError(.invalidInput, "wanted a version of \(plan), found \(chosen.reference)", field: "version")
        }
        let now = time.now()
        return try await store.transaction(as: principal) { t throws(TammError) in
            let since = try t.planAssignment(of: workspace)?.since ?? now
            let assignment = PlanAssignment(workspace: workspace, plan: chosen.reference, since: since)
            try t.put(assignment)
            return assignment
        }
    }

    /// The version that the workspace is on, and since when; nil where it is on none or the principal sees none.
    ///
    /// - Throws: `corrupted` when the catalogue lacks the version.
    public func plan(
        of workspace: Identifier<Workspace>, as principal: Principal
    ) async throws(TammError) -> (version: PlanVersion, assignment: PlanAssignment)? {
        let found = try await store.transaction(as: principal) { t throws(TammError) in
            try t.planAssignment(of: workspace)
        }
        guard let assignment = found else { return nil }
        do throws(TammError) {
            return (try catalogue.version(assignment.plan), assignment)
        } catch {
            throw TammError(.corrupted, "workspace \(workspace) is on \(assignment.plan), which the catalogue lacks")
        }
    }
}
