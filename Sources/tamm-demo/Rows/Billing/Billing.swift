extension LaunchChecklist {
    static let billing = ChecklistArea(
        "Billing",
        [
            .notBuilt(
                "billing.paymob",
                "a genuine signed callback upgrades the plan and grants its credits, once; no other one changes anything"
            ),
            .notBuilt(
                "billing.instapay",
                "a transfer an admin confirmed upgrades the plan; unconfirmed, rejected, expired or reused: not"),
            .notBuilt(
                "billing.no-upgrade-unconfirmed", "no sequence of events without a confirmation raises a plan"),
            .notBuilt(
                "billing.renewal",
                "trial end, renewal, monthly grant, downgrade, grace and expiry happen once per period, on time"),
            .notBuilt(
                "billing.never-negative",
                "no sequence of concurrent commands takes a wallet below zero or mints credits"),
            .notBuilt(
                "billing.refund",
                "refund, void and chargeback take back what can be taken and record the rest as owed"),
            .notBuilt(
                "billing.mismatch",
                "what the provider and Tamm disagree on is found, in every kind, and alerted"),
            .notBuilt(
                "reconcile.report",
                "provider statement against payments, subscriptions and ledger; 0 rows read is an error"),
        ])
}
