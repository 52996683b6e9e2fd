internal import DequeModule
private import Synchronization

/// Group commit: commands that arrive while a batch is on its way leave together in the next.
///
/// A command that finds the queue idle leaves at once, in its caller's own task. Before a batch leaves, the queue lets
/// other tasks run until it grows no more, so that those who have just been answered come along with their next.
/// Workspaces take turns, so that a busy one does not starve the others. Within a workspace commands leave in the
/// order in which they came; those of a wallet that is locked elsewhere wait apart, in their own order.
package final class WalletQueue: Sendable {
    /// How much may wait.
    package struct Limits: Sendable {
        package var perWorkspace = 1024
        package var inAll = 16_384
        package var batch = 128
        /// Transactions that wait for wallets locked elsewhere, at the same time.
        package var waitingFlights = 2
        package init() {}
    }

    /// How a batch gathers before it leaves.
    package struct Gathering: Sendable {
        /// Lets other tasks run.
        package var pause: @Sendable () async -> Void = { await Task.yield() }
        /// A time that only grows, on a clock that nobody sets.
        package var uptime: @Sendable () -> Duration = { steadyUptime() }
        /// So many pauses in a row without a new command end it.
        package var quietPauses = 3
        package var longest: Duration = .microseconds(200)
        package init() {}
    }

    private struct Ticket {
        let id: UInt64
        let command: WalletCommand
        let answer: CheckedContinuation<WalletFold.Answer, Never>
    }

    private struct State {
        var waiting: [Identifier<Workspace>: Deque<Ticket>] = [:]
        /// The workspaces with something waiting, in the order of their turns.
        var turns: Deque<Identifier<Workspace>> = []
        /// Commands whose wallet another transaction has locked; the first of each wallet's is on its way to wait.
        var parked: [WalletPlace: Deque<Ticket>] = [:]
        /// The wallets with parked commands that nobody waits for yet.
        var parkedTurns: Deque<WalletPlace> = []
        /// How many are parked, by workspace.
        var parkedCounts: [Identifier<Workspace>: Int] = [:]
        var waitingFlights = 0
        /// What waits and what is parked.
        var count = 0
        var parkedCount = 0
        var isFlying = false
        var nextID: UInt64 = 0

        mutating func countParked(_ difference: Int, in workspace: Identifier<Workspace>) {
            count += difference
            parkedCount += difference
            let parked = parkedCounts[workspace, default: 0] + difference
            parkedCounts[workspace] = parked == 0 ? nil : parked
        }
    }

    private let state = Mutex(State())
    private let limits: Limits
    private let gathering: Gathering
    private let fly: @Sendable ([WalletCommand], _ waiting: Bool) async throws(TammError) -> [WalletFold.Answer]

    /// - Parameter fly: applies a batch in one transaction and returns an answer for each command.
    package init(
        limits: Limits = Limits(), gathering: Gathering = Gathering(),
        fly: @escaping @Sendable ([WalletCommand], _ waiting: Bool) async throws(TammError) -> [WalletFold.Answer]
    ) {
        self.limits = limits
        self.gathering = gathering
        self.fly = fly
    }

    /// How many commands wait.
    package var depth: Int { state.withLock { $0.count } }

    /// Puts the command into a batch and waits for its outcome. Once it has left, cancelling the task does not undo
    /// it: the outcome is waited for and returned.
    ///
    /// - Throws: `overloaded` when the queue is full, `cancelled` when the task was cancelled before the command
    ///   left, what the command's own failure is.
    package func submit(_ command: WalletCommand) async throws(TammError) -> WalletOutcome {
        guard !Task.isCancelled else { throw Self.cancelled }
        var answer: WalletFold.Answer
        if takeOff() {
            answer = await flySafely([command])[0]
            land()
            if case .busy = answer { answer = await wait(command, isParked: true) }
        } else {
            answer = await wait(command, isParked: false)
        }
        switch answer {
        case .outcome(let outcome): return outcome
        case .failed(let error): throw error
        case .busy: throw TammError(.unavailable, "wallet \(command.wallet) is locked; try again with the same key")
        }
    }

    private static let cancelled = TammError(.cancelled, "the task was cancelled before the command was sent")

    private func takeOff() -> Bool {
        state.withLock { state in
            guard !state.isFlying, state.count == 0 else { return false }
            state.isFlying = true
            return true
        }
    }

    private func land() {
        let more = state.withLock { state in
            state.isFlying = state.count > 0
            return state.isFlying
        }
        if more { Task.detached { await self.drain() } }
    }

    private func drain() async {
        while let batch = await gatheredBatch() {
            let answers = await flySafely(batch.map(\.command))
            for (ticket, answer) in zip(batch, answers) {
                if case .busy = answer { park(ticket) } else { ticket.answer.resume(returning: answer) }
            }
        }
    }

    /// The next batch, after those who are about to submit have had a moment to; a full one does not wait for them.
    private func gatheredBatch() async -> [Ticket]? {
        var waiting = waitingCount
        if waiting < limits.batch {
            let end = gathering.uptime() + gathering.longest
            var quiet = 0
            repeat {
                await gathering.pause()
                let before = waiting
                waiting = waitingCount
                quiet = waiting > before ? 0 : quiet + 1
            } while waiting < limits.batch && quiet < gathering.quietPauses && gathering.uptime() < end
        }
        return nextBatch()
    }

    private var waitingCount: Int { state.withLock { $0.count - $0.parkedCount } }

    /// Sets a command aside until its wallet is free; the batches go on.
    private func park(_ ticket: Ticket) {
        let departs = state.withLock { state in
            let wallet = ticket.command.place
            if state.parked[wallet] == nil { state.parkedTurns.append(wallet) }
            state.parked[wallet, default: []].append(ticket)
            state.countParked(1, in: ticket.command.workspace)
            guard state.waitingFlights < limits.waitingFlights else { return false }
            state.waitingFlights += 1
            return true
        }
        if departs { Task.detached { await self.drainParked() } }
    }

    /// Waits for one locked wallet after the other, with all the commands that were set aside for it.
    private func drainParked() async {
        while let (wallet, batch) = nextParked() {
            let answers = await flySafely(batch.map(\.command), waiting: true)
            for (ticket, answer) in zip(batch, answers) { ticket.answer.resume(returning: answer) }
            state.withLock { state in
                if state.parked[wallet]?.isEmpty == true {
                    state.parked[wallet] = nil
                } else {
                    state.parkedTurns.append(wallet)
                }
            }
        }
    }

    private func nextParked() -> (WalletPlace, [Ticket])? {
        state.withLock { state in
            while let wallet = state.parkedTurns.popFirst(), var queue = state.parked[wallet] {
                guard !queue.isEmpty else {
                    state.parked[wallet] = nil
                    continue
                }
                let batch = Array(queue.prefix(limits.batch))
                queue.removeFirst(batch.count)
                state.parked[wallet] = queue
                for ticket in batch { state.countParked(-1, in: ticket.command.workspace) }
                return (wallet, batch)
            }
            state.waitingFlights -= 1
            return nil
        }
    }

    private func nextBatch() -> [Ticket]? {
        state.withLock { state in
            var batch: [Ticket] = []
            while batch.count < limits.batch, let workspace = state.turns.popFirst() {
                guard var queue = state.waiting.removeValue(forKey: workspace) else { continue }
                if let ticket = queue.popFirst() { batch.append(ticket) }
                if !queue.isEmpty {
                    state.waiting[workspace] = queue
                    state.turns.append(workspace)
                }
            }
            state.count -= batch.count
            state.isFlying = !batch.isEmpty
            return batch.isEmpty ? nil : batch
        }
    }

    private func wait(_ command: WalletCommand, isParked: Bool) async -> WalletFold.Answer {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ticket = Ticket(id: id, command: command, answer: continuation)
                if isParked { park(ticket) } else { enqueue(ticket) }
            }
        } onCancel: {
            withdraw(id, of: command)
        }
    }

    private enum Admission {
        case queued, queuedFirst
        case refused(TammError)
    }

    private func enqueue(_ ticket: Ticket) {
        let workspace = ticket.command.workspace
        let admission: Admission = state.withLock { state in
            // Read under the lock: a cancellation before it is seen here, one after it finds the ticket queued.
            guard !Task.isCancelled else { return .refused(Self.cancelled) }
            guard state.count < limits.inAll else {
                return .refused(TammError(.overloaded, "\(state.count) wallet commands are waiting; try again later"))
            }
            let waiting = state.waiting[workspace]?.count ?? 0
            let mine = waiting + state.parkedCounts[workspace, default: 0]
            guard mine < limits.perWorkspace else {
                return .refused(
                    TammError(.overloaded, "\(mine) wallet commands of workspace \(workspace) are waiting; try again later"))
            }
            if state.parked[ticket.command.place] != nil {
                state.parked[ticket.command.place, default: []].append(ticket)
                state.countParked(1, in: workspace)
                return .queued
            }
            if waiting == 0 { state.turns.append(workspace) }
            state.waiting[workspace, default: []].append(ticket)
            state.count += 1
            guard !state.isFlying else { return .queued }
            state.isFlying = true
            return .queuedFirst
        }
        switch admission {
        case .queued: break
        case .queuedFirst: Task.detached { await self.drain() }
        case .refused(let error): ticket.answer.resume(returning: .failed(error))
        }
    }

    private func withdraw(_ id: UInt64, of command: WalletCommand) {
        let ticket: Ticket? = state.withLock { state in
            let (workspace, wallet) = (command.workspace, command.place)
            if let index = state.waiting[workspace]?.firstIndex(where: { $0.id == id }) {
                state.count -= 1
                let ticket = state.waiting[workspace]?.remove(at: index)
                if state.waiting[workspace]?.isEmpty == true {
                    state.waiting[workspace] = nil
                    state.turns.removeAll { $0 == workspace }
                }
                return ticket
            }
            guard let index = state.parked[wallet]?.firstIndex(where: { $0.id == id }) else { return nil }
            state.countParked(-1, in: workspace)
            return state.parked[wallet]?.remove(at: index)
        }
        ticket?.answer.resume(returning: .failed(Self.cancelled))
    }

    /// Flies a batch; one that fails is tried again in halves, so that a command that cannot be written fails alone.
    ///
    /// A conflict that a store throws is a key or a usage event that another process has recorded meanwhile: read
    /// again, it gets its right answer.
    private func flySafely(
        _ commands: [WalletCommand], waiting: Bool = false, isSecond: Bool = false
    ) async -> [WalletFold.Answer] {
        do throws(TammError) {
            let answers = try await fly(commands, waiting)
            guard answers.count == commands.count else {
                throw TammError(.unavailable, "wanted \(commands.count) answers, found \(answers.count)")
            }
            return answers
        } catch {
            if error.code == .conflict, commands.count == 1, !isSecond {
                return await flySafely(commands, waiting: waiting, isSecond: true)
            }
            guard commands.count > 1, error.code != .unavailable, error.code != .overloaded else {
                return commands.map { _ in .failed(error) }
            }
            let middle = commands.count / 2
            return await flySafely(Array(commands[..<middle]), waiting: waiting)
                + flySafely(Array(commands[middle...]), waiting: waiting)
        }
    }
}
