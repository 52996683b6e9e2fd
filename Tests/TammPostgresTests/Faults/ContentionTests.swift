import Foundation
import Synchronization
import TammCore
import TammPostgres
import Testing

@Suite struct `Transactions in each other's way` {
    private func store(_ change: (inout PostgresConfiguration) -> Void) async throws -> (PostgresStore, Wallets, Wallet) {
        let store = try await Server.store(change)
        let wallets = Wallets(store: store, time: .system)
        return (store, wallets, try await Writers.wallet(with: Credits(100), in: store, wallets))
    }

    @Test func `leave a locked wallet to time out alone, and it works when it is free`() async throws {
        let (store, wallets, locked) = try await store { $0.timeouts.lock = .milliseconds(300) }
        let free = try await Writers.wallet(with: Credits(100), in: store, wallets)
        let gate = Gate()
        defer { gate.open() }
        let place = locked.place
        let holder = Task {
            try await store.transaction(as: .ledger) { t throws(TammError) in
                let need = WalletNeed(workspace: place.workspace, wallet: place.id, dueBy: .min)
                _ = try t.lockWallets(WalletBatch(wallets: [need], keys: [], usage: []), waiting: true)
                gate.pass()
            }
        }
        await gate.arrivals(1)
        let refused = Task { try await wallets.debit(.one, from: locked, key: IdempotencyKey("debit"), as: .service) }
        for number in 0..<5 {
            let outcome = try await wallets.debit(.one, from: free, key: IdempotencyKey("free-\(number)"), as: .service)
            #expect(outcome.receipt != nil)
        }
        await #expect { _ = try await refused.value } throws: { ($0 as? TammError)?.code == .unavailable }
        gate.open()
        try await holder.value
        let outcome = try await wallets.debit(.one, from: locked, key: IdempotencyKey("debit"), as: .service)
        #expect(outcome.receipt != nil)
        await store.shutdown()
    }

    @Test func `set aside the commands whose usage another transaction counts, and no others`() async throws {
        let (store, wallets, first) = try await store { _ in }
        let elsewhere = try await Writers.wallet(with: Credits(100), in: store, wallets)
        let second = try await wallets.open(in: first.workspace, named: "second", as: .service)
        let now = TimeSource.system.now()
        @Sendable func event(_ id: String) throws -> UsageEvent {
            UsageEvent(
                workspace: first.workspace, id: try IdempotencyKey(id), usage: .documentPages(1), cost: .zero, occurredAt: now)
        }
        // The workspace has a counter to lock.
        _ = try await wallets.debit(
            .one, from: first, key: IdempotencyKey("begin"), usage: [event("begin")], as: .service)
        let grant = try WalletCommand(
            .grant(GrantTerms(Credits(5), .purchased)), wallet: second.id, in: second.workspace, key: IdempotencyKey("second"))
        let debit = try WalletCommand(
            .debit(.one, shortfall: .refuse), wallet: second.id, in: second.workspace, key: IdempotencyKey("held"),
            usage: [event("held")])
        let gate = Gate()
        defer { gate.open() }
        let holder = Task {
            try await store.transaction(as: .service) { t throws(TammError) in
                _ = try wallets.apply([grant, debit], at: now, in: t)
                // What was written is only sent with what is read next.
                _ = try t.wallet(second.place)
                gate.pass()
            }
        }
        await gate.arrivals(1)
        let key = UsageKey(workspace: first.workspace, id: try IdempotencyKey("next"))
        let needs = [first, elsewhere].map { WalletNeed(workspace: $0.workspace, wallet: $0.id, dueBy: now) }
        let locked = try await store.transaction(as: .ledger) { t throws(TammError) in
            try t.lockWallets(WalletBatch(wallets: needs, usage: [key]), waiting: false).wallets
        }
        if case .busy = locked[0] {} else { Issue.record("wanted a busy wallet, found \(locked[0])") }
        if case .locked = locked[1] {} else { Issue.record("wanted a locked wallet, found \(locked[1])") }
        gate.open()
        try await holder.value
        let outcome = try await wallets.debit(
            .one, from: first, key: IdempotencyKey("next"), usage: [event("next")], as: .service)
        #expect(outcome.receipt != nil)
        await store.shutdown()
    }

    @Test(arguments: [(retries: 10, failures: 0), (retries: 0, failures: 1)])
    func `run again when they cannot be put in an order, within a bound`(retries: Int, failures: Int) async throws {
        let (store, _, wallet) = try await store { $0.retries = retries }
        let workspace = wallet.workspace
        let runs = Tally()
        // Each has read before the other writes.
        let meeting = Gate(opensAt: 2)
        let codes = await withTaskGroup(of: TammError.Code?.self) { group in
            for number in 0..<2 {
                group.addTask {
                    do throws(TammError) {
                        try await store.transaction(as: .service) { t throws(TammError) in
                            runs.add(1)
                            _ = try t.members(of: workspace, after: nil, limit: 10)
                            meeting.pass()
                            try t.put(
                                Member(
                                    workspace: workspace, user: Identifier(high: 7, low: UInt64(number)), role: .member,
                                    joinedAt: .epoch))
                        }
                        return nil
                    } catch { return error.code }
                }
            }
            return await group.reduce(into: [TammError.Code?]()) { $0.append($1) }
        }
        #expect(codes.count { $0 == .unavailable } == failures)
        #expect(codes.count { $0 == nil } == 2 - failures)
        #expect(runs.sum == (retries > 0 ? 3 : 2))
        await store.shutdown()
    }

    @Test func `run again after a deadlock`() async throws {
        let (store, wallets, first) = try await store { _ in }
        let second = try await Writers.wallet(with: Credits(100), in: store, wallets)
        let runs = Tally()
        let meeting = Gate(opensAt: 2)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for places in [[first.place, second.place], [second.place, first.place]] {
                group.addTask {
                    try await store.transaction(as: .service) { t throws(TammError) in
                        runs.add(1)
                        for place in places {
                            let need = WalletNeed(workspace: place.workspace, wallet: place.id, dueBy: .min)
                            _ = try t.lockWallets(WalletBatch(wallets: [need], keys: [], usage: []), waiting: true)
                            meeting.pass()
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(runs.sum == 3)
        await store.shutdown()
    }

    @Test func `wait for those that have a connection where the server has no more of them`() async throws {
        let server = try await FaultServer(["max_connections = 8", "superuser_reserved_connections = 1"])
        defer { server.remove() }
        var configuration = server.configuration()
        configuration.connections = 24
        let store = try await PostgresStore(configuration)
        let wallets = Wallets(store: store, time: .system)
        let wallet = try await Writers.wallet(with: Credits(100), in: store, wallets)
        let running = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    try await store.unitOfWork(as: .service) { t throws(TammError) in
                        running.add(1)
                        defer { running.add(-1) }
                        try t.execute("SELECT pg_sleep(0.02)")
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect((1...7).contains(running.most))
        // Those of another process take what is left; whoever gets none is told so.
        let other = try await Self.taken(server)
        await #expect {
            _ = try await PostgresStore(server.configuration())
        } throws: { ($0 as? TammError)?.code == .overloaded }
        for one in other { await one.shutdown(within: .zero) }
        _ = try await wallets.debit(.one, from: wallet, key: IdempotencyKey("after"), as: .service)
        await store.shutdown()
    }

    /// Stores that have taken every connection there is.
    private static func taken(_ server: FaultServer) async throws -> [PostgresStore] {
        var stores: [PostgresStore] = []
        for _ in 0..<8 {
            do throws(TammError) { stores.append(try await PostgresStore(server.configuration())) } catch { break }
        }
        return stores
    }
}

/// Counts across tasks.
private final class Tally: Sendable {
    private let value = Mutex((sum: 0, most: 0))

    func add(_ number: Int) {
        value.withLock {
            $0.sum += number
            $0.most = max($0.most, $0.sum)
        }
    }

    var sum: Int { value.withLock { $0.sum } }
    /// The highest sum there was.
    var most: Int { value.withLock { $0.most } }
}

/// Where transactions wait on their threads until a test lets them pass.
final class Gate: Sendable {
    private struct State {
        var arrived = 0
        var isOpen = false
        var watchers: [(Int, CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())
    private let opened = DispatchSemaphore(value: 0)
    private let opensAt: Int?

    /// - Parameter opensAt: opens by itself when so many have come.
    init(opensAt: Int? = nil) { self.opensAt = opensAt }

    /// Waits until the gate is open.
    func pass() {
        let (arrived, isOpen, due) = state.withLock { state in
            state.arrived += 1
            let due = state.watchers.filter { $0.0 <= state.arrived }
            state.watchers.removeAll { $0.0 <= state.arrived }
            return (state.arrived, state.isOpen, due)
        }
        for (_, watcher) in due { watcher.resume() }
        if isOpen { return }
        if arrived == opensAt { return open() }
        opened.wait()
        opened.signal()
    }

    func open() {
        state.withLock { $0.isOpen = true }
        opened.signal()
    }

    /// Waits until so many have come.
    func arrivals(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isSo = state.withLock { state in
                if state.arrived < count { state.watchers.append((count, continuation)) }
                return state.arrived >= count
            }
            if isSo { continuation.resume() }
        }
    }
}
