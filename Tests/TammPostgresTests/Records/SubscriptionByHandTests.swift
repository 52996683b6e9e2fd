import TammCore
import TammPostgres
import TammTesting
import TestCommands
import Testing

@Suite struct `A subscription that is changed by SQL` {
    @Test(arguments: ["canceled", "expired"])
    func `has ended at once, for everybody who reads it, and the audit log says so`(status: String) async throws {
        let scratch = try await Scratch()
        let tamm = Tamm(
            store: scratch.store, time: .system, entropy: .system, catalogue: .example, prices: .example)
        let owner = Identifier<User>(at: TimeSource.system.now(), entropy: .system)
        let workspace = try await tamm.workspaces.create(named: "By hand", owner: owner, as: .service)
        _ = try await tamm.subscriptions.assign(PlanID("starter"), to: workspace.id, as: .service)
        try await Admin.run("UPDATE tamm.subscriptions SET status = '\(status)'", database: scratch.name)
        let found = try await scratch.store.transaction(as: .service) { t throws(TammError) in
            try t.lockSubscription(of: workspace.id)
        }
        #expect(found?.status.rawValue == status)
        let report = try await tamm.clock.run()
        #expect(report.failures.isEmpty)
        let actions = try await AuditTrail(store: scratch.store).entries(of: workspace.id, as: .service).map(\.action.name)
        #expect(actions.contains("subscription.status-changed"))
        await scratch.close()
    }

    @Test func `is refused in a status that its times do not fit`() async throws {
        let scratch = try await Scratch()
        let tamm = Tamm(
            store: scratch.store, time: .system, entropy: .system, catalogue: .example, prices: .example)
        let owner = Identifier<User>(at: TimeSource.system.now(), entropy: .system)
        let workspace = try await tamm.workspaces.create(named: "By hand", owner: owner, as: .service)
        _ = try await tamm.subscriptions.assign(PlanID("starter"), to: workspace.id, as: .service)
        for status in ["trialing", "past_due"] {
            await #expect(throws: CommandFailure.self) {
                try await Admin.run("UPDATE tamm.subscriptions SET status = '\(status)'", database: scratch.name)
            }
        }
        await scratch.close()
    }
}
