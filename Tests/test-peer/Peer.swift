import Foundation
import TammCore
import TammPostgres
import TammRedis

/// Another process, for tests: it answers each line of its input with one.
///
///     test-peer keys URL DATABASE STALENESS     verifies keys: "verify TEXT"; STALENESS in ms, 0 without a cache, which
///                                               "refresh" gives a lease, and "run" gives leases until "stop"
///     test-peer limits URL SUBJECT COUNT        a limit of COUNT a day that others share: "check N" asks for N
@main struct Peer {
    static func main() async throws {
        let words = CommandLine.arguments
        guard words.count == 5 else { throw TammError(.invalidInput, "wanted four arguments, found \(words.count - 1)") }
        switch words[1] {
        case "keys": try await keys(words[2], words[3], Int(words[4]) ?? 0)
        case "limits": try await limits(words[2], words[3], Int64(words[4]) ?? 0)
        default: throw TammError(.invalidInput, "wanted keys or limits, found \(words[1])")
        }
    }

    private static func say(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }

    /// The pepper that the tests use too.
    static func keys(_ url: String, _ database: String, _ staleness: Int) async throws {
        var configuration = PostgresConfiguration(Secret(url))
        configuration.database = database
        configuration.connections = 2
        let store = try await PostgresStore(configuration)
        let cache =
            staleness == 0
            ? nil
            : try APIKeyCache(
                id: Identifier(at: TimeSource.system.now(), entropy: .system), store: store,
                staleness: .milliseconds(staleness))
        let keys = APIKeys(
            store: store, time: .system, entropy: .system, wallets: Wallets(store: store, time: .system), environment: .live,
            peppers: try PepperRing([Pepper(version: 1, Secret([UInt8](repeating: 5, count: 32)))]), cache: cache)
        var running: Task<Void, Never>?
        while let line = readLine() {
            let words = line.split(separator: " ").map(String.init)
            switch words.first {
            case "verify":
                switch try await keys.verify(words[1], requiring: nil, from: nil) {
                case .accepted: say("accepted")
                case .refused(let refusal): say(refusal.reason)
                }
            case "refresh":
                try await cache?.refresh()
                say("done")
            case "run":
                try await cache?.refresh()
                running = Task { await cache?.run() }
                say("done")
            case "stop":
                running?.cancel()
                await running?.value
                say("done")
            default: say("unknown")
            }
        }
    }

    static func limits(_ url: String, _ subject: String, _ count: Int64) async throws {
        let store = try RedisRateLimitStore(RedisConfiguration(url: Secret(url)))
        let policy = try RateLimitPolicy("shared", [.gcra("daily", count, per: .seconds(86_400), burst: count)])
        let key = RateLimitKey(.other(subject), policy, try RateLimitSeed(Secret("a seed that both of them have")))
        let now = RateLimitInstant(nanoseconds: 0)
        while let line = readLine() {
            let calls = Int(line.split(separator: " ").last ?? "") ?? 0
            let admitted = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<calls {
                    group.addTask { try await store.decide([RateLimitRequest(policy, key, cost: 1)], at: now)[0].isAdmitted }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            say("\(admitted)")
        }
    }
}
