/// The launch checklist: every line of it, built or not, in its order.
enum LaunchChecklist {
    static let areas: [ChecklistArea] = [
        dataSafety, secrets, apiKeys, isolation, billing, limits, messages, knowledge, jobsAndRetention, killSwitches,
        rollback, alerts, incidents,
    ]

    static var rows: [ChecklistRow] { areas.flatMap(\.rows) }
}

/// Lines of the checklist under one heading.
struct ChecklistArea: Sendable {
    let title: String
    let rows: [ChecklistRow]

    init(_ title: String, _ rows: [ChecklistRow]) {
        self.title = title
        self.rows = rows
    }
}

/// A line of the checklist, with the row that shows it once there is one.
struct ChecklistRow: Sendable {
    let id: String
    /// What must be true, and the store it needs if that is not any.
    let title: String
    let store: StoreRequirement
    let row: (any LaunchRow.Type)?

    static func built(_ row: any LaunchRow.Type) -> ChecklistRow {
        ChecklistRow(id: row.id, title: row.title, store: row.store, row: row)
    }

    static func notBuilt(_ id: String, _ title: String, store: StoreRequirement = .any) -> ChecklistRow {
        ChecklistRow(id: id, title: title, store: store, row: nil)
    }

    private init(id: String, title: String, store: StoreRequirement, row: (any LaunchRow.Type)?) {
        self.id = id
        self.title = store == .postgres ? "\(title) (PostgreSQL only)" : title
        self.store = store
        self.row = row
    }
}
