private import Logging
public import TammCore

/// Brings the database's schema to this version's, and back.
///
/// Migrations run in order, each in a transaction of its own, one process at a time. What is applied is written down
/// with a digest of its text, so that a text that has changed since is found.
public struct PostgresMigrations: Sendable {
    /// What a database has of the migrations.
    public struct Status: Sendable, Hashable {
        /// The identifiers of those applied, in order.
        public let applied: [String]
        /// Those still to come, in order.
        public let pending: [String]
    }

    private let configuration: PostgresConfiguration
    private let migrations: [Migration]
    private let logger = Logger(label: "tamm.postgres.migrations")

    /// - Parameter configuration: with a login that is a member of `tamm_owner`; the roles are there already, see
    ///   `Sources/TammPostgres/Migrations/roles.sql`.
    public init(_ configuration: PostgresConfiguration) { self.init(configuration, Migration.all) }

    init(_ configuration: PostgresConfiguration, _ migrations: [Migration]) {
        self.configuration = configuration
        self.migrations = migrations
    }

    /// What is applied and what is not.
    ///
    /// - Throws: `unavailable` without the server, `conflict` for a changed text or a migration of a later version.
    public func status() async throws(TammError) -> Status {
        try await run { connection throws(TammError) in
            let applied = try connection.applied(of: migrations)
            return Status(applied: applied, pending: migrations.map(\.id).filter { !applied.contains($0) })
        }
    }

    /// Applies what is pending.
    ///
    /// - Returns: the identifiers of what was applied now.
    /// - Throws: as ``status()``; a migration that fails leaves nothing of itself, those before it stay.
    @discardableResult
    public func apply() async throws(TammError) -> [String] {
        let done = try await run { connection throws(TammError) in
            var done: [String] = []
            for migration in migrations {
                let isNew = try connection.exclusively { () throws(TammError) in
                    guard try !connection.applied(of: migrations).contains(migration.id) else { return false }
                    try connection.script(migration.up)
                    try connection.record(migration)
                    return true
                }
                if isNew { done.append(migration.id) }
            }
            return done
        }
        for id in done { logger.info("migration applied", metadata: ["id": "\(id)"]) }
        return done
    }

    /// Takes back every migration after `id`, the last first; all of them where it is nil. Their tables' rows are lost.
    ///
    /// - Returns: the identifiers of what was taken back.
    /// - Throws: `notFound` for a migration that is not applied, `forbidden` with the reason for one without a way
    ///   back; nothing after it is taken back then that was not before.
    @discardableResult
    public func revert(to id: String?) async throws(TammError) -> [String] {
        let done = try await run { connection throws(TammError) in
            let applied = try connection.applied(of: migrations)
            if let id, !applied.contains(id) { throw TammError(.notFound, "migration \(id) is not applied") }
            var done: [String] = []
            for migration in migrations.reversed() where applied.contains(migration.id) {
                if migration.id == id { break }
                guard case .sql(let down) = migration.down else {
                    guard case .impossible(let reason) = migration.down else { break }
                    throw TammError(.forbidden, "migration \(migration.id) has no way back: \(reason)")
                }
                let isThere = try connection.exclusively { () throws(TammError) in
                    guard try connection.applied(of: migrations).contains(migration.id) else { return false }
                    try connection.forget(migration)
                    try connection.script(down)
                    return true
                }
                if isThere { done.append(migration.id) }
            }
            return done
        }
        for id in done { logger.notice("migration taken back", metadata: ["id": "\(id)"]) }
        return done
    }

    private func run<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws(TammError) -> Value
    ) async throws(TammError) -> Value {
        let pool = ConnectionPool(configuration, connections: 1)
        let result: Result<Value, TammError>
        do throws(TammError) { result = .success(try await pool.run(body)) } catch { result = .failure(error) }
        await pool.shutdown(within: .zero)
        return try result.get()
    }
}

extension Connection {
    /// The identifiers of the applied migrations, in order; none in an empty database.
    fileprivate func applied(of migrations: [Migration]) throws(TammError) -> [String] {
        guard try query(.hasMigrations).first({ row throws(TammError) in try row.next(Bool.self) }) == true else {
            return []
        }
        let rows = try query(.appliedMigrations).map { row throws(TammError) in
            (id: try row.next(String.self), digest: try row.next([UInt8].self))
        }
        for row in rows {
            guard let migration = migrations.first(where: { $0.id == row.id }) else {
                throw TammError(.conflict, "the database has the migration \(row.id), which this version does not know")
            }
            guard migration.digest == row.digest else {
                throw TammError(.conflict, "the text of migration \(row.id) has changed since it was applied")
            }
        }
        return rows.map(\.id)
    }

    /// Runs `body` in a transaction that no other migration runs beside.
    fileprivate func exclusively<Value>(_ body: () throws(TammError) -> Value) throws(TammError) -> Value {
        try script(
            """
            BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '10s'; SET LOCAL ROLE tamm_owner;
            SELECT pg_advisory_xact_lock(7809644053000000001);
            """)
        do throws(TammError) {
            let value = try body()
            try script("COMMIT")
            return value
        } catch {
            try? script("ROLLBACK")
            throw error
        }
    }

    fileprivate func record(_ migration: Migration) throws(TammError) {
        var parameters = PostgresParameters()
        parameters.add(migration.id)
        parameters.add(migration.digest)
        _ = try query(.recordMigration, parameters)
    }

    fileprivate func forget(_ migration: Migration) throws(TammError) {
        var parameters = PostgresParameters()
        parameters.add(migration.id)
        _ = try query(.forgetMigration, parameters)
    }
}

extension Statement {
    fileprivate static let hasMigrations = Statement("", "SELECT to_regclass('tamm.migrations') IS NOT NULL")
    static let appliedMigrations = Statement("", "SELECT id, digest FROM tamm.migrations ORDER BY id")
    fileprivate static let recordMigration = Statement(
        "", "INSERT INTO tamm.migrations (id, digest, applied_at) VALUES ($1, $2, now())")
    fileprivate static let forgetMigration = Statement("", "DELETE FROM tamm.migrations WHERE id = $1")
}
