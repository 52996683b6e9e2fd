extension LaunchChecklist {
    static let secrets = ChecklistArea(
        "Secrets",
        [
            .notBuilt(
                "secrets.none-in-config",
                "channel and connector configuration refuse a secret on write, and an audit of live rows finds none"),
            .notBuilt(
                "secrets.none-in-source",
                "the source tree and the widget's bundle hold no secret; a planted one is found"),
            .notBuilt(
                "secrets.from-environment",
                "every secret comes from the environment or a provider; a missing one refuses to start"),
            .notBuilt(
                "secrets.envelope", "a connector's credentials are sealed and do not open in another workspace's row"),
        ])
}
