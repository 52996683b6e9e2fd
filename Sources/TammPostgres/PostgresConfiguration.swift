public import TammCore

/// Where the database is, and how the store uses it.
public struct PostgresConfiguration: Sendable {
    /// How long the store waits for each thing: more than nothing, at most a day.
    public struct Timeouts: Sendable, Hashable {
        /// For a connection to the server; whole seconds, for libpq 2 at least.
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
    /// How many connections run transactions at the same time: 1 to 200. One more is kept for the operator.
    public var connections = 8
    /// How many transactions may wait for a connection; more are refused as `overloaded`.
    public var waiting = 10_000
    public var timeouts = Timeouts()
    /// How many wallets the store remembers, so that commands on them take one round trip instead of two; 0 to
    /// 1,000,000, about 1 KB each. The server makes sure that what is remembered is so.
    public var cachedWallets = 20_000
    /// How often a transaction runs again after a serialization failure or a deadlock: 0 to 100.
    public var retries = 10
    /// Whether statements are prepared once for each connection; false behind PgBouncer in transaction mode, which
    /// keeps no prepared statement.
    public var preparesStatements = true
    /// How often the reserved connection is tried, and replaced where it is gone.
    var reservedUpkeep = Duration.seconds(30)

    /// - Parameter connection: a URI such as `postgresql://tamm_app@db.example/tamm?sslmode=verify-full`.
    public init(_ connection: Secret) { self.connection = connection }

    /// - Throws: `invalidInput`, naming the field, for a number beyond its bounds.
    func check() throws(TammError) {
        func require(_ isSo: Bool, _ field: String, _ bounds: String) throws(TammError) {
            guard isSo else { throw TammError(.invalidInput, "wanted \(field) of \(bounds)", field: field) }
        }
        try require((1...200).contains(connections), "connections", "1 to 200")
        try require((0...1_000_000).contains(waiting), "waiting", "0 to 1,000,000")
        try require((0...1_000_000).contains(cachedWallets), "cachedWallets", "0 to 1,000,000")
        try require((0...100).contains(retries), "retries", "0 to 100")
        for (name, time) in [
            ("connect", timeouts.connect), ("acquire", timeouts.acquire), ("statement", timeouts.statement),
            ("silence", timeouts.silence), ("lock", timeouts.lock), ("idleInTransaction", timeouts.idleInTransaction),
        ] {
            try require(time > .zero && time <= .seconds(86_400), "timeouts.\(name)", "more than nothing and at most a day")
        }
    }
}
