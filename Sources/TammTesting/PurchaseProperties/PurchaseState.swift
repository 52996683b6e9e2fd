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

    package func payment(_ id: Identifier<Payment>) -> Payment? { payments.first { $0.id == id } }
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
    /// The moment at which each workspace came.
    package let start: Timestamp
    /// What was written to the ledgers in this step.
    package let entries: [LedgerEntry]

    /// The workspaces as they were and are.
    package var pairs: [(before: WorkspaceState, after: WorkspaceState)] { Array(zip(before.workspaces, after.workspaces)) }

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
    package var confirmations: [Confirmation] {
        pairs.flatMap { before, after in
            after.payments.compactMap { payment in
                guard let transaction = payment.applied, before.payment(payment.id)?.applied == nil else { return nil }
                let isByHand = payment.order.map {
                    acts.contains(.applied(.init(order: $0, transaction: transaction.id)))
                }
                return Confirmation(
                    payment: payment, transaction: transaction, before: before, after: after, isByHand: isByHand ?? false)
            }
        }
    }

    package func rank(of plan: PlanVersionReference) -> Int64 {
        catalogue.plans.first { $0.id == plan.plan }?.rank ?? -1
    }

    package func version(_ plan: PlanVersionReference) -> PlanVersion? {
        catalogue.plans.first { $0.id == plan.plan }?.versions.first { $0.reference == plan }
    }
}
