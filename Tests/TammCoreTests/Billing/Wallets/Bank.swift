import Synchronization
import TammInMemory
import TammTesting
import Testing

@testable import TammCore

/// One workspace with one wallet, over a store and a clock that the test holds.
struct Bank: Sendable {
    /// 2026-01-01T00:00:00Z.
    static let start = Timestamp(unchecked: 1_767_225_600_000_000)
    static let workspaceID = Identifier<Workspace>(high: 0x019b_7000_0000_7001, low: 0x8000_0000_0000_0001)
    static let ownerID = Identifier<User>(high: 0x019b_7000_0000_7002, low: 0x8000_0000_0000_0002)

    let store: any TammStore
    let time: ManualTime
    let entropy = SeededEntropy(seed: 7).source
    let wallets: Wallets
    let workspaces: Workspaces
    let wallet: Wallet

    var workspace: Identifier<Workspace> { Self.workspaceID }

    init(
        over store: any TammStore = InMemoryStore(), limits: WalletLimits = .standard, at start: Timestamp = Bank.start
    ) async throws {
        self.store = store
        time = ManualTime(start)
        wallets = Wallets(store: store, time: time.source, limits: limits)
        workspaces = Workspaces(store: store, time: time.source, entropy: SeededEntropy(seed: 1).source)
        let workspace = try Workspace(id: Self.workspaceID, name: "Bank", createdAt: start)
        let owner = Member(workspace: workspace.id, user: Self.ownerID, role: .owner, joinedAt: start)
        try await store.transaction(as: .service) { t throws(TammError) in
            try t.insert(workspace)
            try t.put(owner)
        }
        wallet = try await wallets.open(in: workspace.id, as: .service)
    }

    func command(
        _ action: WalletCommand.Action, _ key: String, in wallet: Wallet? = nil, occurredAt: Timestamp? = nil,
        usage: [UsageEvent] = [], quota: QuotaClaim? = nil
    ) throws -> WalletCommand {
        try WalletCommand(
            action, wallet: (wallet ?? self.wallet).id, in: workspace, key: key.key, occurredAt: occurredAt,
            usage: usage, quota: quota)
    }

    func submit(
        _ action: WalletCommand.Action, _ key: String, in wallet: Wallet? = nil, occurredAt: Timestamp? = nil,
        usage: [UsageEvent] = [], quota: QuotaClaim? = nil, as principal: Principal = .service
    ) async throws -> WalletOutcome {
        let command = try command(action, key, in: wallet, occurredAt: occurredAt, usage: usage, quota: quota)
        return try await wallets.submit(command, as: principal)
    }

    /// Submits what must be done now, and returns its receipt.
    @discardableResult
    func apply(
        _ action: WalletCommand.Action, _ key: String, in wallet: Wallet? = nil, occurredAt: Timestamp? = nil,
        usage: [UsageEvent] = [], quota: QuotaClaim? = nil
    ) async throws -> WalletReceipt {
        let outcome = try await submit(action, key, in: wallet, occurredAt: occurredAt, usage: usage, quota: quota)
        return try #require(outcome.applied, "\(key): \(outcome)")
    }

    @discardableResult
    func grant(
        _ amount: Credits, _ key: String, in wallet: Wallet? = nil, effectiveAt: Timestamp? = nil
    ) async throws -> WalletReceipt {
        try await grant(amount, .purchased, key, in: wallet, effectiveAt: effectiveAt)
    }

    @discardableResult
    func grant(
        _ amount: Credits, _ category: Grant.Category, _ key: String, in wallet: Wallet? = nil,
        effectiveAt: Timestamp? = nil, expiresAt: Timestamp? = nil
    ) async throws -> WalletReceipt {
        let terms = try GrantTerms(amount, category, effectiveAt: effectiveAt, expiresAt: expiresAt)
        return try await apply(.grant(terms), key, in: wallet)
    }

    /// Makes a hold of an hour.
    func hold(_ amount: Credits, _ key: String, lifetime: Duration = .seconds(3600)) async throws -> Identifier<Hold> {
        try #require(try await apply(.hold(amount, lifetime: lifetime), key).hold)
    }

    func balance(of wallet: Wallet? = nil) async throws -> Balance {
        try await wallets.balance(of: wallet ?? self.wallet, as: .service)
    }

    func entries(of wallet: Wallet? = nil) async throws -> [LedgerEntry] {
        try await wallets.statement(of: wallet ?? self.wallet, limit: 1000, as: .service).entries
    }

    func stored(_ wallet: Wallet? = nil) async throws -> Wallet {
        try #require(try await wallets.wallet((wallet ?? self.wallet).place, as: .service))
    }

    /// A moment that many days after the start.
    func day(_ days: Int) -> Timestamp { Self.start.advanced(by: .days(days)) }

    func usage(_ id: String, _ cost: Credits = 1.credits, in workspace: Identifier<Workspace>? = nil) -> UsageEvent {
        UsageEvent(
            workspace: workspace ?? self.workspace, id: id.key, usage: .messages(channel: "webchat", count: 1),
            cost: cost, occurredAt: time.now)
    }

    /// A claim on the messages of the thirty days from the start.
    func quota(_ quantity: UInt64, of limit: UInt64 = 100) throws -> QuotaClaim {
        try QuotaClaim(
            meter: .messages, quantity: quantity, limit: limit, periodStart: Self.start, resetsAt: day(30))
    }

    /// A second workspace with its own owner and wallet in the same store.
    func neighbour() async throws -> (owner: Principal, wallet: Wallet) {
        let user = Identifier<User>(high: 0x019b_7000_0000_7003, low: 0x8000_0000_0000_0003)
        let workspace = try await workspaces.create(named: "Neighbour", owner: user, as: .service)
        return (.user(user, in: workspace.id), try await wallets.open(in: workspace.id, as: .service))
    }

    /// A user with that role in the workspace.
    func member(_ role: Role, _ number: UInt64) async throws -> Principal {
        let user = Identifier<User>(high: 0x019b_7000_0000_7004, low: 0x8000_0000_0000_0000 | number)
        try await workspaces.setRole(role, of: user, in: workspace, as: .service)
        return .user(user, in: workspace)
    }
}

extension Balance {
    init(_ available: Credits, held: Credits = .zero, owed: Credits = .zero) {
        self.init(available: available, held: held, owed: owed)
    }
}

extension WalletOutcome {
    var applied: WalletReceipt? { if case .applied(let receipt) = self { receipt } else { nil } }
    var replayed: WalletReceipt? { if case .replayed(let receipt) = self { receipt } else { nil } }
    var refusal: WalletRefusal? { if case .refused(let refusal) = self { refusal } else { nil } }
}

extension Int {
    var credits: Credits { Credits(unchecked: Int64(self) * 1_000_000) }
}

extension String {
    /// The text as a key; it must have a key's form.
    var key: IdempotencyKey { try! IdempotencyKey(self) }
}

extension Duration {
    static func days(_ days: Int) -> Duration { .seconds(days * 86_400) }
}

/// The ``TammError`` that `body` throws; nil, with an issue for another error, where it throws none.
func failure(_ body: () async throws -> some Any) async -> TammError? {
    do {
        _ = try await body()
        return nil
    } catch let error as TammError {
        return error
    } catch {
        Issue.record("wanted a TammError, found \(error)")
        return nil
    }
}

/// Runs `body` so many times at once; the answers are in the order of their numbers.
func together<Value: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) async throws -> Value
) async throws -> [Value] {
    try await withThrowingTaskGroup(of: (Int, Value).self) { group in
        for number in 0..<count { group.addTask { (number, try await body(number)) } }
        var answers: [(Int, Value)] = []
        for try await answer in group { answers.append(answer) }
        return answers.sorted { $0.0 < $1.0 }.map(\.1)
    }
}

/// Lets others run until `isSo` holds; a test's time limit ends the wait.
func until(_ isSo: () -> Bool) async {
    let end = ContinuousClock.now + .seconds(600)
    while !isSo() {
        guard ContinuousClock.now < end else {
            Issue.record("waited for 10 minutes")
            return
        }
        await Task.yield()
    }
}

/// A store that counts the transactions it is asked for.
final class CountingStore: TammStore {
    private let store = InMemoryStore()
    private let transactions = Mutex(0)

    var count: Int { transactions.withLock { $0 } }

    func transaction<Value: Sendable>(
        as principal: Principal,
        _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Value
    ) async throws(TammError) -> Value {
        transactions.withLock { $0 += 1 }
        return try await store.transaction(as: principal, body)
    }
}

/// A door that stands shut until it is opened; those who come meanwhile wait.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var waiting: Int { state.withLock { $0.waiting.count } }

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
