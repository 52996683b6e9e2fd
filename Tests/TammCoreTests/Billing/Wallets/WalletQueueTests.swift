import Synchronization
import TammTesting
import Testing

@testable import TammCore

@Suite(.timeLimit(.minutes(5))) struct WalletQueueTests {
    /// A queue whose first flight stands at the gate, so that what is submitted meanwhile waits.
    private func queue(
        _ runway: Runway, _ bank: Bank, limits: WalletQueue.Limits = .init()
    ) async throws -> (WalletQueue, first: Task<WalletOutcome, any Error>) {
        let queue = runway.queue(limits)
        let command = try bank.command(.tidy, "first")
        let first = Task { try await queue.submit(command) }
        await until { runway.gate.waiting == 1 }
        return (queue, first)
    }

    /// Submits the commands and waits until all of them wait; one after the other where their order matters.
    private func line(
        up commands: [WalletCommand], inOrder: Bool = false, in queue: WalletQueue
    ) async -> [Task<WalletOutcome, any Error>] {
        let depth = queue.depth
        var tasks: [Task<WalletOutcome, any Error>] = []
        for command in commands {
            tasks.append(Task { try await queue.submit(command) })
            if inOrder { await until { queue.depth == depth + tasks.count } }
        }
        await until { queue.depth == depth + tasks.count }
        return tasks
    }

    @Test func `Commands that wait together leave in one transaction`() async throws {
        let store = CountingStore()
        let bank = try await Bank(over: store)
        try await bank.grant(100.credits, "top-up")
        let runway = Runway(bank)
        let (queue, first) = try await queue(runway, bank)
        let commands = try (0..<100).map { try bank.command(.debit(1.credits, shortfall: .refuse), "d\($0)") }
        let tasks = await line(up: commands, in: queue)
        let before = store.count
        runway.gate.open()
        for task in tasks { #expect(try await task.value.applied != nil) }
        _ = try await first.value
        #expect(store.count == before + 2)
        #expect(runway.flights.map(\.count) == [1, 100])
        #expect(try await bank.balance() == Balance(.zero))
    }

    @Test func `A batch has at most its bound and the rest follows`() async throws {
        let bank = try await Bank()
        let runway = Runway(bank)
        var limits = WalletQueue.Limits()
        limits.batch = 8
        let (queue, _) = try await queue(runway, bank, limits: limits)
        let tasks = await line(up: try (0..<20).map { try bank.command(.tidy, "t\($0)") }, in: queue)
        runway.gate.open()
        for task in tasks { #expect(try await task.value.applied != nil) }
        #expect(runway.flights.map(\.count) == [1, 8, 8, 4])
    }

    @Test func `Within a workspace commands leave in the order in which they came`() async throws {
        let bank = try await Bank()
        try await bank.grant(100.credits, "top-up")
        let runway = Runway(bank)
        let (queue, _) = try await queue(runway, bank)
        let keys = (0..<12).map { "d\($0)" }
        let tasks = await line(
            up: try keys.map { try bank.command(.debit(1.credits, shortfall: .refuse), $0) }, inOrder: true, in: queue)
        runway.gate.open()
        for task in tasks { _ = try await task.value }
        #expect(runway.flights[1] == keys)
        #expect(try await bank.entries().compactMap(\.command?.text) == ["top-up"] + keys)
    }

    @Test func `A busy workspace delays another's command by one batch at most`() async throws {
        let bank = try await Bank()
        let neighbour = try await bank.neighbour().wallet
        let runway = Runway(bank)
        let (queue, _) = try await queue(runway, bank)
        let busy = await line(up: try (0..<1000).map { try bank.command(.tidy, "t\($0)") }, in: queue)
        let lone = await line(
            up: [try WalletCommand(.tidy, wallet: neighbour.id, in: neighbour.workspace, key: "lone".key)], in: queue)
        runway.gate.open()
        for task in busy + lone { _ = try await task.value }
        #expect(runway.flights.firstIndex { $0.contains("lone") } == 1)
        #expect(runway.flights.map(\.count).reduce(0, +) == 1002)
    }

    @Test func `A workspace's line is bounded, and what stands in it is not lost`() async throws {
        let bank = try await Bank()
        let neighbour = try await bank.neighbour().wallet
        let runway = Runway(bank)
        var limits = WalletQueue.Limits()
        limits.perWorkspace = 3
        let (queue, first) = try await queue(runway, bank, limits: limits)
        let waiting = await line(up: try (0..<3).map { try bank.command(.tidy, "t\($0)") }, in: queue)
        let error = await failure { try await queue.submit(bank.command(.tidy, "t3")) }
        #expect(error?.code == .overloaded)
        let other = await line(
            up: [try WalletCommand(.tidy, wallet: neighbour.id, in: neighbour.workspace, key: "other".key)], in: queue)
        runway.gate.open()
        for task in waiting + other + [first] { #expect(try await task.value.applied != nil) }
        #expect(try await queue.submit(bank.command(.tidy, "t3")).applied != nil)
        #expect(queue.depth == 0)
    }

    @Test func `All lines together are bounded`() async throws {
        let bank = try await Bank()
        let neighbour = try await bank.neighbour().wallet
        let runway = Runway(bank)
        var limits = WalletQueue.Limits()
        limits.inAll = 2
        let (queue, _) = try await queue(runway, bank, limits: limits)
        let waiting = await line(up: try (0..<2).map { try bank.command(.tidy, "t\($0)") }, in: queue)
        let command = try WalletCommand(.tidy, wallet: neighbour.id, in: neighbour.workspace, key: "other".key)
        #expect(await failure { try await queue.submit(command) }?.code == .overloaded)
        runway.gate.open()
        for task in waiting { #expect(try await task.value.applied != nil) }
        #expect(try await queue.submit(command).applied != nil)
    }

    @Test func `A task cancelled before it submits sends nothing`() async throws {
        let bank = try await Bank()
        let runway = Runway(bank)
        runway.gate.open()
        let queue = runway.queue()
        let command = try bank.command(.tidy, "never")
        let task = Task {
            await until { Task.isCancelled }
            return try await queue.submit(command)
        }
        task.cancel()
        #expect(await failure { try await task.value }?.code == .cancelled)
        #expect(runway.flights.isEmpty)
    }

    @Test func `A command cancelled while it waits is never applied`() async throws {
        let bank = try await Bank()
        try await bank.grant(10.credits, "top-up")
        let runway = Runway(bank)
        let (queue, first) = try await queue(runway, bank)
        let tasks = await line(
            up: try (0..<3).map { try bank.command(.debit(1.credits, shortfall: .refuse), "d\($0)") }, in: queue)
        tasks[1].cancel()
        #expect(await failure { try await tasks[1].value }?.code == .cancelled)
        #expect(queue.depth == 2)
        runway.gate.open()
        for task in [tasks[0], tasks[2], first] { #expect(try await task.value.applied != nil) }
        #expect(runway.flights.map(Set.init) == [["first"], ["d0", "d2"]])
        #expect(try await bank.balance() == Balance(8.credits))
    }

    @Test func `A command cancelled on its way is applied once and its outcome returned`() async throws {
        let bank = try await Bank()
        try await bank.grant(10.credits, "top-up")
        let runway = Runway(bank)
        let queue = runway.queue()
        let command = try bank.command(.debit(1.credits, shortfall: .refuse), "d")
        let first = Task { try await queue.submit(command) }
        await until { runway.gate.waiting == 1 }
        first.cancel()
        runway.gate.open()
        #expect(try await first.value.applied != nil)
        #expect(try await queue.submit(command).replayed != nil)
        #expect(try await bank.balance() == Balance(9.credits))
    }

    @Test func `A command cancelled in a batch on its way is applied once and its outcome returned`() async throws {
        let bank = try await Bank()
        try await bank.grant(10.credits, "top-up")
        let second = Gate()
        let runway = Runway(bank) { commands in
            if commands.contains(where: { $0.key.text == "d" }) { await second.pass() }
        }
        let (queue, _) = try await queue(runway, bank)
        let tasks = await line(up: [try bank.command(.debit(1.credits, shortfall: .refuse), "d")], in: queue)
        runway.gate.open()
        await until { second.waiting == 1 }
        tasks[0].cancel()
        second.open()
        #expect(try await tasks[0].value.applied != nil)
        #expect(try await bank.balance() == Balance(9.credits))
    }

    @Test func `The same key twice in a batch is applied once and answered again`() async throws {
        let bank = try await Bank()
        try await bank.grant(10.credits, "top-up")
        let runway = Runway(bank)
        let (queue, _) = try await queue(runway, bank)
        let command = try bank.command(.debit(4.credits, shortfall: .refuse), "d")
        let tasks = await line(up: [command, command], inOrder: true, in: queue)
        runway.gate.open()
        let receipt = try #require(try await tasks[0].value.applied)
        #expect(try await tasks[1].value.replayed == receipt)
        #expect(runway.flights[1] == ["d", "d"])
        #expect(try await bank.balance() == Balance(6.credits))
    }

    @Test func `A refused key succeeds after a top-up in the same batch`() async throws {
        let bank = try await Bank()
        let runway = Runway(bank)
        let (queue, _) = try await queue(runway, bank)
        let debit = try bank.command(.debit(4.credits, shortfall: .refuse), "d")
        let topUp = try bank.command(.grant(GrantTerms(5.credits, .purchased)), "top-up")
        let tasks = await line(up: [debit, topUp, debit, debit], inOrder: true, in: queue)
        runway.gate.open()
        #expect(try await tasks[0].value.refusal == .insufficientCredits(available: .zero, wanted: 4.credits))
        #expect(try await tasks[1].value.applied != nil)
        let receipt = try #require(try await tasks[2].value.applied)
        #expect(try await tasks[3].value.replayed == receipt)
        #expect(runway.flights[1].count == 4)
        #expect(try await bank.balance() == Balance(1.credits))
    }

    @Test func `The same key for another request in a batch is a conflict for that one alone`() async throws {
        let bank = try await Bank()
        try await bank.grant(10.credits, "top-up")
        let runway = Runway(bank)
        let (queue, _) = try await queue(runway, bank)
        let tasks = await line(
            up: [
                try bank.command(.debit(4.credits, shortfall: .refuse), "d"),
                try bank.command(.debit(5.credits, shortfall: .refuse), "d"),
                try bank.command(.debit(1.credits, shortfall: .refuse), "e"),
            ], inOrder: true, in: queue)
        runway.gate.open()
        #expect(try await tasks[0].value.applied != nil)
        let error = await failure { try await tasks[1].value }
        #expect(error?.code == .conflict && error?.field == "amount")
        #expect(try await tasks[2].value.applied != nil)
        #expect(try await bank.balance() == Balance(5.credits))
    }

    // MARK: Faults

    @Test func `A command that cannot be written fails alone`() async throws {
        let bank = try await Bank()
        try await bank.grant(100.credits, "top-up")
        let runway = Runway(bank)
        runway.poison = ["d13"]
        let (queue, _) = try await queue(runway, bank)
        let tasks = await line(
            up: try (0..<32).map { try bank.command(.debit(1.credits, shortfall: .refuse), "d\($0)") }, in: queue)
        runway.gate.open()
        for (index, task) in tasks.enumerated() where index != 13 { #expect(try await task.value.applied != nil) }
        let error = await failure { try await tasks[13].value }
        #expect(error?.code == .conflict && error?.message == "d13 cannot be written")
        #expect(try await bank.balance() == Balance(69.credits))
        #expect(runway.flights.count <= 2 + 2 * 5 + 1, "halves, and the poisoned one once more")
        let keys = try await bank.entries().compactMap(\.command?.text)
        #expect(Set(keys) == Set(["top-up"] + (0..<32).filter { $0 != 13 }.map { "d\($0)" }) && keys.count == 32)
    }

    @Test(arguments: [TammError.Code.unavailable, .overloaded])
    func `A store that is down fails the whole batch at once`(code: TammError.Code) async throws {
        let bank = try await Bank()
        let runway = Runway(bank)
        runway.breakdown = TammError(code, "the store is down")
        let (queue, first) = try await queue(runway, bank)
        let tasks = await line(up: try (0..<32).map { try bank.command(.tidy, "t\($0)") }, in: queue)
        runway.gate.open()
        for task in tasks + [first] { #expect(await failure { try await task.value }?.code == code) }
        #expect(runway.flights.count == 2)
        runway.breakdown = nil
        #expect(try await queue.submit(bank.command(.tidy, "t0")).applied != nil)
    }

    @Test func `A wallet that is locked elsewhere does not stop the batch`() async throws {
        let bank = try await Bank()
        let other = try await bank.wallets.open(in: bank.workspace, named: "other", as: .service)
        for wallet in [bank.wallet, other] { try await bank.grant(10.credits, "top-up-\(wallet.id)", in: wallet) }
        let runway = Runway(bank)
        runway.busy = other.id
        let (queue, _) = try await queue(runway, bank)
        let tasks = await line(
            up: try (0..<6).map { number in
                try bank.command(
                    .debit(1.credits, shortfall: .refuse), "d\(number)", in: number == 2 ? other : bank.wallet)
            }, in: queue)
        runway.gate.open()
        for task in tasks { #expect(try await task.value.applied != nil) }
        #expect(runway.flights.map(Set.init) == [["first"], ["d0", "d1", "d2", "d3", "d4", "d5"], ["d2"]])
        #expect(runway.waitedFor == ["d2"])
        #expect(try await bank.balance() == Balance(5.credits))
        #expect(try await bank.balance(of: other) == Balance(9.credits))
    }

    @Test func `A lone command takes one transaction`() async throws {
        let store = CountingStore()
        let bank = try await Bank(over: store)
        let before = store.count
        try await bank.apply(.tidy, "alone")
        #expect(store.count == before + 1)
    }
}

/// The way from a queue to a bank's store: it notes what leaves, holds it at a gate, and can be disturbed.
private final class Runway: Sendable {
    private struct State {
        var flights: [[String]] = []
        var waitedFor: [String] = []
        var poison: Set<String> = []
        var breakdown: TammError?
        var busy: Identifier<Wallet>?
    }

    let gate = Gate()
    private let bank: Bank
    private let delay: @Sendable ([WalletCommand]) async -> Void
    private let state = Mutex(State())

    init(_ bank: Bank, delay: @escaping @Sendable ([WalletCommand]) async -> Void = { _ in }) {
        self.bank = bank
        self.delay = delay
    }

    /// The keys of each batch, in the order in which they left.
    var flights: [[String]] { state.withLock { $0.flights } }
    /// The keys of commands that left to wait for their wallet.
    var waitedFor: [String] { state.withLock { $0.waitedFor } }

    /// Keys whose transaction fails.
    var poison: Set<String> {
        get { state.withLock { $0.poison } }
        set { state.withLock { $0.poison = newValue } }
    }

    /// What every transaction fails with.
    var breakdown: TammError? {
        get { state.withLock { $0.breakdown } }
        set { state.withLock { $0.breakdown = newValue } }
    }

    /// A wallet that is locked for whoever does not wait.
    var busy: Identifier<Wallet>? {
        get { state.withLock { $0.busy } }
        set { state.withLock { $0.busy = newValue } }
    }

    func queue(_ limits: WalletQueue.Limits = .init()) -> WalletQueue {
        WalletQueue(limits: limits) { [self] commands, waiting throws(TammError) in
            await gate.pass()
            await delay(commands)
            let (breakdown, poison, busy) = depart(commands, waiting)
            if let breakdown { throw breakdown }
            let rules = SharedWalletRules(WalletRules())
            let now = bank.time.now
            let free = commands.filter { waiting || $0.wallet != busy }
            var answers = try await bank.store.transaction(as: .ledger) { t throws(TammError) in
                let answers = try WalletFold.apply(free, at: now, rules: rules, waiting: waiting, in: t)
                if let command = free.first(where: { poison.contains($0.key.text) }) {
                    throw TammError(.conflict, "\(command.key) cannot be written")
                }
                return answers
            }
            return commands.map { waiting || $0.wallet != busy ? answers.removeFirst() : .busy }
        }
    }

    private func depart(
        _ commands: [WalletCommand], _ waiting: Bool
    ) -> (TammError?, Set<String>, Identifier<Wallet>?) {
        state.withLock { state in
            state.flights.append(commands.map(\.key.text))
            if waiting { state.waitedFor += commands.map(\.key.text) }
            return (state.breakdown, state.poison, state.busy)
        }
    }
}
