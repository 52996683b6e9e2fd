import Foundation
import TammCore
import TammPostgres
import TestCommands

/// A server of a test's own, to be killed and brought back.
final class FaultServer: Sendable {
    /// A disk of the server's own, which can be filled.
    struct Disk {
        let megabytes: Int
        /// Whether the log of changes is on it too.
        let holdsLog: Bool
    }

    let folder: String
    private let binaries: String
    private let prefix: [String]
    private let disk: Disk?

    /// Whether disks can be made here: it takes root.
    static let canMakeDisks = {
        let probe = "\(Command.scratch)/tamm-disk-\(UUID().uuidString.prefix(13))"
        defer { _ = try? Command.run(["rm", "-rf", probe]) }
        do {
            try Command.run(["mkdir", probe])
            try Command.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tamm", probe])
            try Command.run(["umount", probe])
            return true
        } catch { return false }
    }()

    /// - Parameter settings: lines of `postgresql.conf`.
    init(_ settings: [String] = [], on disk: Disk? = nil) async throws {
        let environment = ProcessInfo.processInfo.environment
        guard let binaries = environment["TAMM_POSTGRES_BIN"] else {
            throw MissingServer(description: "no TAMM_POSTGRES_BIN: run the tests by scripts/with-postgres swift test")
        }
        self.binaries = binaries
        self.disk = disk
        prefix = (environment["TAMM_POSTGRES_RUN_AS"] ?? "").split(separator: " ").map(String.init)
        folder = "\(Command.scratch)/tamm-fault-\(UUID().uuidString.prefix(13))"
        do { try await begin(settings) } catch {
            remove()
            throw error
        }
    }

    private func begin(_ settings: [String]) async throws {
        try run(["mkdir", "-m", "755", folder])
        var initdb = ["\(binaries)/initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
        if let disk {
            try run(["mkdir", "\(folder)/disk"])
            try Command.run(
                ["mount", "-t", "tmpfs", "-o", "size=\(disk.megabytes)m,mode=1777", "tamm", "\(folder)/disk"])
            initdb += ["--wal-segsize=1"] + (disk.holdsLog ? [] : ["-X", "\(folder)/log-of-changes"])
        }
        try run(initdb)
        let lines = ["listen_addresses = ''", "unix_socket_directories = '\(folder)'"] + settings
        try run(["bash", "-c", "printf '%s\\n' \"$@\" >> \(data)/postgresql.conf", "conf"] + lines)
        try start()
        let roles = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources/TammPostgres/Migrations/roles.sql")
        let psql = ["\(binaries)/psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", folder, "-U", "postgres"]
        try Command.run(psql + ["-c", "CREATE DATABASE tamm"])
        try Command.run(psql + ["-d", "tamm", "-f", roles.path])
        try Command.run(
            psql + [
                "-d", "tamm", "-c",
                """
                CREATE ROLE tamm_app LOGIN NOINHERIT IN ROLE tamm_runtime, tamm_ledger, tamm_service;
                CREATE ROLE tamm_migrator LOGIN IN ROLE tamm_owner;
                """,
            ])
        try await PostgresMigrations(configuration("tamm_migrator")).apply()
    }

    private var data: String { disk == nil ? "\(folder)/data" : "\(folder)/disk/data" }

    /// - Parameter host: the folder of another socket, of something that stands between.
    func configuration(_ login: String = "tamm_app", host: String? = nil) -> PostgresConfiguration {
        PostgresConfiguration(Secret("postgresql://\(login)@/tamm?host=\(host ?? folder)"))
    }

    /// Starts the server, and waits for those whom a killed one has left.
    func start() throws {
        var tries = 0
        while true {
            do {
                return try run(["\(binaries)/pg_ctl", "-D", data, "-l", "\(folder)/log", "-w", "-t", "60", "start"])
            } catch {
                tries += 1
                guard tries < 40 else { throw error }
                Thread.sleep(forTimeInterval: 0.25)
            }
        }
    }

    /// Starts the server if it has given up, and waits until it answers.
    func recover() throws {
        var tries = 0
        while true {
            let isUp = (try? run(["\(binaries)/pg_ctl", "-D", data, "status"])) != nil
            if !isUp { try start() }
            let answers = try? Command.run(
                ["\(binaries)/psql", "-q", "-h", folder, "-U", "postgres", "-d", "tamm", "-c", "SELECT 1"])
            if answers != nil { return }
            tries += 1
            guard tries < 240 else { throw MissingServer(description: "the server did not come back") }
            Thread.sleep(forTimeInterval: 0.25)
        }
    }

    /// Kills the server and its processes at once: nothing is flushed, nobody is told.
    func kill() throws {
        let pid = try Command.run(prefix + ["head", "-n", "1", "\(data)/postmaster.pid"])
        try Command.run(["bash", "-c", "kill -9 \(pid) $(cat /proc/\(pid)/task/\(pid)/children) 2>/dev/null; true"])
    }

    /// Kills one of the processes that serve connections: the server takes its memory for damaged and begins anew.
    func killBackend() throws {
        let pid = try query(
            "SELECT pid FROM pg_stat_activity WHERE usename = 'tamm_app' ORDER BY state = 'active' DESC LIMIT 1")
        try Command.run(["kill", "-9", pid])
    }

    /// What psql prints of a query.
    func query(_ sql: String) throws -> String {
        try Command.run([
            "\(binaries)/psql", "-q", "-A", "-t", "-h", folder, "-U", "postgres", "-d", "tamm", "-c", sql,
        ])
    }

    /// Fills the disk to its last byte.
    func fillDisk() throws {
        try Command.run(["bash", "-c", "head -c 1G /dev/zero >'\(folder)/disk/ballast' 2>/dev/null; true"])
    }

    func freeDisk() throws { try Command.run(["rm", "-f", "\(folder)/disk/ballast"]) }

    func remove() {
        _ = try? run(["\(binaries)/pg_ctl", "-D", data, "-m", "immediate", "stop"])
        if disk != nil { _ = try? Command.run(["umount", "-l", "\(folder)/disk"]) }
        _ = try? run(["rm", "-rf", folder])
    }

    private func run(_ command: [String]) throws { try Command.run(prefix + command) }
}
