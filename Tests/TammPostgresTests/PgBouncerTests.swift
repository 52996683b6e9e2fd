import Foundation
import TammCore
import TammInMemory
import TammPostgres
import TammTesting
import TestCommands
import Testing

/// PgBouncer in transaction mode, with fewer connections to the server than the store has to it.
final class PgBouncer: Sendable {
    let folder: String
    private let runAs: [String]

    /// - Parameter server: the folder of the server's socket.
    init(to server: String) throws {
        guard
            let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/sbin/pgbouncer"].first(where: {
                FileManager.default.isExecutableFile(atPath: $0)
            })
        else { throw MissingServer(description: "no pgbouncer; install it (Debian: apt-get install pgbouncer)") }
        folder = "\(Command.scratch)/tamm-bouncer-\(UUID().uuidString.prefix(13))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder)
        try Data("\"tamm_app\" \"\"\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/users.txt"))
        let settings = """
            [databases]
            * = host=\(server)
            [pgbouncer]
            unix_socket_dir = \(folder)
            listen_port = 5432
            auth_type = trust
            auth_file = \(folder)/users.txt
            pool_mode = transaction
            default_pool_size = 3
            max_client_conn = 100
            pidfile = \(folder)/pid
            logfile = \(folder)/log
            """
        try Data(settings.utf8).write(to: URL(fileURLWithPath: "\(folder)/pgbouncer.ini"))
        runAs = try Server.url("TAMM_POSTGRES_RUN_AS").split(separator: " ").map(String.init)
        try Command.run(runAs + [program, "-d", "\(folder)/pgbouncer.ini"])
        for _ in 0..<600 where !FileManager.default.fileExists(atPath: "\(folder)/.s.PGSQL.5432") {
            Thread.sleep(forTimeInterval: 0.1)
        }
    }

    func configuration(database: String) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(Secret("postgresql://tamm_app@/tamm?host=\(folder)"))
        configuration.database = database
        configuration.preparesStatements = false
        return configuration
    }

    func stop() {
        _ = try? Command.run(runAs + ["bash", "-c", "kill $(cat '\(folder)/pid')"])
        try? FileManager.default.removeItem(atPath: folder)
    }
}

@Suite struct `Behind PgBouncer, in transaction mode, the PostgreSQL store` {
    @Test func `answers as the one in memory does, and lets no setting through to another's transaction`() async throws {
        let scratch = try await Scratch()
        let bouncer = try PgBouncer(to: Server.folder)
        let store = try await PostgresStore(bouncer.configuration(database: scratch.name))
        let comparison = StoreComparison(
            scenario: BillingScenario(catalogue: .example, prices: .example), reference: { InMemoryStore() },
            candidate: { store })
        let report = try await comparison.run(sequences: 40)
        #expect(report.differences.map(\.description) == [])

        // Many tenants at once over three connections: each sees its own wallet and no other.
        let wallets = Wallets(store: store, time: .system)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    let owner = Identifier<User>(at: TimeSource.system.now(), entropy: .system)
                    let workspace = try await Workspaces(store: store, time: .system, entropy: .system)
                        .create(named: "Bounced", owner: owner, as: .service)
                    let wallet = try await wallets.open(in: workspace.id, as: .service)
                    for _ in 0..<10 {
                        let seen = try await store.transaction(as: .user(owner, in: workspace.id)) { t throws(TammError) in
                            try t.wallets(of: nil, after: nil, limit: 100).map(\.id)
                        }
                        #expect(seen == [wallet.id])
                    }
                }
            }
            try await group.waitForAll()
        }
        await store.shutdown()
        bouncer.stop()
        await scratch.close()
    }
}
