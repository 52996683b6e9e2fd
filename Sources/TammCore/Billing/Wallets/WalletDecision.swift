/// What the rule says of one command.
enum WalletDecision: Sendable {
    /// Done; the receipt is complete but for the entries and balances, which the fold fills in.
    case done(Done)
    case refused(WalletRefusal)

    struct Done: Sendable {
        var amount: Credits
        var shortfall: Credits = .zero
        var subject: WalletReceipt.Subject?
    }
}

/// What a reversal has to know of the command that it undoes.
struct ReversedCommand {
    let record: RecordedCommand
    /// The entries that it wrote, ascending.
    let entries: [LedgerEntry]
}

extension WalletLedger {
    /// Decides one command and, unless it is refused, applies it. A refusal changes nothing.
    ///
    /// - Parameter reversed: the command that a refund or reinstatement names.
    /// - Throws: `notFound` for a hold, grant, receivable or command that is not this wallet's, `invalidInput` for a
    ///   quota other than the hold's, `corrupted` where stored rows contradict each other.
    mutating func decide(_ command: WalletCommand, reversing reversed: ReversedCommand?) throws(TammError) -> WalletDecision {
        let cause = Cause(command: command.key, occurredAt: min(command.occurredAt ?? now, now))
        if let quota = command.quota, case .debit(_, shortfall: .refuse) = command.action {
            if let refusal = refusal(of: quota) { return refusal }
        }
        switch command.action {
        case .grant(let terms): return try grant(terms, cause)
        case .debit(let amount, let policy): return try debit(amount, policy, command.quota, cause)
        case .hold(let amount, let lifetime): return try hold(amount, lifetime, command.quota, cause)
        case .capture(let hold, let amount, let policy):
            return try capture(hold, amount, policy, command.quota, cause)
        case .release(let hold): return try release(hold, cause)
        case .refund(let key, let amount):
            guard let reversed, [.debit, .capture].contains(reversed.record.receipt.kind) else {
                throw TammError(.notFound, "no debit or capture \(key) in wallet \(wallet.id)", field: "of")
            }
            return try refund(reversed, amount, cause)
        case .clawback(let grant, let amount): return try clawback(grant, amount, cause)
        case .reinstate(let key):
            guard let reversed, reversed.record.receipt.kind == .clawback else {
                throw TammError(.notFound, "no clawback \(key) in wallet \(wallet.id)", field: "of")
            }
            return try reinstate(reversed, cause)
        case .writeOff(let receivable): return try writeOff(receivable, cause)
        case .tidy: return .done(.init(amount: .zero))
        }
    }

    private func refusal(of claim: QuotaClaim) -> WalletDecision? {
        let used = used(claim)
        guard !rules.admits(used, claim) else { return nil }
        return .refused(.quotaExhausted(limit: claim.limit, used: used, resetsAt: claim.resetsAt))
    }

    private func insufficient(_ wanted: Credits) -> WalletDecision? {
        guard !rules.covers(wallet.balance.available, wanted) else { return nil }
        return .refused(.insufficientCredits(available: wallet.balance.available, wanted: wanted))
    }

    /// The identifier that this command always gives the thing it makes.
    private func child<Entity>(_ label: String, _ cause: Cause) -> Identifier<Entity> {
        Identifier(derivedFrom: wallet.id, label: "\(label):\(cause.command?.text ?? "")", at: now)
    }

    private mutating func grant(_ terms: GrantTerms, _ cause: Cause) throws(TammError) -> WalletDecision {
        guard total <= Credits.max.micro - terms.amount.micro else { return .refused(.aboveMaximum) }
        guard grants.lazy.filter({ $0.value.isOpen }).count < rules.limits.openGrants else {
            return .refused(.tooManyGrants)
        }
        let id: Identifier<Grant> = child("grant", cause)
        let isScheduled = terms.effectiveAt.map { $0 > now } ?? false
        add(
            Grant(
                id: id, wallet: wallet.place, terms: terms, status: .scheduled, remaining: terms.amount,
                clawedBack: .zero, createdAt: now))
        if !isScheduled, let index = index(of: id) { activate(index, cause) }
        try advance()
        return .done(.init(amount: terms.amount, subject: .grant(id)))
    }

    private mutating func debit(
        _ amount: Credits, _ policy: ShortfallPolicy, _ quota: QuotaClaim?, _ cause: Cause
    ) throws(TammError) -> WalletDecision {
        if let refusal = insufficient(amount) {
            if policy == .refuse { return refusal }
            if policy == .owe, let refusal = refusalToOwe(amount) { return refusal }
        }
        let done = try charge(amount, policy, cause)
        if let quota { count(quota, claimed: quota.quantity, returned: 0) }
        return .done(done)
    }

    /// Spends what is available of the amount; the policy says what becomes of the rest.
    private mutating func charge(
        _ amount: Credits, _ policy: ShortfallPolicy, _ cause: Cause
    ) throws(TammError) -> WalletDecision.Done {
        let paid = policy == .refuse ? amount : rules.taken(wallet.balance.available, amount)
        _ = try spend(paid, .debit, to: .consumed, cause)
        guard policy == .owe, let key = cause.command else {
            return .init(amount: paid, shortfall: Credits(unchecked: amount.micro - paid.micro))
        }
        let owed = rules.owed(amount, paid)
        owe(owed, .charge(key), to: .consumed, cause)
        return .init(amount: amount, shortfall: owed)
    }

    private mutating func hold(
        _ amount: Credits, _ lifetime: Duration, _ quota: QuotaClaim?, _ cause: Cause
    ) throws(TammError) -> WalletDecision {
        if let refusal = insufficient(amount) { return refusal }
        guard wallet.openHolds < rules.limits.openHolds else { return .refused(.tooManyHolds) }
        if let quota, let refusal = refusal(of: quota) { return refusal }
        let id: Identifier<Hold> = child("hold", cause)
        var cause = cause
        cause.hold = id
        let portions = try spend(amount, .hold, to: .held, cause)
        add(
            Hold(
                id: id, wallet: wallet.place, amount: amount, expiresAt: now.advanced(by: lifetime), portions: portions,
                quota: quota, status: .open, captured: .zero, createdAt: now))
        if let quota { count(quota, claimed: quota.quantity, returned: 0) }
        return .done(.init(amount: amount, subject: .hold(id)))
    }

    private mutating func capture(
        _ id: Identifier<Hold>, _ amount: Credits, _ policy: ShortfallPolicy, _ quota: QuotaClaim?, _ cause: Cause
    ) throws(TammError) -> WalletDecision {
        let hold = try open(id)
        guard rules.isOpen(hold.status) else { return .refused(.holdClosed(hold.status)) }
        if let quota, quota.key(for: wallet.place) != hold.quota?.key(for: wallet.place) {
            throw TammError(.invalidInput, "hold \(id) reserved another allowance or none", field: "quota")
        }
        let paid = rules.paidByHold(hold.amount, amount)
        let rest = Credits(unchecked: max(0, amount.micro - paid.micro))
        if !rest.isZero, policy == .refuse { return .refused(.aboveHold(held: hold.amount, wanted: amount)) }
        if policy == .owe, let refusal = refusalToOwe(rest) { return refusal }
        try close(id, as: .captured, captured: paid, .release, cause)
        if let reserved = hold.quota {
            count(reserved, claimed: (quota ?? reserved).quantity, returned: reserved.quantity)
        }
        guard !rest.isZero, policy == .owe else {
            return .done(.init(amount: paid, shortfall: rest, subject: .hold(id)))
        }
        var cause = cause
        cause.hold = id
        let above = try charge(rest, .owe, cause)
        return .done(.init(amount: amount, shortfall: above.shortfall, subject: .hold(id)))
    }

    private mutating func release(_ id: Identifier<Hold>, _ cause: Cause) throws(TammError) -> WalletDecision {
        let hold = try open(id)
        guard rules.isOpen(hold.status) else { return .refused(.holdClosed(hold.status)) }
        try close(id, as: .released, captured: .zero, .release, cause)
        return .done(.init(amount: hold.amount, subject: .hold(id)))
    }

    private func open(_ id: Identifier<Hold>) throws(TammError) -> Hold {
        guard let hold = holds[id]?.value else {
            throw TammError(.notFound, "no hold \(id) in wallet \(wallet.id)", field: "hold")
        }
        return hold
    }

    // MARK: Taking back

    private mutating func clawback(
        _ id: Identifier<Grant>, _ amount: Credits, _ cause: Cause
    ) throws(TammError) -> WalletDecision {
        guard let index = index(of: id) else {
            throw TammError(.notFound, "no grant \(id) in wallet \(wallet.id)", field: "grant")
        }
        let clawable = rules.clawable(grants[index].value)
        guard amount <= clawable else { return .refused(.aboveGrant(clawable: clawable, wanted: amount)) }
        let isScheduled = grants[index].value.status == .scheduled
        if !isScheduled, owes(aboveMaximumFor: amount) { return .refused(.aboveMaximum) }
        change(index) { $0.clawedBack = Credits(unchecked: $0.clawedBack.micro + amount.micro) }
        if isScheduled {
            change(index) { $0.remaining = Credits(unchecked: $0.remaining.micro - amount.micro) }
            post(.clawback, from: .issued, to: .clawedBack, amount, grant: id, cause)
            return .done(.init(amount: amount, subject: .grant(id)))
        }
        let taken = rules.taken(wallet.balance.available, amount)
        _ = try spend(taken, .clawback, to: .clawedBack, first: id, cause)
        let owed = rules.owed(amount, taken)
        owe(owed, .clawback(id), to: .clawedBack, cause)
        return .done(.init(amount: amount, shortfall: owed, subject: .grant(id)))
    }

    /// Whether taking `amount` would leave more owed than may be.
    private func refusalToOwe(_ amount: Credits) -> WalletDecision? {
        guard amount > wallet.balance.available else { return nil }
        if owes(aboveMaximumFor: amount) { return .refused(.aboveMaximum) }
        let open = receivables.lazy.filter { !$0.value.open.isZero }.count
        return open < rules.limits.openReceivables ? nil : .refused(.tooManyReceivables)
    }

    private func owes(aboveMaximumFor amount: Credits) -> Bool {
        let owed = max(0, amount.micro - wallet.balance.available.micro)
        return wallet.balance.owed.micro > Credits.max.micro - owed
    }

    private mutating func owe(_ amount: Credits, _ origin: Receivable.Origin, to target: Account, _ cause: Cause) {
        guard !amount.isZero else { return }
        post(.shortfall, from: .owed, to: target, amount, cause)
        add(
            Receivable(
                id: child("receivable", cause), wallet: wallet.place, origin: origin, amount: amount, settledBy: [],
                forgiven: .zero, createdAt: now))
    }

    private mutating func writeOff(_ id: Identifier<Receivable>, _ cause: Cause) throws(TammError) -> WalletDecision {
        guard let index = index(of: id) else {
            throw TammError(.notFound, "no receivable \(id) in wallet \(wallet.id)", field: "receivable")
        }
        let open = receivables[index].value.open
        guard !open.isZero else { return .refused(.nothingOwed) }
        change(receivable: index) { $0.forgiven = Credits(unchecked: $0.forgiven.micro + open.micro) }
        post(.writeOff, from: .writtenOff, to: .owed, open, cause)
        return .done(.init(amount: open, subject: .receivable(id)))
    }

    // MARK: Giving back

    private mutating func refund(
        _ charge: ReversedCommand, _ amount: Credits, _ cause: Cause
    ) throws(TammError) -> WalletDecision {
        let refundable = rules.refundable(charge.record.receipt.amount, charge.record.reversed)
        guard amount <= refundable else { return .refused(.aboveCharge(refundable: refundable, wanted: amount)) }
        guard total <= Credits.max.micro - amount.micro else { return .refused(.aboveMaximum) }
        try reverse(charge, amount, .refund, from: .consumed, cause)
        return .done(.init(amount: amount))
    }

    private mutating func reinstate(_ taken: ReversedCommand, _ cause: Cause) throws(TammError) -> WalletDecision {
        let receipt = taken.record.receipt
        let left = rules.refundable(receipt.amount, taken.record.reversed)
        guard !left.isZero else { return .refused(.alreadyReinstated) }
        guard total <= Credits.max.micro - left.micro else { return .refused(.aboveMaximum) }
        try reverse(taken, left, .reinstatement, from: .clawedBack, cause)
        if let index = receipt.grant.flatMap({ index(of: $0) }) {
            change(index) { $0.clawedBack = Credits(unchecked: $0.clawedBack.micro - left.micro) }
        }
        return .done(.init(amount: left, subject: receipt.grant.map { .grant($0) }))
    }

    /// Undoes `amount` of what a command took, the last taken first, after what is reversed already.
    private mutating func reverse(
        _ command: ReversedCommand, _ amount: Credits, _ kind: EntryKind, from source: Account, _ cause: Cause
    ) throws(TammError) {
        var skip = command.record.reversed.micro
        var rest = amount.micro
        var hold = cause
        hold.hold = command.record.receipt.hold
        for entry in command.entries.reversed() where entry.target == source && rest > 0 {
            let skipped = min(skip, entry.amount.micro)
            skip -= skipped
            let part = Credits(unchecked: min(rest, entry.amount.micro - skipped))
            rest -= part.micro
            if let grant = entry.grant {
                try giveBack(Portion(grant: grant, amount: part), kind, from: source, hold)
            } else {
                try forgive(part, of: command.record.receipt, kind, from: source, hold)
            }
        }
        guard rest == 0 else {
            throw TammError(.corrupted, "the entries of \(command.record.receipt.key) lack \(rest) of what it took")
        }
    }

    /// Undoes a part that was owed: first what is still open, then what later grants have paid; what was written
    /// off gives nobody credits.
    private mutating func forgive(
        _ amount: Credits, of receipt: WalletReceipt, _ kind: EntryKind, from source: Account, _ cause: Cause
    ) throws(TammError) {
        let id = receivable(of: receipt)
        guard let index = index(of: id) else {
            throw TammError(.corrupted, "wallet \(wallet.id) has no receivable \(id)")
        }
        var rest = amount.micro
        let open = Credits(unchecked: min(rest, receivables[index].value.open.micro))
        rest -= open.micro
        change(receivable: index) { $0.forgiven = Credits(unchecked: $0.forgiven.micro + open.micro) }
        post(kind, from: source, to: .owed, open, cause)
        for (position, paid) in receivables[index].value.settledBy.enumerated() where rest > 0 {
            let part = Credits(unchecked: min(rest, paid.amount.micro))
            rest -= part.micro
            change(receivable: index) {
                $0.settledBy[position].amount = Credits(unchecked: paid.amount.micro - part.micro)
                $0.forgiven = Credits(unchecked: $0.forgiven.micro + part.micro)
            }
            try giveBack(Portion(grant: paid.grant, amount: part), kind, from: source, cause)
        }
        post(kind, from: source, to: .writtenOff, Credits(unchecked: rest), cause)
    }

    /// The receivable that the command with this receipt made, whether or not it made one.
    func receivable(of receipt: WalletReceipt) -> Identifier<Receivable> {
        Identifier(derivedFrom: wallet.id, label: "receivable:\(receipt.key)", at: receipt.recordedAt)
    }
}
