import Synchronization
import TammCore
import TammInMemory
import TammPostgres

/// Where the rows' stores come from: an empty one for each row.
protocol DemoStores: Sendable {
    /// As people name it.
    var name: String { get }
    var isPostgres: Bool { get }

    func empty() async throws -> any TammStore

    /// One more store on the rows of the last empty one; nil where that cannot be.
    func again() async throws -> (any TammStore)?

    /// Forgets the stores of the row that has ended.
    func endRow() async

    /// Forgets everything.
    func close() async
}

/// A store in the process's memory for each row.
struct InMemoryStores: DemoStores {
    let name = "in-memory"
    let isPostgres = false

    func empty() async throws -> any TammStore { InMemoryStore() }

    func again() async throws -> (any TammStore)? { nil }

    func endRow() async {}

    func close() async {}
}

/// A database of its own for each row, on one server; the database that was given is only the place to ask from.
final class PostgresStores: DemoStores {
    let name = "PostgreSQL"
    let isPostgres = true
    private let url: String
    private let owner: ScratchDatabases
    private let last = Mutex("")

    /// - Parameters:
    ///   - url: of the login that the rows run as.
    ///   - ownerURL: of a login that is a member of `tamm_owner` and may make databases.
    init(url: String, ownerURL: String) async throws {
        self.url = url
        owner = try await ScratchDatabases(owner: PostgresConfiguration(Secret(ownerURL)), prefix: "tamm_demo")
    }

    func empty() async throws -> any TammStore {
        let database = try await owner.make()
        last.withLock { $0 = database }
        return try await store(on: database)
    }

    func again() async throws -> (any TammStore)? { try await store(on: last.withLock { $0 }) }

    private func store(on database: String) async throws -> PostgresStore {
        var configuration = PostgresConfiguration(Secret(url))
        configuration.database = database
        configuration.connections = 4
        let store = try await PostgresStore(configuration)
        await owner.keep(store)
        return store
    }

    func endRow() async { await owner.drop() }

    func close() async { await owner.close() }
}
