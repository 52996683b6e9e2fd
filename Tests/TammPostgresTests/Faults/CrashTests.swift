import Foundation
import TammPostgres
import Testing

@Suite(.serialized) struct `A server that fails under its writers` {
    private static let environment = ProcessInfo.processInfo.environment
    private static let rounds = Int(environment["FAULT_ROUNDS"] ?? "") ?? 2

    /// With FAULT_CANARY set the server does not wait for its disk, and the first test has to fail.
    private static let settings =
        environment["FAULT_CANARY"] == nil
        ? [] : ["synchronous_commit = off", "wal_writer_delay = 10s", "wal_writer_flush_after = 1GB"]

    private static func run(
        _ name: String, _ server: FaultServer, _ fault: (FaultServer, Writers) async throws -> Void
    ) async throws {
        defer { server.remove() }
        let store = try await PostgresStore(server.configuration())
        let writers = try await Writers(store)
        try await writers.write {
            for _ in 0..<rounds {
                try await writers.progress(by: 50)
                try await fault(server, writers)
            }
            try await writers.progress(by: 50)
        }
        try await writers.check("\(rounds) × \(name)")
        await store.shutdown(within: .seconds(1))
    }

    @Test func `loses nothing acknowledged and does nothing twice when it is killed`() async throws {
        try await Self.run("the server killed", FaultServer(Self.settings)) { server, _ in
            try server.kill()
            try server.start()
        }
    }

    @Test func `loses nothing acknowledged and does nothing twice when one of its processes is killed`() async throws {
        try await Self.run("one backend killed", FaultServer()) { server, _ in
            try server.killBackend()
            try server.recover()
        }
    }

    @Test(
        .enabled(if: FaultServer.canMakeDisks, "a disk that can be filled takes root and mount"),
        arguments: [false, true])
    func `loses nothing acknowledged and does nothing twice when its disk is full`(logToo: Bool) async throws {
        let server = try await FaultServer(
            ["max_wal_size = 8MB", "min_wal_size = 2MB"], on: FaultServer.Disk(megabytes: 96, holdsLog: logToo))
        try await Self.run(logToo ? "the disk full, that of the log too" : "the disk full", server) { server, writers in
            try server.fillDisk()
            try await writers.trouble(by: 16)
            try server.freeDisk()
            try server.recover()
        }
    }
}
