extension LaunchChecklist {
    static let billing = ChecklistArea(
        "Billing",
        [
            .built(Paymob.self),
            .built(InstaPayTransfer.self),
            .notBuilt(
                "billing.no-upgrade-unconfirmed", "no sequence of events without a confirmation raises a plan"),
            .notBuilt(
                "billing.renewal",
                "trial end, renewal, monthly grant, downgrade, grace and expiry happen once per period, on time"),
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
