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
    let (rounds, operations) = (15, 3200)
    var growths: [Double] = []
    for wallets in [1, 10_000] {
        var small: [Ledger] = []
        for _ in 0...rounds { small.append(try await Ledger(wallets: wallets, debits: 1000, toCome: operations)) }
        let large = try await Ledger(wallets: wallets, debits: 1_000_000, toCome: (rounds + 1) * operations)
        let alone = try await Ledger(wallets: wallets, debits: 1000, toCome: (rounds + 1) * operations)
        let ready = small
        var next = 0
        let times = try await Bench.interleave(
            rounds: rounds, operations: operations, clock: .processor,
            { operations in
                next += 1
                try await ready[next - 1].debit(operations)
            },
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

/// Wallets on a store of their own, and debits made ready for them.
private final class Ledger {
    private let store = InMemoryStore()
    private let service: Wallets
    private var commands: [WalletCommand] = []
    private var sent = 0

    init(wallets count: Int, debits: Int, toCome: Int) async throws {
        service = Wallets(store: store, time: .system)
        let owner = Identifier<User>(high: 1, low: 1)
        let workspace = try await Workspaces(store: store, time: .system, entropy: .system)
            .create(named: "Bench", owner: owner, as: .service)
        var wallets: [Wallet] = []
        for number in 0..<count {
            let wallet = try await service.open(in: workspace.id, named: "w\(number)", as: .service)
            _ = try await service.grant(
                GrantTerms(Credits(1_000_000), .purchased), to: wallet, key: IdempotencyKey("grant-\(number)"),
                as: .service)
            wallets.append(wallet)
        }
        let amount = try Credits(micro: 100)
        for number in 0..<debits + toCome {
            let wallet = wallets[number &* 7919 % count]
            let key = try IdempotencyKey("01890a5d-ac96-774b-bcce-\(1_000_000_000_000 + number)")
            commands.append(
                try WalletCommand(.debit(amount, shortfall: .refuse), wallet: wallet.id, in: workspace.id, key: key))
        }
        try await debit(debits)
    }

    func debit(_ count: Int) async throws {
        let end = sent + count
        while sent < end {
            let batch = Array(commands[sent..<min(sent + 64, end)])
            let now = TimeSource.system.now()
            let outcomes = try await store.transaction(as: .ledger) { [service] t throws(TammError) in
                try service.apply(batch, at: now, in: t)
            }
            for outcome in outcomes { Self.require(outcome) }
            sent += batch.count
        }
    }

    func debitOneByOne(_ count: Int) async throws {
        for _ in 0..<count {
            Self.require(try await service.submit(commands[sent], as: .service))
            sent += 1
        }
    }

    private static func require(_ outcome: WalletOutcome) {
        guard case .applied = outcome else { fatalError("wanted a debit, found \(outcome)") }
    }
}
