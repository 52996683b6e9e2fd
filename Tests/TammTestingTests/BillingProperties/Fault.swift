import TammCore

/// One line of the ledger's rules, wrong in a way that has been seen elsewhere.
struct Fault: Sendable {
    let name: String
    let inject: @Sendable (inout WalletRules) -> Void

    init(_ name: String, _ inject: @escaping @Sendable (inout WalletRules) -> Void) {
        self.name = name
        self.inject = inject
    }

    static let all: [Fault] = [
        Fault("the balance is not checked") { $0.covers = { _, _ in true } },
        Fault("the last credit cannot be spent") { $0.covers = { $1 < $0 } },
        Fault("priority is ignored") { rules in
            let right = rules.spendsBefore
            rules.spendsBefore = { $0.terms.priority == $1.terms.priority ? right($0, $1) : $0.id < $1.id }
        },
        Fault("the latest expiry is spent first") { rules in
            let right = rules.spendsBefore
            rules.spendsBefore = { a, b in
                guard let first = a.terms.expiresAt, let second = b.terms.expiresAt, first != second else { return right(a, b) }
                return a.terms.priority == b.terms.priority ? second < first : right(a, b)
            }
        },
        Fault("purchased credits are spent before promotional ones") { rules in
            let right = rules.spendsBefore
            rules.spendsBefore = { a, b in
                a.terms.priority == b.terms.priority && a.terms.expiresAt == b.terms.expiresAt
                    && a.terms.category != b.terms.category ? a.terms.category.rawValue > b.terms.category.rawValue : right(a, b)
            }
        },
        Fault("the newest grant is spent first") { $0.spendsBefore = { $1.id < $0.id } },
        Fault("an expiry counts from the instant after") { $0.isDue = { $0 < $1 } },
        Fault("expiries are left to the sweeper") { $0.isDue = { _, _ in false } },
        Fault("things expire a minute early") { $0.isDue = { $0 <= $1.advanced(by: .seconds(60)) } },
        Fault("time goes back with the clock") { $0.decidesAt = { now, _ in now } },
        Fault("an ended hold can be captured") { $0.isOpen = { _ in true } },
        Fault("a released hold can be captured") { $0.isOpen = { $0 == .open || $0 == .released } },
        Fault("a capture above the hold takes all that is asked of the hold") { $0.paidByHold = { $1 } },
        Fault("a capture always takes the whole hold") { $0.paidByHold = { held, _ in held } },
        Fault("what a capture leaves is not given back") { $0.returned = { held, captured in captured.isZero ? held : .zero } },
        Fault("a settled hold gives back all that it held") { $0.returned = { held, _ in held } },
        Fault("credits return to whatever grant comes first") { $0.returnsTo = { origin, first in first ?? origin } },
        Fault("refunds are not counted against the charge") { $0.refundable = { charged, _ in charged } },
        Fault("a refund may exceed the charge") { rules in
            rules.refundable = { charged, reversed in Credits(unchecked: charged.micro * 2 - reversed.micro) }
        },
        Fault("a grant can be taken back again and again") { $0.clawable = { $0.terms.amount } },
        Fault("a clawback takes half of what is there") { $0.taken = { Credits(unchecked: min($0, $1).micro / 2) } },
        Fault("what a clawback lacks is forgotten") { $0.owed = { _, _ in .zero } },
        Fault("gifts settle debts") { $0.settles = { _ in true } },
        Fault("debts are never settled") { $0.settles = { _ in false } },
        Fault("the allowance admits one more") { $0.admits = { used, claim in used + claim.quantity <= claim.limit + 1 } },
        Fault("the allowance looks at what is used, not at what is asked") { $0.admits = { used, claim in used < claim.limit } },
        Fault("usage is not looked up") { $0.isNewUsage = { _ in true } },
        Fault("all usage counts as recorded") { $0.isNewUsage = { _ in false } },
        Fault("a repeated request acts again") { $0.answersAgain = { _ in false } },
        Fault("another request under the same key is answered with the first one's receipt") { $0.isSameRequest = { _, _ in true } },
        Fault("a repeated request is a conflict") { $0.isSameRequest = { _, _ in false } },
        Fault("the balance is clamped at zero") { rules in
            rules.covers = { available, _ in !available.isZero }
            let right = rules.post
            rules.post = { balance, source, target, amount in
                let next = right(balance, source, target, amount)
                return Balance(available: max(.zero, next.available), held: max(.zero, next.held), owed: next.owed)
            }
        },
        Fault("an upgrade's grant is posted with the wrong sign") { rules in
            let right = rules.post
            rules.post = { balance, source, target, amount in
                source == .issued && target == .available
                    ? right(balance, .available, .issued, amount) : right(balance, source, target, amount)
            }
        },
        Fault("a release is posted twice") { rules in
            let right = rules.post
            rules.post = { balance, source, target, amount in
                let next = right(balance, source, target, amount)
                return source == .held && target == .available ? right(next, .issued, .available, amount) : next
            }
        },
        Fault("expiries change the balance without an entry") { $0.records = { $0 != .grantExpiry } },
        Fault("releases change the balance without an entry") { $0.records = { $0 != .release } },
        Fault("entries are not chained") { rules in
            let nothing = LedgerChain.genesis(workspace: Identifier(high: 0, low: 0), wallet: Identifier(high: 0, low: 0))
            rules.chainsTo = { _ in nothing }
        },
    ]
}
