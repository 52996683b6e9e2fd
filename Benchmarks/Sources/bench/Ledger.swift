import CAllocations
import Foundation
import TammCore
import TammPostgres

/// Debits on PostgreSQL, each with its entry, its link of the chain and its idempotency record, against pgbench on the
/// same server: one conditional statement that writes the same rows, prepared, at its best number of clients.
///
/// `ledger.hot.vs-pgbench`: 256 callers of one wallet. `ledger.uniform.vs-pgbench`: 256 callers of 10,000 wallets, one
/// a workspace. `ledger.one-caller.p50.vs-pgbench`: one caller's median against one client's.
func ledgerBenchmarks() async throws {
    guard let environment = LedgerEnvironment() else {
        throw BenchError("the ledger's benchmarks need a server: scripts/with-postgres make bench ONLY=ledger")
    }
    let bench = try await LedgerBench(environment)
    try await bench.compare("hot", wallets: 1, callers: 256)
    try await bench.compare("uniform", wallets: bench.count, callers: 256)
    try await bench.oneCaller()
    try await bench.pages()
    try await queuedBytes()
    await bench.store.shutdown()
}

struct BenchError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// The private server that scripts/with-postgres has started.
struct LedgerEnvironment {
    let url: String
    let ownerURL: String
    let adminURL: String
    let binaries: String

    init?() {
        let environment = ProcessInfo.processInfo.environment
        guard let url = environment["TAMM_POSTGRES_URL"], let owner = environment["TAMM_POSTGRES_OWNER_URL"],
            let admin = environment["TAMM_POSTGRES_ADMIN_URL"]
        else { return nil }
        (self.url, ownerURL, adminURL) = (url, owner, admin)
        binaries = environment["TAMM_POSTGRES_BIN"] ?? "/usr/bin"
    }
}

final class LedgerBench: Sendable {
    let store: PostgresStore
    let count = 10_000
    private let peer: Pgbench
    private let environment: LedgerEnvironment
    private let wallets: Wallets
    private let opened: [Wallet]
    private let amount: Credits
    private let seconds = 4.0

    init(_ environment: LedgerEnvironment) async throws {
        self.environment = environment
        try await PostgresMigrations(PostgresConfiguration(Secret(environment.ownerURL))).apply()
        store = try await PostgresStore(PostgresConfiguration(Secret(environment.url)))
        wallets = Wallets(store: store, time: .system)
        amount = try Credits(micro: 100)
        peer = try Pgbench(environment, wallets: count)
        opened = try await Self.open(count, with: wallets, in: store)
        try peer.sql("VACUUM ANALYZE")
        try peer.ageLog()
    }

    /// A workspace each, with more credits than the benchmark spends.
    private static func open(_ count: Int, with wallets: Wallets, in store: PostgresStore) async throws -> [Wallet] {
        let now = TimeSource.system.now()
        var workspaces: [Workspace] = []
        for _ in 0..<count {
            workspaces.append(try Workspace(id: Identifier(at: now, entropy: .system), name: "Bench", createdAt: now))
        }
        for start in stride(from: 0, to: count, by: 500) {
            let part = Array(workspaces[start..<min(start + 500, count)])
            try await store.transaction(as: .service) { t throws(TammError) in
                for workspace in part { try t.insert(workspace) }
            }
        }
        let all = workspaces
        return try await withThrowingTaskGroup(of: [Wallet].self) { group in
            for task in 0..<64 {
                group.addTask {
                    var opened: [Wallet] = []
                    for index in stride(from: task, to: all.count, by: 64) {
                        let wallet = try await wallets.open(in: all[index].id, as: .service)
                        _ = try await wallets.grant(
                            GrantTerms(Credits(1_000_000_000), .purchased), to: wallet, key: IdempotencyKey("grant"),
                            as: .service)
                        opened.append(wallet)
                    }
                    return opened
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// - Parameter generator: makes the key, without a system call, as the peer's is made.
    private func debit(_ wallet: Wallet, _ generator: inout QuickGenerator) async throws {
        let key = try IdempotencyKey(
            Identifier<WalletCommand>(high: generator.next(), low: generator.next()).description)
        let outcome = try await wallets.debit(amount, from: wallet, key: key, as: .service)
        guard case .applied = outcome else { throw BenchError("wanted a debit, found \(outcome)") }
    }

    /// Debits of so many callers for some seconds: how many a second, and the time of each in microseconds.
    private func run(wallets count: Int, callers: Int) async throws -> (rate: Double, times: [Double]) {
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        let times = try await withThrowingTaskGroup(of: [Double].self) { group in
            for caller in 0..<callers {
                group.addTask {
                    var times: [Double] = []
                    var generator = QuickGenerator(state: .random(in: 0 ... .max))
                    var before = ContinuousClock.now
                    while before < end {
                        let index = count == 1 ? 0 : Int.random(in: 0..<count, using: &generator)
                        try await self.debit(self.opened[index], &generator)
                        let after = ContinuousClock.now
                        times.append((after - before) / .microseconds(1))
                        before = after
                    }
                    return times
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        return (Double(times.count) / ((.now - start) / .seconds(1)), times)
    }

    /// Prints both rates and their ratio, the median of the rounds'.
    func compare(_ name: String, wallets count: Int, callers: Int) async throws {
        var (ratios, ours, theirs): ([Double], [Double], [Double]) = ([], [], [])
        var latencies: [Double] = []
        for _ in 0..<3 {
            let best = try [1, 8, 20, 64].map { try peer.rate(wallets: count, clients: $0, seconds: seconds) }.max() ?? 0
            let found = try await run(wallets: count, callers: callers)
            ratios.append(found.rate / best)
            ours.append(found.rate)
            theirs.append(best)
            latencies += found.times
        }
        Bench.line("ledger.\(name).debits-per-second", Bench.median(ours), "1/s")
        Bench.line("ledger.\(name).p50", Bench.median(latencies) / 1000, "ms")
        Bench.line("ledger.\(name).pgbench.debits-per-second", Bench.median(theirs), "1/s")
        Bench.line("ledger.\(name).vs-pgbench", Bench.median(ratios), "ratio")
    }

    func oneCaller() async throws {
        var (ratios, ours, theirs): ([Double], [Double], [Double]) = ([], [], [])
        for _ in 0..<5 {
            let peer = try self.peer.median(wallets: count, seconds: seconds)
            let found = Bench.median(try await run(wallets: count, callers: 1).times)
            ratios.append(found / peer)
            ours.append(found)
            theirs.append(peer)
        }
        Bench.line("ledger.one-caller.p50", Bench.median(ours), "µs")
        Bench.line("ledger.one-caller.pgbench.p50", Bench.median(theirs), "µs")
        Bench.line("ledger.one-caller.p50.vs-pgbench", Bench.median(ratios), "ratio")
    }

    /// What a balance and a page cost in a wallet of 1,000,000 entries, over the same in one of 1,000.
    func pages() async throws {
        var wallets: [(Wallet, Int64)] = []
        for (index, count) in [(0, Int64(1000)), (1, 1_000_000)] {
            let wallet = opened[opened.count - 1 - index]
            try peer.fill(wallet, to: count)
            wallets.append((wallet, count))
        }
        try peer.sql("ANALYZE tamm.ledger_entries")
        let reads: [(String, @Sendable (Wallet, Int64) async throws -> Void)] = [
            ("balance", { wallet, _ in keep(try await self.wallets.balance(of: wallet, as: .service)) }),
            (
                "past-balance",
                { wallet, _ in
                    keep(try await self.wallets.balance(of: wallet, at: wallet.recordedAt, as: .service))
                }
            ),
            (
                "statement",
                { wallet, count in
                    keep(try await self.wallets.statement(of: wallet, after: count / 2, limit: 100, as: .service))
                }
            ),
        ]
        for (name, read) in reads {
            let (small, large) = (wallets[0], wallets[1])
            let times = try await Bench.interleave(
                rounds: 21, operations: 50, clock: .wall,
                { operations in for _ in 0..<operations { try await read(small.0, small.1) } },
                { operations in for _ in 0..<operations { try await read(large.0, large.1) } })
            Bench.line("ledger.\(name).1M-entries", Bench.median(times[1]) / 1000, "µs")
            Bench.line(
                "ledger.\(name).growth", Bench.median(zip(times[1], times[0]).map { $0 / $1 }), "ratio")
        }
    }
}

/// SplitMix64: which wallet is next costs no system call, as with pgbench.
private struct QuickGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// What a command holds in memory while it waits, its task included.
private func queuedBytes() async throws {
    let store = StuckStore()
    let wallets = Wallets(store: store, time: .system)
    let workspace = Identifier<Workspace>(high: 1, low: 1)
    let wallet = Wallet(
        id: Identifier(high: 1, low: 2), workspace: workspace,
        balance: Balance(available: .zero, held: .zero, owed: .zero), openHolds: 0, sequence: 0,
        head: LedgerChain.genesis(workspace: workspace, wallet: Identifier(high: 1, low: 2)),
        recordedAt: .epoch)
    let count = 1000
    let amount = try Credits(micro: 100)
    let keys = try (0..<count).map { try IdempotencyKey("01890a5d-ac96-774b-bcce-\(1_000_000_000_000 + $0)") }
    let before = Int(bytes_in_use())
    let tasks = keys.map { key in
        Task { _ = try? await wallets.debit(amount, from: wallet, key: key, as: .service) }
    }
    while wallets.queued < count - 1 { try await Task.sleep(for: .milliseconds(1)) }
    Bench.line("ledger.queued.bytes-per-command", Double(Int(bytes_in_use()) - before) / Double(count), "B")
    await store.free()
    for task in tasks { await task.value }
}

/// A store that answers nobody until it is freed.
private actor StuckStore: TammStore {
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var isFree = false

    func transaction<Value: Sendable>(
        as principal: Principal,
        _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Value
    ) async throws(TammError) -> Value {
        await wait()
        throw TammError(.unavailable, "this store keeps nothing")
    }

    private func wait() async {
        guard !isFree else { return }
        await withCheckedContinuation { waiting.append($0) }
    }

    func free() {
        isFree = true
        for continuation in waiting { continuation.resume() }
        waiting = []
    }
}
