import TammTesting
import Testing

@testable import TammCore

/// Who may see and change a wallet.
struct WalletIsolationTests {
    private func funded() async throws -> Bank {
        let bank = try await Bank()
        try await bank.grant(10.credits, "g")
        _ = try await bank.hold(1.credits, "h")
        try await bank.apply(.debit(20.credits, shortfall: .owe), "d", usage: [bank.usage("e")])
        return bank
    }

    @Test func `Two workspaces whose wallets have the same identifier spend, verify and are noted apart`() async throws {
        let bank = try await funded()
        let (owner, neighbour) = try await bank.neighbour()
        let twin = Wallet(id: bank.wallet.id, workspace: neighbour.workspace, openedAt: bank.time.now)
        _ = try await bank.store.transaction(as: .ledger) { t throws(TammError) in try t.insert(twin) }
        let before = try await bank.balance()
        let terms = try GrantTerms(7.credits, .purchased)
        _ = try await bank.wallets.grant(terms, to: twin, key: "g".key, as: .service)
        let debit = try await bank.wallets.debit(2.credits, from: twin, key: "d".key, as: owner)
        #expect(debit.applied?.balance == Balance(5.credits))
        #expect(try await bank.balance(of: twin) == Balance(5.credits))
        #expect(try await bank.balance() == before)
        #expect(try await bank.entries(of: twin).map(\.sequence) == [1, 2])
        let checkpoint = try await bank.wallets.checkpoint(as: .service)
        let noted = checkpoint.heads.filter { $0.wallet == twin.id }.map { [$0.workspace: $0.sequence] }
        #expect(Set(noted) == [[bank.workspace: try await bank.stored().sequence], [twin.workspace: 2]])
        let report = try await bank.wallets.verify(against: checkpoint, as: .service)
        #expect(report.isClean && report.wallets == 3)
    }

    @Test func `A user of another workspace sees nothing of a wallet`() async throws {
        let bank = try await funded()
        let stranger = try await bank.neighbour().owner
        let (wallets, wallet) = (bank.wallets, bank.wallet)
        #expect(try await wallets.wallet(wallet.place, as: stranger) == nil)
        #expect(try await wallets.grants(of: wallet, as: stranger).isEmpty)
        #expect(try await wallets.holds(of: wallet, as: stranger).isEmpty)
        #expect(try await wallets.receivables(of: wallet, as: stranger).isEmpty)
        #expect(try await wallets.usage(of: bank.workspace, as: stranger).isEmpty)
        let errors = [
            await failure { try await wallets.balance(of: wallet, as: stranger) },
            await failure { try await wallets.balance(of: wallet, at: .max, as: stranger) },
            await failure { try await wallets.statement(of: wallet, as: stranger) },
            await failure { try await wallets.verify(workspace: bank.workspace, as: stranger) },
            await failure { try await wallets.checkpoint(workspace: bank.workspace, as: stranger) },
            await failure { try await wallets.exportJournal(workspace: bank.workspace, as: stranger) { _ in } },
            await failure { try await wallets.open(in: bank.workspace, as: stranger) },
        ]
        for (index, error) in errors.enumerated() { #expect(error?.code == .notFound, "\(index)") }
    }

    @Test func `A user of another workspace changes nothing in a wallet, whatever workspace it names`() async throws {
        let bank = try await funded()
        let (stranger, own) = try await bank.neighbour()
        let before = try await bank.stored()
        let grant = try #require(try await bank.wallets.grants(of: bank.wallet, as: .service).first?.id)
        let hold = try #require(try await bank.wallets.holds(of: bank.wallet, as: .service).first?.id)
        let actions: [WalletCommand.Action] = [
            .debit(1.credits, shortfall: .owe), .hold(1.credits, lifetime: .seconds(1)),
            .capture(hold, 1.credits, shortfall: .owe), .release(hold), .tidy, .clawback(grant, 1.credits),
            .grant(try GrantTerms(1.credits, .plan)), .refund(of: "d".key, 1.credits),
        ]
        for (index, action) in actions.enumerated() {
            for workspace in [bank.workspace, own.workspace] {
                let command = try WalletCommand(action, wallet: bank.wallet.id, in: workspace, key: "x\(index)".key)
                let code = await failure { try await bank.wallets.submit(command, as: stranger) }?.code
                #expect(code == .notFound || (code == .forbidden && workspace == own.workspace), "\(action)")
            }
        }
        #expect(try await bank.stored() == before)
    }

    @Test func `A hold, grant or key of one wallet is unknown to another, even of the same workspace`() async throws {
        let bank = try await funded()
        let other = try await bank.wallets.open(in: bank.workspace, named: "other", as: .service)
        let grant = try #require(try await bank.wallets.grants(of: bank.wallet, as: .service).first?.id)
        let hold = try #require(try await bank.wallets.holds(of: bank.wallet, as: .service).first?.id)
        let debt = try #require(try await bank.wallets.receivables(of: bank.wallet, as: .service).first?.id)
        for (index, action) in [
            WalletCommand.Action.release(hold), .capture(hold, 1.credits, shortfall: .owe),
            .clawback(grant, 1.credits), .writeOff(debt), .refund(of: "d".key, 1.credits),
        ].enumerated() {
            let error = await failure { try await bank.submit(action, "x\(index)", in: other) }
            #expect(error?.code == .notFound, "\(action)")
        }
        #expect(try await bank.stored(other).sequence == 0)
    }

    @Test func `A member spends and neither reads nor grants`() async throws {
        let bank = try await funded()
        try await bank.grant(30.credits, "more")
        let member = try await bank.member(.member, 1)
        let terms = try GrantTerms(1.credits, .promotional)
        #expect(try await bank.submit(.debit(1.credits, shortfall: .refuse), "m", as: member).applied != nil)
        #expect(try await bank.wallets.wallet(bank.wallet.place, as: member) == nil)
        #expect(await failure { try await bank.wallets.statement(of: bank.wallet, as: member) }?.code == .notFound)
        #expect(await failure { try await bank.wallets.balance(of: bank.wallet, as: member) }?.code == .notFound)
        let audit = await failure { try await bank.wallets.verify(workspace: bank.workspace, as: member) }
        #expect(audit?.code == .forbidden)
        #expect(await failure { try await bank.wallets.open(in: bank.workspace, as: member) }?.code == .forbidden)
        #expect(await failure { try await bank.submit(.grant(terms), "x", as: member) }?.code == .forbidden)
    }

    @Test(arguments: [Role.admin, .owner])
    func `An admin or owner reads and spends and does not issue credits`(role: Role) async throws {
        let bank = try await funded()
        let user = try await bank.member(role, 2)
        let (wallets, wallet) = (bank.wallets, bank.wallet)
        #expect(try await wallets.wallet(wallet.place, as: user) == bank.stored())
        #expect(try await wallets.statement(of: wallet, as: user).entries == bank.entries())
        #expect(try await wallets.balance(of: wallet, as: user) == bank.balance())
        #expect(try await wallets.verify(workspace: bank.workspace, as: user).isClean)
        #expect(try await wallets.usage(of: bank.workspace, as: user).count == 1)
        #expect(try await bank.submit(.debit(.zero, shortfall: .refuse), "t", as: user).applied != nil)
        let grant = try #require(try await wallets.grants(of: wallet, as: user).first?.id)
        let debt = try #require(try await wallets.receivables(of: wallet, as: user).first?.id)
        for (index, action) in [
            WalletCommand.Action.grant(try GrantTerms(1.credits, .plan)), .refund(of: "d".key, 1.credits),
            .clawback(grant, 1.credits), .reinstate("c".key), .writeOff(debt),
            .tidy,
        ].enumerated() {
            let error = await failure { try await bank.submit(action, "x\(index)", as: user) }
            #expect(error?.code == .forbidden, "\(action)")
        }
        #expect(await failure { try await wallets.verify(as: user) }?.code == .forbidden)
    }

    @Test func `A platform administrator issues credits and reads; who only claims to be one does neither`()
        async throws
    {
        let bank = try await funded()
        let user = Identifier<User>(high: 7, low: 7)
        let admin = Principal.platformAdmin(user)
        let terms = try GrantTerms(50.credits, .promotional)
        #expect(await failure { try await bank.submit(.grant(terms), "x", as: admin) }?.code == .notFound)
        #expect(try await bank.wallets.wallet(bank.wallet.place, as: admin) == nil)
        try await bank.workspaces.setPlatformAdmin(user, true, as: .service)
        #expect(try await bank.submit(.grant(terms), "x", as: admin).applied != nil)
        #expect(try await bank.wallets.statement(of: bank.wallet, as: admin).entries == bank.entries())
        try await bank.workspaces.setPlatformAdmin(user, false, as: .service)
        #expect(await failure { try await bank.submit(.grant(terms), "y", as: admin) }?.code == .notFound)
    }

    @Test func `A user who was removed, or names another workspace than its own, is a stranger`() async throws {
        let bank = try await funded()
        let member = try await bank.member(.admin, 3)
        guard case .user(let user, _) = member else { return }
        let elsewhere = Principal.user(user, in: try await bank.neighbour().wallet.workspace)
        #expect(try await bank.wallets.wallet(bank.wallet.place, as: elsewhere) == nil)
        let debit = WalletCommand.Action.debit(.zero, shortfall: .refuse)
        #expect(await failure { try await bank.submit(debit, "t", as: elsewhere) }?.code == .notFound)
        try await bank.workspaces.remove(user, from: bank.workspace, as: .service)
        #expect(try await bank.wallets.wallet(bank.wallet.place, as: member) == nil)
        #expect(await failure { try await bank.submit(debit, "t", as: member) }?.code == .notFound)
    }

    @Test func `The ledger's own role asks for nothing, and nobody else writes its rows`() async throws {
        let bank = try await funded()
        #expect(await failure { try await bank.submit(.tidy, "t", as: .ledger) }?.code == .forbidden)
        let command = try bank.command(.debit(1.credits, shortfall: .owe), "x")
        let now = bank.time.now
        for role in [Role.admin, .owner] {
            let user = try await bank.member(role, 4)
            let error = await failure {
                try await bank.store.transaction(as: user) { t throws(TammError) in
                    try bank.wallets.apply([command], at: now, in: t)
                }
            }
            #expect(error?.code == .forbidden)
        }
    }
}
