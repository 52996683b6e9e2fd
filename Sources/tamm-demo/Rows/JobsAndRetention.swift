extension LaunchChecklist {
    static let jobsAndRetention = ChecklistArea(
        "Jobs and retention",
        [
            .notBuilt("jobs.idempotent", "running a job again changes nothing more"),
            .notBuilt("jobs.manual", "a job runs by hand"),
            .notBuilt("jobs.partial", "a failing workspace is recorded and does not stop the others"),
            .notBuilt(
                "jobs.live",
                "every declared job has a schedule and a last run younger than 1.5 periods; a stopped one alerts"),
            .notBuilt(
                "retention.plan",
                "messages are kept by plan; audit, billing and usage cannot be named by a rule; legal hold; dry run"),
        ])
}
