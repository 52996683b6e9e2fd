import TammTesting
import Testing

@testable import TammCore

/// Wallet commands in a transaction that changes something else too.
struct UnitOfWorkTests {
    private struct Upgrade {
        let bank: Bank
        let assignment: Subscription
        let grant: WalletCommand

        init() async throws {
            bank = try await Bank()
            let plan = try PlanVersionReference(parsing: "growth@2")
            assignment = .none(in: bank.workspace, plan: plan, at: bank.time.now)
            grant = try bank.command(.grant(GrantTerms(7500.credits, .plan)), "period-1")
        }

        /// Puts the workspace on the plan and applies the commands, then does what `body` does.
        func run(
            _ commands: [WalletCommand],
            _ body: @escaping @Sendable ([WalletOutcome]) throws(TammError) -> Void = { _ in }
        ) async throws -> [WalletOutcome] {
            let (wallets, assignment, now) = (bank.wallets, assignment, bank.time.now)
            return try await bank.store.transaction(as: .service) { t throws(TammError) in
                try t.put(assignment, dueAt: nil)
                let outcomes = try wallets.apply(commands, at: now, in: t)
                try body(outcomes)
                return outcomes
            }
        }

        func isUntouched() async throws -> Bool {
            let workspace = bank.workspace
            let plan = try await bank.store.transaction(as: .service) { t throws(TammError) in
                try t.subscription(of: workspace)
            }
            let (wallet, usage) = (try await bank.stored(), try await bank.recordedUsage())
            return plan == nil && wallet.sequence == 0 && wallet.balance == Balance(.zero) && usage.isEmpty
        }
    }

    @Test func `Both are done together`() async throws {
        let upgrade = try await Upgrade()
        #expect(try await upgrade.run([upgrade.grant]).map { $0.applied != nil } == [true])
        let workspace = upgrade.bank.workspace
        let stored = try await upgrade.bank.store.transaction(as: .service) { t throws(TammError) in
            try t.subscription(of: workspace)
        }
        #expect(stored == upgrade.assignment)
        #expect(try await upgrade.bank.balance() == Balance(7500.credits))
    }

    @Test func `Neither is done when the rest of the transaction fails`() async throws {
        let upgrade = try await Upgrade()
        let hold = try upgrade.bank.command(.hold(5.credits, lifetime: .seconds(60)), "h", quota: upgrade.bank.quota(1))
        let debit = try upgrade.bank.command(
            .debit(9000.credits, shortfall: .owe), "d", usage: [upgrade.bank.usage("e")])
        let error = await failure {
            try await upgrade.run([upgrade.grant, hold, debit]) { outcomes throws(TammError) in
                #expect(outcomes.allSatisfy { $0.applied != nil })
                throw TammError(.unavailable, "the payment's row could not be written")
            }
        }
        #expect(error?.code == .unavailable)
        #expect(try await upgrade.isUntouched())
        #expect(try await upgrade.run([upgrade.grant]).first?.applied != nil, "the key is still free")
    }

    @Test func `Neither is done when a command is wrong`() async throws {
        let upgrade = try await Upgrade()
        let wrong = try upgrade.bank.command(.release(Identifier(high: 1, low: 1)), "r")
        #expect(await failure { try await upgrade.run([upgrade.grant, wrong]) }?.code == .notFound)
        #expect(try await upgrade.isUntouched())
    }

    @Test func `A refusal is left to the caller: it may keep the rest or throw it away`() async throws {
        let upgrade = try await Upgrade()
        let dear = try upgrade.bank.command(.debit(1.credits, shortfall: .refuse), "d")
        let error = await failure {
            try await upgrade.run([dear]) { outcomes throws(TammError) in
                if case .refused = outcomes[0] { throw TammError(.conflict, "not enough credits") }
            }
        }
        #expect(error?.code == .conflict)
        #expect(try await upgrade.isUntouched())
        #expect(try await upgrade.run([dear]).first?.refusal != nil)
        #expect(try await !upgrade.isUntouched())
    }

    @Test func `It is the same ledger that the queue writes`() async throws {
        let upgrade = try await Upgrade()
        let bank = upgrade.bank
        let receipt = try #require(try await upgrade.run([upgrade.grant]).first?.applied)
        #expect(try await bank.wallets.submit(upgrade.grant, as: .service) == .replayed(receipt))
        let spent = try await bank.apply(.debit(500.credits, shortfall: .refuse), "d")
        let again = try bank.command(.debit(500.credits, shortfall: .refuse), "d")
        #expect(try await upgrade.run([upgrade.grant, again]) == [.replayed(receipt), .replayed(spent)])
        #expect(try await bank.balance() == Balance(7000.credits))
        #expect(try await bank.wallets.verify(as: .service).isClean)
    }

    @Test func `Commands on several wallets are one transaction`() async throws {
        let upgrade = try await Upgrade()
        let bank = upgrade.bank
        let other = try await bank.wallets.open(in: bank.workspace, named: "other", as: .service)
        try await bank.grant(100.credits, "g")
        let commands = [
            try bank.command(.debit(40.credits, shortfall: .refuse), "out"),
            try bank.command(.grant(GrantTerms(40.credits, .purchased)), "in", in: other),
        ]
        #expect(
            await failure {
                try await upgrade.run(commands) { _ throws(TammError) in throw TammError(.conflict, "no") }
            } != nil)
        #expect(try await bank.balance(of: other) == Balance(.zero))
        #expect(try await upgrade.run(commands).allSatisfy { $0.applied != nil })
        #expect(try await bank.balance() == Balance(60.credits))
        #expect(try await bank.balance(of: other) == Balance(40.credits))
    }
}
