import TammCore

/// The rows of each table of a wallet as parameters: an array a column, in the order of its statement.
extension PostgresParameters {
    @inline(__always)
    private mutating func addPlaces(_ rows: Range<Int>, _ place: (Int) -> WalletPlace) {
        add(rows) { place($0).workspace }
        add(rows) { place($0).id }
    }

    @inline(__always)
    private mutating func addCases(_ rows: Range<Int>, _ number: (Int) -> UInt8) {
        add(rows) { Int16(number($0)) }
    }

    @inline(__always)
    private mutating func addBalances(_ rows: Range<Int>, _ balance: (Int) -> Balance) {
        add(rows) { balance($0).available }
        add(rows) { balance($0).held }
        add(rows) { balance($0).owed }
    }

    init(places: [WalletPlace]) {
        self.init(rows: places.count)
        addPlaces(places.indices) { places[$0] }
    }

    init(counting workspaces: [Identifier<Workspace>]) {
        self.init()
        add(workspaces.indices) { workspaces[$0] }
    }

    init(_ ids: [(WalletPlace, Identifier<some Any>)]) {
        self.init(rows: ids.count)
        addPlaces(ids.indices) { ids[$0].0 }
        add(ids.indices) { ids[$0].1 }
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

    /// - Parameter versions: those that the wallets have to be of; nil for any.
    init(updating wallets: [Wallet], of versions: [Int64?]) {
        self.init(rows: wallets.count)
        addPlaces(wallets.indices) { wallets[$0].place }
        addBalances(wallets.indices) { wallets[$0].balance }
        add(wallets.indices) { Int32(clamping: wallets[$0].openHolds) }
        add(wallets.indices) { wallets[$0].sequence }
        add(wallets.indices) { wallets[$0].head }
        add(wallets.indices) { wallets[$0].recordedAt }
        add(wallets.indices) { versions[$0] }
    }

    init(places: [WalletPlace], of versions: [Int64?]) {
        self.init(places: places)
        add(places.indices) { versions[$0] }
    }

    init(_ entries: [LedgerEntry]) {
        self.init(rows: entries.count)
        addPlaces(entries.indices) { WalletPlace(workspace: entries[$0].workspace, id: entries[$0].wallet) }
        add(entries.indices) { entries[$0].sequence }
        addCases(entries.indices) { entries[$0].kind.rawValue }
        addCases(entries.indices) { entries[$0].source.rawValue }
        addCases(entries.indices) { entries[$0].target.rawValue }
        add(entries.indices) { entries[$0].amount }
        add(entries.indices) { entries[$0].grant }
        add(entries.indices) { entries[$0].hold }
        add(entries.indices) { entries[$0].command }
        add(entries.indices) { entries[$0].occurredAt }
        add(entries.indices) { entries[$0].recordedAt }
        addBalances(entries.indices) { entries[$0].balance }
        add(entries.indices) { entries[$0].hash }
    }

    init(updating grants: [Grant]) {
        self.init(rows: grants.count)
        addPlaces(grants.indices) { grants[$0].wallet }
        add(grants.indices) { grants[$0].id }
        addCases(grants.indices) { grants[$0].status.rawValue }
        add(grants.indices) { grants[$0].remaining }
        add(grants.indices) { grants[$0].clawedBack }
        add(grants.indices) { grants[$0].isOpen }
    }

    init(putting grants: [Grant]) {
        self.init()
        addPlaces(grants.indices) { grants[$0].wallet }
        add(grants.indices) { grants[$0].id }
        add(grants.indices) { grants[$0].terms.amount }
        addCases(grants.indices) { grants[$0].terms.category.rawValue }
        add(grants.indices) { Int16(clamping: grants[$0].terms.priority) }
        add(grants.indices) { grants[$0].terms.effectiveAt }
        add(grants.indices) { grants[$0].terms.expiresAt }
        add(grants.indices) { grants[$0].terms.source }
        addCases(grants.indices) { grants[$0].status.rawValue }
        add(grants.indices) { grants[$0].remaining }
        add(grants.indices) { grants[$0].clawedBack }
        add(grants.indices) { grants[$0].isOpen }
        add(grants.indices) { grants[$0].createdAt }
    }

    init(_ holds: [Hold]) {
        self.init()
        addPlaces(holds.indices) { holds[$0].wallet }
        add(holds.indices) { holds[$0].id }
        add(holds.indices) { holds[$0].amount }
        add(holds.indices) { holds[$0].expiresAt }
        add(holds.indices) { Self.list(holds[$0].portions, \.grant.description) }
        add(holds.indices) { Self.list(holds[$0].portions, \.amount.micro.description) }
        add(holds.indices) { holds[$0].quota?.meter.name }
        add(holds.indices) { holds[$0].quota.map { Int64(bitPattern: $0.quantity) } }
        add(holds.indices) { holds[$0].quota.map { Int64(bitPattern: $0.limit) } }
        add(holds.indices) { holds[$0].quota?.periodStart }
        add(holds.indices) { holds[$0].quota?.resetsAt }
        addCases(holds.indices) { holds[$0].status.rawValue }
        add(holds.indices) { holds[$0].captured }
        add(holds.indices) { holds[$0].createdAt }
    }

    init(_ receivables: [Receivable]) {
        self.init()
        addPlaces(receivables.indices) { receivables[$0].wallet }
        add(receivables.indices) { receivables[$0].id }
        add(receivables.indices) { receivables[$0].origin.grant }
        add(receivables.indices) { receivables[$0].origin.charge }
        add(receivables.indices) { receivables[$0].amount }
        add(receivables.indices) { Self.list(receivables[$0].settledBy, \.grant.description) }
        add(receivables.indices) { Self.list(receivables[$0].settledBy, \.amount.micro.description) }
        add(receivables.indices) { receivables[$0].forgiven }
        add(receivables.indices) { !receivables[$0].open.isZero }
        add(receivables.indices) { receivables[$0].createdAt }
    }

    /// An array in PostgreSQL's text form; the parts need no quotes.
    private static func list(_ portions: [Portion], _ part: (Portion) -> String) -> String {
        "{" + portions.map(part).joined(separator: ",") + "}"
    }

    init(_ counters: [QuotaCounter]) {
        self.init(counters.map(\.key))
        add(counters.indices) { Int64(bitPattern: counters[$0].used) }
    }

    init(_ keys: [QuotaCounter.Key]) {
        self.init(rows: keys.count)
        addPlaces(keys.indices) { keys[$0].wallet }
        add(keys.indices) { keys[$0].meter.name }
        add(keys.indices) { keys[$0].periodStart }
    }

    init(_ keys: [CommandKey]) {
        self.init(rows: keys.count)
        add(keys.indices) { keys[$0].workspace }
        add(keys.indices) { keys[$0].key }
    }

    init(_ keys: [UsageKey]) {
        self.init(rows: keys.count)
        add(keys.indices) { keys[$0].workspace }
        add(keys.indices) { keys[$0].id }
    }

    init(_ commands: [RecordedCommand]) {
        self.init(rows: commands.count)
        add(commands.indices) { commands[$0].receipt.workspace }
        add(commands.indices) { commands[$0].receipt.key }
        add(commands.indices) { commands[$0].receipt.wallet }
        addCases(commands.indices) { commands[$0].receipt.kind.rawValue }
        add(commands.indices) { commands[$0].receipt.amount }
        add(commands.indices) { commands[$0].receipt.shortfall }
        add(commands.indices) { commands[$0].receipt.entries.lowerBound }
        add(commands.indices) { commands[$0].receipt.entries.upperBound }
        addBalances(commands.indices) { commands[$0].receipt.balance }
        add(commands.indices) { commands[$0].receipt.recordedAt }
        add(commands.indices) { commands[$0].receipt.subject?.column.kind }
        add(commands.indices) { commands[$0].receipt.subject?.column.id }
        add(commands.indices) { commands[$0].fingerprint.bytes }
        add(commands.indices) { commands[$0].reversed }
    }

    init(_ usage: [RecordedUsage]) {
        self.init()
        add(usage.indices) { usage[$0].event.workspace }
        add(usage.indices) { usage[$0].event.id }
        add(usage.indices) { usage[$0].wallet }
        add(usage.indices) { usage[$0].command }
        add(usage.indices) { usage[$0].event.usage.columns.kind }
        add(usage.indices) { usage[$0].event.usage.columns.name }
        add(usage.indices) { usage[$0].event.usage.columns.tokens?.promptTokens }
        add(usage.indices) { usage[$0].event.usage.columns.tokens?.cachedPromptTokens }
        add(usage.indices) { usage[$0].event.usage.columns.tokens?.completionTokens }
        add(usage.indices) { usage[$0].event.usage.columns.tokens?.reasoningTokens }
        add(usage.indices) { usage[$0].event.usage.columns.quantity }
        add(usage.indices) { usage[$0].event.cost }
        add(usage.indices) { usage[$0].event.priceBook }
        add(usage.indices) { usage[$0].event.occurredAt }
        add(usage.indices) { usage[$0].recordedAt }
    }
}

extension Receivable.Origin {
    fileprivate var grant: Identifier<Grant>? { if case .clawback(let grant) = self { grant } else { nil } }
    fileprivate var charge: IdempotencyKey? { if case .charge(let key) = self { key } else { nil } }
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
