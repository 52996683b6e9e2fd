extension LaunchChecklist {
    static let billing = ChecklistArea(
        "Billing",
        [
            .built(Paymob.self),
            .built(InstaPayTransfer.self),
            .built(NoUpgradeUnconfirmed.self),
            .built(Renewal.self),
            .built(NeverNegative.self),
            .built(Refund.self),
            .notBuilt(
                "billing.mismatch",
                "what the provider and Tamm disagree on is found, in every kind, and alerted"),
            .notBuilt(
                "reconcile.report",
                "provider statement against payments, subscriptions and ledger; 0 rows read is an error"),
        ])
}
