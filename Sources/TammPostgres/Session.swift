import TammCore

/// One transaction on a connection: begun by its first statement, so that beginning costs no round trip.
///
/// What begins with a lock reads committed rows, each statement anew, for the lock is what keeps them still. What
/// begins by reading sees one snapshot; when it then writes what another has changed since, it fails as a
/// serialization failure and runs again.
final class Session {
    enum Role: String {
        case runtime = "tamm_runtime"
        case ledger = "tamm_ledger"
        case service = "tamm_service"
    }

    enum View { case snapshot, committed }

    let connection: Connection
    let principal: Principal
    let role: Role
    private let configuration: PostgresConfiguration
    /// Nil before it has begun.
    private(set) var view: View?
    /// The wallets that this transaction has found to be there.
    var wallets = WalletPlaces()
    /// What it knows of them; nil where it reads all that it needs.
    var memory: WalletMemory?
    /// The grants that it has read.
    var grants: Set<GrantPlace> = []

    /// The batch's wallets, unread; nil where one of them has to be read.
    func recall(_ batch: WalletBatch) -> [LockedWallet]? {
        guard let states = memory?.recall(batch) else { return nil }
        wallets = WalletPlaces(batch.wallets.map(\.place))
        return states
    }

    /// Whether the grant is known to be there.
    func knows(_ grant: Grant) -> Bool {
        memory?.knows(grant) == true || grants.contains(GrantPlace(wallet: grant.wallet, id: grant.id))
    }

    /// What forbids to commit, although the server would.
    private var refusal: TammError?
    /// The first failure, which decides the transaction even where its body goes on.
    private(set) var failure: ServerFailure?
    /// Whether the server may have committed.
    private(set) var isCommitSent = false
    /// Whether the caller's own statements may have left settings to the session.
    private var hasOwnStatements = false

    init(
        _ connection: Connection, _ principal: Principal, _ configuration: PostgresConfiguration,
        _ memory: WalletMemory? = nil
    ) {
        self.connection = connection
        self.principal = principal
        self.configuration = configuration
        self.memory = memory
        role =
            switch principal {
            case .user, .key, .platformAdmin: .runtime
            case .ledger: .ledger
            case .service: .service
            }
    }

    /// Begins the transaction unless it has begun.
    func begin(_ view: View) throws(TammError) {
        guard self.view == nil else { return }
        self.view = view
        try noting { () throws(ServerFailure) in
            try connection.post(view == .snapshot ? .beginSnapshot : .beginCommitted)
            if !configuration.preparesStatements { try connection.post(.settings, configuration.settings(isLocal: true)) }
            try enter()
        }
    }

    private func enter() throws(ServerFailure) {
        let statement: Statement =
            switch role {
            case .runtime: .enterAsUser
            case .service: .enterAsService
            case .ledger: memory?.isTrusted == true ? .enterLedgerInHaste : .enterLedger
            }
        try connection.post(statement, setting)
    }

    private var setting: PostgresParameters {
        var parameters = Self.role(role.rawValue)
        switch principal {
        case .user(let user, let own):
            for text in [own.description, "user", user.description] { parameters.add(text) }
        case .key(let key, let own):
            for text in [own.description, "key", key.description] { parameters.add(text) }
        case .platformAdmin(let user):
            for text in ["", "platform_admin", user.description] { parameters.add(text) }
        case .ledger, .service: break
        }
        return parameters
    }

    /// Sends a statement whose result is only looked at for a failure: in what is read next, or at the end.
    func post(_ statement: Statement, _ parameters: PostgresParameters) throws(TammError) {
        try begin(.snapshot)
        try noting { () throws(ServerFailure) in try connection.post(statement, parameters, for: role.rawValue) }
    }

    /// Sends statements at once and returns the rows of each.
    func run(_ statements: [(Statement, PostgresParameters)]) throws(TammError) -> [ResultRows] {
        try begin(.snapshot)
        return try noting { () throws(ServerFailure) in try connection.run(statements, for: role.rawValue) }
    }

    /// Sends a statement and returns its rows.
    func run(_ statement: Statement, _ parameters: PostgresParameters = PostgresParameters()) throws(TammError) -> ResultRows {
        try run([(statement, parameters)])[0]
    }

    /// Reads a page of a listing: the first, or the one after the place at the end of the parameters.
    func run(_ listing: Listing, _ isNext: Bool, _ parameters: PostgresParameters) throws(TammError) -> ResultRows {
        try run(isNext ? listing.next : listing.first, parameters)
    }

    /// Sends a statement of the caller's own, with the rights of the login alone, and returns its rows.
    ///
    /// - Throws: `invalidInput` for one that would end the transaction, or whose result is no rows.
    func runAsLogin(_ statement: Statement, _ parameters: PostgresParameters) throws(TammError) -> ResultRows {
        let verb = statement.verb
        guard !Self.foreignVerbs.contains(verb) else {
            throw fail(TammError(.invalidInput, "\(verb) has no place in a unit of work", field: "sql"))
        }
        try begin(.snapshot)
        hasOwnStatements = true
        return try noting { () throws(ServerFailure) in
            try connection.post(.leave)
            let rows = try connection.run([(statement, parameters)])[0]
            try enter()
            return rows
        }
    }

    private static let foreignVerbs: Set = [
        "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "PREPARE", "COPY", "DISCARD",
        "DEALLOCATE",
    ]

    /// What undoes, after the transaction, what the caller's own statements have set for the session.
    private var cleaning: [(Statement, PostgresParameters)] {
        guard hasOwnStatements else { return [] }
        let resets = [Statement.resetRole, .resetAll].map { ($0, PostgresParameters()) }
        return resets + (configuration.preparesStatements ? [(.settings, configuration.settings(isLocal: false))] : [])
    }

    static func role(_ name: String) -> PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(name)
        return parameters
    }

    private func noting<Value>(_ body: () throws(ServerFailure) -> Value) throws(TammError) -> Value {
        if let failure { throw error(of: failure) }
        do throws(ServerFailure) { return try body() } catch {
            failure = error
            throw self.error(of: error)
        }
    }

    /// Decides that nothing of the transaction remains, even where its body goes on.
    func fail(_ error: TammError) -> TammError {
        refusal = refusal ?? error
        return error
    }

    func commit() throws(TammError) {
        if let refusal { throw refusal }
        guard view != nil else { return }
        try memory?.prove(in: self)
        let command = try noting { () throws(ServerFailure) in
            // Triggers that wait for the end run as the login, as the caller's statements have.
            if hasOwnStatements { try connection.post(.leave) }
            isCommitSent = true
            return try connection.end(.commit, then: cleaning)
        }
        guard command == "COMMIT" else { throw TammError(.unavailable, "wanted COMMIT, the server did \(command)") }
    }

    func rollBack() {
        guard view != nil else { return }
        do throws(ServerFailure) {
            try connection.recover()
            _ = try connection.end(.rollback, then: cleaning)
        } catch {
            connection.abandon()
        }
    }

    /// The error of a failure, with the field that a constraint speaks of.
    private func error(of failure: ServerFailure) -> TammError {
        let error = failure.error
        if isCommitSent, failure.isConnectionLost {
            return TammError(
                .unavailable,
                "the connection was lost while committing: it may be done; ask again with the same key (\(failure.message))")
        }
        switch failure.constraint {
        case "payment_orders_pkey": return TammError(.conflict, "the order is another payment's", field: "order")
        case "workspace_api_keys_pkey": return TammError(.conflict, "the key is there already", field: "id")
        case "api_key_digests_pkey": return TammError(.conflict, "the digest is another key's", field: "digest")
        case "payment_transfers_pkey": return TammError(.conflict, "the transfer is another payment's", field: "claim")
        default: return error
        }
    }
}

extension PostgresConfiguration {
    /// What a session, or where it is not the store's own a transaction, is told first.
    func settings(isLocal: Bool) -> PostgresParameters {
        var parameters = PostgresParameters()
        parameters.add(isLocal)
        for timeout in [timeouts.statement, timeouts.lock, timeouts.idleInTransaction] {
            parameters.add("\(Int(max(1, timeout / .milliseconds(1))))")
        }
        return parameters
    }
}

extension Statement {
    /// How long the server waits; plans are made once, not for each value.
    static let settings = Statement(
        "settings",
        """
        SELECT set_config('statement_timeout', $2, $1), set_config('lock_timeout', $3, $1),
            set_config('idle_in_transaction_session_timeout', $4, $1),
            set_config('plan_cache_mode', 'force_generic_plan', $1)
        """)
    fileprivate static let beginSnapshot = Statement("begin_snapshot", "BEGIN ISOLATION LEVEL REPEATABLE READ")
    fileprivate static let beginCommitted = Statement("begin_committed", "BEGIN ISOLATION LEVEL READ COMMITTED")
    fileprivate static let commit = Statement("commit", "COMMIT")
    fileprivate static let rollback = Statement("rollback", "ROLLBACK")
    fileprivate static let resetRole = Statement("reset_role", "RESET ROLE")
    fileprivate static let resetAll = Statement("reset_all", "RESET ALL")
    /// Takes the role, for this transaction alone.
    static let enter = Statement("enter", "SELECT set_config('role', $1, true)")
    /// Takes the role and says that each write counts its wallets' versions up, for this transaction alone.
    fileprivate static let enterLedger = Statement(
        "enter_ledger", "SELECT set_config('role', $1, true), set_config('tamm.counts_versions', 'on', true)")
    /// As ``enterLedger``, and does not wait for what another transaction has locked.
    fileprivate static let enterLedgerInHaste = Statement(
        "enter_ledger_in_haste",
        """
        SELECT set_config('role', $1, true), set_config('tamm.counts_versions', 'on', true),
            set_config('lock_timeout', '10ms', true)
        """)
    /// Takes the role and says that the library writes the audit log's entries for what it does, for this transaction
    /// alone; what else has the role is audited by triggers.
    fileprivate static let enterAsService = Statement(
        "enter_as_service", "SELECT set_config('role', $1, true), set_config('tamm.audited_by', 'library', true)")
    /// Gives the role back for the caller's own statements.
    fileprivate static let leave = Statement(
        "leave",
        """
        SELECT set_config('role', 'none', true), set_config('tamm.audited_by', '', true),
            set_config('tamm.counts_versions', '', true)
        """)
    /// Takes the role and says on whose behalf, for this transaction alone.
    fileprivate static let enterAsUser = Statement(
        "enter_as_user",
        """
        SELECT set_config('role', $1, true), set_config('tamm.workspace_id', $2, true),
            set_config('tamm.actor_kind', $3, true), set_config('tamm.actor_id', $4, true)
        """)
}
