extension LaunchChecklist {
    static let alerts = ChecklistArea(
        "Alerts",
        [
            .notBuilt(
                "alerts.platform",
                "5xx, agent errors, webhook failures, API auth failures, 429 spikes: each fires, and only when it should"
            ),
            .notBuilt(
                "alerts.business",
                "credits exhausted, payment, ingestion and signature failures: each fires, and only when it should"),
        ])
}
