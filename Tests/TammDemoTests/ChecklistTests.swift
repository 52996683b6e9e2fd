import Testing

@testable import tamm_demo

@Suite struct `The checklist` {
    @Test func `names every line of the launch checklist, in its order`() {
        #expect(LaunchChecklist.rows.map(\.id) == Self.ids)
    }

    @Test func `gives each row a short title of one line`() {
        for row in LaunchChecklist.rows {
            #expect((8...140).contains(row.title.count), "\(row.id): \(row.title)")
            #expect(!row.title.contains("\n"))
        }
    }

    @Test func `marks the rows that need PostgreSQL`() {
        let marked = LaunchChecklist.rows.filter { $0.store == .postgres }.map(\.id)
        #expect(
            marked == ["backup.coverage", "backup.policy", "restore.drill", "restore.pitr", "rollback.reversible"])
    }

    private static let ids = [
        "backup.coverage", "backup.policy", "restore.drill", "restore.pitr",
        "secrets.none-in-config", "secrets.none-in-source", "secrets.from-environment", "secrets.envelope",
        "keys.hash-only", "keys.revoked-fails",
        "isolation.cross-workspace", "isolation.member-admin", "isolation.service",
        "billing.paymob", "billing.instapay", "billing.no-upgrade-unconfirmed", "billing.renewal",
        "billing.never-negative", "billing.refund", "billing.mismatch", "reconcile.report",
        "limits.free-vs-paid", "limits.429", "limits.fail-open",
        "channel.whatsapp", "channel.messenger", "channel.webchat", "agent.credits-exhausted",
        "agent.provider-failure", "webhook.monitoring",
        "connector.sync", "insights.weekly",
        "jobs.idempotent", "jobs.manual", "jobs.partial", "jobs.live", "retention.plan",
        "kill.workspace", "kill.key", "kill.channel", "kill.connector",
        "rollback.release", "rollback.reversible", "rollback.migrations",
        "alerts.platform", "alerts.business",
        "incident.payments", "incident.channels", "incident.model", "incident.mismatch",
    ]
}

@Suite struct `A selection of rows` {
    private func ids(_ wanted: [String]) throws(UnknownRows) -> [String] {
        try RowSelection.select(wanted, from: LaunchChecklist.areas).flatMap(\.rows).map(\.id)
    }

    @Test func `without ids is all of them`() throws {
        #expect(try ids([]) == LaunchChecklist.rows.map(\.id))
    }

    @Test func `takes ids one by one or joined by commas, in the checklist's order`() throws {
        let wanted = ["limits.429", "keys.hash-only,backup.policy"]
        #expect(try ids(wanted) == ["backup.policy", "keys.hash-only", "limits.429"])
    }

    @Test(arguments: [
        ("keys.hashonly", "keys.hash-only"), ("keys", "keys.hash-only"), ("keys", "keys.revoked-fails"),
        ("billing.paymbo", "billing.paymob"), ("limits.430", "limits.429"), ("kill.keys", "kill.key"),
        ("whatsapp", "channel.whatsapp"),
    ])
    func `with an unknown id names the close ones`(typed: String, close: String) {
        let error = #expect(throws: UnknownRows.self) { try ids(["limits.429", typed]) }
        #expect(error?.ids == [typed])
        #expect(error?.close.first?.contains(close) == true, "\(String(describing: error))")
        #expect(error?.description.hasPrefix("no row is called '\(typed)'; close: ") == true)
    }

    @Test func `with an id unlike any other points at the list`() {
        let error = #expect(throws: UnknownRows.self) { try ids(["zzzzzzzzzzzz"]) }
        #expect(error?.description == "no row is called 'zzzzzzzzzzzz'; --list shows them all")
    }
}
