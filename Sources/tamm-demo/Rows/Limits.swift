extension LaunchChecklist {
    static let limits = ChecklistArea(
        "Limits",
        [
            .notBuilt("limits.free-vs-paid", "the plan decides the limit"),
            .notBuilt(
                "limits.429", "over the limit: 429, Retry-After and a problem document; the wait it names is exact"),
            .notBuilt(
                "limits.fail-open",
                "the shared limit store gone: requests go through within 10 ms, counted and logged; it comes back by itself"
            ),
        ])
}
