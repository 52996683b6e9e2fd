/// Something that falls due in a workspace: a place in the order of time.
public struct Due: Sendable, Hashable, Comparable {
    public let at: Timestamp
    public let workspace: Identifier<Workspace>

    public init(at moment: Timestamp, workspace: Identifier<Workspace>) {
        self.at = moment
        self.workspace = workspace
    }

    public static func < (a: Self, b: Self) -> Bool { (a.at, a.workspace) < (b.at, b.workspace) }
}

/// What a store does for subscriptions; the catalogue itself is data that the service loads.
///
/// Members see their workspace's; only the service and platform administrators lock and write.
public protocol SubscriptionRecords: ~Copyable {
    /// The workspace's subscription; nil where it has none or the principal does not see it.
    borrowing func subscription(of workspace: Identifier<Workspace>) throws(TammError) -> Subscription?

    /// As ``subscription(of:)``, locked for this transaction; without one the workspace's place is locked all the
    /// same. Whoever changes what a workspace has bought takes this lock first.
    ///
    /// - Throws: `forbidden` unless the principal is the service or a platform administrator.
    borrowing func lockSubscription(of workspace: Identifier<Workspace>) throws(TammError) -> Subscription?

    /// Writes the workspace's subscription, new or changed.
    ///
    /// - Parameter dueAt: when time next does something to it; nil: never.
    /// - Throws: `notFound` without the workspace, `forbidden` unless the principal is the service or a platform
    ///   administrator.
    borrowing func put(_ subscription: Subscription, dueAt: Timestamp?) throws(TammError)

    /// The workspaces whose subscriptions are due at or before `moment`, the earliest first, at most `limit` after
    /// `cursor`; none but for the service.
    borrowing func dueSubscriptions(
        by moment: Timestamp, after cursor: Due?, limit: Int
    ) throws(TammError) -> [Due]
}
