import TammInMemory
import TammTesting
import Testing

@testable import TammCore

struct ShadowTests {
    @Test func `Where both do the same, they agree`() async throws {
        let bank = try await Bank()
        try await bank.grant(100.credits, "opening")
        let shadow = Shadow(wallets: bank.wallets)
        #expect(
            try await shadow.compare(
                bank.debit(30, "a"), with: ShadowAnswer(.done(30.credits), available: 70.credits, owed: .zero),
                as: .service
            ).agrees)
        #expect(
            try await shadow.compare(
                bank.debit(80, "b"), with: ShadowAnswer(.refused, available: 70.credits), as: .service
            ).agrees)
        #expect(try await shadow.compare(bank.debit(1, "c"), with: ShadowAnswer(.done(1.credits)), as: .service).agrees)
        let again = ShadowAnswer(.done(30.credits), available: 70.credits)
        #expect(try await shadow.compare(bank.debit(30, "a"), with: again, as: .service).agrees, "as it was then")
        let report = shadow.report
        #expect(report.compared == 4 && report.agreed == 4 && report.byKind.isEmpty && report.differing.isEmpty)
        #expect(try await bank.balance() == Balance(69.credits))
    }

    @Test func `Where they differ, each difference is named with both sides`() async throws {
        let bank = try await Bank()
        try await bank.grant(100.credits, "opening")
        let shadow = Shadow(wallets: bank.wallets)
        let cheaper = ShadowAnswer(.done(29.credits), available: 71.credits)
        #expect(
            try await shadow.compare(bank.debit(30, "a"), with: cheaper, as: .service).differences == [
                .amount(theirs: 29.credits, ours: 30.credits), .balance(theirs: 71.credits, ours: 70.credits),
            ])
        let overspent = ShadowAnswer(.done(80.credits), available: .zero, owed: 10.credits)
        let refusal = WalletRefusal.insufficientCredits(available: 70.credits, wanted: 80.credits)
        #expect(
            try await shadow.compare(bank.debit(80, "b"), with: overspent, as: .service).differences == [
                .decision(theirs: .done(80.credits), ours: .refused, because: refusal),
                .balance(theirs: .zero, ours: 70.credits), .owed(theirs: 10.credits, ours: .zero),
            ])
        #expect(
            try await shadow.compare(bank.debit(5, "c"), with: ShadowAnswer(.refused), as: .service).differences == [
                .decision(theirs: .refused, ours: .done(5.credits), because: nil)
            ])
        let report = shadow.report
        #expect(report.compared == 3 && report.agreed == 0)
        #expect(report.byKind == [.decision: 2, .amount: 1, .balance: 2, .owed: 1])
        #expect(report.differing.map(\.key.text) == ["a", "b", "c"] && report.differing.first?.kind == .debit)
    }

    @Test func `A hold that Tamm has made is named, so that the capture can be compared too`() async throws {
        let bank = try await Bank()
        try await bank.grant(100.credits, "opening")
        let shadow = Shadow(wallets: bank.wallets)
        let held = try await shadow.compare(
            bank.command(.hold(50.credits, lifetime: .seconds(60)), "run:hold"),
            with: ShadowAnswer(.done(50.credits), available: 50.credits), as: .service)
        let hold = try #require(held.outcome?.receipt?.hold)
        let captured = try await shadow.compare(
            bank.command(.capture(hold, 20.credits, shortfall: .refuse), "run:capture"),
            with: ShadowAnswer(.done(20.credits), available: 80.credits), as: .service)
        #expect(held.agrees && captured.agrees && shadow.report.agreed == 2)
    }

    @Test func `What fails in Tamm is counted and not thrown`() async throws {
        let store = InterruptedStore(InMemoryStore())
        let bank = try await Bank(over: store)
        try await bank.grant(100.credits, "opening")
        let shadow = Shadow(wallets: bank.wallets)
        let answer = ShadowAnswer(.done(.one), available: 99.credits)
        store.fail(at: 1)
        guard case .failed(let error) = try await shadow.compare(bank.debit(1, "a"), with: answer, as: .service) else {
            Issue.record("wanted a failure")
            return
        }
        #expect(error.code == .unavailable)
        let negative = await shadow.compare(as: .service) { () throws(TammError) in
            try ShadowedCommand(bank.debit(1, "b"), answered: ShadowAnswer(.done(Credits(micro: -1))))
        }
        let reserved = await shadow.compare(as: .service) { () throws(TammError) in
            ShadowedCommand(try bank.debit(1, "tamm:a"), answered: answer)
        }
        let stranger = try await bank.neighbour().owner
        let hidden = try await shadow.compare(bank.debit(1, "c"), with: answer, as: stranger)
        for comparison in [negative, reserved, hidden] {
            if case .failed = comparison { continue }
            Issue.record("\(comparison)")
        }
        let report = shadow.report
        #expect(report.failed == 4 && report.compared == 0)
        #expect(report.failures.map(\.error.code) == [.unavailable, .invalidInput, .invalidInput, .notFound])
        #expect(report.failures.map { $0.key?.text } == ["a", nil, nil, "c"])
        #expect(try await bank.balance() == Balance(100.credits))
    }

    @Test func `What is listed is bounded, and counting begins afresh when asked`() async throws {
        let bank = try await Bank()
        let shadow = Shadow(wallets: bank.wallets, maximumListed: 3)
        for number in 0..<10 {
            try await shadow.compare(bank.debit(1, "k\(number)"), with: ShadowAnswer(.done(.one)), as: .service)
        }
        let before = shadow.reset()
        #expect(before.compared == 10 && before.byKind == [.decision: 10] && before.differing.count == 3)
        #expect(shadow.report == ShadowReport())
    }

    @Test func `A store that hangs gathers no more than so many`() async throws {
        let gate = Gate()
        let bank = try await Bank(over: InMemoryStore())
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        let store = GatedStore(store: bank.store, gate: gate, arrival: arrival)
        let wallets = Wallets(store: store, time: bank.time.source)
        let shadow = Shadow(wallets: wallets, maximumUnderWay: 1)
        let (first, second) = (try bank.debit(1, "a"), try bank.debit(1, "b"))
        let slow = Task { await shadow.compare(first, with: ShadowAnswer(.refused), as: .service) }
        for await _ in arrivals { break }
        #expect(await shadow.compare(second, with: ShadowAnswer(.refused), as: .service) == .skipped)
        gate.open()
        #expect(await slow.value.agrees)
        #expect(shadow.report.skipped == 1 && shadow.report.compared == 1)
    }
}

extension Bank {
    fileprivate func debit(_ credits: Int, _ key: String) throws(TammError) -> WalletCommand {
        try WalletCommand(
            .debit(credits.credits, shortfall: .refuse), wallet: wallet.id, in: workspace, key: IdempotencyKey(key))
    }
}

/// A store behind a gate: each transaction says that it is there, and passes it first.
private struct GatedStore: TammStore {
    let store: any TammStore
    let gate: Gate
    let arrival: AsyncStream<Void>.Continuation

    func transaction<Value: Sendable>(
        as principal: Principal,
        _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Value
    ) async throws(TammError) -> Value {
        arrival.yield()
        await gate.pass()
        return try await store.transaction(as: principal, body)
    }
}
