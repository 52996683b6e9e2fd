import Foundation
import TammCore
import TestCommands

/// Statements of a superuser on the private server, which only tests have.
enum Admin {
    /// Runs a text of statements by psql, and returns what it prints, unaligned and without headings.
    @discardableResult
    static func run(_ sql: String, database: String? = nil) async throws -> String {
        let url = try Server.url("TAMM_POSTGRES_ADMIN_URL")
        let place = database.map { url.replacing("/tamm?", with: "/\($0)?") } ?? url
        let options = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        guard sql.utf8.count > 50_000 else { return try await run("psql", options + ["-c", sql, place]) }
        let file = FileManager.default.temporaryDirectory.appending(path: "tamm-\(UUID().uuidString).sql")
        try Data(sql.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try await run("psql", options + ["-f", file.path, place])
    }

    /// Runs a program of the server's and returns what it prints.
    @discardableResult
    static func run(_ program: String, _ arguments: [String]) async throws -> String {
        let folder = ProcessInfo.processInfo.environment["TAMM_POSTGRES_BIN"] ?? "/usr/bin"
        let own = "\(folder)/\(program)"
        let isOwn = FileManager.default.isExecutableFile(atPath: own)
        return try Command.run([isOwn ? own : "/usr/bin/\(program)"] + arguments)
    }
}
