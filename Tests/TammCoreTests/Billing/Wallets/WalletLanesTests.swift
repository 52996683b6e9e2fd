import Synchronization
import TammInMemory
import TammTesting
import Testing

@testable import TammCore

@Suite(.timeLimit(.minutes(20))) struct WalletLanesTests {
    @Test(arguments: [(-1, 1), (0, 1), (1, 1), (5, 5), (16, 16), (17, 16), (.max, 16)])
    func `There are as many lanes as the store asks for, 1 to 16`(_ asked: Int, _ lanes: Int) {
        #expect(Wallets(store: LaneStore(walletLanes: asked), time: .system).lanes.count == lanes)
    }

    @Test func `A store that says nothing gets one lane`() async throws {
        #expect(try await Bank().wallets.lanes.count == 1)
    }

    @Test func `A workspace's lane is the same in every process`() {
        let lanes = Lanes(16).lanes
        let ids = (0..<6).map { Identifier<Workspace>(derivedFrom: Bank.workspaceID, label: "\($0)") }
        #expect(ids.map { lanes.lane(of: $0) } == Self.golden)
        #expect(ids.map { Lanes(1).lanes.lane(of: $0) } == Array(repeating: 0, count: 6))
    }

    @Test func `Workspaces spread over the lanes`() {
        let lanes = Lanes(16).lanes
        let entropy = SeededEntropy(seed: TestSeed.current).source
        var counts = Array(repeating: 0, count: 16)
        for _ in 0..<16_000 { counts[lanes.lane(of: Identifier(at: Bank.start, entropy: entropy))] += 1 }
        #expect(counts.allSatisfy { (800...1200).contains($0) }, "\(counts)")
    }

    @Test func `A workspace's commands go to one lane; another lane does not wait for it`() async throws {
        let lanes = Lanes(2)
        let (here, there) = lanes.workspaces
        let first = lanes.submit("first", in: here)
        await until { lanes.gate.waiting == 1 }
        let second = lanes.submit("second", in: here)
        await until { lanes.lanes.depth == 1 }
        lanes.opensFor(there)
        #expect(try await lanes.submit("other", in: there).value == .refused(.nothingOwed))
        #expect(lanes.flights == [["first"], ["other"]])
        lanes.gate.open()
        for task in [first, second] { #expect(try await task.value == .refused(.nothingOwed)) }
        #expect(lanes.flights == [["first"], ["other"], ["second"]])
    }

    @Test func `Lanes divide the bound for all commands, and their waiting commands add up`() async throws {
        var limits = WalletQueue.Limits()
        limits.inAll = 5
        let lanes = Lanes(2, limits)
        let (here, there) = lanes.workspaces
        var tasks: [Task<WalletOutcome, any Error>] = []
        for (index, workspace) in [here, there].enumerated() {
            tasks.append(lanes.submit("first", in: workspace))
            await until { lanes.gate.waiting == index + 1 }
            for number in 0..<2 {
                tasks.append(lanes.submit("\(number)", in: workspace))
                await until { lanes.lanes.depth == index * 2 + number + 1 }
            }
            #expect(await failure { try await lanes.submit("more", in: workspace).value }?.code == .overloaded)
        }
        #expect(lanes.lanes.depth == 4)
        lanes.gate.open()
        for task in tasks { #expect(try await task.value == .refused(.nothingOwed)) }
        #expect(lanes.lanes.depth == 0)
    }

    private static let golden = [13, 2, 15, 12, 9, 0]
}

/// Lanes whose batches stand at a gate and are refused.
private final class Lanes: Sendable {
    private struct State {
        var flights: [[String]] = []
        var open: Identifier<Workspace>?
    }

    private final class SharedState: Sendable {
        let mutex = Mutex(State())
    }

    let gate: Gate
    let lanes: WalletLanes
    private let state: SharedState

    init(_ count: Int, _ limits: WalletQueue.Limits = .init()) {
        let (state, gate) = (SharedState(), Gate())
        (self.state, self.gate) = (state, gate)
        lanes = WalletLanes(count, limits: limits) { commands, _ in
            let isOpen = state.mutex.withLock { state in
                state.flights.append(commands.map(\.key.text))
                return commands.allSatisfy { $0.workspace == state.open }
            }
            if !isOpen { await gate.pass() }
            return commands.map { _ in .outcome(.refused(.nothingOwed)) }
        }
    }

    var flights: [[String]] { state.mutex.withLock { $0.flights } }

    /// One workspace of the first lane and one of the second.
    var workspaces: (Identifier<Workspace>, Identifier<Workspace>) {
        let ids = (0..<100).map { Identifier<Workspace>(derivedFrom: Bank.workspaceID, label: "\($0)") }
        return (ids.first { lanes.lane(of: $0) == 0 }!, ids.first { lanes.lane(of: $0) == 1 }!)
    }

    /// Lets a workspace's batches pass by the gate.
    func opensFor(_ workspace: Identifier<Workspace>) { state.mutex.withLock { $0.open = workspace } }

    func submit(_ key: String, in workspace: Identifier<Workspace>) -> Task<WalletOutcome, any Error> {
        Task {
            try await lanes.submit(
                WalletCommand(.tidy, wallet: Identifier(high: 1, low: 1), in: workspace, key: key.key))
        }
    }
}

/// A store that takes that many batches at once.
private struct LaneStore: TammStore {
    let store = InMemoryStore()
    let walletLanes: Int

    func transaction<Value: Sendable>(
        as principal: Principal,
        _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Value
    ) async throws(TammError) -> Value { try await store.transaction(as: principal, body) }
}
