import TammCore

/// The columns of each table of a wallet, in the order in which a row is read.
enum WalletColumns {
    static func wallet(_ t: String) -> String {
        columns(t, "workspace_id id available held owed open_holds sequence head recorded_at")
    }

    static func entry(_ t: String) -> String {
        columns(
            t,
            "workspace_id wallet_id sequence kind source target amount grant_id hold_id command occurred_at recorded_at "
                + "available held owed hash")
    }

    static func grant(_ t: String) -> String {
        columns(
            t,
            "workspace_id wallet_id id amount category priority effective_at expires_at source status remaining "
                + "clawed_back created_at")
    }

    static func hold(_ t: String) -> String {
        columns(
            t,
            "workspace_id wallet_id id amount expires_at portion_grants portion_amounts quota_meter quota_quantity "
                + "quota_limit quota_period_start quota_resets_at status captured created_at")
    }

    static func receivable(_ t: String) -> String {
        columns(
            t,
            "workspace_id wallet_id id origin_grant origin_charge amount settled_grants settled_amounts forgiven created_at")
    }

    static func command(_ t: String) -> String {
        columns(
            t,
            "workspace_id key wallet_id kind amount shortfall entries_from entries_to available held owed recorded_at "
                + "subject_kind subject_id fingerprint reversed")
    }

    static func usage(_ t: String) -> String {
        columns(
            t,
            "workspace_id id wallet_id command usage_kind name prompt_tokens cached_prompt_tokens completion_tokens "
                + "reasoning_tokens quantity cost price_book occurred_at recorded_at")
    }

    private static func columns(_ table: String, _ names: String) -> String {
        names.split(separator: " ").map { "\(table).\($0)" }.joined(separator: ", ")
    }
}

extension PostgresRow {
    /// The next column, a small number that stands for a case.
    mutating func nextCase<Value: RawRepresentable>(
        _ type: Value.Type = Value.self
    ) throws(TammError) -> Value where Value.RawValue == UInt8 {
        let number: Int16 = try next()
        guard let raw = UInt8(exactly: number), let value = Value(rawValue: raw) else {
            throw TammError(.corrupted, "wanted a \(Value.self), found \(number)")
        }
        return value
    }

    mutating func nextPlace() throws(TammError) -> WalletPlace {
        WalletPlace(workspace: try next(), id: try next())
    }

    mutating func nextBalance() throws(TammError) -> Balance {
        Balance(available: try next(), held: try next(), owed: try next())
    }

    mutating func nextPortions() throws(TammError) -> [Portion] {
        let grants: [Identifier<Grant>] = try nextArray()
        let amounts: [Credits] = try nextArray()
        guard grants.count == amounts.count else {
            throw TammError(.corrupted, "wanted \(grants.count) amounts of portions, found \(amounts.count)")
        }
        return zip(grants, amounts).map { Portion(grant: $0, amount: $1) }
    }

    mutating func nextWallet() throws(TammError) -> Wallet {
        let place = try nextPlace()
        return Wallet(
            id: place.id, workspace: place.workspace, balance: try nextBalance(),
            openHolds: Int(try next(Int32.self)), sequence: try next(), head: try next(), recordedAt: try next())
    }

    mutating func nextEntry() throws(TammError) -> LedgerEntry {
        let place = try nextPlace()
        let (sequence, kind): (Int64, EntryKind) = (try next(), try nextCase())
        let (source, target): (Account, Account) = (try nextCase(), try nextCase())
        return LedgerEntry(
            workspace: place.workspace, wallet: place.id, sequence: sequence, kind: kind, source: source, target: target,
            amount: try next(), grant: try nextIfPresent(), hold: try nextIfPresent(), command: try nextIfPresent(),
            occurredAt: try next(), recordedAt: try next(), balance: try nextBalance(), hash: try next())
    }

    mutating func nextGrant() throws(TammError) -> Grant {
        let (place, id): (WalletPlace, Identifier<Grant>) = (try nextPlace(), try next())
        let (amount, category): (Credits, Grant.Category) = (try next(), try nextCase())
        let priority = Int(try next(Int16.self))
        let (effectiveAt, expiresAt): (Timestamp?, Timestamp?) = (try nextIfPresent(), try nextIfPresent())
        let source: IdempotencyKey? = try nextIfPresent()
        let terms = try stored("credit_grants") { () throws(TammError) in
            try GrantTerms(
                amount, category, priority: priority, effectiveAt: effectiveAt, expiresAt: expiresAt, source: source)
        }
        return Grant(
            id: id, wallet: place, terms: terms, status: try nextCase(), remaining: try next(), clawedBack: try next(),
            createdAt: try next())
    }

    mutating func nextHold() throws(TammError) -> Hold {
        let (place, id): (WalletPlace, Identifier<Hold>) = (try nextPlace(), try next())
        let (amount, expiresAt): (Credits, Timestamp) = (try next(), try next())
        let portions = try nextPortions()
        let meter: String? = try nextIfPresent()
        let (quantity, limit): (Int64?, Int64?) = (try nextIfPresent(), try nextIfPresent())
        let (start, end): (Timestamp?, Timestamp?) = (try nextIfPresent(), try nextIfPresent())
        var quota: QuotaClaim?
        if let meter, let quantity, let limit, let start, let end {
            quota = try stored("credit_holds") { () throws(TammError) in
                try QuotaClaim(
                    meter: Meter(meter), quantity: UInt64(bitPattern: quantity), limit: UInt64(bitPattern: limit),
                    periodStart: start, resetsAt: end)
            }
        }
        return Hold(
            id: id, wallet: place, amount: amount, expiresAt: expiresAt, portions: portions, quota: quota,
            status: try nextCase(), captured: try next(), createdAt: try next())
    }

    mutating func nextReceivable() throws(TammError) -> Receivable {
        let (place, id): (WalletPlace, Identifier<Receivable>) = (try nextPlace(), try next())
        let grant: Identifier<Grant>? = try nextIfPresent()
        let charge: IdempotencyKey? = try nextIfPresent()
        let origin: Receivable.Origin
        switch (grant, charge) {
        case (let grant?, nil): origin = .clawback(grant)
        case (nil, let charge?): origin = .charge(charge)
        default: throw TammError(.corrupted, "receivable \(id) has no origin, or two")
        }
        return Receivable(
            id: id, wallet: place, origin: origin, amount: try next(), settledBy: try nextPortions(),
            forgiven: try next(), createdAt: try next())
    }

    mutating func nextCommand() throws(TammError) -> RecordedCommand {
        let (workspace, key): (Identifier<Workspace>, IdempotencyKey) = (try next(), try next())
        let (wallet, kind): (Identifier<Wallet>, WalletCommand.Kind) = (try next(), try nextCase())
        let (amount, shortfall): (Credits, Credits) = (try next(), try next())
        let (from, to): (Int64, Int64) = (try next(), try next())
        guard from <= to else { throw TammError(.corrupted, "command \(key) has entries from \(from) to \(to)") }
        let (balance, recordedAt): (Balance, Timestamp) = (try nextBalance(), try next())
        let subjectKind: Int16? = try nextIfPresent()
        let subjectID: Identifier<WalletReceipt>? = try nextIfPresent()
        let subject: WalletReceipt.Subject?
        switch (subjectKind, subjectID) {
        case (nil, nil): subject = nil
        case (1, let id?): subject = .grant(Identifier(high: id.high, low: id.low))
        case (2, let id?): subject = .hold(Identifier(high: id.high, low: id.low))
        case (3, let id?): subject = .receivable(Identifier(high: id.high, low: id.low))
        default: throw TammError(.corrupted, "command \(key) has no such subject")
        }
        return RecordedCommand(
            receipt: WalletReceipt(
                workspace: workspace, wallet: wallet, key: key, kind: kind, amount: amount, shortfall: shortfall,
                entries: from..<to, balance: balance, recordedAt: recordedAt, subject: subject),
            fingerprint: CommandFingerprint(bytes: try next()), reversed: try next())
    }

    mutating func nextUsage() throws(TammError) -> RecordedUsage {
        let (workspace, id): (Identifier<Workspace>, UsageEvent.ID) = (try next(), try next())
        let (wallet, command): (Identifier<Wallet>, IdempotencyKey) = (try next(), try next())
        let kind: Int16 = try next()
        let name: String? = try nextIfPresent()
        let tokens: [Int64?] = [
            try nextIfPresent(), try nextIfPresent(), try nextIfPresent(), try nextIfPresent(),
        ]
        let quantity: Int64? = try nextIfPresent()
        let usage: Usage
        switch (kind, name, quantity) {
        case (1, let name?, nil):
            let counts = tokens.compactMap(\.self)
            guard counts.count == 4 else { throw TammError(.corrupted, "usage event \(id) lacks a count of tokens") }
            usage = .model(
                name,
                try stored("usage_events") { () throws(TammError) in
                    try ModelUsage(
                        promptTokens: counts[0], cachedPromptTokens: counts[1], completionTokens: counts[2],
                        reasoningTokens: counts[3])
                })
        case (2, let name?, let quantity?): usage = .messages(channel: name, count: quantity)
        case (3, nil, let quantity?): usage = .documentPages(quantity)
        default: throw TammError(.corrupted, "usage event \(id) is of no kind")
        }
        let event = UsageEvent(
            workspace: workspace, id: id, usage: usage, cost: try next(), priceBook: try nextIfPresent(),
            occurredAt: try next())
        return RecordedUsage(event: event, wallet: wallet, command: command, recordedAt: try next())
    }
}

/// Makes a value of what is stored; what the value refuses is corrupted, not the caller's fault.
func stored<Value>(_ table: String, _ make: () throws(TammError) -> Value) throws(TammError) -> Value {
    do throws(TammError) { return try make() } catch {
        throw TammError(.corrupted, "\(table): \(error.message)", field: error.field)
    }
}
