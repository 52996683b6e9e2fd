import Foundation
import TammCore
import TammRedis

/// Decisions a second over one connection to Redis, against redis-benchmark, which runs the same script on the same
/// server with as many commands under way on one connection.
///
/// `limits.redis.vs-redis-benchmark`: 256 callers against 256 under way; `limits.redis.64.…`: 64 of each;
/// `limits.redis.one-caller.…`: one of each.
func sharedLimitBenchmarks() async throws {
    guard let url = ProcessInfo.processInfo.environment["TAMM_REDIS_URL"], url.hasPrefix("unix:") else {
        throw BenchError("the limits' benchmarks need a server: scripts/with-redis make bench ONLY=access")
    }
    let bench = try SharedLimits(url)
    for (name, callers, operations) in [
        ("limits.redis.one-caller", 1, 20_000), ("limits.redis.64", 64, 100_000), ("limits.redis", 256, 100_000),
    ] {
        var rates: ([Double], [Double]) = ([], [])
        for round in 0...5 {
            let (ours, theirs) = (try await bench.ours(callers, operations), try bench.theirs(callers, operations))
            guard round > 0 else { continue }
            rates.0.append(ours)
            rates.1.append(theirs)
        }
        Bench.line("\(name).per-second", Bench.median(rates.0), "1/s")
        Bench.line("\(name).redis-benchmark.per-second", Bench.median(rates.1), "1/s")
        Bench.line("\(name).vs-redis-benchmark", Bench.median(zip(rates.0, rates.1).map { $0 / $1 }), "ratio")
    }
    await bench.store.shutdown()
}

private struct SharedLimits {
    let store: RedisRateLimitStore
    private let socket: String
    private let hash: String
    private let policy: RateLimitPolicy
    private let seed = RateLimitSeed(entropy: .system)
    private static let keys = 100_000

    init(_ url: String) throws {
        socket = String(url.dropFirst(5))
        store = try RedisRateLimitStore(RedisConfiguration(url: Secret(url)))
        policy = try RateLimitPolicy("bench", [.gcra("q", 1_000_000, per: .seconds(1), burst: 1000)])
        hash = try Self.run("redis-cli", ["-s", socket, "SCRIPT", "LOAD", RedisRateLimitStore.script])
    }

    func ours(_ callers: Int, _ operations: Int) async throws -> Double {
        let each = operations / callers
        let start = ContinuousClock.now
        try await withThrowingTaskGroup { group in
            for caller in 0..<callers {
                group.addTask { @concurrent in
                    for number in 0..<each {
                        let subject = RateLimitSubject.key(
                            Identifier<Workspace>(high: 1, low: UInt64((caller * each + number) * 7919 % Self.keys)))
                        let request = RateLimitRequest(policy, RateLimitKey(subject, policy, seed), cost: 1)
                        keep(try await store.decide([request], at: RateLimitInstant(nanoseconds: 0)))
                    }
                }
            }
            try await group.waitForAll()
        }
        return Double(each * callers) / ((ContinuousClock.now - start) / .seconds(1))
    }

    func theirs(_ underWay: Int, _ operations: Int) throws -> Double {
        let text = try Self.run(
            "redis-benchmark",
            [
                "-s", socket, "-c", "1", "-P", "\(underWay)", "-n", "\(operations)", "-r", "\(Self.keys)", "--csv", "EVALSHA",
                hash, "1", "tamm:limit:{00000000000000000000__rand_int__}:0123456789abcdef", "c", "", "1", "g", "0", "1000",
                "0", "1000000",
            ])
        // "test","rps",…
        let fields = (text.split(separator: "\n").last ?? "").components(separatedBy: "\",\"")
        guard fields.count > 1, let rate = Double(fields[1]) else { throw BenchError("redis-benchmark told no rate: \(text)") }
        return rate
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BenchError("\(program) failed: \(text)") }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
