import Synchronization
import TammTesting
import Testing

@testable import TammCore

@Suite(.timeLimit(.minutes(20))) struct WalletGatheringTests {
    @Test func `A batch waits for those who come while it gathers, until three pauses in a row bring nobody`() async throws {
        let bank = try await Bank()
        let pauses = Pauses(bank, arrivals: [3, 0, 1, 0, 0, 0, 2])
        let (queue, _) = try await pauses.runway.closed(.init(), pauses.gathering())
        pauses.begin(queue)
        let tasks = await queue.line(up: try (0..<2).map { try bank.command(.tidy, "t\($0)") })
        pauses.runway.gate.open()
        for task in tasks { #expect(try await task.value.applied != nil) }
        try await pauses.finish(6)
        #expect(pauses.runway.flights.map(\.count).prefix(2) == [1, 6])
        #expect(pauses.atDeparture.prefix(2) == [0, 6])
    }

    @Test func `A queue that goes on growing is waited for so long and no longer`() async throws {
        let bank = try await Bank()
        let pauses = Pauses(bank, arrivals: Array(repeating: 1, count: 20))
        let (queue, _) = try await pauses.runway.closed(.init(), pauses.gathering(step: .microseconds(50)))
        pauses.begin(queue)
        let tasks = await queue.line(up: [try bank.command(.tidy, "t")])
        pauses.runway.gate.open()
        for task in tasks { #expect(try await task.value.applied != nil) }
        try await pauses.finish(20)
        #expect(pauses.runway.flights.map(\.count).prefix(3) == [1, 5, 4])
        #expect(pauses.atDeparture.prefix(3) == [0, 4, 8])
    }

    @Test func `A full batch leaves at once, and one that becomes full leaves then`() async throws {
        let bank = try await Bank()
        var limits = WalletQueue.Limits()
        limits.batch = 4
        let pauses = Pauses(bank, arrivals: [1, 1, 5, 0, 0, 0])
        let (queue, _) = try await pauses.runway.closed(limits, pauses.gathering())
        pauses.begin(queue)
        let tasks = await queue.line(up: try (0..<9).map { try bank.command(.tidy, "t\($0)") })
        pauses.runway.gate.open()
        for task in tasks { #expect(try await task.value.applied != nil) }
        try await pauses.finish(7)
        #expect(pauses.runway.flights.map(\.count) == [1, 4, 4, 4, 4])
        #expect(pauses.atDeparture == [0, 0, 0, 3, 3])
    }

    @Test func `A command that finds the queue idle leaves at once`() async throws {
        let bank = try await Bank()
        let pauses = Pauses(bank, arrivals: [])
        pauses.runway.gate.open()
        let queue = pauses.runway.queue(.init(), pauses.gathering())
        for number in 0..<3 {
            #expect(try await queue.submit(bank.command(.tidy, "t\(number)")).applied != nil)
        }
        #expect(pauses.atDeparture == [0, 0, 0])
    }

    @Test func `Unless told otherwise it waits 200 microseconds at most, on a clock that goes forward`() {
        let gathering = WalletQueue.Gathering()
        let first = gathering.uptime()
        #expect(gathering.quietPauses == 3 && gathering.longest == .microseconds(200))
        #expect(gathering.uptime() >= first)
    }
}

/// The pauses in which a batch gathers: at each as many commands come as the test says.
private final class Pauses: Sendable {
    private struct State {
        var count = 0
        var atDeparture: [Int] = []
        var queue: WalletQueue?
        var tasks: [Task<WalletOutcome, any Error>] = []
        var uptime: Duration = .zero
    }

    let runway: Runway
    private let bank: Bank
    private let arrivals: [Int]
    private let state: SharedState

    private final class SharedState: Sendable {
        let mutex = Mutex(State())
    }

    init(_ bank: Bank, arrivals: [Int]) {
        let state = SharedState()
        self.bank = bank
        self.arrivals = arrivals
        self.state = state
        runway = Runway(bank) { _, _ in state.mutex.withLock { $0.atDeparture.append($0.count) } }
    }

    /// How many pauses there had been when each batch left.
    var atDeparture: [Int] { state.mutex.withLock { $0.atDeparture } }

    func begin(_ queue: WalletQueue) { state.mutex.withLock { $0.queue = queue } }

    /// - Parameter step: how far the clock goes at each look.
    func gathering(step: Duration = .zero) -> WalletQueue.Gathering {
        var gathering = WalletQueue.Gathering()
        gathering.pause = { [self] in await pause() }
        gathering.uptime = { [state] in
            state.mutex.withLock { state in
                defer { state.uptime += step }
                return state.uptime
            }
        }
        return gathering
    }

    /// Waits for so many commands that have come at pauses.
    func finish(_ count: Int) async throws {
        await until { state.mutex.withLock { $0.tasks.count } >= count }
        for task in state.mutex.withLock({ $0.tasks }) { #expect(try await task.value.applied != nil) }
    }

    private func pause() async {
        let (number, queue) = state.mutex.withLock { state in
            defer { state.count += 1 }
            return (state.count, state.queue)
        }
        guard let queue, arrivals.indices.contains(number) else { return await Task.yield() }
        let commands = (0..<arrivals[number]).compactMap { try? bank.command(.tidy, "p\(number)-\($0)") }
        let tasks = await queue.line(up: commands)
        state.mutex.withLock { $0.tasks += tasks }
    }
}
