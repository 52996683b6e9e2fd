import Synchronization
import TammTesting
import Testing

@testable import TammCore

struct LedgerJournalTests {
    private func journal(_ bank: Bank, workspace: Identifier<Workspace>? = nil) async throws -> String {
        var text = ""
        try await bank.wallets.exportJournal(workspace: workspace, as: .service) { text += $0 }
        return text
    }

    /// The wallet's balances as accounts of the journal.
    private func accounts(_ wallet: Wallet, _ balance: Balance) -> [String: Int64] {
        [
            "wallet:\(wallet.id):available": balance.available.micro, "wallet:\(wallet.id):held": balance.held.micro,
            "wallet:\(wallet.id):owed": -balance.owed.micro,
        ]
    }

    @Test func `An outside program reads the journal and comes to the same balances`() async throws {
        let hledger = try Hledger()
        let bank = try await Bank()
        try await LedgerScript.run(on: bank)
        let journal = try await journal(bank, workspace: bank.workspace)
        let check = try hledger.run("check", journal: journal)
        #expect(check.status == 0, "\(check.output)")
        let balances = try hledger.balances(of: journal)
        let wallet = try await bank.stored()
        for (account, micro) in accounts(wallet, wallet.balance) { #expect(balances[account] == micro, "\(account)") }
        let totals = try await bank.wallets.verify(as: .service).totals
        for (account, total) in totals where !account.isWallets {
            #expect(balances["system:\(account)"].map { Int128($0) } == total, "\(account)")
        }
        #expect(balances.count == totals.count)
        #expect(balances.values.reduce(0, +) == 0)
    }

    @Test func `Wallets whose days interleave stand in one journal`() async throws {
        let hledger = try Hledger()
        let bank = try await Bank()
        let other = try await bank.wallets.open(in: bank.workspace, named: "other", as: .service)
        for day in 1...4 {
            bank.time.set(bank.day(day))
            let wallet = day % 2 == 0 ? other : bank.wallet
            try await bank.grant(10.credits, "g\(day)", in: wallet)
            try await bank.apply(.debit(Credits(unchecked: 1), shortfall: .refuse), "d\(day)", in: wallet)
        }
        let journal = try await journal(bank)
        let check = try hledger.run("check", journal: journal)
        #expect(check.status == 0, "\(check.output)")
        let balances = try hledger.balances(of: journal)
        for wallet in [bank.wallet, other] {
            #expect(balances["wallet:\(wallet.id):available"] == 20.credits.micro - 2)
        }
    }

    @Test func `A key of any characters neither breaks the journal nor changes an amount`() async throws {
        let hledger = try Hledger()
        let bank = try await Bank()
        let characters = (0x21...0x7e).map { String(UnicodeScalar(UInt8($0))) }
        for (index, character) in characters.enumerated() { try await bank.grant(1.credits, "\(character)\(index)") }
        try await bank.grant(1.credits, characters.joined())
        let journal = try await journal(bank)
        let check = try hledger.run("check", journal: journal)
        #expect(check.status == 0, "\(check.output)")
        let balances = try hledger.balances(of: journal)
        #expect(balances["wallet:\(bank.wallet.id):available"] == Int64(characters.count + 1) * 1_000_000)
        #expect(balances.count == 2)
    }

    @Test func `The largest and the smallest amounts are read exactly`() async throws {
        let hledger = try Hledger()
        let bank = try await Bank()
        try await bank.grant(.max, "g")
        try await bank.apply(.debit(Credits(unchecked: 1), shortfall: .refuse), "d")
        let balances = try hledger.balances(of: try await journal(bank))
        #expect(balances["wallet:\(bank.wallet.id):available"] == Credits.max.micro - 1)
        #expect(balances["system:consumed"] == 1)
    }

    @Test func `An outside program finds an amount that was changed`() async throws {
        let hledger = try Hledger()
        let bank = try await Bank()
        try await LedgerScript.run(on: bank)
        let entries = try await bank.entries()
        for index in [0, 4, entries.count - 1] {
            var forged = entries
            forged[index] = forged[index].with(amount: try forged[index].amount.adding(Credits(unchecked: 1)))
            let check = try hledger.run("check", journal: forged.map(LedgerJournal.text).joined())
            #expect(check.status != 0, "entry \(index + 1)")
            #expect(check.output.contains("assertion"), "\(check.output)")
        }
        var missing = entries
        missing.remove(at: 3)
        #expect(try hledger.run("check", journal: missing.map(LedgerJournal.text).joined()).status != 0)
    }

    @Test func `The journal comes in pieces of at most 1,000 entries`() async throws {
        let bank = try await Bank()
        let sizes = Mutex<[Int]>([])
        for number in 0..<500 {
            try await bank.grant(1.credits, "g\(number)")
            try await bank.apply(.debit(1.credits, shortfall: .refuse), "d\(number)")
        }
        try await bank.grant(1.credits, "last")
        try await bank.wallets.exportJournal(as: .service) { piece in
            sizes.withLock { $0.append(piece.split(separator: "\n\n").count) }
        }
        #expect(sizes.withLock { $0 } == [1000, 1])
    }
}
