import Foundation
import TammCore
import TammPostgres
import Testing

/// The private server that `scripts/with-postgres` has started, with the schema applied once.
enum Server {
    /// The environment's word on where the server is.
    static func url(_ name: String) throws -> String {
        guard let url = ProcessInfo.processInfo.environment[name] else {
            throw MissingServer(description: "no \(name): run the tests by scripts/with-postgres swift test")
        }
        return url
    }

    static func configuration(_ name: String = "TAMM_POSTGRES_URL") throws -> PostgresConfiguration {
        PostgresConfiguration(Secret(try url(name)))
    }

    /// Where its socket is.
    static var folder: String {
        get throws { URL(fileURLWithPath: try url("TAMM_POSTGRES_DATA")).deletingLastPathComponent().path }
    }

    private static let migration = Task {
        try await PostgresMigrations(configuration("TAMM_POSTGRES_OWNER_URL")).apply()
    }

    /// A store on the migrated database.
    static func store(_ change: (inout PostgresConfiguration) -> Void = { _ in }) async throws -> PostgresStore {
        _ = try await migration.value
        var configuration = try configuration()
        change(&configuration)
        return try await PostgresStore(configuration)
    }

    private static let sharedTask = Task { try await store() }

    /// A store that all tests share.
    static var shared: PostgresStore {
        get async throws { try await sharedTask.value }
    }
}

struct MissingServer: Error, CustomStringConvertible {
    let description: String
}

/// A database of a test's own, and a store on it.
struct Scratch {
    let databases: ScratchDatabases
    let name: String
    let store: PostgresStore

    init(_ change: (inout PostgresConfiguration) -> Void = { _ in }) async throws {
        databases = try await ScratchDatabases(
            owner: Server.configuration("TAMM_POSTGRES_OWNER_URL"), prefix: "tamm_test")
        name = try await databases.make()
        var configuration = try Server.configuration()
        configuration.database = name
        change(&configuration)
        store = try await PostgresStore(configuration)
    }

    /// A store on one more database.
    func another() async throws -> PostgresStore {
        var configuration = try Server.configuration()
        configuration.database = try await databases.make()
        configuration.connections = 4
        let store = try await PostgresStore(configuration)
        await databases.keep(store)
        return store
    }

    func close() async {
        await store.shutdown(within: .seconds(1))
        await databases.close()
    }
}
