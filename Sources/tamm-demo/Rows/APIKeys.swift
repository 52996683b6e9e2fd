extension LaunchChecklist {
    static let apiKeys = ChecklistArea(
        "API keys",
        [
            .notBuilt(
                "keys.hash-only", "storage holds a digest only; the raw key is returned once and cannot be read again"),
            .notBuilt(
                "keys.revoked-fails", "create, call, revoke: the very next call fails, in every process"),
        ])
}
