import Synchronization
import TammCore
import TammTesting
import Testing

@testable import TammPostgres

/// Two stores on one database, as two processes have them, and a wallet that both have written.
private struct Desk {
    let scratch: Scratch
    let here: PostgresStore
    let there: PostgresStore
    let wallets: Wallets
    let others: Wallets
    let wallet: Wallet
    let time = ManualTime(.epoch.advanced(by: .seconds(1_700_000_000)))

    init(_ credits: Credits) async throws {
        scratch = try await Scratch()
        here = scratch.store
        var configuration = try Server.configuration()
        configuration.database = scratch.name
        there = try await PostgresStore(configuration)
        wallets = Wallets(store: here, time: time.source)
        others = Wallets(store: there, time: time.source)
        let workspace = try await Workspaces(store: here, time: time.source, entropy: .system)
            .create(named: "Cache", owner: Identifier(high: 7, low: 1), as: .service)
        wallet = try await wallets.open(in: workspace.id, as: .service)
        _ = try await wallets.grant(
            GrantTerms(credits, .purchased), to: wallet, key: IdempotencyKey("grant"), as: .service)
    }

    func debit(
        _ credits: Credits, _ key: String, by wallets: Wallets? = nil
    ) async throws -> WalletOutcome {
        try await (wallets ?? self.wallets).debit(credits, from: wallet, key: IdempotencyKey(key), as: .service)
    }

    /// The wallet under a key that is new.
    func batch() throws -> WalletBatch {
        WalletBatch(
            wallets: [WalletNeed(workspace: wallet.workspace, wallet: wallet.id, dueBy: time.now)],
            keys: [CommandKey(workspace: wallet.workspace, key: try IdempotencyKey("new"))], usage: [])
    }

    /// The balance that the database has, once everything in it agrees.
    func balance() async throws -> Credits {
        let report = try await others.verify(as: .service)
        #expect(report.isClean, "\(report)")
        return try await others.balance(of: wallet, as: .service).available
    }

    func close() async {
        await there.shutdown()
        await scratch.close()
    }
}

@Suite struct `A wallet that the store remembers` {
    @Test func `is written without being read, also with holds`() async throws {
        let desk = try await Desk(Credits(100))
        let before = desk.here.wallets.counts.trusted
        for number in 0..<5 { #expect(try await desk.debit(.one, "debit-\(number)").receipt != nil) }
        let held = try await desk.wallets.hold(
            Credits(10), in: desk.wallet, lifetime: .seconds(60), key: IdempotencyKey("hold"), as: .service)
        let hold = try #require(held.receipt?.hold)
        let captured = try await desk.wallets.capture(
            hold, Credits(4), in: desk.wallet, key: IdempotencyKey("capture"), as: .service)
        #expect(try captured.receipt?.amount == Credits(4))
        _ = try await desk.wallets.hold(
            Credits(10), in: desk.wallet, lifetime: .seconds(60), key: IdempotencyKey("lost"), as: .service)
        desk.time.advance(by: .seconds(61))
        #expect(try await desk.debit(Credits(90), "all").receipt != nil)
        let counts = desk.here.wallets.counts
        #expect(counts.trusted - before == 9)
        #expect(counts.mistaken == 0)
        #expect(try await desk.balance() == Credits(1))
        await desk.close()
    }

    @Test func `is read again where another process has written it`() async throws {
        let desk = try await Desk(Credits(10))
        _ = try await desk.others.grant(
            GrantTerms(Credits(90), .purchased), to: desk.wallet, key: IdempotencyKey("more"), as: .service)
        #expect(try await desk.debit(Credits(95), "most").receipt != nil)
        #expect(desk.here.wallets.counts.mistaken == 1)
        #expect(try await desk.balance() == Credits(5))
        await desk.close()
    }

    @Test func `goes together with one that is read and written in the same transaction`() async throws {
        let desk = try await Desk(Credits(10))
        let (batch, now, wallets) = (try desk.batch(), desk.time.now, desk.wallets)
        let other = try await wallets.open(in: desk.wallet.workspace, named: "other", as: .service)
        let grant = try WalletCommand(
            .grant(GrantTerms(Credits(3), .purchased)), wallet: other.id, in: other.workspace, key: IdempotencyKey("other"))
        let before = desk.here.wallets.counts.trusted
        try await desk.here.transaction(as: .ledger) { t throws(TammError) in
            _ = try t.lockWallets(batch, waiting: false)
            _ = try wallets.apply([grant], at: now, in: t)
        }
        #expect(desk.here.wallets.counts.trusted == before + 1)
        #expect(desk.here.wallets.counts.mistaken == 0)
        #expect(try await wallets.balance(of: other, as: .service).available == Credits(3))
        #expect(try await desk.balance() == Credits(10))
        await desk.close()
    }

    /// Of two wallets in one batch, one perhaps refused at first, another process has changed one or none.
    @Test(arguments: 0..<12)
    func `is proven beside others, whichever has changed and in whatever order they are`(number: Int) async throws {
        let stale = [0, 1, nil][number % 3]
        let (isRefused, isReversed) = (number / 3 % 2 == 1, number / 6 == 1)
        let desk = try await Desk(Credits(10))
        let other = try await desk.wallets.open(in: desk.wallet.workspace, named: "other", as: .service)
        // Some more, so that the two are never of the same version.
        for credits: Int64 in [1, 2, 3, 4] {
            let part = try GrantTerms(Credits(credits), .purchased)
            _ = try await desk.wallets.grant(part, to: other, key: IdempotencyKey("part-\(credits)"), as: .service)
        }
        let wallets = [desk.wallet, other]
        if let stale {
            let terms = try GrantTerms(Credits(10), .purchased)
            _ = try await desk.others.grant(terms, to: wallets[stale], key: IdempotencyKey("more"), as: .service)
        }
        var commands: [WalletCommand] = []
        for (index, wallet) in wallets.enumerated() {
            let amount = try Credits(isRefused && index == stale ?? 1 ? 15 : 5)
            commands.append(
                try WalletCommand(
                    .debit(amount, shortfall: .refuse), wallet: wallet.id, in: wallet.workspace,
                    key: IdempotencyKey("debit-\(index)")))
        }
        if isReversed { commands.reverse() }
        let (batch, now, rules) = (commands, desk.time.now, SharedWalletRules(WalletRules()))
        let before = desk.here.wallets.counts.trusted
        _ = try await desk.here.transaction(as: .ledger) { t throws(TammError) in
            try WalletFold.apply(batch, at: now, rules: rules, waiting: false, in: t)
        }
        #expect(desk.here.wallets.counts.trusted == before + 1)
        #expect(desk.here.wallets.counts.mistaken == (stale == nil ? 0 : 1))
        for (index, wallet) in wallets.enumerated() {
            let left =
                switch (isRefused, index == stale) {
                case (true, true): 5
                case (false, true): 15
                case (true, false) where stale == nil && index == 1: 10
                case (_, false): 5
                }
            #expect(try await desk.others.balance(of: wallet, as: .service).available == Credits(Int64(left)))
        }
        _ = try await desk.balance()
        await desk.close()
    }

    @Test func `is not taken for right because it is read afterwards`() async throws {
        let desk = try await Desk(Credits(10))
        _ = try await desk.others.grant(
            GrantTerms(Credits(90), .purchased), to: desk.wallet, key: IdempotencyKey("more"), as: .service)
        let batch = try desk.batch()
        let seen = Mutex<[Credits]>([])
        try await desk.here.transaction(as: .ledger) { t throws(TammError) in
            guard case .locked(let state) = try t.lockWallets(batch, waiting: false).wallets[0] else { return }
            seen.withLock { $0.append(state.wallet.balance.available) }
            _ = try t.walletState(batch.wallets[0])
        }
        #expect(try seen.withLock { $0 } == [Credits(10), Credits(100)])
        #expect(desk.here.wallets.counts.mistaken == 1)
        await desk.close()
    }

    @Test func `refuses only what it lacks now`() async throws {
        let desk = try await Desk(Credits(10))
        #expect(try await desk.debit(Credits(11), "above").receipt == nil)
        #expect(desk.here.wallets.counts.mistaken == 0)
        _ = try await desk.others.grant(
            GrantTerms(Credits(1), .purchased), to: desk.wallet, key: IdempotencyKey("more"), as: .service)
        #expect(try await desk.debit(Credits(11), "above").receipt != nil)
        #expect(try await desk.balance() == .zero)
        await desk.close()
    }

    @Test func `answers a key that another process has recorded as that was answered`() async throws {
        let desk = try await Desk(Credits(10))
        let first = try await desk.debit(Credits(10), "key", by: desk.others)
        let again = try await desk.debit(Credits(10), "key")
        #expect(again == .replayed(try #require(first.receipt)))
        await #expect { _ = try await desk.debit(Credits(9), "key") } throws: { ($0 as? TammError)?.code == .conflict }
        #expect(try await desk.balance() == .zero)
        await desk.close()
    }

    @Test func `knows of a grant to come that another process has booked`() async throws {
        let desk = try await Desk(Credits(10))
        let terms = try GrantTerms(Credits(5), .purchased, effectiveAt: desk.time.now.advanced(by: .seconds(60)))
        _ = try await desk.others.grant(terms, to: desk.wallet, key: IdempotencyKey("later"), as: .service)
        desk.time.advance(by: .seconds(61))
        #expect(try await desk.debit(Credits(15), "both").receipt != nil)
        #expect(try await desk.balance() == .zero)
        await desk.close()
    }

    @Test(arguments: [
        "UPDATE tamm.credit_grants SET expires_at = created_at + interval '1 second'",
        "SET ROLE tamm_ledger; UPDATE tamm.credit_grants SET expires_at = created_at + interval '1 second'",
        "UPDATE tamm.workspace_wallets SET recorded_at = recorded_at",
        "UPDATE tamm.workspace_wallets SET version = 0",
    ])
    func `is read again after a change by SQL`(change: String) async throws {
        let desk = try await Desk(Credits(10))
        try await Admin.run(change, database: desk.scratch.name)
        desk.time.advance(by: .seconds(2))
        let hasExpired = change.contains("expires_at")
        let outcome = try await desk.debit(.one, "debit")
        #expect((outcome.receipt == nil) == hasExpired)
        #expect(desk.here.wallets.counts.mistaken == 1)
        #expect(try await desk.others.balance(of: desk.wallet, as: .service).available == (hasExpired ? .zero : Credits(9)))
        await desk.close()
    }

    @Test(arguments: ["DELETE FROM tamm.workspace_wallets", "TRUNCATE tamm.credit_grants, tamm.workspace_wallets CASCADE"])
    func `does not go, whoever asks`(sql: String) async throws {
        let desk = try await Desk(Credits(10))
        await #expect { try await Admin.run(sql, database: desk.scratch.name) } throws: { "\($0)".contains("is append-only") }
        #expect(try await desk.debit(.one, "debit").receipt != nil)
        await desk.close()
    }

    @Test func `is forgotten with every connection that is new, for the server may have gone back`() async throws {
        let desk = try await Desk(Credits(10))
        #expect(try await desk.debit(.one, "first").receipt != nil)
        let trusted = desk.here.wallets.counts.trusted
        #expect(trusted == 1)
        // Each is told before it is gone.
        let end = """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = '\(desk.scratch.name)' AND usename = 'tamm_app'
            """
        while try await Admin.run(end) != "0" { await Task.yield() }
        #expect(try await desk.debit(.one, "second").receipt != nil)
        #expect(desk.here.wallets.counts.trusted == trusted)
        #expect(try await desk.debit(.one, "third").receipt != nil)
        #expect(desk.here.wallets.counts.trusted == trusted + 1)
        #expect(try await desk.balance() == Credits(7))
        await desk.close()
    }

    @Test func `is locked for whoever does no commands`() async throws {
        let desk = try await Desk(Credits(10))
        let need = WalletNeed(workspace: desk.wallet.workspace, wallet: desk.wallet.id, dueBy: desk.time.now)
        let (here, there) = (desk.here, desk.there)
        let gate = Gate()
        defer { gate.open() }
        let holder = Task {
            try await here.transaction(as: .ledger) { t throws(TammError) in
                _ = try t.lockWallets(WalletBatch(wallets: [need]), waiting: false)
                gate.pass()
            }
        }
        await gate.arrivals(1)
        let found = try await there.transaction(as: .ledger) { t throws(TammError) in
            try t.lockWallets(WalletBatch(wallets: [need]), waiting: false).wallets
        }
        if case .busy = found[0] {} else { Issue.record("wanted a busy wallet, found \(found[0])") }
        gate.open()
        try await holder.value
        await desk.close()
    }

    @Test func `is trusted less where others write it often, and nothing is lost`() async throws {
        let desk = try await Desk(Credits(1000))
        for number in 0..<200 {
            #expect(try await desk.debit(.one, "here-\(number)").receipt != nil)
            #expect(try await desk.debit(.one, "there-\(number)", by: desk.others).receipt != nil)
        }
        #expect(desk.here.wallets.counts.mistaken < 12)
        #expect(try await desk.balance() == Credits(600))
        await desk.close()
    }

    @Test func `is not waited for where another transaction has it locked`() async throws {
        let desk = try await Desk(Credits(10))
        let gate = Gate()
        defer { gate.open() }
        let (place, store) = (desk.wallet.place, desk.there)
        let holder = Task {
            try await store.transaction(as: .ledger) { t throws(TammError) in
                let need = WalletNeed(workspace: place.workspace, wallet: place.id, dueBy: .min)
                _ = try t.lockWallets(WalletBatch(wallets: [need]), waiting: true)
                gate.pass()
            }
        }
        await gate.arrivals(1)
        let debit = Task { try await desk.debit(.one, "debit") }
        while desk.here.wallets.counts.mistaken == 0 { await Task.yield() }
        gate.open()
        try await holder.value
        #expect(try await debit.value.receipt != nil)
        #expect(try await desk.balance() == Credits(9))
        await desk.close()
    }

    @Test func `is one of so many`() {
        var kept = Generations<Int, Int>(most: 10)
        for number in 0..<1000 {
            kept.put(number, number)
            #expect(kept[0] == 0, "what is looked at stays")
        }
        #expect((0..<1000).count { kept[$0] != nil } <= 10)
        kept.put(1, 0) { $0 != 0 }
        #expect(kept[0] == 0)
        kept.put(1, 0)
        #expect(kept[0] == 1)
        kept.remove(0)
        #expect(kept[0] == nil)
    }

    @Test func `is none where none is to be`() async throws {
        let store = try await Server.store { $0.cachedWallets = 0 }
        let wallets = Wallets(store: store, time: .system)
        let wallet = try await Writers.wallet(with: Credits(2), in: store, wallets)
        for key in ["a", "b"] {
            #expect(try await wallets.debit(.one, from: wallet, key: IdempotencyKey(key), as: .service).receipt != nil)
        }
        #expect(store.wallets.counts.trusted == 0)
        await store.shutdown()
    }
}

/// Two stores that take turns, so that each finds what it remembers written by the other.
struct TurnTaking: TammStore {
    private final class Turns: Sendable {
        private let count = Mutex(0)
        func next() -> Int {
            count.withLock {
                $0 += 1
                return $0
            }
        }
    }

    let stores: [PostgresStore]
    private let turns = Turns()

    func transaction<Value: Sendable>(
        as principal: Principal,
        _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Value
    ) async throws(TammError) -> Value {
        // Two on the one, then one on the other, so that each is also right at times.
        try await stores[turns.next() % 3 % stores.count].transaction(as: principal, body)
    }

    init(_ stores: PostgresStore...) { self.stores = stores }
}
