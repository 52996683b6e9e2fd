import Foundation
import Synchronization
import TammCore
import TammRedis
import Testing

/// The private server that `scripts/with-redis` has started.
enum SharedServer {
    static func configuration() throws -> RedisConfiguration {
        try RedisConfiguration(url: Secret(environment("TAMM_REDIS_URL")))
    }

    /// A store that all tests share, which goes by the moments it is given.
    static let lawful = Result { try RedisRateLimitStore(configuration(), clock: .caller) }

    static func environment(_ name: String) throws -> String {
        guard let value = ProcessInfo.processInfo.environment[name] else {
            throw MissingServer(description: "no \(name): run the tests by scripts/with-redis swift test")
        }
        return value
    }
}

struct MissingServer: Error, CustomStringConvertible {
    let description: String
}

/// A server of a test's own, which can be killed, stopped in its tracks and started again.
final class OwnServer: Sendable {
    let folder: String
    private let program: String
    private let arguments: [String]
    private let process = Mutex<Process?>(nil)

    init(_ arguments: String...) async throws {
        program = try SharedServer.environment("TAMM_REDIS_SERVER")
        folder = FileManager.default.temporaryDirectory.appending(path: "tamm-\(UInt32.random(in: 0 ... .max))").path
        self.arguments = arguments
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try await start()
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(atPath: folder)
    }

    var configuration: RedisConfiguration { RedisConfiguration(.unix(path: "\(folder)/socket")) }

    /// Starts it and waits for its socket.
    func start() async throws {
        try? FileManager.default.removeItem(atPath: "\(folder)/socket")
        let new = Process()
        new.executableURL = URL(fileURLWithPath: program)
        new.arguments =
            ["--port", "0", "--unixsocket", "\(folder)/socket", "--save", "", "--appendonly", "no", "--dir", folder]
            + arguments
        new.standardOutput = FileHandle.nullDevice
        new.standardError = FileHandle.nullDevice
        try new.run()
        process.withLock { $0 = new }
        for _ in 0..<6000 where !FileManager.default.fileExists(atPath: "\(folder)/socket") {
            try await Task.sleep(for: .milliseconds(10))
        }
        guard FileManager.default.fileExists(atPath: "\(folder)/socket") else {
            throw MissingServer(description: "\(program) did not start")
        }
    }

    /// kill -9.
    func kill() { signal(SIGKILL, waits: true) }
    /// Stops it in its tracks: its socket stays, and nothing is answered.
    func freeze() { signal(SIGSTOP) }
    func thaw() { signal(SIGCONT) }

    private func signal(_ number: Int32, waits: Bool = false) {
        process.withLock { process in
            guard let process, process.isRunning else { return }
            _ = Foundation.kill(process.processIdentifier, number)
            // Not waitUntilExit, which wants the thread that started it.
            for _ in 0..<6000 where waits && process.isRunning { usleep(1000) }
        }
    }

    /// What redis-cli prints.
    @discardableResult
    func command(_ words: String...) throws -> String { try redisCLI("\(folder)/socket", words) }
}

func redisCLI(_ socket: String, _ words: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["redis-cli", "-s", socket] + words
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
}

/// What a store is asked with.
struct Desk {
    let seed = RateLimitSeed(entropy: .system)
    let subject = RateLimitSubject.other("somebody \(UInt64.random(in: 0 ... .max))")

    func request(_ policy: RateLimitPolicy, cost: Int64 = 1, _ subject: RateLimitSubject? = nil) -> RateLimitRequest {
        RateLimitRequest(policy, RateLimitKey(subject ?? self.subject, policy, seed), cost: cost)
    }

    static func policy(_ count: Int64, per period: Duration = .seconds(3600)) throws -> RateLimitPolicy {
        try RateLimitPolicy("p", [.gcra("q", count, per: period, burst: count)])
    }
}

/// What a store with a clock of its own does not look at.
let anyMoment = RateLimitInstant(nanoseconds: 0)
