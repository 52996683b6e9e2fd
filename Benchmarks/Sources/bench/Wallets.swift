import TammCore
import TammInMemory

/// Debits on the in-memory store, each with its entry, its link of the chain and its idempotency record, on one
/// thread; time of the processor.
///
/// `wallet.memory.debits-per-second`: in units of work of 64 commands, as group commit sends them.
/// `wallet.memory.one-by-one.debits-per-second`: each alone through the service and its queue.
/// `wallet.memory.growth`: the time of a debit with 1,000,000 entries stored over that with 1,000 debits stored, in
/// one wallet and over 10,000; the larger of the two.
func walletBenchmarks() async throws {
    let (rounds, operations) = (21, 640)
    var growths: [Double] = []
    for wallets in [1, 10_000] {
        let small = try await Ledger(wallets: wallets, debits: 1000)
        let large = try await Ledger(wallets: wallets, debits: 1_000_000)
        let alone = try await Ledger(wallets: wallets, debits: 1000)
        let times = try await Bench.interleave(
            rounds: rounds, operations: operations, clock: .processor,
            { operations in try await small.debit(operations) },
            { operations in try await large.debit(operations) },
            { operations in try await alone.debitOneByOne(operations) })
        let growth = Bench.median(zip(times[1], times[0]).map { $0 / $1 })
        growths.append(growth)
        let name = "wallet.memory" + (wallets == 1 ? "" : ".\(wallets)-wallets")
        Bench.line("\(name).debits-per-second", 1e9 / Bench.median(times[0]), "1/s")
        Bench.line("\(name).one-by-one.debits-per-second", 1e9 / Bench.median(times[2]), "1/s")
        Bench.line("wallet.memory.growth.\(wallets)-wallets", growth, "ratio")
    }
    Bench.line("wallet.memory.growth", growths.max() ?? .nan, "ratio")
}

/// Wallets on a store of their own.
private final class Ledger {
    private let store = InMemoryStore()
    private let service: Wallets
    private let workspace: Workspace
    private var wallets: [Wallet] = []
    private let amount: Credits
    private var sent = 0

    init(wallets count: Int, debits: Int) async throws {
        service = Wallets(store: store, time: .system)
        amount = try Credits(micro: 100)
        workspace = try await Workspaces(store: store, time: .system, entropy: .system)
            .create(named: "Bench", owner: Identifier(high: 1, low: 1), as: .service)
        for number in 0..<count {
            let wallet = try await service.open(in: workspace.id, named: "w\(number)", as: .service)
            _ = try await service.grant(
                GrantTerms(Credits(1_000_000), .purchased), to: wallet, key: IdempotencyKey("grant-\(number)"),
                as: .service)
            wallets.append(wallet)
        }
        try await debit(debits)
    }

    /// The next request, as a caller makes it.
    private func next() throws -> WalletCommand {
        sent += 1
        let wallet = wallets[sent &* 7919 % wallets.count]
        let key = try IdempotencyKey("01890a5d-ac96-774b-bcce-\(1_000_000_000_000 + sent)")
        return try WalletCommand(.debit(amount, shortfall: .refuse), wallet: wallet.id, in: workspace.id, key: key)
    }

    func debit(_ count: Int) async throws {
        var left = count
        while left > 0 {
            let batch = try (0..<min(64, left)).map { _ in try next() }
            let now = TimeSource.system.now()
            let outcomes = try await store.transaction(as: .ledger) { [service] t throws(TammError) in
                try service.apply(batch, at: now, in: t)
            }
            for outcome in outcomes { Self.require(outcome) }
            left -= batch.count
        }
    }

    func debitOneByOne(_ count: Int) async throws {
        for _ in 0..<count { Self.require(try await service.submit(next(), as: .service)) }
    }

    private static func require(_ outcome: WalletOutcome) {
        guard case .applied = outcome else { fatalError("wanted a debit, found \(outcome)") }
    }
}
