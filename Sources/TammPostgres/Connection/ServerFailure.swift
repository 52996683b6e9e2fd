internal import CLibPQ
import TammCore

/// What the server, or libpq itself, has reported.
struct ServerFailure: Error {
    /// Five characters; empty where libpq reports, not the server.
    let sqlState: String
    /// The primary message; never its detail, which can hold values.
    let message: String
    let constraint: String

    /// Whether the same transaction may succeed when it is run again from its beginning.
    var isRetryable: Bool { sqlState == "40001" || sqlState == "40P01" }

    /// Whether it tells that a batch went by what is not so: another has written the wallet or the key, or is about to.
    var isMistake: Bool { isRetryable || sqlState == "23505" || sqlState == "55P03" }

    /// Whether the connection is of no use any more.
    var isConnectionLost: Bool {
        sqlState.isEmpty || sqlState.hasPrefix("08") || Self.endings.contains(sqlState)
    }

    /// The server goes, has gone over to be a standby, or has other statements than those prepared or planned here.
    private static let endings: Set = ["57P01", "57P02", "57P03", "25P03", "25006", "26000", "0A000"]

    static func connection(_ message: String) -> ServerFailure {
        ServerFailure(sqlState: "", message: message, constraint: "")
    }

    /// Why there is no connecting. libpq tells no SQLSTATE of it, so that a server with no room is known by its English
    /// words alone.
    static func connecting(_ message: String) -> ServerFailure {
        let full = [
            "too many clients", "connection slots are reserved", "too many connections for", "no more connections allowed",
        ]
        let hasRoom = !full.contains { message.contains($0) }
        return ServerFailure(sqlState: hasRoom ? "" : "53300", message: message, constraint: "")
    }

    init(sqlState: String, message: String, constraint: String) {
        self.sqlState = sqlState
        self.message = message
        self.constraint = constraint
    }

    init(_ result: OpaquePointer) {
        func field(_ code: Character) -> String {
            unsafe PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { unsafe String(cString: $0) } ?? ""
        }
        // Of a value that does not fit, the message quotes what it is.
        let state = field("C")
        let message = field("M")
        let shown = state.hasPrefix("22") ? String(message.prefix { $0 != "\"" }) : message
        // The letters are PG_DIAG_SQLSTATE, PG_DIAG_MESSAGE_PRIMARY and PG_DIAG_CONSTRAINT_NAME.
        self.init(sqlState: state, message: shown, constraint: field("n"))
    }

    /// What a caller can act on: the table of classes is PostgreSQL's appendix A.
    var error: TammError {
        let code: TammError.Code
        switch sqlState {
        case "23505", "23P01": code = .conflict
        case "23503": code = .notFound
        case "42501": code = .forbidden
        case "40001", "40P01", "55P03", "57014", "25P03", "25006", "": code = .unavailable
        case "53300": code = .overloaded
        case "42P01", "42703", "42883", "3F000", "3D000", "28000", "28P01", "26000", "0A000": code = .unavailable
        case _ where ["08", "53", "57", "58"].contains(sqlState.prefix(2)): code = .unavailable
        case _ where sqlState.hasPrefix("22"): code = .invalidInput
        default: code = .corrupted
        }
        let place = constraint.isEmpty ? "" : " (\(constraint))"
        return TammError(code, "PostgreSQL: \(message)\(place)", reason: sqlState.isEmpty ? nil : sqlState)
    }
}
