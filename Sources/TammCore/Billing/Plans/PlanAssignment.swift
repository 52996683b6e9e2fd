/// Which version of which plan a workspace is on: it keeps the version until it is moved.
public struct PlanAssignment: Sendable, Hashable {
    public let workspace: Identifier<Workspace>
    public let plan: PlanVersionReference
    /// Since when the workspace has been on any plan; its months are counted from here.
    public let since: Timestamp

    public init(workspace: Identifier<Workspace>, plan: PlanVersionReference, since: Timestamp) {
        self.workspace = workspace
        self.plan = plan
        self.since = since
    }

    /// The month of the assignment in which `moment` lies, in UTC: from the day of the month of ``since``, or the
    /// month's last day where it has none, to the next such day. Before ``since`` it is the first month.
    public func month(at moment: Timestamp) -> Range<Timestamp> {
        let start = CivilDate(of: since)
        let now = CivilDate(of: max(moment, since))
        let timeOfDay = since.microseconds - start.midnight.microseconds
        func boundary(_ months: Int64) -> Timestamp {
            start.adding(months: months).midnight.advanced(by: .microseconds(timeOfDay))
        }
        var months = (now.year - start.year) * 12 + now.month - start.month
        if boundary(months) > max(moment, since) { months -= 1 }
        return boundary(months)..<max(boundary(months + 1), boundary(months).advanced(by: .microseconds(1)))
    }
}

/// What a store does for plans; the catalogue itself is data that the service loads.
public protocol PlanRecords: ~Copyable {
    /// The plan that the workspace is on; nil where it has none or the principal does not see it.
    borrowing func planAssignment(of workspace: Identifier<Workspace>) throws(TammError) -> PlanAssignment?

    /// Puts the workspace on a plan, instead of the one it is on.
    ///
    /// - Throws: `notFound` without the workspace, `forbidden` unless the principal is the service or a platform
    ///   administrator.
    borrowing func put(_ assignment: PlanAssignment) throws(TammError)
}
