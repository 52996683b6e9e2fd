extension LaunchChecklist {
    static let knowledge = ChecklistArea(
        "Knowledge",
        [
            .notBuilt(
                "connector.sync",
                "a sync ingests what changed, only that, and records it; a paused connector does not start"),
            .notBuilt(
                "insights.weekly",
                "weekly insights are made by schedule, stored once per week and workspace, re-runnable"),
        ])
}
