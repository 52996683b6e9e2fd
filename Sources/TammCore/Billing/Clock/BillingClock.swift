/// What one run of the billing clock did.
public struct BillingClockReport: Sendable, Hashable {
    /// Workspaces whose subscription had something due.
    public package(set) var subscriptions = 0
    /// Payments whose task was due.
    public package(set) var payments = 0
    /// What went wrong, by workspace; it stays due and does not stop the others.
    public package(set) var failures: [Failure] = []
    /// Whether it ended at its bound with more to do.
    public package(set) var isIncomplete = false

    /// What went wrong in one workspace.
    public struct Failure: Sendable, Hashable {
        public let workspace: Identifier<Workspace>
        public let error: TammError
    }
}

/// Moves subscriptions and payments by itself as time passes.
///
/// Nothing depends on when it runs: trials end, periods begin and payments expire at their own moment for whoever
/// looks. The clock writes down what time has done, grants the months that nobody pays for, opens renewals and asks
/// providers. It may run late, twice, at the same time in two processes, or be interrupted, and comes to the same.
public struct BillingClock: Sendable {
    private let subscriptions: Subscriptions
    private let payments: Payments
    private let billing: Billing

    public init(
        store: any TammStore, time: TimeSource, entropy: EntropySource, wallets: Wallets,
        configuration: BillingConfiguration
    ) {
        self.init(
            Billing(store: store, time: time, entropy: entropy, wallets: wallets, configuration: configuration))
    }

    init(_ billing: Billing) {
        self.billing = billing
        subscriptions = Subscriptions(billing)
        payments = Payments(billing)
    }

    /// Does what is due now, the earliest first, for at most `limit` subscriptions and as many payments.
    ///
    /// - Throws: `unavailable` where the store cannot be reached; what goes wrong in one workspace is in the report.
    public func run(limit: Int = 10_000) async throws(TammError) -> BillingClockReport {
        var report = BillingClockReport()
        try await runSubscriptions(limit, &report)
        try await runPayments(limit, &report)
        return report
    }

    private func runSubscriptions(_ limit: Int, _ report: inout BillingClockReport) async throws(TammError) {
        let now = billing.time.now()
        var cursor: Due?
        while report.subscriptions < limit {
            let (size, after) = (min(maximumPage, limit - report.subscriptions), cursor)
            let page = try await billing.store.transaction(as: .service) { t throws(TammError) in
                try t.dueSubscriptions(by: now, after: after, limit: size)
            }
            for due in page {
                report.subscriptions += 1
                do throws(TammError) { try await subscriptions.advance(due.workspace) } catch {
                    report.failures.append(.init(workspace: due.workspace, error: error))
                }
            }
            guard page.count == size, let last = page.last else { return }
            cursor = last
        }
        report.isIncomplete = true
    }

    private func runPayments(_ limit: Int, _ report: inout BillingClockReport) async throws(TammError) {
        let now = billing.time.now()
        var cursor: DuePayment?
        while report.payments < limit {
            let (size, after) = (min(maximumPage, limit - report.payments), cursor)
            let page = try await billing.store.transaction(as: .service) { t throws(TammError) in
                try t.duePayments(by: now, after: after, limit: size)
            }
            for due in page {
                report.payments += 1
                do throws(TammError) { try await perform(due.payment) } catch {
                    report.failures.append(.init(workspace: due.payment.workspace, error: error))
                }
            }
            guard page.count == size, let last = page.last else { return }
            cursor = last
        }
        report.isIncomplete = true
    }

    /// The payment's task, and the one that follows from it at once: an order that was opened is charged.
    private func perform(_ place: PaymentPlace) async throws(TammError) {
        let found = try await billing.store.transaction(as: .service) { t throws(TammError) in try t.payment(place) }
        guard var payment = found else { return }
        for _ in 0..<3 {
            guard let due = payment.dueAt, due <= billing.time.now(),
                let next = try await payments.perform(payment)
            else { return }
            payment = next
        }
    }
}
