import Testing

@testable import TammCore

struct LedgerVerificationTests {
    /// A wallet's rows, to be falsified.
    struct Books: Sendable {
        var wallet: Wallet
        var entries: [LedgerEntry]
        var grants: [Grant]
        var holds: [Hold]
        var receivables: [Receivable]

        init(_ bank: Bank) async throws {
            wallet = try await bank.stored()
            entries = try await bank.entries()
            grants = try await bank.wallets.grants(of: bank.wallet, as: .service)
            holds = try await bank.wallets.holds(of: bank.wallet, as: .service)
            receivables = try await bank.wallets.receivables(of: bank.wallet, as: .service)
        }

        /// Where a grant stands that has something left.
        var spendableGrant: Int { grants.firstIndex { !$0.remaining.isZero && $0.status == .active }! }

        func audit() -> LedgerVerification {
            var auditor = WalletAuditor(wallet)
            for start in stride(from: 0, to: entries.count, by: 7) {
                auditor.take(Array(entries[start..<min(start + 7, entries.count)]))
            }
            return auditor.finish(grants: grants, holds: holds, receivables: receivables)
        }

        /// Computes the hashes from that entry on anew, as one who has the database can.
        mutating func rechain(from index: Int) {
            for index in index..<entries.count {
                let previous =
                    index == 0
                    ? LedgerChain.genesis(workspace: wallet.workspace, wallet: wallet.id) : entries[index - 1].hash
                entries[index].hash = LedgerChain.hash(entries[index], after: previous)
            }
        }
    }

    struct Forgery: Sendable, CustomTestStringConvertible {
        let what: String
        /// Every problem that is found, and no other.
        let problems: Set<LedgerVerification.Problem>
        /// The first entry at which something is found.
        let sequence: Int64?
        let forge: @Sendable (inout Books) throws -> Void

        init(
            _ what: String, _ problems: Set<LedgerVerification.Problem>, at sequence: Int64? = nil,
            _ forge: @escaping @Sendable (inout Books) throws -> Void
        ) {
            (self.what, self.problems, self.sequence, self.forge) = (what, problems, sequence, forge)
        }

        var testDescription: String { what }
    }

    private static let entryForgeries = [
        Forgery("an amount is changed", [.chain, .balance, .grants], at: 4) {
            $0.entries[3] = $0.entries[3].with(amount: 1.credits)
        },
        Forgery("an amount and its own hash are changed", [.chain, .balance, .grants], at: 4) {
            $0.entries[3] = $0.entries[3].with(amount: 1.credits)
            $0.entries[3].hash = LedgerChain.hash($0.entries[3], after: $0.entries[2].hash)
        },
        Forgery(
            "an amount is changed and the whole chain after it computed anew", [.balance, .grants, .truncated], at: 4
        ) {
            $0.entries[3] = $0.entries[3].with(amount: 1.credits)
            $0.rechain(from: 3)
        },
        Forgery("an entry in the middle is dropped", [.gap, .chain, .balance, .grants], at: 5) {
            $0.entries.remove(at: 3)
        },
        Forgery("two entries are swapped", [.gap, .chain, .time, .balance], at: 4) { $0.entries.swapAt(2, 3) },
        Forgery("a balance is changed", [.chain, .balance], at: 3) {
            $0.entries[2] = $0.entries[2].with(balance: Balance(1.credits))
        },
        Forgery("a balance is below zero", [.chain, .balance, .negative], at: 3) {
            $0.entries[2] = $0.entries[2].with(balance: Balance(Credits(unchecked: -1)))
        },
        Forgery("an entry is repeated", [.gap, .chain, .balance, .grants], at: 1) {
            $0.entries.insert($0.entries[0], at: 1)
        },
        Forgery("an entry's time is moved back", [.chain, .time], at: 5) {
            $0.entries[4] = $0.entries[4].with(recordedAt: Bank.start.advanced(by: .seconds(-1)))
        },
        Forgery("an entry is ascribed to another command", [.chain], at: 5) {
            $0.entries[4] = $0.entries[4].with(command: "another".key)
        },
        Forgery("an entry is another wallet's", [.chain], at: 5) {
            $0.entries[4] = $0.entries[4].with(wallet: Identifier(high: 1, low: 1))
        },
        Forgery("the last entries are cut off", [.truncated, .balance, .grants, .holds]) { $0.entries.removeLast(2) },
        Forgery("all entries are gone", [.truncated, .balance, .grants, .holds]) { $0.entries = [] },
        Forgery("the last entries are cut off and the wallet's row made to fit", [.grants, .holds]) {
            $0.entries.removeLast(1)
            let last = $0.entries[$0.entries.count - 1]
            $0.wallet.balance = last.balance
            $0.wallet.sequence = last.sequence
            $0.wallet.head = last.hash
        },
    ]

    private static let rowForgeries = [
        Forgery("the wallet's balance is raised", [.balance, .grants]) {
            $0.wallet.balance.available = try $0.wallet.balance.available.adding(1.credits)
        },
        Forgery("the wallet's debt is forgotten", [.balance, .receivables]) { $0.wallet.balance.owed = .zero },
        Forgery("the wallet names another head", [.truncated]) { $0.wallet.head = $0.entries[0].hash },
        Forgery("a hold is not counted", [.holds]) { $0.wallet.openHolds -= 1 },
        Forgery("a grant's remainder is raised", [.grants]) {
            let index = $0.spendableGrant
            $0.grants[index].remaining = try $0.grants[index].remaining.adding(1.credits)
        },
        Forgery("an open grant's row is gone", [.grants]) {
            $0.grants.remove(at: $0.spendableGrant)
        },
        Forgery("an open hold's row is gone", [.holds]) { $0.holds.removeAll { $0.status == .open } },
        Forgery("a closed hold is opened", [.holds]) { $0.holds[0].status = .open },
        Forgery("more was captured than held", [.holds]) { $0.holds[0].captured = 99.credits },
        Forgery("a debt is forgiven without an entry", [.receivables]) {
            let index = $0.receivables.firstIndex { !$0.open.isZero }!
            $0.receivables[index].forgiven = $0.receivables[index].open
        },
    ]

    @Test func `Books that nobody has touched are clean`() async throws {
        let bank = try await Bank()
        try await LedgerScript.run(on: bank)
        let books = try await Books(bank)
        let report = books.audit()
        #expect(report.isClean, "\(report.findings)")
        #expect(report.wallets == 1 && report.entries == Int64(books.entries.count))
        #expect(report.totals.values.reduce(0, +) == 0)
        #expect(!books.wallet.balance.available.isZero && !books.wallet.balance.held.isZero)
        #expect(!books.wallet.balance.owed.isZero)
        #expect(try await bank.wallets.verify(workspace: bank.workspace, as: .service) == report)
    }

    @Test(arguments: entryForgeries + rowForgeries)
    func `A forgery is found, by what it is`(forgery: Forgery) async throws {
        let bank = try await Bank()
        try await LedgerScript.run(on: bank)
        var books = try await Books(bank)
        try forgery.forge(&books)
        let report = books.audit()
        #expect(Set(report.findings.map(\.problem)) == forgery.problems, "\(report.findings)")
        if let sequence = forgery.sequence { #expect(report.findings.first?.sequence == sequence) }
        for finding in report.findings {
            #expect(finding.wallet == bank.wallet.id && !finding.detail.isEmpty)
            #expect(finding.description.contains(finding.problem.rawValue))
        }
    }

    @Test func `Every problem that can be found is found by one forgery at least`() {
        let found = (Self.entryForgeries + Self.rowForgeries).reduce(into: Set()) { $0.formUnion($1.problems) }
        #expect(found == Set(LedgerVerification.Problem.allCases))
    }

    @Test func `A report of many findings is bounded`() async throws {
        let bank = try await Bank()
        for number in 0..<600 { try await bank.grant(1.credits, "g\(number)") }
        var books = try await Books(bank)
        for index in books.entries.indices {
            books.entries[index] = books.entries[index].with(balance: Balance(.zero, owed: 5.credits))
        }
        #expect(books.audit().findings.count == 1000)
    }

    @Test func `A clean report says so of every wallet and adds up to nothing`() async throws {
        let bank = try await Bank()
        let neighbour = try await bank.neighbour().wallet
        try await LedgerScript.run(on: bank)
        let command = try WalletCommand(
            .grant(GrantTerms(9.credits, .plan)), wallet: neighbour.id, in: neighbour.workspace, key: "g".key)
        _ = try await bank.wallets.submit(command, as: .service)
        let all = try await bank.wallets.verify(as: .service)
        let own = try await bank.wallets.verify(workspace: bank.workspace, as: .service)
        #expect(all.isClean && own.isClean)
        #expect(all.wallets == 2 && own.wallets == 1 && all.entries == own.entries + 1)
        #expect(all.totals.values.reduce(0, +) == 0)
        #expect(all.totals[.issued] == own.totals[.issued, default: 0] - Int128(9.credits.micro))
    }
}

extension LedgerEntry {
    /// The same entry with other values under its old hash.
    func with(
        wallet: Identifier<Wallet>? = nil, amount: Credits? = nil, command: IdempotencyKey? = nil,
        recordedAt: Timestamp? = nil, balance: Balance? = nil
    ) -> LedgerEntry {
        LedgerEntry(
            workspace: workspace, wallet: wallet ?? self.wallet, sequence: sequence, kind: kind, source: source,
            target: target, amount: amount ?? self.amount, grant: grant, hold: hold,
            command: command ?? self.command, occurredAt: occurredAt, recordedAt: recordedAt ?? self.recordedAt,
            balance: balance ?? self.balance, hash: hash)
    }
}
