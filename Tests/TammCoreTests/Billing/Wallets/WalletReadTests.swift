import TammTesting
import Testing

@testable import TammCore

struct WalletReadTests {
    @Test func `The balance at a past moment is what had been recorded by then`() async throws {
        let bank = try await Bank()
        bank.time.set(bank.day(1))
        try await bank.grant(10.credits, "g")
        bank.time.set(bank.day(2))
        _ = try await bank.hold(4.credits, "h", lifetime: .days(20))
        try await bank.apply(.debit(9.credits, shortfall: .owe), "d")
        bank.time.set(bank.day(5))
        func balance(_ moment: Timestamp) async throws -> Balance {
            try await bank.wallets.balance(of: bank.wallet, at: moment, as: .service)
        }
        let (granted, charged) = (Balance(10.credits), Balance(.zero, held: 4.credits, owed: 3.credits))
        #expect(try await balance(.min) == Balance(.zero))
        #expect(try await balance(bank.day(1).advanced(by: .microseconds(-1))) == Balance(.zero))
        #expect(try await balance(bank.day(1)) == granted)
        #expect(try await balance(bank.day(2).advanced(by: .microseconds(-1))) == granted)
        #expect(try await balance(bank.day(2)) == charged, "of several entries at one moment the last one counts")
        #expect(try await balance(bank.day(5)) == charged)
        #expect(try await balance(.max) == charged)
    }

    @Test func `A clock that goes back does not reorder the past`() async throws {
        let bank = try await Bank()
        bank.time.set(bank.day(3))
        try await bank.grant(10.credits, "g")
        bank.time.set(bank.day(1))
        let receipt = try await bank.apply(.debit(1.credits, shortfall: .refuse), "d")
        #expect(receipt.recordedAt == bank.day(3))
        let wallet = bank.wallet
        #expect(try await bank.wallets.balance(of: wallet, at: bank.day(2), as: .service) == Balance(.zero))
        #expect(try await bank.wallets.balance(of: wallet, at: bank.day(3), as: .service) == Balance(9.credits))
    }

    @Test func `What is due counts in the balance although nothing has booked it`() async throws {
        let bank = try await Bank()
        try await bank.grant(10.credits, .promotional, "expiring", expiresAt: bank.day(1))
        try await bank.grant(20.credits, .plan, "staying")
        try await bank.grant(5.credits, .promotional, "coming", effectiveAt: bank.day(2))
        _ = try await bank.hold(25.credits, "h", lifetime: .days(3))
        let before = try await bank.stored()
        #expect(before.balance == Balance(5.credits, held: 25.credits))

        bank.time.set(bank.day(1).advanced(by: .microseconds(-1)))
        #expect(try await bank.balance() == Balance(5.credits, held: 25.credits))
        bank.time.set(bank.day(2))
        #expect(try await bank.balance() == Balance(10.credits, held: 25.credits))
        bank.time.set(bank.day(3))
        #expect(try await bank.balance() == Balance(25.credits), "what returns to an expired grant expires")
        #expect(try await bank.stored() == before)

        try await bank.apply(.tidy, "tidy")
        #expect(try await bank.stored().balance == Balance(25.credits))
        #expect(try await bank.balance() == Balance(25.credits))
    }

    @Test func `A statement comes in pages without a gap or a repetition`() async throws {
        let bank = try await Bank()
        for number in 1...25 { try await bank.grant(1.credits, "g\(number)") }
        var pages: [[Int64]] = []
        var cursor: Int64? = 0
        while let after = cursor {
            let page = try await bank.wallets.statement(of: bank.wallet, after: after, limit: 10, as: .service)
            pages.append(page.entries.map(\.sequence))
            cursor = page.next
        }
        #expect(pages == [Array(1...10), Array(11...20), Array(21...25)])
    }

    @Test func `A page that ends with the last entry has no next, until there is more`() async throws {
        let bank = try await Bank()
        for number in 1...4 { try await bank.grant(1.credits, "g\(number)") }
        func page(after sequence: Int64, limit: Int) async throws -> Statement {
            try await bank.wallets.statement(of: bank.wallet, after: sequence, limit: limit, as: .service)
        }
        #expect(try await page(after: 0, limit: 4).next == nil)
        #expect(try await page(after: 0, limit: 3).next == 3)
        #expect(try await page(after: -7, limit: 3).entries.map(\.sequence) == [1, 2, 3])
        let beyond = try await page(after: 4, limit: 3)
        #expect(beyond.entries.isEmpty && beyond.next == nil)
        #expect(try await page(after: .max, limit: 3).entries.isEmpty)
        try await bank.grant(1.credits, "g5")
        #expect(try await page(after: 4, limit: 3).entries.map(\.sequence) == [5])
    }

    @Test(arguments: [Int.min, -1, 0, 1001, .max])
    func `A page has 1 to 1,000 rows`(limit: Int) async throws {
        let bank = try await Bank()
        let (wallets, wallet) = (bank.wallets, bank.wallet)
        let errors = [
            await failure { try await wallets.statement(of: wallet, limit: limit, as: .service) },
            await failure { try await wallets.grants(of: wallet, limit: limit, as: .service) },
            await failure { try await wallets.holds(of: wallet, limit: limit, as: .service) },
            await failure { try await wallets.receivables(of: wallet, limit: limit, as: .service) },
            await failure { try await wallets.usage(of: bank.workspace, limit: limit, as: .service) },
        ]
        for error in errors { #expect(error?.code == .invalidInput && error?.field == "limit") }
    }

    @Test func `Grants, holds, receivables and usage come in pages too`() async throws {
        let bank = try await Bank()
        for number in 1...3 {
            bank.time.advance(by: .seconds(1))
            try await bank.apply(
                .debit(1.credits, shortfall: .owe), "d\(number)", usage: [bank.usage("e\(number)")])
        }
        for number in 1...3 {
            bank.time.advance(by: .seconds(1))
            try await bank.grant(9.credits, .promotional, "g\(number)")
            _ = try await bank.hold(1.credits, "h\(number)")
        }
        let (wallets, wallet) = (bank.wallets, bank.wallet)
        let grants = try await wallets.grants(of: wallet, as: .service).map(\.id)
        #expect(grants.count == 3 && grants == grants.sorted())
        #expect(try await wallets.grants(of: wallet, after: grants[0], limit: 1, as: .service).map(\.id) == [grants[1]])
        let holds = try await wallets.holds(of: wallet, as: .service).map(\.id)
        #expect(try await wallets.holds(of: wallet, after: holds[1], as: .service).map(\.id) == [holds[2]])
        let debts = try await wallets.receivables(of: wallet, as: .service).map(\.id)
        #expect(try await wallets.receivables(of: wallet, after: debts[2], as: .service).isEmpty)
        let usage = try await wallets.usage(of: bank.workspace, after: "e1".key, limit: 5, as: .service)
        #expect(usage.map(\.event.id) == ["e2".key, "e3".key])
    }

    @Test func `What is not there is not found`() async throws {
        let bank = try await Bank()
        let gone = Wallet(id: Identifier(high: 1, low: 2), workspace: bank.workspace, openedAt: Bank.start)
        #expect(try await bank.wallets.wallet(gone.place, as: .service) == nil)
        let errors = [
            await failure { try await bank.wallets.balance(of: gone, as: .service) },
            await failure { try await bank.wallets.balance(of: gone, at: Bank.start, as: .service) },
            await failure { try await bank.wallets.statement(of: gone, as: .service) },
            await failure { try await bank.submit(.tidy, "t", in: gone) },
            await failure { try await bank.submit(.release(Identifier(high: 1, low: 3)), "r") },
            await failure { try await bank.submit(.clawback(Identifier(high: 1, low: 3), 1.credits), "c") },
            await failure { try await bank.submit(.writeOff(Identifier(high: 1, low: 3)), "w") },
            await failure { try await bank.submit(.refund(of: "none".key, 1.credits), "f") },
            await failure { try await bank.submit(.reinstate("none".key), "i") },
        ]
        for (index, error) in errors.enumerated() { #expect(error?.code == .notFound, "\(index)") }
        #expect(errors.suffix(6).map { $0?.field } == ["wallet", "hold", "grant", "receivable", "of", "of"])
    }
}
