/// One wallet while commands are decided: the state under the lock, and what has changed in it so far.
struct WalletLedger {
    /// A row and whether it has to be written.
    struct Tracked<Value: Sendable>: Sendable {
        var value: Value
        var isChanged: Bool
    }

    private let shared: SharedWalletRules
    var rules: WalletRules {
        @inline(__always) _read { yield shared.rules }
    }
    /// The moment of decision: the batch's, or the wallet's last if that is later.
    let now: Timestamp
    private(set) var wallet: Wallet
    private(set) var isChanged = false
    /// In the order in which they are spent.
    private(set) var grants: [Tracked<Grant>]
    private(set) var holds: [Identifier<Hold>: Tracked<Hold>]
    private(set) var receivables: [Tracked<Receivable>]
    private(set) var quotas: [QuotaCounter.Key: Tracked<UInt64>]
    private(set) var entries: [LedgerEntry] = []
    private var encoder = CanonicalEncoder()
    private var isAdvanced = false

    init(_ state: WalletState, at now: Timestamp, rules: SharedWalletRules) {
        shared = rules
        self.now = rules.rules.decidesAt(now, state.wallet.recordedAt)
        wallet = state.wallet
        grants = state.grants.map { Tracked(value: $0, isChanged: false) }
        holds = [:]
        for hold in state.holds { holds[hold.id] = Tracked(value: hold, isChanged: false) }
        receivables = state.receivables.map { Tracked(value: $0, isChanged: false) }
        quotas = [:]
        for counter in state.quotas { quotas[counter.key] = Tracked(value: counter.used, isChanged: false) }
        sortGrants()
    }

    /// Adds grants and receivables that a reversal needs.
    mutating func include(_ more: [Grant], _ moreReceivables: [Receivable]) {
        for grant in more where index(of: grant.id) == nil { grants.append(Tracked(value: grant, isChanged: false)) }
        sortGrants()
        for receivable in moreReceivables where index(of: receivable.id) == nil {
            receivables.append(Tracked(value: receivable, isChanged: false))
        }
    }

    private mutating func sortGrants() {
        guard grants.count > 1 else { return }
        let spendsBefore = rules.spendsBefore
        let isSorted = zip(grants, grants.dropFirst()).allSatisfy { !spendsBefore($1.value, $0.value) }
        if !isSorted { grants.sort { spendsBefore($0.value, $1.value) } }
    }

    func index(of id: Identifier<Grant>) -> Int? { grants.firstIndex { $0.value.id == id } }
    func index(of id: Identifier<Receivable>) -> Int? { receivables.firstIndex { $0.value.id == id } }

    mutating func change(_ index: Int, _ body: (inout Grant) -> Void) {
        body(&grants[index].value)
        grants[index].isChanged = true
    }

    mutating func change(_ hold: Identifier<Hold>, _ body: (inout Hold) -> Void) {
        guard var tracked = holds[hold] else { return }
        body(&tracked.value)
        tracked.isChanged = true
        holds[hold] = tracked
    }

    mutating func change(receivable index: Int, _ body: (inout Receivable) -> Void) {
        body(&receivables[index].value)
        receivables[index].isChanged = true
    }

    mutating func add(_ grant: Grant) {
        let index = grants.firstIndex { rules.spendsBefore(grant, $0.value) } ?? grants.endIndex
        grants.insert(Tracked(value: grant, isChanged: true), at: index)
        isAdvanced = false
    }

    mutating func add(_ hold: Hold) {
        holds[hold.id] = Tracked(value: hold, isChanged: true)
        countHold(1)
    }

    mutating func add(_ receivable: Receivable) { receivables.append(Tracked(value: receivable, isChanged: true)) }

    mutating func countHold(_ difference: Int) {
        wallet.openHolds += difference
        isChanged = true
    }

    // MARK: Quotas

    func used(_ claim: QuotaClaim) -> UInt64 { quotas[claim.key(for: wallet.place)]?.value ?? 0 }

    /// Counts `claimed` in and `returned` out; a counter stops at 0 and at its maximum.
    mutating func count(_ claim: QuotaClaim, claimed: UInt64, returned: UInt64) {
        guard claimed != returned else { return }
        let kept = used(claim) - min(used(claim), returned)
        let value = min(kept + claimed, QuotaCounter.maximum)
        quotas[claim.key(for: wallet.place)] = Tracked(value: value, isChanged: true)
    }

    // MARK: Movements

    /// What a movement belongs to, for its entries.
    struct Cause {
        var command: IdempotencyKey?
        var hold: Identifier<Hold>?
        var occurredAt: Timestamp
    }

    /// Writes one entry and moves the balances by it; nothing else moves them.
    mutating func post(
        _ kind: EntryKind, from source: Account, to target: Account, _ amount: Credits,
        grant: Identifier<Grant>? = nil, _ cause: Cause
    ) {
        guard !amount.isZero else { return }
        isChanged = true
        wallet.balance = rules.post(wallet.balance, source, target, amount)
        guard rules.records(kind) else { return }
        wallet.sequence += 1
        wallet.recordedAt = now
        var entry = LedgerEntry(
            workspace: wallet.workspace, wallet: wallet.id, sequence: wallet.sequence, kind: kind, source: source,
            target: target, amount: amount, grant: grant, hold: cause.hold, command: cause.command,
            occurredAt: cause.occurredAt, recordedAt: now, balance: wallet.balance, hash: wallet.head)
        entry.hash = LedgerChain.hash(entry, after: rules.chainsTo(wallet.head), with: &encoder)
        wallet.head = entry.hash
        entries.append(entry)
    }

    /// Takes `amount` out of the grants in their order and posts each part; `first` goes before the others.
    ///
    /// - Throws: `corrupted` when the grants hold less than the balance says.
    mutating func spend(
        _ amount: Credits, _ kind: EntryKind, to target: Account, first: Identifier<Grant>? = nil, _ cause: Cause
    ) throws(TammError) -> [Portion] {
        var portions: [Portion] = []
        var rest = amount.micro
        var order = first.flatMap { index(of: $0) }.map { [$0] } ?? []
        if order.isEmpty {
            for index in grants.indices where rest > 0 { take(index) }
        } else {
            order += grants.indices.filter { $0 != order[0] }
            for index in order where rest > 0 { take(index) }
        }
        guard rest == 0 else {
            throw TammError(
                .corrupted, "the grants of wallet \(wallet.id) lack \(Credits(unchecked: rest)) of its balance")
        }
        return portions

        func take(_ index: Int) {
            let grant = grants[index].value
            guard grant.status == .active, !grant.remaining.isZero else { return }
            let part = Credits(unchecked: min(rest, grant.remaining.micro))
            rest -= part.micro
            change(index) { $0.remaining = Credits(unchecked: $0.remaining.micro - part.micro) }
            post(kind, from: .available, to: target, part, grant: grant.id, cause)
            portions.append(Portion(grant: grant.id, amount: part))
        }
    }

    /// Gives credits back to the grant they came from; if that has expired since, they expire at once.
    ///
    /// - Throws: `corrupted` when the grant is not there.
    mutating func giveBack(_ portion: Portion, _ kind: EntryKind, from source: Account, _ cause: Cause) throws(TammError) {
        guard !portion.amount.isZero else { return }
        guard let index = index(of: rules.returnsTo(portion.grant, grants.first?.value.id)) else {
            throw TammError(.corrupted, "wallet \(wallet.id) has no grant \(portion.grant) to return credits to")
        }
        let grant = grants[index].value
        change(index) { $0.remaining = Credits(unchecked: $0.remaining.micro + portion.amount.micro) }
        if grant.status == .scheduled {
            post(kind, from: source, to: .issued, portion.amount, grant: grant.id, cause)
        } else {
            post(kind, from: source, to: .available, portion.amount, grant: grant.id, cause)
        }
        if grant.status != .scheduled { settle(with: index, cause) { $0.origin == .clawback(grant.id) } }
        if grant.status == .expired { expire(index, cause) }
    }

    private mutating func expire(_ index: Int, _ cause: Cause) {
        let grant = grants[index].value
        post(.grantExpiry, from: .available, to: .expired, grant.remaining, grant: grant.id, cause)
        change(index) {
            $0.remaining = .zero
            $0.status = .expired
        }
    }

    // MARK: Time

    private enum Due {
        case activation(Identifier<Grant>)
        case holdExpiry(Identifier<Hold>)
        case grantExpiry(Identifier<Grant>)
    }

    /// Books what time has done up to the moment of decision, in the order in which it fell due.
    mutating func advance() throws(TammError) {
        guard !isAdvanced else { return }
        isAdvanced = true
        var due: [(at: Timestamp, rank: Int, what: Due)] = []
        for tracked in grants {
            let grant = tracked.value
            if grant.status == .scheduled, let day = grant.terms.effectiveAt, rules.isDue(day, now) {
                due.append((day, 0, .activation(grant.id)))
            }
            if grant.status != .expired, let end = grant.terms.expiresAt, rules.isDue(end, now) {
                due.append((end, 2, .grantExpiry(grant.id)))
            }
        }
        for (id, tracked) in holds where tracked.value.status == .open && rules.isDue(tracked.value.expiresAt, now) {
            due.append((tracked.value.expiresAt, 1, .holdExpiry(id)))
        }
        guard !due.isEmpty else { return }
        due.sort { a, b in
            if a.at != b.at { return a.at < b.at }
            if a.rank != b.rank { return a.rank < b.rank }
            switch (a.what, b.what) {
            case (.activation(let a), .activation(let b)), (.grantExpiry(let a), .grantExpiry(let b)): return a < b
            case (.holdExpiry(let a), .holdExpiry(let b)): return a < b
            default: return false
            }
        }
        for event in due {
            let cause = Cause(occurredAt: event.at)
            switch event.what {
            case .activation(let id): if let index = index(of: id) { activate(index, cause) }
            case .grantExpiry(let id): if let index = index(of: id) { expire(index, cause) }
            case .holdExpiry(let id): try close(id, as: .expired, captured: .zero, .holdExpiry, cause)
            }
        }
    }

    /// Puts a grant into the balance; what was paid for settles what is owed first.
    mutating func activate(_ index: Int, _ cause: Cause) {
        change(index) { $0.status = .active }
        let grant = grants[index].value
        post(.grant, from: .issued, to: .available, grant.remaining, grant: grant.id, cause)
        if rules.settles(grant.terms.category) { settle(with: index, cause) { _ in true } }
    }

    /// Pays receivables, the oldest first, out of a grant: all of them when it is new and was paid for, the one of its
    /// own clawback when credits return to it.
    private mutating func settle(with index: Int, _ cause: Cause, _ isMeant: (Receivable) -> Bool) {
        let open = receivables.indices.filter {
            !receivables[$0].value.open.isZero && isMeant(receivables[$0].value)
        }.sorted {
            (receivables[$0].value.createdAt, receivables[$0].value.id)
                < (receivables[$1].value.createdAt, receivables[$1].value.id)
        }
        for owed in open {
            let paid = min(receivables[owed].value.open, grants[index].value.remaining)
            guard !paid.isZero else { break }
            change(index) { $0.remaining = Credits(unchecked: $0.remaining.micro - paid.micro) }
            let payer = grants[index].value.id
            change(receivable: owed) { $0.settledBy.append(Portion(grant: payer, amount: paid)) }
            post(.settlement, from: .available, to: .owed, paid, grant: payer, cause)
        }
    }

    /// Ends an open hold: `captured` of it is spent, the rest goes back to where it came from.
    mutating func close(
        _ id: Identifier<Hold>, as status: Hold.Status, captured: Credits, _ kind: EntryKind, _ cause: Cause
    ) throws(TammError) {
        guard let hold = holds[id]?.value else { return }
        var cause = cause
        cause.hold = id
        change(id) {
            $0.status = status
            $0.captured = captured
        }
        countHold(-1)
        var toCapture = captured.micro
        for portion in hold.portions {
            let spent = Credits(unchecked: min(toCapture, portion.amount.micro))
            toCapture -= spent.micro
            post(.capture, from: .held, to: .consumed, spent, grant: portion.grant, cause)
            let rest = rules.returned(portion.amount, spent)
            try giveBack(Portion(grant: portion.grant, amount: rest), kind, from: .held, cause)
        }
        if let quota = hold.quota, status != .captured { count(quota, claimed: 0, returned: quota.quantity) }
    }
}

extension WalletLedger {
    /// Everything that could be spent now or later, plus what is held.
    var total: Int64 {
        grants.reduce(wallet.balance.held.micro) { $0 + $1.value.remaining.micro }
    }

    func collect(into changes: inout WalletChanges) {
        if isChanged { changes.wallets.append(wallet) }
        if changes.entries.capacity == 0 { changes.entries = entries } else { changes.entries += entries }
        for grant in grants where grant.isChanged { changes.grants.append(grant.value) }
        for hold in holds.values where hold.isChanged { changes.holds.append(hold.value) }
        for receivable in receivables where receivable.isChanged { changes.receivables.append(receivable.value) }
        for (key, used) in quotas where used.isChanged {
            changes.quotas.append(QuotaCounter(key: key, used: used.value))
        }
    }
}
