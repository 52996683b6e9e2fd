extension LaunchChecklist {
    static let incidents = ChecklistArea(
        "Incidents",
        [
            .notBuilt(
                "incident.payments",
                "payments fail: the alert fires, the check finds the cause, service recovers, nothing is lost"),
            .notBuilt(
                "incident.channels",
                "channels fail: the alert fires, the check finds the cause, service recovers, nothing is lost"),
            .notBuilt(
                "incident.model",
                "the model fails: the alert fires, the check finds the cause, service recovers, nothing is lost"),
            .notBuilt(
                "incident.mismatch",
                "the books disagree: the alert fires, the check finds the cause, service recovers, nothing is lost"),
        ])
}
