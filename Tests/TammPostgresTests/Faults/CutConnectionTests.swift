import Foundation
import TammCore
import TammPostgres
import Testing

@Suite struct `A connection that is cut at the commit` {
    @Test(arguments: [(Proxy.Cut.after, true), (.before, false), (.silent, true)])
    func `leaves one effect when the command is asked again`(cut: Proxy.Cut, isDone: Bool) async throws {
        _ = try await Server.shared
        let proxy = try Proxy(to: Server.folder)
        defer { proxy.close() }
        var configuration = PostgresConfiguration(Secret("postgresql://tamm_app@/tamm?host=\(proxy.folder)"))
        configuration.timeouts.statement = .milliseconds(500)
        configuration.timeouts.silence = .seconds(1)
        let store = try await PostgresStore(configuration)
        let wallets = Wallets(store: store, time: .system)
        let wallet = try await Writers.wallet(with: Credits(10), in: store, wallets)
        let key = try IdempotencyKey("debit")
        proxy.arm(cut)
        await #expect { try await wallets.debit(.one, from: wallet, key: key, as: .service) } throws: { error in
            (error as? TammError)?.code == .unavailable && "\(error)".contains("it may be done")
        }
        #expect(proxy.count == 1)
        let again = try await wallets.debit(.one, from: wallet, key: key, as: .service)
        if case .replayed = again { #expect(isDone) } else { #expect(!isDone && again.receipt != nil) }
        #expect(try await wallets.debit(.one, from: wallet, key: key, as: .service).receipt == again.receipt)
        #expect(try await wallets.balance(of: wallet, as: .service).available == (try Credits(9)))
        await store.shutdown(within: .seconds(1))
    }

    @Test func `is given up where the server takes nothing more`() async throws {
        _ = try await Server.shared
        let proxy = try Proxy(to: Server.folder)
        defer { proxy.close() }
        var configuration = PostgresConfiguration(Secret("postgresql://tamm_app@/tamm?host=\(proxy.folder)"))
        configuration.timeouts.statement = .milliseconds(500)
        configuration.timeouts.silence = .milliseconds(500)
        let store = try await PostgresStore(configuration)
        try await store.unitOfWork(as: .service) { t throws(TammError) in _ = try t.execute("SELECT 1") }
        proxy.arm(.deaf)
        let error = await #expect(throws: TammError.self) {
            try await store.unitOfWork(as: .service) { t throws(TammError) in
                var parameters = PostgresParameters()
                parameters.add(String(repeating: "x", count: 32_000_000))
                try t.execute("SELECT length($1::text)", parameters)
            }
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("has not taken what was sent") == true, "\(String(describing: error))")
        await store.shutdown(within: .seconds(1))
    }

    @Test func `leaves a workspace or none, never half of one`() async throws {
        _ = try await Server.shared
        for (cut, isDone) in [(Proxy.Cut.after, true), (.before, false)] {
            let proxy = try Proxy(to: Server.folder)
            defer { proxy.close() }
            let store = try await PostgresStore(
                PostgresConfiguration(Secret("postgresql://tamm_app@/tamm?host=\(proxy.folder)")))
            let owner = Identifier<User>(at: TimeSource.system.now(), entropy: .system)
            proxy.arm(cut)
            await #expect(throws: TammError.self) {
                try await Workspaces(store: store, time: .system, entropy: .system)
                    .create(named: "Cut", owner: owner, as: .service)
            }
            let memberships = try await Admin.run(
                """
                SELECT count(*) || ' ' || count(w.id) FROM tamm.workspace_users u
                LEFT JOIN tamm.workspaces w ON w.id = u.workspace_id WHERE u.user_id = '\(owner)'
                """)
            #expect(memberships == (isDone ? "1 1" : "0 0"))
            await store.shutdown(within: .seconds(1))
        }
    }
}
