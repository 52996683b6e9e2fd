import TammCore

extension LawContext {
    func credits(_ whole: Int64) -> Credits { Credits(unchecked: whole * 1_000_000) }

    func grant(
        of wallet: Wallet, id: Identifier<Grant>? = nil, _ amount: Int64 = 100, remaining: Int64? = nil,
        status: Grant.Status = .active, effectiveAt: Timestamp? = nil
    ) throws(TammError) -> Grant {
        let terms = try GrantTerms(credits(amount), .purchased, effectiveAt: effectiveAt, source: key("payment"))
        return Grant(
            id: id ?? self.id(), wallet: wallet.place, terms: terms, status: status,
            remaining: credits(remaining ?? amount), clawedBack: .zero, createdAt: base)
    }

    func hold(
        of wallet: Wallet, id: Identifier<Hold>? = nil, on grants: [Grant], status: Hold.Status = .open,
        expiresAt: Timestamp? = nil, quota: QuotaClaim? = nil
    ) -> Hold {
        Hold(
            id: id ?? self.id(), wallet: wallet.place, amount: credits(Int64(grants.count)),
            expiresAt: expiresAt ?? at(60_000_000), portions: grants.map { Portion(grant: $0.id, amount: .one) },
            quota: quota, status: status, captured: .zero, createdAt: base)
    }

    func receivable(
        of wallet: Wallet, id: Identifier<Receivable>? = nil, for grant: Grant, forgiven: Int64 = 0
    ) -> Receivable {
        Receivable(
            id: id ?? self.id(), wallet: wallet.place, origin: .clawback(grant.id), amount: credits(5), settledBy: [],
            forgiven: credits(forgiven), createdAt: base)
    }

    func command(
        of wallet: Wallet, key: IdempotencyKey, kind: WalletCommand.Kind = .debit, amount: Int64 = 1,
        reversed: Int64 = 0
    ) -> RecordedCommand {
        let receipt = WalletReceipt(
            workspace: wallet.workspace, wallet: wallet.id, key: key, kind: kind, amount: credits(amount),
            shortfall: .zero, entries: wallet.sequence + 1..<wallet.sequence + 1, balance: wallet.balance,
            recordedAt: base, subject: nil)
        return RecordedCommand(
            receipt: receipt, fingerprint: CommandFingerprint(bytes: [1, 1, kind.rawValue]),
            reversed: credits(reversed))
    }

    func usage(
        of wallet: Wallet, id: UsageEvent.ID, by command: IdempotencyKey
    ) -> RecordedUsage {
        let event = UsageEvent(
            workspace: wallet.workspace, id: id, usage: .messages(channel: "whatsapp", count: 12), cost: .one,
            priceBook: 3, occurredAt: base)
        return RecordedUsage(event: event, wallet: wallet.id, command: command, recordedAt: base)
    }

    func quotaKey(of wallet: Wallet, _ meter: String = "messages") throws(TammError) -> QuotaCounter.Key {
        QuotaCounter.Key(wallet: wallet.place, meter: try Meter(meter), periodStart: base)
    }

    func claim(_ key: QuotaCounter.Key) throws(TammError) -> QuotaClaim {
        try QuotaClaim(
            meter: key.meter, quantity: 3, limit: 10, periodStart: key.periodStart, resetsAt: at(86_400_000_000))
    }
}

extension Wallet {
    /// Appends an entry of a credit: numbered, chained and with the balances after it.
    mutating func append(
        grant: Identifier<Grant>, command: IdempotencyKey? = nil, occurredAt: Timestamp? = nil, recordedAt: Timestamp
    ) -> LedgerEntry {
        append(
            .grant, from: .issued, to: .available, .one, grant: grant, hold: nil, command: command,
            occurredAt: occurredAt, recordedAt: recordedAt)
    }

    mutating func append(
        _ kind: EntryKind, from source: Account, to target: Account, _ amount: Credits, grant: Identifier<Grant>?,
        hold: Identifier<Hold>?, command: IdempotencyKey?, occurredAt: Timestamp? = nil, recordedAt: Timestamp
    ) -> LedgerEntry {
        sequence += 1
        self.recordedAt = recordedAt
        balance = WalletRules().post(balance, source, target, amount)
        var entry = LedgerEntry(
            workspace: workspace, wallet: id, sequence: sequence, kind: kind, source: source, target: target,
            amount: amount, grant: grant, hold: hold, command: command, occurredAt: occurredAt ?? recordedAt,
            recordedAt: recordedAt, balance: balance, hash: head)
        entry.hash = LedgerChain.hash(entry, after: head)
        head = entry.hash
        return entry
    }
}

/// A kind of row that a write carries.
enum WalletPart: String, CaseIterable, Sendable {
    case wallets, entries, grants, holds, receivables, quotas, commands, usage
}

/// A wallet with something of everything in it, and what will be written next.
struct Estate: Sendable {
    let tenant: Tenant
    /// As it stands after ``made``.
    let wallet: Wallet
    /// What has been written.
    let made: WalletChanges
    /// New rows of every kind, and changes of those that may change.
    let next: WalletChanges

    /// The part of what comes next that is of one kind.
    func next(_ part: WalletPart) -> WalletChanges {
        var changes = WalletChanges()
        switch part {
        case .wallets: changes.wallets = next.wallets
        case .entries: changes.entries = next.entries
        case .grants: changes.grants = next.grants
        case .holds: changes.holds = next.holds
        case .receivables: changes.receivables = next.receivables
        case .quotas: changes.quotas = next.quotas
        case .commands: (changes.commands, changes.reversals) = (next.commands, next.reversals)
        case .usage: changes.usage = next.usage
        }
        return changes
    }
}

extension LawContext {
    /// A new wallet with something of everything in it, committed.
    func estate(of tenant: Tenant, in store: any TammStore) async throws(TammError) -> Estate {
        let opened = try await wallet(of: tenant.id, in: store)
        let estate = try estate(of: tenant, opened)
        try await store.write(estate.made, to: opened)
        return estate
    }

    func estate(in store: any TammStore) async throws(TammError) -> Estate {
        try await estate(of: tenant(in: store), in: store)
    }

    private func estate(of tenant: Tenant, _ opened: Wallet) throws(TammError) -> Estate {
        var wallet = opened
        let (open, closed) = (try grant(of: wallet), try grant(of: wallet, remaining: 0))
        let (counted, other) = (try quotaKey(of: wallet), try quotaKey(of: wallet, "document-pages"))
        let held = hold(of: wallet, on: [closed, open], quota: try claim(counted))
        let owed = receivable(of: wallet, for: closed)
        let done = command(of: wallet, key: try key("command"), amount: 3)
        var made = WalletChanges()
        made.entries = [
            wallet.append(grant: open.id, recordedAt: base),
            wallet.append(grant: closed.id, command: done.receipt.key, recordedAt: at(1)),
        ]
        wallet.openHolds = 1
        made.wallets = [wallet]
        made.grants = [open, closed]
        made.holds = [held]
        made.receivables = [owed]
        made.quotas = [QuotaCounter(key: counted, used: 3)]
        made.commands = [done]
        made.usage = [try usage(of: wallet, id: key("event"), by: done.receipt.key)]
        return Estate(
            tenant: tenant, wallet: wallet, made: made,
            next: try next(after: made, wallet, counted: counted, other: other))
    }

    private func next(
        after made: WalletChanges, _ wallet: Wallet, counted: QuotaCounter.Key, other: QuotaCounter.Key
    ) throws(TammError) -> WalletChanges {
        var (wallet, spent, settled, paid) = (wallet, made.grants[0], made.holds[0], made.receivables[0])
        var refunded = made.commands[0]
        spent.remaining = credits(7)
        settled.status = .captured
        settled.captured = .one
        paid.settledBy = [Portion(grant: spent.id, amount: .one)]
        refunded.reversed = credits(2)
        let more = try grant(of: wallet)
        var next = WalletChanges()
        next.entries = [
            wallet.append(grant: more.id, command: refunded.receipt.key, recordedAt: at(2)),
            wallet.append(grant: spent.id, recordedAt: at(3)),
        ]
        next.wallets = [wallet]
        next.grants = [spent, more]
        next.holds = [settled, hold(of: wallet, on: [spent])]
        next.receivables = [paid, receivable(of: wallet, for: spent)]
        next.quotas = [QuotaCounter(key: counted, used: 4), QuotaCounter(key: other, used: 1)]
        next.commands = [command(of: wallet, key: try key("command"), kind: .refund)]
        next.reversals = [refunded]
        next.usage = [
            try usage(of: wallet, id: key("event"), by: refunded.receipt.key),
            try usage(of: wallet, id: key("event"), by: refunded.receipt.key),
        ]
        return next
    }
}
