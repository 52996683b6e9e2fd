private import Logging
public import TammCore

/// The durable store, over libpq: PostgreSQL 14 or later with the schema of ``PostgresMigrations``.
///
/// A transaction has a connection of its own and runs on that connection's thread. Row-level security inside the
/// database decides what it sees; see <doc:Isolation>.
public final class PostgresStore: TammStore {
    private let pool: ConnectionPool
    private let reserved: ConnectionPool
    private let upkeep: Task<Void, Never>
    private let configuration: PostgresConfiguration
    let wallets: WalletCache
    private let logger = Logger(label: "tamm.postgres")

    /// Connects, and makes sure that the login cannot see around the policies.
    ///
    /// - Throws: `invalidInput` for the configuration, `unavailable` where the server does not answer or its schema is
    ///   not this version's, `forbidden` for a login that is a superuser, bypasses row-level security or lacks a role.
    public init(_ configuration: PostgresConfiguration) async throws(TammError) {
        try configuration.check()
        self.configuration = configuration
        let wallets = WalletCache(wallets: configuration.cachedWallets)
        self.wallets = wallets
        pool = ConnectionPool(configuration, connections: configuration.connections) { wallets.forgetAll() }
        reserved = ConnectionPool(configuration, connections: 1)
        upkeep = Self.keep(reserved, every: configuration.reservedUpkeep)
        do throws(TammError) {
            try await reserved.run { connection throws(TammError) in
                try connection.checkLogin()
                try connection.checkSchema(configuration)
            }
        } catch {
            await shutdown(within: .zero)
            throw error
        }
    }

    deinit { upkeep.cancel() }

    /// Keeps the reserved connection up: it is needed most when the server has no room for another.
    private static func keep(_ reserved: ConnectionPool, every interval: Duration) -> Task<Void, Never> {
        Task.detached {
            while true {
                do { try await Task.sleep(for: interval) } catch { return }
                try? await reserved.run { connection throws(TammError) in _ = try connection.query(.nothing) }
            }
        }
    }

    public func transaction<Value: Sendable>(
        as principal: Principal,
        _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Value
    ) async throws(TammError) -> Value {
        try await run(as: principal, on: pool) { t throws(TammError) in
            let transaction: any StoreTransaction & ~Copyable = t
            return try body(transaction)
        }
    }

    /// One round trip, in a transaction of its own that only reads.
    public func apiKey(matching digests: APIKeyDigests) async throws(TammError) -> FoundAPIKey? {
        try await pool.run { [configuration] connection throws(TammError) in
            try connection.readAlone(.apiKeyByDigest, .digests(digests), configuration).first { row throws(TammError) in
                try row.nextFoundAPIKey()
            }
        }
    }

    /// Three batches at a time keep the server busy; each wallet's are in one of them.
    public var walletLanes: Int { 3 }

    /// As ``transaction(as:_:)``, on a connection that nobody else uses: for the operator's switches, which must act
    /// while the others are taken.
    public func reservedTransaction<Value: Sendable>(
        as principal: Principal,
        _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Value
    ) async throws(TammError) -> Value {
        try await run(as: principal, on: reserved) { t throws(TammError) in
            let transaction: any StoreTransaction & ~Copyable = t
            return try body(transaction)
        }
    }

    /// As ``transaction(as:_:)``, with the door to the caller's own tables.
    public func unitOfWork<Value: Sendable>(
        as principal: Principal,
        _ body: @escaping @Sendable (borrowing PostgresTransaction) throws(TammError) -> Value
    ) async throws(TammError) -> Value {
        try await run(as: principal, on: pool) { t throws(TammError) in try body(t) }
    }

    private func run<Value: Sendable>(
        as principal: Principal, on pool: ConnectionPool,
        _ body: @escaping @Sendable (consuming PostgresTransaction) throws(TammError) -> Value
    ) async throws(TammError) -> Value {
        var attempt = 0
        while true {
            let outcome = try await pool.run { connection throws(TammError) in
                try self.attempt(as: principal, on: connection, trusting: true, body)
            }
            switch outcome {
            case .done(let value): return value
            case .again(let error):
                attempt += 1
                guard attempt <= configuration.retries else { throw error }
                logger.debug("transaction runs again", metadata: ["attempt": "\(attempt)", "cause": "\(error.reason ?? "")"])
                await Self.pause(before: attempt)
            }
        }
    }

    /// - Parameter isTrusting: whether wallets may be gone by unread; where that fails, it tries again without.
    private func attempt<Value: Sendable>(
        as principal: Principal, on connection: Connection, trusting isTrusting: Bool,
        _ body: (consuming PostgresTransaction) throws(TammError) -> Value
    ) throws(TammError) -> Attempt<Value> {
        let memory = principal == .ledger ? WalletMemory(wallets, mayTrust: isTrusting) : nil
        let session = Session(connection, principal, configuration, memory)
        do throws(TammError) {
            let value = try body(PostgresTransaction(session: session))
            try session.commit()
            session.memory?.keep()
            return .done(value)
        } catch {
            session.rollBack()
            let wasTrusting = session.memory?.isTrusted == true && session.failure?.isConnectionLost != true
            session.memory?.forget(wasMistaken: wasTrusting && session.failure?.isMistake == true)
            if wasTrusting {
                logger.debug("batch runs again with locks", metadata: ["cause": "\(error)"])
                return try attempt(as: principal, on: connection, trusting: false, body)
            }
            guard let failure = session.failure, failure.isRetryable else { throw error }
            return .again(error)
        }
    }

    private enum Attempt<Value: Sendable>: Sendable {
        case done(Value)
        case again(TammError)
    }

    private static func pause(before attempt: Int) async {
        let longest = 1 << min(attempt, 6)
        let jitter = Duration.milliseconds(Int.random(in: longest / 2...longest))
        // A cancelled task does not wait; it tries again at once.
        try? await Task.sleep(for: jitter)
    }

    /// Lets what runs finish for so long, then stops it and closes the connections. The store is of no use afterwards.
    public func shutdown(within grace: Duration = .seconds(10)) async {
        upkeep.cancel()
        await pool.shutdown(within: grace)
        await reserved.shutdown(within: grace)
    }
}

extension Connection {
    /// - Throws: `forbidden` where the login sees around the policies, has rights of a role without taking it, or cannot
    ///   take a role that it needs.
    fileprivate func checkLogin() throws(TammError) {
        let found = try query(.login).first { row throws(TammError) in
            (
                seesAll: try row.next(Bool.self), missing: try row.nextArray(String.self),
                excess: try row.nextArray(String.self)
            )
        }
        guard let found, !found.seesAll else {
            throw TammError(.forbidden, "the login sees around row-level security; use one that does not")
        }
        guard found.missing.isEmpty else {
            throw TammError(.forbidden, "the login lacks the roles \(found.missing.joined(separator: ", "))")
        }
        guard found.excess.isEmpty else {
            throw TammError(
                .forbidden,
                "the login has rights of \(found.excess.joined(separator: ", ")) without taking the role: make it NOINHERIT, "
                    + "and a member of tamm_runtime, tamm_ledger and tamm_service alone")
        }
    }
}

extension Connection {
    /// - Throws: `unavailable` unless the schema is this version's.
    fileprivate func checkSchema(_ configuration: PostgresConfiguration) throws(TammError) {
        let session = Session(self, .service, configuration)
        var applied: [String] = []
        do throws(TammError) {
            let rows = try session.run(.appliedMigrations)
            for index in 0..<rows.count {
                var row = rows[index]
                let (id, digest): (String, [UInt8]) = (try row.next(), try row.next())
                if Migration.all.contains(where: { $0.id == id && $0.digest == digest }) {
                    applied.append(id)
                } else if let last = Migration.all.last, id > last.id {
                    continue  // A later version's, whose schema this one has to live with for a while.
                } else {
                    throw TammError(.conflict, "the database's migration \(id) is not one of this version's")
                }
            }
            try session.commit()
        } catch {
            session.rollBack()
            // Without the schema there is no table to read, or no right to.
            guard let state = session.failure?.sqlState, ["42P01", "3F000", "42501"].contains(state) else { throw error }
        }
        let missing = Migration.all.map(\.id).filter { !applied.contains($0) }
        guard missing.isEmpty else {
            throw TammError(
                .unavailable, "the database lacks the migrations \(missing.joined(separator: ", ")): apply PostgresMigrations")
        }
    }
}

extension Statement {
    fileprivate static let nothing = Statement("nothing", "SELECT")

    fileprivate static let login = Statement(
        "login",
        """
        SELECT rolsuper OR rolbypassrls,
            ARRAY(
                SELECT wanted FROM unnest(ARRAY['tamm_runtime', 'tamm_ledger', 'tamm_service']) AS wanted
                WHERE NOT EXISTS (
                    SELECT FROM pg_roles r WHERE r.rolname = wanted AND pg_has_role(session_user, r.oid, 'MEMBER'))),
            ARRAY(
                SELECT r.rolname::text FROM pg_roles r
                WHERE r.rolname IN ('tamm_runtime', 'tamm_ledger', 'tamm_service') AND pg_has_role(session_user, r.oid, 'USAGE')
                    OR r.rolname IN ('tamm_owner', 'tamm_backup', 'tamm_lookup')
                        AND pg_has_role(session_user, r.oid, 'MEMBER'))
        FROM pg_roles WHERE rolname = session_user
        """)
}
