extension LaunchChecklist {
    static let dataSafety = ChecklistArea(
        "Data safety",
        [
            .notBuilt(
                "backup.coverage",
                "every table declares itself required, derived or ephemeral; each critical one is in a real dump",
                store: .postgres),
            .notBuilt(
                "backup.policy",
                "daily backups, at least 14 days kept, point-in-time recovery on, read from the server",
                store: .postgres),
            .notBuilt(
                "restore.drill", "a deleted workspace comes back from a backup, intact, with its times recorded",
                store: .postgres),
            .notBuilt(
                "restore.pitr", "a moment between two writes comes back: the first is there, the second is not",
                store: .postgres),
        ])
}
