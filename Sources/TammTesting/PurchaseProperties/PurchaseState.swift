package import TammCore

/// Everything that is stored of the purchases of a few workspaces.
package struct PurchaseState: Sendable {
    package var workspaces: [WorkspaceState] = []
    package var unmatched: [UnmatchedTransaction] = []
    /// As the provider has them.
    package var charges: [SimulatedProvider.Charge] = []

    /// The payment that was opened as this order.
    package func payment(ordered order: ProviderReference) -> Payment? {
        for workspace in workspaces {
            if let payment = workspace.payments.first(where: { $0.order == order }) { return payment }
        }
        return nil
    }

    /// What is stored of a transaction, with a payment or apart.
    package func row(at place: PurchaseBooks.Place) -> PaymentTransaction? {
        if let row = payment(ordered: place.order)?.transactions.first(where: { $0.id == place.transaction }) { return row }
        return unmatched.first { $0.place == place }?.transaction
    }
}

/// Everything that is stored of one workspace's purchases, and what is shown of it.
package struct WorkspaceState: Sendable {
    package let id: Identifier<Workspace>
    package var stored: Subscription?
    /// As it stands at this moment.
    package var standing: Subscription?
    /// What the workspace may use: nil without a plan.
    package var version: PlanVersion?
    /// The plan's rank; -1 without one.
    package var rank: Int64 = -1
    /// In the order of their identifiers.
    package var payments: [Payment] = []
    package var wallet: Wallet
    /// As of this moment.
    package var balance: Balance
    package var grants: [Identifier<Grant>: Grant] = [:]
    /// What verifying the ledger has found.
    package var findings: [String] = []
    /// When time next does something to the subscription.
    package var dueAt: Timestamp?

    package func payment(_ id: Identifier<Payment>) -> Payment? {
        var (low, high) = (0, payments.count)
        while low < high {
            let middle = (low + high) / 2
            if payments[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < payments.count && payments[low].id == id ? payments[low] : nil
    }
}

/// What one step has done to the workspaces.
package struct PurchaseObservation: Sendable {
    package let step: PurchaseStep
    package let now: Timestamp
    package let before: PurchaseState
    package let after: PurchaseState
    /// What is known of money and permissions after the step.
    package var books: PurchaseBooks
    package let acts: [PurchaseAct]
    package let errors: [TammError]
    package let mood: SimulatedProvider.Mood
    package let catalogue: PlanCatalogue
    package let policy: BillingPolicy
    /// What was written to the ledgers in this step.
    package let entries: [LedgerEntry]

    /// The workspaces as they were and are.
    package let pairs: [(before: WorkspaceState, after: WorkspaceState)]

    /// A payment whose money was applied in this step.
    package struct Confirmation: Sendable {
        package let payment: Payment
        package let transaction: PaymentTransaction
        package let before: WorkspaceState
        package let after: WorkspaceState
        /// Whether an administrator applied it.
        package let isByHand: Bool
    }

    /// The payments whose money was applied in this step.
    package let confirmations: [Confirmation]

    package init(
        step: PurchaseStep, now: Timestamp, before: PurchaseState, after: PurchaseState, books: PurchaseBooks,
        acts: [PurchaseAct] = [], errors: [TammError] = [], mood: SimulatedProvider.Mood, catalogue: PlanCatalogue,
        policy: BillingPolicy, entries: [LedgerEntry]
    ) {
        self.step = step
        self.now = now
        self.before = before
        self.after = after
        self.books = books
        self.acts = acts
        self.errors = errors
        self.mood = mood
        self.catalogue = catalogue
        self.policy = policy
        self.entries = entries
        pairs = Array(zip(before.workspaces, after.workspaces))
        var confirmations: [Confirmation] = []
        for (before, after) in pairs {
            for payment in after.payments {
                guard let transaction = payment.applied, before.payment(payment.id)?.applied == nil else { continue }
                let isByHand = payment.order.map {
                    acts.contains(.applied(.init(order: $0, transaction: transaction.id)))
                }
                confirmations.append(
                    Confirmation(
                        payment: payment, transaction: transaction, before: before, after: after, isByHand: isByHand ?? false))
            }
        }
        self.confirmations = confirmations
    }

    package func rank(of plan: PlanVersionReference) -> Int64 {
        catalogue.plans.first { $0.id == plan.plan }?.rank ?? -1
    }

    package func version(_ plan: PlanVersionReference) -> PlanVersion? {
        catalogue.plans.first { $0.id == plan.plan }?.versions.first { $0.reference == plan }
    }
}
