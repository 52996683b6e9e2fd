import Synchronization
import TammInMemory
import TammTesting
import Testing

@testable import TammCore

/// Metered work that fails, is cut short, or is asked again.
@Suite(.timeLimit(.minutes(20))) struct MeteringFailureTests {
    private struct Failed: Error, Equatable { let number: Int }

    private func bank(_ plan: String = "growth") async throws -> Bank {
        let bank = try await Bank()
        try await bank.assign(plan)
        try await bank.grant(100.credits, "top-up")
        return bank
    }

    private func order(
        _ bank: Bank, _ estimate: Int64 = 40, chargesWhatFailed: Bool = false
    ) throws -> MeteredOrder {
        try MeteredOrder(
            .whatsApp(estimate), from: bank.wallet, key: "work".key, lifetime: .seconds(600),
            chargesWhatFailed: chargesWhatFailed)
    }

    @Test func `Work that fails costs nothing and its own error is thrown`() async throws {
        let bank = try await bank()
        let error = await #expect(throws: Failed.self) {
            try await bank.metering().run(order(bank), as: .service) { meter -> Int in
                meter.report(.whatsApp(7))
                throw Failed(number: 3)
            }
        }
        #expect(error == Failed(number: 3))
        #expect(try await bank.balance() == Balance(100.credits))
        #expect(try await bank.recordedUsage().isEmpty)
        #expect(try await bank.wallets.holds(of: bank.wallet, as: .service).map(\.status) == [.released])
    }

    @Test func `Work that fails is charged for what it reported where the order says so`() async throws {
        let bank = try await bank()
        await #expect(throws: Failed.self) {
            try await bank.metering().run(order(bank, chargesWhatFailed: true), as: .service) { meter -> Int in
                meter.report(.whatsApp(7))
                throw Failed(number: 1)
            }
        }
        #expect(try await bank.balance() == Balance(93.credits))
        #expect(try await bank.recordedUsage().map(\.event.usage) == [.whatsApp(7)])
    }

    @Test func `Work that fails before it reports costs nothing although the order charges failures`() async throws {
        let bank = try await bank()
        await #expect(throws: Failed.self) {
            try await bank.metering().run(order(bank, chargesWhatFailed: true), as: .service) { _ -> Int in
                throw Failed(number: 1)
            }
        }
        #expect(try await bank.balance() == Balance(100.credits))
    }

    @Test func `Work that is cancelled gives its hold back although its task is cancelled`() async throws {
        let bank = try await bank()
        let (begun, order) = (Gate(), try order(bank))
        let task = Task {
            try await bank.metering().run(order, as: .service) { _ in
                begun.open()
                await until { Task.isCancelled }
                try Task.checkCancellation()
            }
        }
        await begun.pass()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await bank.balance() == Balance(100.credits))
        #expect(try await bank.stored().openHolds == 0)
    }

    @Test func `Work that ends although its task was cancelled is charged`() async throws {
        let bank = try await bank()
        let (begun, order) = (Gate(), try order(bank))
        let task = Task {
            try await bank.metering().run(order, as: .service) { meter in
                begun.open()
                await until { Task.isCancelled }
                meter.report(.whatsApp(9))
                return 5
            }
        }
        await begun.pass()
        task.cancel()
        let outcome = try await task.value
        #expect(outcome.value == 5 && outcome.receipt?.amount == 9.credits)
        #expect(try await bank.balance() == Balance(91.credits))
    }

    @Test func `A task that is cancelled before begins no work`() async throws {
        let bank = try await bank()
        let order = try order(bank)
        let task = Task {
            await until { Task.isCancelled }
            return try await bank.metering().run(order, as: .service) { _ in Issue.record("the work was begun") }
        }
        task.cancel()
        #expect(await failure { try await task.value }?.code == .cancelled)
        #expect(try await bank.balance() == Balance(100.credits))
    }

    @Test func `Work that outlives its hold is charged once`() async throws {
        let bank = try await bank("starter")
        let outcome = try await bank.metering().run(order(bank), as: .service) { meter in
            bank.time.advance(by: .seconds(600))
            let balance = try await bank.balance()
            #expect(balance == Balance(100.credits), "the hold has run out")
            meter.report(.whatsApp(25))
        }
        #expect(outcome.receipt?.amount == 25.credits && outcome.receipt?.key == "work:settle".key)
        #expect(try await bank.balance() == Balance(75.credits))
        #expect(try await bank.recordedUsage().map(\.event.id) == ["work:usage".key])
        #expect(try await used(bank) == 25)
        try await expectAlreadyDone(bank)
    }

    @Test func `Work that outlives its hold is charged although its allowance is used up meanwhile`() async throws {
        let bank = try await bank("free")
        let outcome = try await bank.metering().run(order(bank), as: .service) { _ in
            bank.time.advance(by: .seconds(600))
            let other = try MeteredOrder(.whatsApp(90), from: bank.wallet, key: "other".key)
            _ = try await bank.metering().run(other, as: .service) { _ in }
        }
        #expect(outcome.receipt?.amount == 40.credits && outcome.receipt?.shortfall == 30.credits)
        #expect(try await bank.balance() == Balance(.zero, owed: 30.credits))
        #expect(try await used(bank) == 130, "what was used counts beyond the limit")
    }

    @Test func `Work that was done is not done again under its key`() async throws {
        let bank = try await bank()
        _ = try await bank.metering().run(order(bank), as: .service) { $0.report(.whatsApp(5)) }
        try await expectAlreadyDone(bank)
        bank.time.advance(by: .days(3))
        try await expectAlreadyDone(bank)
        #expect(try await bank.balance() == Balance(95.credits))
    }

    @Test func `Work that another process began and left is done by the next and charged once`() async throws {
        let bank = try await bank()
        try await bank.apply(.hold(40.credits, lifetime: .seconds(600)), "work:hold1")
        bank.time.advance(by: .seconds(100))
        let outcome = try await bank.metering().run(order(bank), as: .service) { meter in
            meter.report(.whatsApp(5))
            return "done"
        }
        #expect(outcome.value == "done")
        #expect(try await bank.balance() == Balance(95.credits))
        try await expectAlreadyDone(bank)
    }

    @Test func `Work that two do at once under one key is charged once`() async throws {
        let bank = try await bank()
        let (gate, order) = (Gate(), try order(bank))
        let slow = Task {
            try await bank.metering().run(order, as: .service) { meter in
                await gate.pass()
                meter.report(.whatsApp(9))
                return "slow"
            }
        }
        await until { gate.waiting == 1 }
        let quick = try await bank.metering().run(order, as: .service) { meter in
            meter.report(.whatsApp(5))
            return "quick"
        }
        bank.time.advance(by: .seconds(1))
        gate.open()
        let late = try await slow.value
        #expect(quick.value == "quick" && late.value == "slow")
        #expect(late.receipt == quick.receipt && quick.receipt?.amount == 5.credits)
        #expect(try await bank.balance() == Balance(95.credits))
        #expect(try await bank.recordedUsage().count == 1)
    }

    @Test func `Work that is begun again after its hold ran out is charged once, whichever attempt ends first`()
        async throws
    {
        for endsFirst in [0, 1] {
            let bank = try await bank()
            let (gates, order) = ([Gate(), Gate()], try order(bank))
            func begin(_ attempt: Int) async -> Task<MeteredOutcome<Int>, any Error> {
                let task = Task {
                    try await bank.metering().run(order, as: .service) { meter in
                        await gates[attempt].pass()
                        meter.report(.whatsApp(Int64(attempt + 5)))
                        return attempt
                    }
                }
                await until { gates[attempt].waiting == 1 }
                return task
            }
            let first = await begin(0)
            bank.time.advance(by: .seconds(600))
            let tasks = [first, await begin(1)]
            gates[endsFirst].open()
            let settled = try await tasks[endsFirst].value
            gates[1 - endsFirst].open()
            let other = try await tasks[1 - endsFirst].value
            #expect(settled.value == endsFirst && other.value == 1 - endsFirst)
            #expect(settled.receipt?.amount == (endsFirst + 5).credits && other.receipt == settled.receipt)
            #expect(try await bank.balance() == Balance((95 - endsFirst).credits))
            #expect(try await bank.stored().openHolds == 0)
        }
    }

    @Test func `Work that failed may be tried again, so often and no more`() async throws {
        let bank = try await bank()
        for attempt in 1...Metering.maximumAttempts {
            await #expect(throws: Failed(number: attempt)) {
                try await bank.metering().run(order(bank), as: .service) { _ -> Int in throw Failed(number: attempt) }
            }
        }
        let error = await failure {
            try await bank.metering().run(order(bank), as: .service) { _ in Issue.record("the work was begun") }
        }
        #expect(error?.code == .conflict)
        #expect(try await bank.balance() == Balance(100.credits))
    }

    @Test func `Work that could not be settled is handed back and settled later, once`() async throws {
        let store = FrailStore()
        let bank = try await Bank(over: store)
        try await bank.assign("growth")
        try await bank.grant(100.credits, "top-up")
        let order = try order(bank)
        let outcome = try await bank.metering().run(order, as: .service) { meter in
            meter.report(.whatsApp(7))
            store.isDown = true
            return "done"
        }
        guard case .unsettled("done", .whatsApp(7), let error) = outcome else {
            Issue.record("found \(outcome)")
            return
        }
        #expect(error.code == .unavailable)
        store.isDown = false
        #expect(try await bank.balance() == Balance(60.credits, held: 40.credits))
        let receipt = try await bank.metering().settle(order, used: .whatsApp(7), as: .service)
        #expect(receipt.amount == 7.credits)
        #expect(try await bank.metering().settle(order, used: .whatsApp(9), as: .service) == receipt)
        #expect(try await bank.balance() == Balance(93.credits))
        try await expectAlreadyDone(bank)
    }

    @Test func `Where no more may be owed what is covered is charged`() async throws {
        let bank = try await Bank(limits: WalletLimits(openGrants: 9, openHolds: 9, openReceivables: 1))
        try await bank.assign("growth")
        try await bank.apply(.debit(1.credits, shortfall: .owe), "debt")
        try await bank.grant(40.credits, .promotional, "gift")
        let outcome = try await bank.metering().run(order(bank), as: .service) { $0.report(.whatsApp(50)) }
        #expect(outcome.receipt?.amount == 40.credits && outcome.receipt?.shortfall == 10.credits)
        #expect(try await bank.balance() == Balance(.zero, owed: 1.credits))
    }

    /// How many messages the wallet has used of the month's allowance.
    private func used(_ bank: Bank) async throws -> UInt64? {
        let key = QuotaCounter.Key(wallet: bank.wallet.place, meter: .messages, periodStart: Bank.start)
        return try await bank.store.transaction(as: .service) { t throws(TammError) in try t.quotas([key]) }.first?.used
    }

    private func expectAlreadyDone(_ bank: Bank) async throws {
        let again = try await bank.metering().run(order(bank), as: .service) { _ in Issue.record("the work was begun") }
        guard case .alreadyDone(let receipt) = again.refusal else {
            Issue.record("found \(again)")
            return
        }
        #expect(["work:settle".key, "work:late".key].contains(receipt.key))
    }
}

/// A store that can be taken down.
private final class FrailStore: TammStore {
    private let store = InMemoryStore()
    private let state = Mutex(false)

    var isDown: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    func transaction<Value: Sendable>(
        as principal: Principal,
        _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Value
    ) async throws(TammError) -> Value {
        if isDown { throw TammError(.unavailable, "the store is down") }
        return try await store.transaction(as: principal, body)
    }
}
