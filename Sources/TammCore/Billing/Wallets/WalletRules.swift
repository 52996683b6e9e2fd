/// The judgements that the ledger's rule is made of, each in one place and each a value, so that a test can put a
/// wrong one in and show that it is caught.
package struct WalletRules: Sendable {
    package var limits: WalletLimits

    /// Whether what is available covers what is wanted.
    package var covers: @Sendable (_ available: Credits, _ wanted: Credits) -> Bool = { available, wanted in
        wanted <= available
    }

    /// The order in which grants are spent: priority, soonest expiry, promotional before plan before purchased,
    /// effective date, age.
    package var spendsBefore: @Sendable (Grant, Grant) -> Bool = { a, b in
        let (first, second) = (a.terms, b.terms)
        if first.priority != second.priority { return first.priority < second.priority }
        let (firstEnd, secondEnd) = (first.expiresAt ?? .max, second.expiresAt ?? .max)
        if firstEnd != secondEnd { return firstEnd < secondEnd }
        if first.category != second.category { return first.category.rawValue < second.category.rawValue }
        let (firstDay, secondDay) = (first.effectiveAt ?? a.createdAt, second.effectiveAt ?? b.createdAt)
        if firstDay != secondDay { return firstDay < secondDay }
        if a.createdAt != b.createdAt { return a.createdAt < b.createdAt }
        return a.id < b.id
    }

    /// Whether the moment has come: an expiry is over at its own instant.
    package var isDue: @Sendable (_ moment: Timestamp, _ now: Timestamp) -> Bool = { moment, now in moment <= now }

    /// The moment at which a wallet decides: its time never goes back.
    package var decidesAt: @Sendable (_ now: Timestamp, _ recorded: Timestamp) -> Timestamp = { now, recorded in
        max(now, recorded)
    }

    /// Whether a hold can still be captured or released.
    package var isOpen: @Sendable (Hold.Status) -> Bool = { status in status == .open }

    /// How much of a capture the hold itself pays.
    package var paidByHold: @Sendable (_ held: Credits, _ wanted: Credits) -> Credits = { held, wanted in
        min(held, wanted)
    }

    /// What goes back of a part of a hold when `captured` of it was spent.
    package var returned: @Sendable (_ held: Credits, _ captured: Credits) -> Credits = { held, captured in
        Credits(unchecked: held.micro - captured.micro)
    }

    /// The grant that takes credits back which were reserved or spent from `origin`.
    package var returnsTo: @Sendable (_ origin: Identifier<Grant>, _ first: Identifier<Grant>?) -> Identifier<Grant> = {
        origin, _ in origin
    }

    /// What can still be given back of a charge.
    package var refundable: @Sendable (_ charged: Credits, _ reversed: Credits) -> Credits = { charged, reversed in
        Credits(unchecked: max(0, charged.micro - reversed.micro))
    }

    /// What can still be taken back of a grant.
    package var clawable: @Sendable (Grant) -> Credits = { grant in
        Credits(unchecked: max(0, grant.terms.amount.micro - grant.clawedBack.micro))
    }

    /// How much of what is to be taken back there is to take.
    package var taken: @Sendable (_ available: Credits, _ wanted: Credits) -> Credits = { available, wanted in
        min(available, wanted)
    }

    /// What is recorded as owed when only `taken` of `wanted` was there.
    package var owed: @Sendable (_ wanted: Credits, _ taken: Credits) -> Credits = { wanted, taken in
        Credits(unchecked: wanted.micro - taken.micro)
    }

    /// Whether a grant of this category settles receivables before it can be spent: what was paid for does.
    package var settles: @Sendable (Grant.Category) -> Bool = { category in category != .promotional }

    /// Whether a period's allowance admits the claim.
    package var admits: @Sendable (_ used: UInt64, _ claim: QuotaClaim) -> Bool = { used, claim in
        used + claim.quantity <= claim.limit
    }

    /// Whether a usage event may be recorded, given whether it is recorded already.
    package var isNewUsage: @Sendable (_ isRecorded: Bool) -> Bool = { isRecorded in !isRecorded }

    /// Whether a command with a recorded key is answered from the record.
    package var answersAgain: @Sendable (RecordedCommand) -> Bool = { _ in true }

    /// Whether the request recorded under a key is the one asked now.
    package var isSameRequest: @Sendable (_ recorded: CommandFingerprint, _ asked: CommandFingerprint) -> Bool = {
        recorded, asked in asked.asksTheSame(as: recorded)
    }

    /// The balance after an entry: each side moves by its amount, and by nothing else.
    package var post: @Sendable (Balance, _ source: Account, _ target: Account, Credits) -> Balance = {
        balance, source, target, amount in
        var balance = balance
        switch source {
        case .available: balance.available = Credits(unchecked: balance.available.micro - amount.micro)
        case .held: balance.held = Credits(unchecked: balance.held.micro - amount.micro)
        case .owed: balance.owed = Credits(unchecked: balance.owed.micro + amount.micro)
        case .issued, .consumed, .expired, .clawedBack, .writtenOff: break
        }
        switch target {
        case .available: balance.available = Credits(unchecked: balance.available.micro + amount.micro)
        case .held: balance.held = Credits(unchecked: balance.held.micro + amount.micro)
        case .owed: balance.owed = Credits(unchecked: balance.owed.micro - amount.micro)
        case .issued, .consumed, .expired, .clawedBack, .writtenOff: break
        }
        return balance
    }

    /// Whether a movement of this kind is written down.
    package var records: @Sendable (EntryKind) -> Bool = { _ in true }

    /// The hash that an entry is chained to: that of the entry before it.
    package var chainsTo: @Sendable (_ previous: ChainHash) -> ChainHash = { previous in previous }

    package init(limits: WalletLimits = .standard) { self.limits = limits }
}

/// The rules as one reference, so that a ledger carries a pointer and not two dozen closures.
package final class SharedWalletRules: Sendable {
    package let rules: WalletRules

    package init(_ rules: WalletRules) { self.rules = rules }
}
