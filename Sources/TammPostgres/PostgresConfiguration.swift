public import TammCore

/// Where the database is, and how the store uses it.
public struct PostgresConfiguration: Sendable {
    /// How long the store waits for each thing.
    public struct Timeouts: Sendable, Hashable {
        /// For a connection to the server; 1 s at least, whole seconds.
        public var connect: Duration = .seconds(5)
        /// For a connection of the pool to become free.
        public var acquire: Duration = .seconds(10)
        /// For one statement; the server's `statement_timeout`.
        public var statement: Duration = .seconds(30)
        /// How much longer than ``statement`` the server may be silent before its connection counts as lost.
        public var silence: Duration = .seconds(5)
        /// For a lock; the server's `lock_timeout`.
        public var lock: Duration = .seconds(10)
        /// Between the statements of a transaction; the server's `idle_in_transaction_session_timeout`.
        public var idleInTransaction: Duration = .seconds(60)

        public init() {}
    }

    /// A connection URI or a list of `keyword=value`, as libpq takes them; may hold a password.
    ///
    /// TLS is libpq's: `sslmode=verify-full&sslrootcert=/path/root.crt` checks the server's certificate and its name.
    /// The login is a member of `tamm_runtime`, `tamm_ledger` and `tamm_service`, and no superuser.
    public let connection: Secret
    /// The database, instead of the one that ``connection`` names.
    public var database: String?
    /// How many connections run transactions at the same time: 1 to 1,000. One more is kept for the operator.
    public var connections = 8
    /// How many transactions may wait for a connection; more are refused as `overloaded`.
    public var waiting = 10_000
    public var timeouts = Timeouts()
    /// How often a transaction runs again after a serialization failure or a deadlock.
    public var retries = 10
    /// Whether statements are prepared once for each connection; false behind PgBouncer in transaction mode, which
    /// keeps no prepared statement.
    public var preparesStatements = true

    /// - Parameter connection: a URI such as `postgresql://tamm_app@db.example/tamm?sslmode=verify-full`.
    public init(_ connection: Secret) { self.connection = connection }
}
