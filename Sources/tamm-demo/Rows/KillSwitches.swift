extension LaunchChecklist {
    static let killSwitches = ChecklistArea(
        "Kill switches",
        [
            .notBuilt("kill.workspace", "stopping a workspace acts at once, everywhere, is audited, and can be undone"),
            .notBuilt("kill.key", "stopping a key acts at once, everywhere, is audited, and can be undone"),
            .notBuilt("kill.channel", "stopping a channel acts at once, everywhere, is audited, and can be undone"),
            .notBuilt("kill.connector", "stopping a connector acts at once, everywhere, is audited, and can be undone"),
        ])
}
