extension LaunchChecklist {
    static let isolation = ChecklistArea(
        "Isolation",
        [
            .notBuilt(
                "isolation.cross-workspace",
                "reading, writing or counting another workspace's rows yields nothing or an error"),
            .notBuilt(
                "isolation.member-admin",
                "a member cannot write what only an admin may: roles, billing, keys, channels"),
            .notBuilt("isolation.service", "the service role ingests across workspaces"),
        ])
}
