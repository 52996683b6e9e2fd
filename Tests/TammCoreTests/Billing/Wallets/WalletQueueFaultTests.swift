import TammTesting
import Testing

@testable import TammCore

@Suite(.timeLimit(.minutes(20))) struct WalletQueueFaultTests {
    @Test(arguments: [TammError.Code.corrupted, .conflict])
    func `A command that cannot be written fails alone`(code: TammError.Code) async throws {
        let bank = try await Bank()
        try await bank.grant(100.credits, "top-up")
        let runway = Runway(bank)
        runway.poison = ["d13": TammError(code, "it cannot be written")]
        let (queue, _) = try await runway.closed()
        let tasks = await queue.line(
            up: try (0..<32).map { try bank.command(.debit(1.credits, shortfall: .refuse), "d\($0)") })
        runway.gate.open()
        for (index, task) in tasks.enumerated() where index != 13 { #expect(try await task.value.applied != nil) }
        let error = await failure { try await tasks[13].value }
        #expect(error == TammError(code, "it cannot be written"))
        #expect(try await bank.balance() == Balance(69.credits))
        #expect(runway.flights.count <= 2 + 2 * 5 + 1)
        let keys = try await bank.entries().compactMap(\.command?.text)
        #expect(Set(keys) == Set(["top-up"] + (0..<32).filter { $0 != 13 }.map { "d\($0)" }) && keys.count == 32)
    }

    @Test(arguments: [TammError.Code.unavailable, .overloaded])
    func `A store that is down fails the whole batch at once`(code: TammError.Code) async throws {
        let bank = try await Bank()
        let runway = Runway(bank)
        runway.breakdown = TammError(code, "the store is down")
        let (queue, first) = try await runway.closed()
        let tasks = await queue.line(up: try (0..<32).map { try bank.command(.tidy, "t\($0)") })
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
        let (queue, _) = try await runway.closed()
        let tasks = await queue.line(
            up: try (0..<6).map { number in
                try bank.command(
                    .debit(1.credits, shortfall: .refuse), "d\(number)", in: number == 2 ? other : bank.wallet)
            })
        runway.gate.open()
        for task in tasks { #expect(try await task.value.applied != nil) }
        #expect(runway.flights.map(Set.init) == [["first"], ["d0", "d1", "d2", "d3", "d4", "d5"], ["d2"]])
        #expect(runway.waitedFor == ["d2"])
        #expect(try await bank.balance() == Balance(5.credits))
        #expect(try await bank.balance(of: other) == Balance(9.credits))
    }

    @Test func `What is set aside for a locked wallet counts in its workspace's line`() async throws {
        let bank = try await Bank()
        let neighbour = try await bank.neighbour().wallet
        let lock = Gate()
        let runway = Runway(bank) { _, waiting in if waiting { await lock.pass() } }
        runway.gate.open()
        runway.busy = bank.wallet.id
        var limits = WalletQueue.Limits()
        limits.perWorkspace = 3
        limits.waitingFlights = 1
        let queue = runway.queue(limits)
        let ahead = Task { [command = try bank.command(.tidy, "ahead")] in try await queue.submit(command) }
        await until { lock.waiting == 1 }
        var parked: [Task<WalletOutcome, any Error>] = []
        for number in 0..<3 {
            let command = try bank.command(.tidy, "t\(number)")
            parked.append(Task { try await queue.submit(command) })
            await until { queue.depth == 1 + number }
        }
        #expect(await failure { try await queue.submit(bank.command(.tidy, "t3")) }?.code == .overloaded)
        let other = try WalletCommand(.tidy, wallet: neighbour.id, in: neighbour.workspace, key: "other".key)
        #expect(try await queue.submit(other).applied != nil, "other workspaces go on")
        parked[1].cancel()
        #expect(await failure { try await parked[1].value }?.code == .cancelled)
        let command = try bank.command(.tidy, "t3")
        parked.append(Task { try await queue.submit(command) })
        await until { queue.depth == 3 }
        lock.open()
        for task in [ahead, parked[0], parked[2], parked[3]] { #expect(try await task.value.applied != nil) }
        #expect(queue.depth == 0)
        #expect(Set(runway.waitedFor) == ["ahead", "t0", "t2", "t3"])
    }

    @Test func `A lone command takes one transaction`() async throws {
        let store = CountingStore()
        let bank = try await Bank(over: store)
        let before = store.count
        try await bank.apply(.tidy, "alone")
        #expect(store.count == before + 1)
    }
}
