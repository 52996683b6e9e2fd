import TammCore

/// The rows of each table of a wallet as parameters: an array a column, in the order of its statement.
extension PostgresParameters {
    private mutating func addPlaces<Rows: Collection>(_ rows: Rows, _ place: (Rows.Element) -> WalletPlace) {
        add(rows) { place($0).workspace }
        add(rows) { place($0).id }
    }

    private mutating func addCases<Rows: Collection>(_ rows: Rows, _ number: (Rows.Element) -> UInt8) {
        add(rows) { Int16(number($0)) }
    }

    private mutating func addBalances<Rows: Collection>(_ rows: Rows, _ balance: (Rows.Element) -> Balance) {
        add(rows) { balance($0).available }
        add(rows) { balance($0).held }
        add(rows) { balance($0).owed }
    }

    init(places: [WalletPlace]) {
        self.init(rows: places.count)
        addPlaces(places, \.self)
    }

    init(counting workspaces: [Identifier<Workspace>]) {
        self.init()
        add(workspaces, \.self)
    }

    init(_ ids: [(WalletPlace, Identifier<some Any>)]) {
        self.init(rows: ids.count)
        addPlaces(ids, \.0)
        add(ids) { $0.1 }
    }

    init(inserting wallet: Wallet) {
        self.init()
        add(wallet.workspace)
        add(wallet.id)
        add(wallet.balance.available)
        add(wallet.balance.held)
        add(wallet.balance.owed)
        add(Int32(clamping: wallet.openHolds))
        add(wallet.sequence)
        add(wallet.head)
        add(wallet.recordedAt)
    }

    /// - Parameter version: the one that a wallet has to be of; nil for any.
    init(updating wallets: [Wallet], of version: (WalletPlace) -> Int64?) {
        self.init(rows: wallets.count)
        addPlaces(wallets, \.place)
        addBalances(wallets, \.balance)
        add(wallets) { Int32(clamping: $0.openHolds) }
        add(wallets, \.sequence)
        add(wallets, \.head)
        add(wallets, \.recordedAt)
        add(wallets) { version($0.place) }
    }

    init(places: [WalletPlace], of version: (WalletPlace) -> Int64?) {
        self.init(places: places)
        add(places, version)
    }

    init(_ entries: [LedgerEntry]) {
        self.init(rows: entries.count)
        addPlaces(entries) { WalletPlace(workspace: $0.workspace, id: $0.wallet) }
        add(entries, \.sequence)
        addCases(entries, \.kind.rawValue)
        addCases(entries, \.source.rawValue)
        addCases(entries, \.target.rawValue)
        add(entries, \.amount)
        add(entries) { $0.grant }
        add(entries) { $0.hold }
        add(entries) { $0.command }
        add(entries, \.occurredAt)
        add(entries, \.recordedAt)
        addBalances(entries, \.balance)
        add(entries, \.hash)
    }

    init(updating grants: [Grant]) {
        self.init(rows: grants.count)
        addPlaces(grants, \.wallet)
        add(grants, \.id)
        addCases(grants, \.status.rawValue)
        add(grants, \.remaining)
        add(grants, \.clawedBack)
        add(grants, \.isOpen)
    }

    init(putting grants: [Grant]) {
        self.init()
        addPlaces(grants, \.wallet)
        add(grants, \.id)
        add(grants, \.terms.amount)
        addCases(grants, \.terms.category.rawValue)
        add(grants) { Int16(clamping: $0.terms.priority) }
        add(grants) { $0.terms.effectiveAt }
        add(grants) { $0.terms.expiresAt }
        add(grants) { $0.terms.source }
        addCases(grants, \.status.rawValue)
        add(grants, \.remaining)
        add(grants, \.clawedBack)
        add(grants, \.isOpen)
        add(grants, \.createdAt)
    }

    init(_ holds: [Hold]) {
        self.init()
        addPlaces(holds, \.wallet)
        add(holds, \.id)
        add(holds, \.amount)
        add(holds, \.expiresAt)
        add(holds) { Self.list($0.portions, \.grant.description) }
        add(holds) { Self.list($0.portions, \.amount.micro.description) }
        add(holds) { $0.quota?.meter.name }
        add(holds) { $0.quota.map { Int64(bitPattern: $0.quantity) } }
        add(holds) { $0.quota.map { Int64(bitPattern: $0.limit) } }
        add(holds) { $0.quota?.periodStart }
        add(holds) { $0.quota?.resetsAt }
        addCases(holds, \.status.rawValue)
        add(holds, \.captured)
        add(holds, \.createdAt)
    }

    init(_ receivables: [Receivable]) {
        self.init()
        addPlaces(receivables, \.wallet)
        add(receivables, \.id)
        add(receivables) { row -> Identifier<Grant>? in
            if case .clawback(let grant) = row.origin { grant } else { nil }
        }
        add(receivables) { row -> IdempotencyKey? in if case .charge(let key) = row.origin { key } else { nil } }
        add(receivables, \.amount)
        add(receivables) { Self.list($0.settledBy, \.grant.description) }
        add(receivables) { Self.list($0.settledBy, \.amount.micro.description) }
        add(receivables, \.forgiven)
        add(receivables) { !$0.open.isZero }
        add(receivables, \.createdAt)
    }

    /// An array in PostgreSQL's text form; the parts need no quotes.
    private static func list(_ portions: [Portion], _ part: (Portion) -> String) -> String {
        "{" + portions.map(part).joined(separator: ",") + "}"
    }

    init(_ counters: [QuotaCounter]) {
        self.init(counters.map(\.key))
        add(counters) { Int64(bitPattern: $0.used) }
    }

    init(_ keys: [QuotaCounter.Key]) {
        self.init(rows: keys.count)
        addPlaces(keys, \.wallet)
        add(keys, \.meter.name)
        add(keys, \.periodStart)
    }

    init(_ keys: [CommandKey]) {
        self.init(rows: keys.count)
        add(keys, \.workspace)
        add(keys, \.key)
    }

    init(_ keys: [UsageKey]) {
        self.init(rows: keys.count)
        add(keys, \.workspace)
        add(keys, \.id)
    }

    init(_ commands: [RecordedCommand]) {
        self.init(rows: commands.count)
        add(commands, \.receipt.workspace)
        add(commands, \.receipt.key)
        add(commands, \.receipt.wallet)
        addCases(commands, \.receipt.kind.rawValue)
        add(commands, \.receipt.amount)
        add(commands, \.receipt.shortfall)
        add(commands, \.receipt.entries.lowerBound)
        add(commands, \.receipt.entries.upperBound)
        addBalances(commands, \.receipt.balance)
        add(commands, \.receipt.recordedAt)
        add(commands) { $0.receipt.subject?.column.kind }
        add(commands) { $0.receipt.subject?.column.id }
        add(commands, \.fingerprint.bytes)
        add(commands, \.reversed)
    }

    init(_ usage: [RecordedUsage]) {
        self.init()
        add(usage, \.event.workspace)
        add(usage, \.event.id)
        add(usage, \.wallet)
        add(usage, \.command)
        add(usage, \.event.usage.columns.kind)
        add(usage) { $0.event.usage.columns.name }
        add(usage) { $0.event.usage.columns.tokens?.promptTokens }
        add(usage) { $0.event.usage.columns.tokens?.cachedPromptTokens }
        add(usage) { $0.event.usage.columns.tokens?.completionTokens }
        add(usage) { $0.event.usage.columns.tokens?.reasoningTokens }
        add(usage) { $0.event.usage.columns.quantity }
        add(usage, \.event.cost)
        add(usage) { $0.event.priceBook }
        add(usage, \.event.occurredAt)
        add(usage, \.recordedAt)
    }
}

extension WalletReceipt.Subject {
    fileprivate var column: (kind: Int16, id: Identifier<WalletReceipt>) {
        switch self {
        case .grant(let id): (1, Identifier(high: id.high, low: id.low))
        case .hold(let id): (2, Identifier(high: id.high, low: id.low))
        case .receivable(let id): (3, Identifier(high: id.high, low: id.low))
        }
    }
}

extension Usage {
    fileprivate var columns: (kind: Int16, name: String?, tokens: ModelUsage?, quantity: Int64?) {
        switch self {
        case .model(let name, let tokens): (1, name, tokens, nil)
        case .messages(let channel, let count): (2, channel, nil, count)
        case .documentPages(let count): (3, nil, nil, count)
        }
    }
}
