extension LaunchChecklist {
    static let rollback = ChecklistArea(
        "Rollback",
        [
            .notBuilt("rollback.release", "the last known good release is recorded and named"),
            .notBuilt(
                "rollback.reversible",
                "each migration has a way back or says why not; up, down, up gives the same catalogue",
                store: .postgres),
            .notBuilt(
                "rollback.migrations",
                "a destructive or unsafe pending migration is found, and blocked without a fresh restore point"),
        ])
}
