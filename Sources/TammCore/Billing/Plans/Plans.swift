/// The plans that workspaces have.
public struct Plans: Sendable {
    private let store: any TammStore
    private let time: TimeSource
    private let rules: BillingRules

    public init(store: any TammStore, time: TimeSource, rules: BillingRules) {
        self.store = store
        self.time = time
        self.rules = rules
    }

    /// Every plan and version that is or was sold.
    public var catalogue: PlanCatalogue { rules.catalogue }

    /// A workspace's plan at one moment.
    public struct Standing: Sendable, Hashable {
        public let version: PlanVersion
        /// The month in which its allowances are counted.
        public let month: Range<Timestamp>
    }

    /// The version that the workspace has now, decided by time and not by when the clock last ran; nil where it has
    /// none or the principal sees none.
    ///
    /// - Throws: `corrupted` when the catalogue lacks the version.
    public func plan(
        of workspace: Identifier<Workspace>, as principal: Principal
    ) async throws(TammError) -> Standing? {
        let now = time.now()
        let stored = try await store.transaction(as: principal) { t throws(TammError) in
            try t.subscription(of: workspace)
        }
        guard let present = try stored?.standing(at: now, rules: rules),
            let version = try present.version(rules: rules)
        else { return nil }
        return Standing(version: version, month: present.month(at: now, rules: rules))
    }
}
