import TammCore
import TammTesting

/// Many at once spend one balance; then generated sequences are held to every property of billing.
struct NeverNegative: LaunchRow {
    static let id = "billing.never-negative"
    static let title = "no sequence of concurrent commands takes a wallet below zero or mints credits"

    func run(_ row: RowRecorder, in context: DemoContext) async throws {
        let house = try await DemoHouse(context)
        try await house.grant(100, "top-up")
        row.did("granted 100 credits; 8 tasks debit 50 credits each, one by one, at the same time")
        let accepted = try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                group.addTask { try await debits(50, by: task, in: house) }
            }
            return try await group.reduce(0, +)
        }
        let balance = try await house.balance()
        let statement = try await house.wallets.statement(of: house.wallet, limit: 1000, as: .service)
        let written = statement.entries.filter { $0.kind == .debit }
        row.evidence("\(accepted) of 400 debits accepted, \(written.count) in the ledger, \(balance.available) credits left")
        row.expect(written.count, equals: 100, "debits in the ledger")
        row.expect(accepted, equals: 100, "debits accepted")
        row.expect(balance, equals: Balance(available: .zero, held: .zero, owed: .zero), "the balance")
        try await house.verify(row)
        try await properties(row, context)
    }

    private func debits(_ count: Int, by task: Int, in house: DemoHouse) async throws -> Int {
        var accepted = 0
        for number in 0..<count {
            let key = try IdempotencyKey("debit-\(task)-\(number)")
            let outcome = try await house.wallets.debit(.one, from: house.wallet, key: key, as: .service)
            if case .applied = outcome { accepted += 1 }
        }
        return accepted
    }

    private func properties(_ row: RowRecorder, _ context: DemoContext) async throws {
        // Sequences make workspaces of their own, so that a database can hold them all.
        let count = context.isPostgres ? 30 : 300
        let shared = context.isPostgres ? try await context.makeStore() : nil
        let properties = BillingProperties(catalogue: .example, prices: .example) {
            if let shared { shared } else { try await context.makeStore() }
        }
        var seeds = SplitMix64(seed: context.seed)
        var mix = BillingMix()
        row.did("ran \(count) generated sequences of grants, debits, holds, refunds and clawbacks, some at the same time")
        for _ in 0..<count {
            let one = try await properties.run(
                one: seeds.next(), rules: context.rules, properties: BillingProperty.all, shrinking: true)
            mix.add(one.report.mix)
            for failure in one.report.failures {
                row.fail("\(failure)")
                return
            }
        }
        row.evidence(
            "\(mix.commands) commands in \(mix.sequences) sequences: all \(BillingProperty.all.count) properties held "
                + "after every step")
        row.expect(mix.sequences, equals: count, "sequences that ran to their end")
    }
}
