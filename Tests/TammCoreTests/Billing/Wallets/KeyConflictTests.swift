import Testing

@testable import TammCore

/// A key that was used for one request and is used for another is a conflict that says in which field they differ.
struct KeyConflictTests {
    /// A request that can be done, another that differs in one field, and that field.
    private struct Pair: Sendable {
        let field: String
        let first: WalletCommand
        let second: WalletCommand
    }

    /// A bank with one of everything that a command can name.
    private struct Stock {
        let bank: Bank
        let other: Wallet
        let grants: [Identifier<Grant>]
        let holds: [Identifier<Hold>]
        let metered: Identifier<Hold>
        let debts: [Identifier<Receivable>]

        init() async throws {
            bank = try await Bank()
            other = try await bank.wallets.open(in: bank.workspace, named: "other", as: .service)
            for key in ["owed-1", "owed-2"] { try await bank.apply(.debit(7.credits, shortfall: .owe), key) }
            debts = try await bank.wallets.receivables(of: bank.wallet, as: .service).map(\.id)
            var grants: [Identifier<Grant>] = []
            for key in ["gift-1", "gift-2"] {
                grants.append(try #require(try await bank.grant(100.credits, .promotional, key).grant))
            }
            self.grants = grants
            holds = [try await bank.hold(10.credits, "hold-1"), try await bank.hold(10.credits, "hold-2")]
            metered = try #require(
                try await bank.apply(.hold(10.credits, lifetime: .seconds(60)), "hold-3", quota: bank.quota(5)).hold)
            for key in ["debit-1", "debit-2"] { try await bank.apply(.debit(5.credits, shortfall: .refuse), key) }
            for key in ["claw-1", "claw-2"] { try await bank.apply(.clawback(grants[0], 3.credits), key) }
        }

        func pair(_ field: String, _ first: WalletCommand.Action, _ second: WalletCommand.Action) throws -> Pair {
            Pair(field: field, first: try bank.command(first, "key"), second: try bank.command(second, "key"))
        }

        func grantPairs() throws -> [Pair] {
            let (early, late) = (bank.day(1), bank.day(2))
            func terms(
                _ amount: Int = 5, _ category: Grant.Category = .promotional, priority: Int = 0,
                effectiveAt: Timestamp? = nil, expiresAt: Timestamp? = nil, source: String? = nil
            ) throws -> WalletCommand.Action {
                .grant(
                    try GrantTerms(
                        amount.credits, category, priority: priority, effectiveAt: effectiveAt, expiresAt: expiresAt,
                        source: source?.key))
            }
            return [
                try pair("amount", terms(), terms(6)), try pair("category", terms(), terms(5, .plan)),
                try pair("priority", terms(priority: -1), terms(priority: 1)),
                try pair("effectiveAt", terms(effectiveAt: early), terms(effectiveAt: late)),
                try pair("effectiveAt", terms(effectiveAt: early), terms()),
                try pair("expiresAt", terms(expiresAt: early), terms(expiresAt: late)),
                try pair("expiresAt", terms(), terms(expiresAt: late)),
                try pair("source", terms(source: "payment-1"), terms(source: "payment-2")),
                try pair("source", terms(), terms(source: "payment-2")),
                try pair(
                    "source", terms(source: String(repeating: "a", count: 200)),
                    terms(source: String(repeating: "a", count: 199) + "b")),
            ]
        }

        func chargePairs() throws -> [Pair] {
            let minute = Duration.seconds(60)
            return [
                try pair("amount", .debit(1.credits, shortfall: .refuse), .debit(2.credits, shortfall: .refuse)),
                try pair("shortfall", .debit(1.credits, shortfall: .refuse), .debit(1.credits, shortfall: .owe)),
                try pair("amount", .hold(1.credits, lifetime: minute), .hold(2.credits, lifetime: minute)),
                try pair(
                    "lifetime", .hold(1.credits, lifetime: minute),
                    .hold(1.credits, lifetime: minute + .microseconds(1))),
                try pair(
                    "hold", .capture(holds[0], 1.credits, shortfall: .refuse),
                    .capture(holds[1], 1.credits, shortfall: .refuse)),
                try pair(
                    "amount", .capture(holds[0], 1.credits, shortfall: .refuse),
                    .capture(holds[0], 2.credits, shortfall: .refuse)),
                try pair(
                    "shortfall", .capture(holds[0], 1.credits, shortfall: .refuse),
                    .capture(holds[0], 1.credits, shortfall: .cap)),
                try pair("hold", .release(holds[0]), .release(holds[1])),
            ]
        }

        func reversalPairs() throws -> [Pair] {
            [
                try pair("of", .refund(of: "debit-1".key, 1.credits), .refund(of: "debit-2".key, 1.credits)),
                try pair("amount", .refund(of: "debit-1".key, 1.credits), .refund(of: "debit-1".key, 2.credits)),
                try pair("grant", .clawback(grants[0], 1.credits), .clawback(grants[1], 1.credits)),
                try pair("amount", .clawback(grants[0], 1.credits), .clawback(grants[0], 2.credits)),
                try pair("of", .reinstate("claw-1".key), .reinstate("claw-2".key)),
                try pair("receivable", .writeOff(debts[0]), .writeOff(debts[1])),
            ]
        }

        /// What a command carries beside its action.
        func carriedPairs() throws -> [Pair] {
            let debit = WalletCommand.Action.debit(1.credits, shortfall: .refuse)
            let capture = WalletCommand.Action.capture(metered, 1.credits, shortfall: .refuse)
            let usage = [bank.usage("event-1"), bank.usage("event-2")]
            func command(
                _ action: WalletCommand.Action = debit, in wallet: Wallet? = nil, occurredAt: Timestamp? = nil,
                usage: [UsageEvent] = [], quota: QuotaClaim? = nil
            ) throws -> WalletCommand {
                try bank.command(action, "key", in: wallet, occurredAt: occurredAt, usage: usage, quota: quota)
            }
            let (start, later) = (Bank.start, bank.start(plus: 1))
            return [
                Pair(field: "wallet", first: try command(), second: try command(in: other)),
                Pair(field: "occurredAt", first: try command(), second: try command(occurredAt: start)),
                Pair(
                    field: "occurredAt", first: try command(occurredAt: start), second: try command(occurredAt: later)),
                Pair(field: "occurredAt", first: try command(.tidy), second: try command(.tidy, occurredAt: start)),
                Pair(field: "usage", first: try command(usage: [usage[0]]), second: try command(usage: [usage[1]])),
                Pair(field: "usage", first: try command(), second: try command(usage: [usage[0]])),
                Pair(
                    field: "usage", first: try command(usage: [usage[0], usage[1]]),
                    second: try command(usage: [usage[1], usage[0]])),
                Pair(
                    field: "quota", first: try command(quota: bank.quota(1)), second: try command(quota: bank.quota(2))),
                Pair(field: "quota", first: try command(), second: try command(quota: bank.quota(1))),
                Pair(field: "quota", first: try command(capture, quota: bank.quota(4)), second: try command(capture)),
            ]
        }

        /// A request of each kind, which every other kind differs from in its action.
        func actions() throws -> [WalletCommand] {
            try [
                WalletCommand.Action.grant(GrantTerms(5.credits, .promotional)),
                .debit(1.credits, shortfall: .refuse), .hold(1.credits, lifetime: .seconds(60)),
                .capture(holds[0], 1.credits, shortfall: .refuse), .release(holds[1]),
                .refund(of: "debit-1".key, 1.credits), .clawback(grants[1], 1.credits), .reinstate("claw-1".key),
                .writeOff(debts[0]), .tidy,
            ].map { try bank.command($0, "key") }
        }

        func pairs() throws -> [Pair] {
            try grantPairs() + chargePairs() + reversalPairs() + carriedPairs()
        }
    }

    @Test func `A conflict names the field in which the requests differ`() async throws {
        let count = try await Stock().pairs().count
        for index in 0..<count {
            let stock = try await Stock()
            let pair = try stock.pairs()[index]
            let wallets = stock.bank.wallets
            let receipt = try #require(try await wallets.submit(pair.first, as: .service).applied, "\(pair)")
            let error = await failure { try await wallets.submit(pair.second, as: .service) }
            #expect(error?.code == .conflict, "\(pair)")
            #expect(error?.field == pair.field, "\(pair)")
            #expect(error?.message.contains(pair.field) == true)
            #expect(try await wallets.submit(pair.first, as: .service) == .replayed(receipt))
        }
    }

    @Test func `A key of one action is no key of another`() async throws {
        let kinds = WalletCommand.Kind.allCases.count
        for index in 0..<kinds {
            let stock = try await Stock()
            let commands = try stock.actions()
            #expect(Set(commands.map(\.kind)).count == kinds)
            let wallets = stock.bank.wallets
            try #require(try await wallets.submit(commands[index], as: .service).applied != nil)
            for other in commands where other.kind != commands[index].kind {
                let error = await failure { try await wallets.submit(other, as: .service) }
                #expect(error?.code == .conflict && error?.field == "action", "\(commands[index].kind), \(other.kind)")
            }
        }
    }

    @Test func `A request that is asked again in another period, or under another limit, is the same request`() async throws {
        let bank = try await Bank()
        try await bank.grant(50.credits, "grant")
        func claim(of limit: UInt64, from day: Int) throws -> QuotaClaim {
            try QuotaClaim(
                meter: .messages, quantity: 3, limit: limit, periodStart: bank.day(day), resetsAt: bank.day(day + 30))
        }
        for (key, action) in [
            ("debit", WalletCommand.Action.debit(1.credits, shortfall: .refuse)), ("hold", .hold(2.credits, lifetime: .seconds(9))),
        ] {
            let receipt = try await bank.apply(action, key, quota: claim(of: 100, from: 0))
            for later in [try claim(of: 100, from: 30), try claim(of: 1, from: 0), try claim(of: 0, from: 60)] {
                #expect(try await bank.submit(action, key, quota: later) == .replayed(receipt))
            }
        }
    }

    @Test func `A request that was recorded with its period is the same without it, if nothing else differs`() throws {
        func fingerprint(_ amount: Int, _ quota: QuotaClaim?) throws -> CommandFingerprint {
            CommandFingerprint(
                try WalletCommand(
                    .debit(amount.credits, shortfall: .refuse), wallet: Identifier(high: 1, low: 2),
                    in: Bank.workspaceID, key: "key".key, quota: quota))
        }
        let claim = try QuotaClaim(meter: .messages, quantity: 3, limit: 9, periodStart: .epoch, resetsAt: .max)
        let bare = try fingerprint(1, nil)
        let recorded = CommandFingerprint(bytes: bare.bytes + [17, 32] + [UInt8](repeating: 7, count: 32))
        #expect(try fingerprint(1, claim).asksTheSame(as: recorded))
        #expect(try !fingerprint(2, claim).asksTheSame(as: recorded))
        #expect(try !bare.asksTheSame(as: recorded) && !fingerprint(1, claim).asksTheSame(as: bare))
        #expect(try fingerprint(1, claim).asksTheSame(as: fingerprint(1, claim)))
    }

    @Test func `A request that was refused leaves its key free for another`() async throws {
        let bank = try await Bank()
        #expect(try await bank.submit(.debit(5.credits, shortfall: .refuse), "key").refusal != nil)
        #expect(try await bank.submit(.debit(3.credits, shortfall: .owe), "key").applied != nil)
    }

    @Test func `A key is its workspace's own`() async throws {
        let bank = try await Bank()
        let neighbour = try await bank.neighbour().wallet
        try await bank.grant(5.credits, "key")
        let command = try WalletCommand(
            .grant(GrantTerms(9.credits, .plan)), wallet: neighbour.id, in: neighbour.workspace, key: "key".key)
        #expect(try await bank.wallets.submit(command, as: .service).applied != nil)
    }
}
