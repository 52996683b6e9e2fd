private import Synchronization
public import TammCore

/// Databases for a short time, each with the schema and no rows: for a demonstration, or a user's own tests.
///
/// They are copies of one that is migrated once; what they are made beside is not touched.
public actor ScratchDatabases {
    private let owner: PostgresConfiguration
    private let prefix: String
    /// The first is the one that the others are copies of.
    private var names: [String] = []
    private var made = 0
    private var stores: [PostgresStore] = []

    /// Makes the database that the others are copies of.
    ///
    /// - Parameters:
    ///   - owner: a login that is a member of `tamm_owner` and may make databases.
    ///   - prefix: of the names; 1 to 32 of a–z, 0–9 and `_`.
    /// - Throws: `forbidden` for a login that may not, `unavailable` without the server.
    public init(owner: PostgresConfiguration, prefix: String) async throws(TammError) {
        guard (1...32).contains(prefix.utf8.count),
            prefix.utf8.allSatisfy({ (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f })
        else { throw TammError(.invalidInput, "wanted a prefix of a–z, 0–9 and _, found \"\(prefix)\"", field: "prefix") }
        self.owner = owner
        let unique = Identifier<ScratchDatabases>(at: TimeSource.system.now(), entropy: .system)
        self.prefix = prefix + "_" + unique.description.filter { $0 != "-" }.suffix(16)
        let template = try await make(from: "template1")
        var migrated = owner
        migrated.database = template
        do throws(TammError) {
            try await migrated.script("GRANT CREATE ON DATABASE \(template) TO tamm_owner")
            try await PostgresMigrations(migrated).apply()
        } catch {
            await close()
            throw error
        }
    }

    /// Makes an empty database with the schema.
    ///
    /// - Returns: its name, for ``PostgresConfiguration/database``.
    public func make() async throws(TammError) -> String { try await make(from: "\(prefix)_0") }

    private func make(from template: String) async throws(TammError) -> String {
        let name = "\(prefix)_\(made)"
        made += 1
        names.append(name)
        try await owner.script("CREATE DATABASE \(name) TEMPLATE \(template)")
        return name
    }

    /// Shuts the store down when the databases go, or when ten more are kept.
    public func keep(_ store: PostgresStore) async {
        stores.append(store)
        if stores.count > 10 { await stores.removeFirst().shutdown(within: .seconds(1)) }
    }

    /// Drops the databases that were made so far; more can be made.
    public func drop() async {
        for store in stores { await store.shutdown(within: .seconds(1)) }
        for name in names.dropFirst().reversed() { await drop(name) }
        (stores, names) = ([], Array(names.prefix(1)))
    }

    /// Drops all of them.
    public func close() async {
        await drop()
        for name in names { await drop(name) }
        names = []
    }

    private func drop(_ name: String) async {
        try? await owner.script("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    }
}

extension PostgresConfiguration {
    /// Runs a text of statements on a connection of its own.
    fileprivate func script(_ sql: String) async throws(TammError) {
        let pool = ConnectionPool(self, connections: 1)
        let result: Result<Void, TammError>
        do throws(TammError) {
            try await pool.run { connection throws(TammError) in try connection.script(sql) }
            result = .success(())
        } catch { result = .failure(error) }
        await pool.shutdown(within: .zero)
        try result.get()
    }
}
