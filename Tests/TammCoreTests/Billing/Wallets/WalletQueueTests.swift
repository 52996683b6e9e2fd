import TammTesting
import Testing

@testable import TammCore

@Suite(.timeLimit(.minutes(20))) struct WalletQueueTests {
    @Test func `Commands that wait together leave in one transaction`() async throws {
        let store = CountingStore()
        let bank = try await Bank(over: store)
        try await bank.grant(100.credits, "top-up")
        let runway = Runway(bank)
        let (queue, first) = try await runway.closed()
        let commands = try (0..<100).map { try bank.command(.debit(1.credits, shortfall: .refuse), "d\($0)") }
        let tasks = await queue.line(up: commands)
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
        let (queue, _) = try await runway.closed(limits)
        let tasks = await queue.line(up: try (0..<20).map { try bank.command(.tidy, "t\($0)") })
        runway.gate.open()
        for task in tasks { #expect(try await task.value.applied != nil) }
        #expect(runway.flights.map(\.count) == [1, 8, 8, 4])
    }

    @Test func `Within a workspace commands leave in the order in which they came`() async throws {
        let bank = try await Bank()
        try await bank.grant(100.credits, "top-up")
        let runway = Runway(bank)
        let (queue, _) = try await runway.closed()
        let keys = (0..<12).map { "d\($0)" }
        let tasks = await queue.line(
            up: try keys.map { try bank.command(.debit(1.credits, shortfall: .refuse), $0) }, inOrder: true)
        runway.gate.open()
        for task in tasks { _ = try await task.value }
        #expect(runway.flights[1] == keys)
        #expect(try await bank.entries().compactMap(\.command?.text) == ["top-up"] + keys)
    }

    @Test func `A busy workspace delays another's command by one batch at most`() async throws {
        let bank = try await Bank()
        let neighbour = try await bank.neighbour().wallet
        let runway = Runway(bank)
        let (queue, _) = try await runway.closed()
        let busy = await queue.line(up: try (0..<1000).map { try bank.command(.tidy, "t\($0)") })
        let lone = await queue.line(up: [
            try WalletCommand(.tidy, wallet: neighbour.id, in: neighbour.workspace, key: "lone".key)
        ])
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
        let (queue, first) = try await runway.closed(limits)
        let waiting = await queue.line(up: try (0..<3).map { try bank.command(.tidy, "t\($0)") })
        let error = await failure { try await queue.submit(bank.command(.tidy, "t3")) }
        #expect(error?.code == .overloaded)
        let other = await queue.line(up: [
            try WalletCommand(.tidy, wallet: neighbour.id, in: neighbour.workspace, key: "other".key)
        ])
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
        let (queue, _) = try await runway.closed(limits)
        let waiting = await queue.line(up: try (0..<2).map { try bank.command(.tidy, "t\($0)") })
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
        let (queue, first) = try await runway.closed()
        let tasks = await queue.line(
            up: try (0..<3).map { try bank.command(.debit(1.credits, shortfall: .refuse), "d\($0)") })
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
        let runway = Runway(bank) { commands, _ in
            if commands.contains(where: { $0.key.text == "d" }) { await second.pass() }
        }
        let (queue, _) = try await runway.closed()
        let tasks = await queue.line(up: [try bank.command(.debit(1.credits, shortfall: .refuse), "d")])
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
        let (queue, _) = try await runway.closed()
        let command = try bank.command(.debit(4.credits, shortfall: .refuse), "d")
        let tasks = await queue.line(up: [command, command], inOrder: true)
        runway.gate.open()
        let receipt = try #require(try await tasks[0].value.applied)
        #expect(try await tasks[1].value.replayed == receipt)
        #expect(runway.flights[1] == ["d", "d"])
        #expect(try await bank.balance() == Balance(6.credits))
    }

    @Test func `A refused key succeeds after a top-up in the same batch`() async throws {
        let bank = try await Bank()
        let runway = Runway(bank)
        let (queue, _) = try await runway.closed()
        let debit = try bank.command(.debit(4.credits, shortfall: .refuse), "d")
        let topUp = try bank.command(.grant(GrantTerms(5.credits, .purchased)), "top-up")
        let tasks = await queue.line(up: [debit, topUp, debit, debit], inOrder: true)
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
        let (queue, _) = try await runway.closed()
        let tasks = await queue.line(
            up: [
                try bank.command(.debit(4.credits, shortfall: .refuse), "d"),
                try bank.command(.debit(5.credits, shortfall: .refuse), "d"),
                try bank.command(.debit(1.credits, shortfall: .refuse), "e"),
            ], inOrder: true)
        runway.gate.open()
        #expect(try await tasks[0].value.applied != nil)
        let error = await failure { try await tasks[1].value }
        #expect(error?.code == .conflict && error?.field == "amount")
        #expect(try await tasks[2].value.applied != nil)
        #expect(try await bank.balance() == Balance(5.credits))
    }
}
