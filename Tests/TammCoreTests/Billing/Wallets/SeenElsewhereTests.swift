import Synchronization
import TammInMemory
import TammTesting
import Testing

@testable import TammCore

/// What other billing systems got wrong, each as one test.
struct SeenElsewhere {
    @Test func `Of many calls at once on one balance exactly those it affords succeed`() async throws {
        let bank = try await Bank()
        try await bank.grant(100.credits, "top-up")
        let outcomes = try await together(400) {
            try await bank.submit(.debit(1.credits, shortfall: .refuse), "d\($0)")
        }
        #expect(outcomes.filter { $0.applied != nil }.count == 100)
        let refused = WalletRefusal.insufficientCredits(available: .zero, wanted: 1.credits)
        #expect(outcomes.filter { $0.refusal == refused }.count == 300)
        #expect(try await bank.balance() == Balance(.zero))
    }

    @Test func `A stream that breaks does not leak its hold`() async throws {
        struct Broken: Error {}
        let bank = try await Bank()
        try await bank.assign("growth")
        try await bank.grant(100.credits, "top-up")
        let order = try MeteredOrder(.messages(channel: "whatsapp", count: 40), from: bank.wallet, key: "stream".key)
        await #expect(throws: Broken.self) {
            try await bank.metering().run(order, as: .service) { meter -> Int in
                meter.report(.messages(channel: "whatsapp", count: 3))
                throw Broken()
            }
        }
        #expect(try await bank.balance() == Balance(100.credits))
        #expect(try await bank.stored().openHolds == 0)
    }

    @Test func `Settling a hold gives back what was not spent and mints nothing`() async throws {
        let bank = try await Bank()
        try await bank.grant(100.credits, "top-up")
        let hold = try await bank.hold(30.credits, "work")
        let receipt = try await bank.apply(.capture(hold, 12.credits, shortfall: .refuse), "settle")
        #expect(receipt.balance == Balance(88.credits))
        for (number, action) in [
            WalletCommand.Action.capture(hold, .zero, shortfall: .refuse), .release(hold),
            .capture(hold, 30.credits, shortfall: .owe),
        ].enumerated() {
            #expect(try await bank.submit(action, "again-\(number)").refusal == .holdClosed(.captured))
        }
        #expect(try await bank.balance() == Balance(88.credits))
    }

    @Test func `A top-up delivered many times at once is one top-up`() async throws {
        let bank = try await Bank()
        let terms = try GrantTerms(50.credits, .purchased, source: "payment-1".key)
        let outcomes = try await together(50) { _ in try await bank.submit(.grant(terms), "payment-1") }
        #expect(outcomes.filter { $0.applied != nil }.count == 1)
        #expect(outcomes.filter { $0.replayed != nil }.count == 49)
        #expect(Set(outcomes.compactMap(\.receipt)).count == 1)
        #expect(try await bank.balance() == Balance(50.credits))
    }

    @Test func `A check does not look past what open holds have reserved`() async throws {
        let bank = try await Bank()
        try await bank.grant(10.credits, "top-up")
        _ = try await bank.hold(8.credits, "work")
        let refused = WalletRefusal.insufficientCredits(available: 2.credits, wanted: 5.credits)
        #expect(try await bank.submit(.debit(5.credits, shortfall: .refuse), "d").refusal == refused)
        #expect(try await bank.submit(.hold(5.credits, lifetime: .seconds(60)), "h").refusal == refused)
    }

    @Test func `A hold that was refused or given back cannot be captured`() async throws {
        let bank = try await Bank()
        try await bank.grant(10.credits, "top-up")
        #expect(try await bank.submit(.hold(11.credits, lifetime: .seconds(60)), "too-much").refusal != nil)
        let never = Identifier<Hold>(derivedFrom: bank.wallet.id, label: "hold:too-much", at: bank.time.now)
        let error = await failure { try await bank.submit(.capture(never, 1.credits, shortfall: .owe), "c1") }
        #expect(error?.code == .notFound && error?.field == "hold")
        let hold = try await bank.hold(5.credits, "work")
        try await bank.apply(.release(hold), "give-up")
        let outcome = try await bank.submit(.capture(hold, 5.credits, shortfall: .owe), "c2")
        #expect(outcome.refusal == .holdClosed(.released))
        #expect(try await bank.balance() == Balance(10.credits))
    }

    @Test func `A hold runs out by what is stored, not by what a process remembers`() async throws {
        let bank = try await Bank()
        try await bank.grant(10.credits, "top-up")
        let hold = try await bank.hold(10.credits, "work", lifetime: .seconds(60))
        bank.time.advance(by: .seconds(60))
        let another = Wallets(store: bank.store, time: bank.time.source)
        let capture = try bank.command(.capture(hold, 10.credits, shortfall: .owe), "settle")
        #expect(try await another.submit(capture, as: .service) == .refused(.holdClosed(.expired)))
        let debit = try bank.command(.debit(10.credits, shortfall: .refuse), "spend")
        #expect(try await another.submit(debit, as: .service).applied?.balance == Balance(.zero))
    }

    @Test func `Editing a plan leaves balances as they are`() async throws {
        let bank = try await Bank()
        let assignment = try await bank.assign("starter")
        let plan = try PlanCatalogue.example.version(assignment.plan)
        try await bank.grant(plan.monthlyCredits, .plan, "period-1")
        let before = try await bank.stored()
        let edited = try PlanVersion(
            PlanVersionReference(plan.reference.plan, version: plan.reference.version + 1), monthlyCredits: 1.credits,
            prices: plan.prices, packs: plan.packs, entitlements: plan.entitlements, rateLimits: plan.rateLimits,
            retentionDays: plan.retentionDays, trialDays: plan.trialDays)
        let plans = bank.plans(try PlanCatalogue.example.publishing(edited))
        #expect(try await plans.plan(of: bank.workspace, as: .service)?.version == plan)
        #expect(try await bank.stored() == before)
        #expect(before.balance == Balance(1500.credits))
    }

    @Test func `An upgrade after everything is used gives the whole new grant`() async throws {
        let bank = try await Bank()
        try await bank.grant(1500.credits, .plan, "starter")
        try await bank.apply(.debit(1500.credits, shortfall: .refuse), "used")
        #expect(try await bank.grant(7500.credits, .plan, "growth").balance == Balance(7500.credits))
    }

    @Test func `An upgrade settles what was used beyond the old grant and is never negative`() async throws {
        let bank = try await Bank()
        try await bank.grant(1500.credits, .plan, "starter")
        try await bank.apply(.debit(1600.credits, shortfall: .owe), "used")
        #expect(try await bank.balance() == Balance(.zero, owed: 100.credits))
        #expect(try await bank.grant(7500.credits, .plan, "growth").balance == Balance(7400.credits))
    }

    @Test func `A usage event whose command was refused is recorded by the next one`() async throws {
        let bank = try await Bank()
        let event = bank.usage("e-1", 5.credits)
        let debit = WalletCommand.Action.debit(5.credits, shortfall: .refuse)
        #expect(try await bank.submit(debit, "d1", usage: [event]).refusal != nil)
        #expect(try await bank.wallets.usage(of: bank.workspace, as: .service).isEmpty)
        try await bank.grant(10.credits, "top-up")
        try await bank.apply(debit, "d1", usage: [event])
        #expect(try await bank.submit(debit, "d2", usage: [event]).refusal == .usageRecorded("e-1".key))
        #expect(try await bank.wallets.usage(of: bank.workspace, as: .service).map(\.event) == [event])
        #expect(try await bank.balance() == Balance(5.credits))
    }

    @Test func `A usage event whose transaction failed can be recorded later`() async throws {
        let bank = try await Bank()
        try await bank.grant(10.credits, "top-up")
        let now = bank.time.now
        let command = try bank.command(.debit(5.credits, shortfall: .refuse), "d", usage: [bank.usage("e-1")])
        let error = await failure {
            try await bank.store.transaction(as: .service) { t throws(TammError) in
                _ = try bank.wallets.apply([command], at: now, in: t)
                throw TammError(.unavailable, "the connection broke")
            }
        }
        #expect(error?.code == .unavailable)
        #expect(try await bank.wallets.submit(command, as: .service).applied != nil)
        #expect(try await bank.wallets.usage(of: bank.workspace, as: .service).count == 1)
    }

    @Test func `A chargeback takes back what is there and records the rest as owed`() async throws {
        let bank = try await Bank()
        let bought = try #require(try await bank.grant(100.credits, "payment-1").grant)
        try await bank.apply(.debit(70.credits, shortfall: .refuse), "used")
        let receipt = try await bank.apply(.clawback(bought, 100.credits), "chargeback")
        #expect(receipt.shortfall == 70.credits)
        #expect(receipt.balance == Balance(.zero, owed: 70.credits))
        #expect(try await bank.grant(50.credits, "payment-2").balance == Balance(.zero, owed: 20.credits))
    }

    @Test func `A dispute that is won gives back what was taken, once`() async throws {
        let bank = try await Bank()
        let bought = try #require(try await bank.grant(100.credits, "payment-1").grant)
        try await bank.apply(.debit(70.credits, shortfall: .refuse), "used")
        try await bank.apply(.clawback(bought, 100.credits), "chargeback")
        let receipt = try await bank.apply(.reinstate("chargeback".key), "won")
        #expect(receipt.balance == Balance(30.credits))
        #expect(try await bank.submit(.reinstate("chargeback".key), "won-again").refusal == .alreadyReinstated)
        #expect(try await bank.submit(.reinstate("chargeback".key), "won").replayed == receipt)
        #expect(try await bank.balance() == Balance(30.credits))
    }

    @Test func `A hold that is asked again is the same hold`() async throws {
        let bank = try await Bank()
        try await bank.grant(10.credits, "top-up")
        let action = WalletCommand.Action.hold(4.credits, lifetime: .seconds(3600))
        let first = try await bank.apply(action, "work")
        bank.time.advance(by: .seconds(5))
        let again = try await together(20) { _ in try await bank.submit(action, "work") }
        let another = Wallets(store: bank.store, time: bank.time.source)
        let elsewhere = try await another.submit(bank.command(action, "work"), as: .service)
        #expect(Set(again + [elsewhere]) == [.replayed(first)])
        #expect(try await bank.wallets.holds(of: bank.wallet, as: .service).map(\.id) == [first.hold])
        #expect(try await bank.balance() == Balance(6.credits, held: 4.credits))
    }

    @Test func `No balance changes without an entry that says by how much`() async throws {
        let bank = try await Bank()
        try await LedgerScript.run(on: bank)
        var balance = Balance(.zero)
        for entry in try await bank.entries() {
            let amount = entry.amount.micro
            func moved(_ credits: Credits, _ account: Account, _ sign: Int64) -> Credits {
                let change = (entry.target == account ? amount : 0) - (entry.source == account ? amount : 0)
                return Credits(unchecked: credits.micro + sign * change)
            }
            balance = Balance(
                moved(balance.available, .available, 1), held: moved(balance.held, .held, 1),
                owed: moved(balance.owed, .owed, -1))
            #expect(entry.balance == balance, "entry \(entry.sequence)")
        }
        #expect(try await bank.stored().balance == balance)
        let report = try await bank.wallets.verify(as: .service)
        #expect(report.isClean, "\(report.findings)")
        #expect(report.totals.values.reduce(0, +) == 0)
    }

    @Test func `A payment is applied once by its key; its source is a label, not a lock`() async throws {
        let bank = try await Bank()
        let terms = try GrantTerms(50.credits, .purchased, source: "payment-1".key)
        try await bank.apply(.grant(terms), "payment-1")
        #expect(try await bank.submit(.grant(terms), "payment-1").replayed != nil)
        #expect(try await bank.balance() == Balance(50.credits))
        try await bank.apply(.grant(terms), "payment-1-again")
        let grants = try await bank.wallets.grants(of: bank.wallet, as: .service)
        #expect(grants.map(\.terms.source) == ["payment-1".key, "payment-1".key])
        #expect(try await bank.balance() == Balance(100.credits))
    }

    @Test func `What is used beyond the balance is told, not cut off at zero`() async throws {
        let bank = try await Bank()
        try await bank.grant(10.credits, "top-up")
        let debit = try await bank.apply(.debit(15.credits, shortfall: .owe), "used")
        #expect(debit.amount == 15.credits && debit.shortfall == 5.credits)
        #expect(debit.balance == Balance(.zero, owed: 5.credits))
        let capped = try await bank.apply(.debit(3.credits, shortfall: .cap), "capped")
        #expect(capped.amount == .zero && capped.shortfall == 3.credits)
        let totals = try await bank.wallets.verify(as: .service).totals
        #expect(totals[.consumed] == Int128(15.credits.micro))
        #expect(totals[.owed] == -Int128(5.credits.micro))
    }

    @Test func `Under load the over-spend is exactly nothing`() async throws {
        let bank = try await Bank()
        try await bank.grant(1000.credits, "top-up")
        let spent = try await together(300) { number -> Int64 in
            let held = try await bank.submit(.hold(7.credits, lifetime: .seconds(60)), "h\(number)")
            guard let hold = held.applied?.hold else { return 0 }
            let wanted = Credits(unchecked: Int64(number % 7 + 1) * 999_999)
            let capture = try await bank.submit(.capture(hold, wanted, shortfall: .refuse), "c\(number)")
            return capture.applied?.amount.micro ?? 0
        }
        let total = spent.reduce(0, +)
        #expect(try await bank.balance() == Balance(Credits(unchecked: 1000.credits.micro - total)))
        #expect(try await bank.wallets.verify(as: .service).totals[.consumed] == Int128(total))
        #expect(spent.filter { $0 > 0 }.count >= 142)
    }
}
