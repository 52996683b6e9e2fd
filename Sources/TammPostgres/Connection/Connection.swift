internal import CLibPQ
import TammCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// One connection to the server, in libpq's pipeline mode; used by one thread at a time.
///
/// Statements are sent without waiting for those before them. Their results are read in order, when somebody wants
/// one or at the end of the transaction; after a failure the server skips what follows.
@safe final class Connection {
    private enum Pending {
        case preparation(of: String)
        /// Something whose result nobody looks at, but for its failure.
        case unread
        /// Something whose result is waited for.
        case wanted
        case sync
    }

    private let raw: OpaquePointer
    private let preparesStatements: Bool
    /// How long the server may be silent.
    private let patience: Duration
    private var prepared: Set<String> = []
    private var preparing: Set<String> = []
    private var pending: [Pending] = []
    /// What has failed since the last sync: nothing is done until the next.
    private(set) var failure: ServerFailure?

    /// Connects, and waits for it.
    init(_ configuration: PostgresConfiguration) throws(ServerFailure) {
        guard Self.isWellFormed(configuration.connection) else {
            throw .connection("the connection string is not one that libpq understands")
        }
        let seconds = max(1, configuration.timeouts.connect.components.seconds)
        let raw = unsafe configuration.connection.reveal { bytes in
            // A peer that is gone without a word is noticed; the string may say otherwise.
            var keys = ["keepalives_idle", "tcp_user_timeout", "dbname", "connect_timeout", "fallback_application_name"]
            var values = ["30", "30000", String(decoding: bytes, as: UTF8.self), "\(seconds)", "tamm"]
            keys.append("client_encoding")
            values.append("UTF8")
            if let database = configuration.database {
                // The first is taken apart as a connection string, a later one replaces its database.
                keys.append("dbname")
                values.append(database)
            }
            return unsafe withCStrings(keys) { keys in
                unsafe withCStrings(values) { values in unsafe PQconnectdbParams(keys, values, 1) }
            }
        }
        guard let raw = unsafe raw else { throw .connection("libpq has no memory for a connection") }
        unsafe self.raw = raw
        preparesStatements = configuration.preparesStatements
        patience = configuration.timeouts.statement + configuration.timeouts.silence
        guard unsafe PQstatus(raw) == CONNECTION_OK else { throw .connecting(unsafe Self.reason(of: raw)) }
        unsafe PQsetNoticeProcessor(raw, { _, _ in }, nil)
        guard unsafe PQenterPipelineMode(raw) == 1, unsafe PQsetnonblocking(raw, 1) == 0 else {
            throw .connection("libpq refuses its pipeline mode")
        }
        guard preparesStatements else { return }
        try send(.settings, configuration.settings(isLocal: false), "", .unread)
        _ = try finish()
    }

    deinit { unsafe PQfinish(raw) }

    /// Whether the string can be taken apart, and no part of a password that lacks its escapes has become a host, a
    /// port or a database: errors quote those.
    private static func isWellFormed(_ connection: Secret) -> Bool {
        let text = connection.reveal { bytes in String(decoding: bytes, as: UTF8.self) }
        guard let options = unsafe PQconninfoParse(text, nil) else { return false }
        defer { unsafe PQconninfoFree(options) }
        var index = 0
        while let keyword = unsafe options[index].keyword {
            defer { index += 1 }
            guard let found = unsafe options[index].val else { continue }
            let (name, value) = unsafe (String(cString: keyword), String(cString: found))
            if ["host", "hostaddr", "dbname"].contains(name), value.contains("@") { return false }
            if name == "port", !value.allSatisfy({ $0.isASCII && $0.isNumber || $0 == "," }) { return false }
        }
        return true
    }

    /// libpq's words: of a string that is well formed it quotes host, port, role and database.
    private static func reason(of raw: OpaquePointer) -> String {
        let text = unsafe String(cString: PQerrorMessage(raw))
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingPrefix(while: \.isWhitespace) }
        let reason = lines.filter { !$0.isEmpty }.joined(separator: "; ")
        return reason.isEmpty ? "the connection is closed" : reason
    }

    /// Whether the server is there as far as can be told without asking it.
    var isAlive: Bool {
        guard unsafe PQstatus(raw) == CONNECTION_OK, pending.isEmpty else { return false }
        var descriptor = pollfd(fd: unsafe PQsocket(raw), events: Int16(POLLIN), revents: 0)
        // Silence is what is expected of an idle server; words are its farewell.
        return unsafe poll(&descriptor, 1, 0) == 0
    }

    /// A way to stop it from another thread.
    func cancellation() -> Cancellation? {
        let socket = unsafe PQsocket(raw)
        return unsafe PQgetCancel(raw).map { unsafe Cancellation($0, socket: socket) }
    }

    // MARK: Sending

    /// Sends a statement; its result is only looked at for a failure, later.
    ///
    /// - Parameter suffix: sets the statement's plans apart from those of another role, which sees other rows.
    func post(
        _ statement: Statement, _ parameters: PostgresParameters = PostgresParameters(), for suffix: String = ""
    ) throws(ServerFailure) {
        try send(statement, parameters, suffix, .unread)
    }

    /// Sends statements at once and returns the rows of each.
    func run(
        _ statements: [(Statement, PostgresParameters)], for suffix: String = ""
    ) throws(ServerFailure) -> [ResultRows] {
        for (statement, parameters) in statements { try send(statement, parameters, suffix, .wanted) }
        guard unsafe PQsendFlushRequest(raw) == 1 else { throw lost() }
        try flush()
        var found: [ResultRows] = []
        while found.count < statements.count {
            if let rows = try read() { found.append(rows) }
        }
        return found
    }

    /// Sends the end of a transaction, and what is to be done after it, and waits for it.
    ///
    /// - Returns: the command that the server has done, `COMMIT` or `ROLLBACK`.
    func end(
        _ statement: Statement, then others: [(Statement, PostgresParameters)] = []
    ) throws(ServerFailure) -> String {
        try send(statement, PostgresParameters(), "", .wanted)
        for (other, parameters) in others { try send(other, parameters, "", .unread) }
        return try finish()?.command ?? ""
    }

    /// Syncs, and reads all that is pending; returns the last rows that are wanted.
    private func finish() throws(ServerFailure) -> ResultRows? {
        try sync()
        var found: ResultRows?
        while !pending.isEmpty {
            if let rows = try read() { found = rows }
        }
        return found
    }

    /// Runs one statement by itself, outside of any transaction of the caller's.
    func query(
        _ statement: Statement, _ parameters: PostgresParameters = PostgresParameters()
    ) throws(TammError) -> ResultRows {
        do throws(ServerFailure) {
            try send(statement, parameters, "", .wanted)
            guard let found = try finish() else { throw lost() }
            return found
        } catch {
            try? recover()
            throw error.error
        }
    }

    /// Runs one statement as the service's role, in one round trip: role, statement and sync are one transaction.
    func readAlone(
        _ statement: Statement, _ parameters: PostgresParameters, _ configuration: PostgresConfiguration
    ) throws(TammError) -> ResultRows {
        let role = Session.Role.service.rawValue
        do throws(ServerFailure) {
            if !preparesStatements { try send(.settings, configuration.settings(isLocal: true), "", .unread) }
            try send(.enter, Session.role(role), "", .unread)
            try send(statement, parameters, role, .wanted)
            guard let found = try finish() else { throw lost() }
            return found
        } catch {
            try? recover()
            throw error.error
        }
    }

    /// Runs a text of several statements, as one transaction unless it says otherwise.
    func script(_ sql: String) throws(TammError) {
        guard unsafe PQexitPipelineMode(raw) == 1 else { throw lost().error }
        defer { _ = unsafe PQenterPipelineMode(raw) }
        guard let result = unsafe PQexec(raw, sql) else { throw lost().error }
        defer { unsafe PQclear(result) }
        let status = unsafe PQresultStatus(result)
        guard status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY else {
            throw unsafe ServerFailure(result).error
        }
    }

    /// Makes the connection one that is not used again.
    func abandon() { _ = lost("the connection could not be brought back") }

    /// Gives up what has failed, so that the connection takes statements again.
    func recover() throws(ServerFailure) {
        if let failure, failure.isConnectionLost { throw failure }
        try sync()
        while !pending.isEmpty {
            do { _ = try read() } catch  where !error.isConnectionLost {} catch { throw error }
        }
        failure = nil
        preparing = []
    }

    private func sync() throws(ServerFailure) {
        guard unsafe PQpipelineSync(raw) == 1 else { throw lost() }
        pending.append(.sync)
        try flush()
    }

    /// Hands everything to the server, and takes what it says meanwhile.
    private func flush() throws(ServerFailure) {
        while true {
            switch unsafe PQflush(raw) {
            case 0: return
            case 1:
                guard try ready(for: POLLIN | POLLOUT, until: .now + patience) else {
                    throw lost("the server has not taken what was sent for \(patience)")
                }
                guard unsafe PQconsumeInput(raw) == 1 else { throw lost() }
            default: throw lost()
            }
        }
    }

    /// Waits until the socket can be read or written; false when it is too late.
    private func ready(for events: Int32, until deadline: ContinuousClock.Instant) throws(ServerFailure) -> Bool {
        while true {
            let left = max(0, (deadline - .now) / .milliseconds(1))
            var descriptor = pollfd(fd: unsafe PQsocket(raw), events: Int16(events), revents: 0)
            let count = unsafe poll(&descriptor, 1, Int32(left))
            guard count < 0 else { return count > 0 }
            guard errno == EINTR else { throw lost() }
        }
    }

    private func send(
        _ statement: Statement, _ parameters: PostgresParameters, _ suffix: String, _ kind: Pending
    ) throws(ServerFailure) {
        if let failure { throw failure }
        let form = statement.form(for: parameters)
        guard preparesStatements, !form.name.isEmpty else {
            guard
                unsafe parameters.withPointers({ types, values, lengths, formats in
                    unsafe PQsendQueryParams(
                        raw, form.sql, Int32(parameters.types.count), types, values, lengths, formats, 1)
                }) == 1
            else { throw lost() }
            pending.append(kind)
            return
        }
        let name = suffix.isEmpty ? form.name : "\(form.name).\(suffix)"
        if !prepared.contains(name), !preparing.contains(name) {
            let count = Int32(parameters.types.count)
            guard unsafe PQsendPrepare(raw, name, form.sql, count, parameters.types) == 1 else { throw lost() }
            pending.append(.preparation(of: name))
            preparing.insert(name)
        }
        guard
            unsafe parameters.withPointers({ _, values, lengths, formats in
                unsafe PQsendQueryPrepared(raw, name, Int32(parameters.types.count), values, lengths, formats, 1)
            }) == 1
        else { throw lost() }
        pending.append(kind)
    }

    // MARK: Reading

    /// Reads the result of what was sent first.
    ///
    /// - Returns: the rows, where they are wanted.
    private func read() throws(ServerFailure) -> ResultRows? {
        let found = unsafe try next()
        let kind = pending.removeFirst()
        guard let result = unsafe found else { throw lost() }
        if case .sync = kind {
            unsafe PQclear(result)
            return nil
        }
        let rows = unsafe ResultRows(result)
        let status = unsafe PQresultStatus(result)
        if [PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH].contains(status) {
            throw lost("COPY is not possible in a unit of work")
        }
        // The end of a statement's results.
        while let rest = unsafe try next() { unsafe PQclear(rest) }
        switch status {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            switch kind {
            case .preparation(let name):
                prepared.insert(name)
                preparing.remove(name)
                return nil
            case .wanted: return rows
            case .unread, .sync: return nil
            }
        case PGRES_PIPELINE_ABORTED: throw self.failure ?? lost()
        default:
            let failure = withExtendedLifetime(rows) { unsafe ServerFailure(result) }
            if self.failure == nil { self.failure = failure }
            throw failure
        }
    }

    /// The next result; nil at the end of a statement's.
    private func next() throws(ServerFailure) -> OpaquePointer? {
        if unsafe PQisBusy(raw) == 1 {
            let deadline = ContinuousClock.now + patience
            while unsafe PQisBusy(raw) == 1 {
                guard try ready(for: POLLIN, until: deadline) else {
                    throw lost("the server has not answered for \(patience)")
                }
                guard unsafe PQconsumeInput(raw) == 1 else { throw lost() }
            }
        }
        return unsafe PQgetResult(raw)
    }

    private func lost(_ reason: String? = nil) -> ServerFailure {
        let failure = unsafe ServerFailure.connection(reason ?? Self.reason(of: raw))
        self.failure = failure
        return failure
    }
}

/// Stops a connection's running statement, or the connection.
@safe final class Cancellation: @unchecked Sendable {  // libpq lets any thread use it.
    private let raw: OpaquePointer
    private let socket: Int32

    init(_ raw: OpaquePointer, socket: Int32) {
        unsafe self.raw = raw
        self.socket = socket
    }

    deinit { unsafe PQfreeCancel(raw) }

    /// Asks the server to stop the statement, on a connection of its own: waits as long as that takes.
    func cancel() {
        var reason = [CChar](repeating: 0, count: 256)
        _ = unsafe PQcancel(raw, &reason, 256)
    }

    /// Ends what waits for the server. Only while the connection is open: then its socket may be another's.
    func sever() { _ = shutdown(socket, Int32(SHUT_RDWR)) }
}

extension PostgresParameters {
    /// Lends the parameters in the form in which libpq takes them.
    fileprivate func withPointers<Value>(
        _ body: (
            UnsafePointer<UInt32>?, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
        ) -> Value
    ) -> Value {
        unsafe bytes.withUnsafeBytes { buffer in
            // An empty value still has a place: a null pointer would be null.
            let empty: StaticString = ""
            var values: [UnsafePointer<CChar>?] = unsafe []
            unsafe values.reserveCapacity(starts.count)
            for index in starts.indices {
                if lengths[index] < 0 {
                    unsafe values.append(nil)
                } else if let base = buffer.baseAddress {
                    unsafe values.append((base + starts[index]).assumingMemoryBound(to: CChar.self))
                } else {
                    unsafe values.append(UnsafeRawPointer(empty.utf8Start).assumingMemoryBound(to: CChar.self))
                }
            }
            let formats = [Int32](repeating: 1, count: starts.count)
            return unsafe body(types, values, lengths, formats)
        }
    }
}

/// Lends a null-terminated list of C strings.
private func withCStrings<Value>(
    _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Value
) -> Value {
    let copies = unsafe texts.map { unsafe strdup($0) }
    defer {
        for index in unsafe copies.indices {
            if let copy = unsafe copies[index] {
                unsafe memset(copy, 0, strlen(copy))
                unsafe free(copy)
            }
        }
    }
    var pointers = unsafe copies.map { unsafe UnsafePointer($0) }
    unsafe pointers.append(nil)
    return unsafe body(pointers)
}
