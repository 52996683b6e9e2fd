import Synchronization
import TammTesting
import Testing

@testable import TammCore

/// The way from a queue to a bank's store: it notes what leaves, holds it at a gate, and can be disturbed.
final class Runway: Sendable {
    private struct State {
        var flights: [[String]] = []
        var waitedFor: [String] = []
        var poison: [String: TammError] = [:]
        var breakdown: TammError?
        var busy: Identifier<Wallet>?
    }

    let gate = Gate()
    private let bank: Bank
    private let delay: @Sendable ([WalletCommand], _ waiting: Bool) async -> Void
    private let state = Mutex(State())

    init(_ bank: Bank, delay: @escaping @Sendable ([WalletCommand], _ waiting: Bool) async -> Void = { _, _ in }) {
        self.bank = bank
        self.delay = delay
    }

    /// The keys of each batch, in the order in which they left.
    var flights: [[String]] { state.withLock { $0.flights } }
    /// The keys of commands that left to wait for their wallet.
    var waitedFor: [String] { state.withLock { $0.waitedFor } }

    /// Keys whose transaction fails, and with what.
    var poison: [String: TammError] {
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

    func queue(
        _ limits: WalletQueue.Limits = .init(), _ gathering: WalletQueue.Gathering = .init()
    ) -> WalletQueue {
        WalletQueue(limits: limits, gathering: gathering) { [self] commands, waiting throws(TammError) in
            await gate.pass()
            let (breakdown, poison, busy) = depart(commands, waiting)
            await delay(commands, waiting)
            if let breakdown { throw breakdown }
            let rules = SharedWalletRules(WalletRules())
            let now = bank.time.now
            let free = commands.filter { waiting || $0.wallet != busy }
            var answers = try await bank.store.transaction(as: .ledger) { t throws(TammError) in
                let answers = try WalletFold.apply(free, at: now, rules: rules, waiting: waiting, in: t)
                for command in free {
                    if let error = poison[command.key.text] { throw error }
                }
                return answers
            }
            return commands.map { waiting || $0.wallet != busy ? answers.removeFirst() : .busy }
        }
    }

    /// A queue whose first flight stands at the gate, so that what is submitted meanwhile waits.
    func closed(
        _ limits: WalletQueue.Limits = .init(), _ gathering: WalletQueue.Gathering = .init()
    ) async throws -> (WalletQueue, first: Task<WalletOutcome, any Error>) {
        let queue = queue(limits, gathering)
        let command = try bank.command(.tidy, "first")
        let first = Task { try await queue.submit(command) }
        await until { gate.waiting == 1 }
        return (queue, first)
    }

    private func depart(
        _ commands: [WalletCommand], _ waiting: Bool
    ) -> (TammError?, [String: TammError], Identifier<Wallet>?) {
        state.withLock { state in
            state.flights.append(commands.map(\.key.text))
            if waiting { state.waitedFor += commands.map(\.key.text) }
            return (state.breakdown, state.poison, state.busy)
        }
    }
}

extension WalletQueue {
    /// Submits the commands and waits until all of them wait; one after the other where their order matters.
    func line(up commands: [WalletCommand], inOrder: Bool = false) async -> [Task<WalletOutcome, any Error>] {
        let before = depth
        var tasks: [Task<WalletOutcome, any Error>] = []
        for command in commands {
            tasks.append(Task { try await submit(command) })
            if inOrder { await until { depth == before + tasks.count } }
        }
        await until { depth == before + tasks.count }
        return tasks
    }
}
