import TammCore

/// A subscription and when it is due.
struct StoredSubscription {
    let subscription: Subscription
    let dueAt: Timestamp?

    var due: Due? { dueAt.map { Due(at: $0, workspace: subscription.workspace) } }
}

extension Memory {
    func setSubscription(_ workspace: Identifier<Workspace>, _ stored: StoredSubscription?) {
        let (before, after) = (subscriptions[workspace]?.due, stored?.due)
        subscriptions[workspace] = stored
        keys.noteChange()
        guard before != after else { return }
        if let before { dueSubscriptions.remove(before) }
        if let after { dueSubscriptions.insert(after) }
    }
}

extension InMemoryTransaction {
    borrowing func subscription(of workspace: Identifier<Workspace>) -> Subscription? {
        mayRead(.subscriptions, workspace) ? memory.subscriptions[workspace]?.subscription : nil
    }

    borrowing func lockSubscription(of workspace: Identifier<Workspace>) throws(TammError) -> Subscription? {
        try requireWrite(.subscriptions, workspace)
        return memory.subscriptions[workspace]?.subscription
    }

    borrowing func put(_ subscription: Subscription, dueAt: Timestamp?) throws(TammError) {
        let workspace = subscription.workspace
        try requireWorkspace(workspace)
        try requireWrite(.subscriptions, workspace)
        memory.willUndo(.subscription(workspace, memory.subscriptions[workspace]))
        memory.setSubscription(workspace, StoredSubscription(subscription: subscription, dueAt: dueAt))
    }

    borrowing func dueSubscriptions(by moment: Timestamp, after cursor: Due?, limit: Int) -> [Due] {
        guard principal == .service else { return [] }
        return memory.dueSubscriptions.page(after: cursor, limit: limit).filter { $0.at <= moment }
    }

    /// - Throws: `notFound` without the workspace, or where the principal does not see it.
    borrowing func requireWorkspace(_ workspace: Identifier<Workspace>) throws(TammError) {
        guard memory.workspaces[workspace] != nil, mayRead(.workspaces, workspace) else {
            throw TammError(.notFound, "no workspace \(workspace)")
        }
    }
}
