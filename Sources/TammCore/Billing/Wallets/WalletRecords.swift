/// What a store does for wallets: lock, look up keys, write what the rule has decided, and read pages.
///
/// Rows that the principal may not see do not exist for it. Only the ledger and the service open, lock and write
/// wallets: for everybody else that is `forbidden`, whether or not there is such a wallet. Pages hold 1 to
/// ``maximumPage`` rows; a cursor is a place in the order, whether or not a row has it, but for usage.
public protocol WalletRecords: ~Copyable {
    /// Adds a wallet without entries. False when its workspace has one with this identifier already; it stays as it
    /// is. Another workspace's does not matter: whether it exists does not show.
    ///
    /// - Throws: `notFound` without its workspace, `forbidden` unless the principal is the ledger or the service.
    borrowing func insert(_ wallet: Wallet) throws(TammError) -> Bool

    /// Locks the batch's wallets for this transaction, in the order of their places whatever the order asked, and
    /// reads what deciding needs, keys and usage events too, when the locks are held.
    ///
    /// For a batch with keys that does not wait, a store may answer from what it remembers, and take the locks when
    /// the changes are written: it commits only where that was so, and runs the body again where it was not.
    ///
    /// - Parameter waiting: whether to wait for a wallet that another transaction has locked; otherwise it is `busy`.
    /// - Throws: `forbidden` unless the principal is the ledger or the service.
    borrowing func lockWallets(_ batch: WalletBatch, waiting: Bool) throws(TammError) -> LockedBatch

    /// What locking one wallet reads of it, without a lock: to look, not to write. Nil where there is none.
    borrowing func walletState(_ need: WalletNeed) throws(TammError) -> WalletState?

    /// The commands recorded under these keys, in their order, nil where there is none.
    borrowing func recordedCommands(_ keys: [CommandKey]) throws(TammError) -> [RecordedCommand?]

    /// Grants of one wallet by their identifiers, open or not, in the order asked; unknown ones are left out.
    borrowing func grants(
        _ ids: [Identifier<Grant>], of wallet: WalletPlace
    ) throws(TammError) -> [Grant]

    /// Receivables of one wallet by their identifiers, open or not, in the order asked; unknown ones are left out.
    borrowing func receivables(
        _ ids: [Identifier<Receivable>], of wallet: WalletPlace
    ) throws(TammError) -> [Receivable]

    /// Writes rows of wallets that this transaction has locked: all of them or none, even if the body goes on after
    /// an error. A recorded command may be written again with the same receipt and more of it reversed.
    ///
    /// - Throws: `conflict` when an entry's number, a usage event, or a key with another receipt is there already;
    ///   `notFound` for a wallet that is not there, or not in the workspace that the row names; `forbidden` unless the
    ///   principal is the ledger or the service.
    borrowing func write(_ changes: WalletChanges) throws(TammError)

    /// The wallet; nil where there is none or the principal does not see it.
    borrowing func wallet(_ place: WalletPlace) throws(TammError) -> Wallet?

    /// The wallets of a workspace, or of all, in the order of their places, at most `limit` after `cursor`.
    borrowing func wallets(
        of workspace: Identifier<Workspace>?, after cursor: WalletPlace?, limit: Int
    ) throws(TammError) -> [Wallet]

    /// Entries of a wallet numbered above `sequence`, ascending, at most `limit`, which may be more than a page.
    borrowing func entries(
        of wallet: WalletPlace, after sequence: Int64, limit: Int
    ) throws(TammError) -> [LedgerEntry]

    /// The last entry recorded at or before `moment`.
    borrowing func lastEntry(
        of wallet: WalletPlace, at moment: Timestamp
    ) throws(TammError) -> LedgerEntry?

    /// The wallet's grants in the order of their identifiers, at most `limit` after `cursor`.
    borrowing func grants(
        of wallet: WalletPlace, after cursor: Identifier<Grant>?, limit: Int
    ) throws(TammError) -> [Grant]

    /// The wallet's holds in the order of their identifiers, at most `limit` after `cursor`.
    borrowing func holds(
        of wallet: WalletPlace, after cursor: Identifier<Hold>?, limit: Int
    ) throws(TammError) -> [Hold]

    /// The wallet's receivables in the order of their identifiers, at most `limit` after `cursor`.
    borrowing func receivables(
        of wallet: WalletPlace, after cursor: Identifier<Receivable>?, limit: Int
    ) throws(TammError) -> [Receivable]

    /// Usage of a workspace in the order in which it was recorded, that of one write in the order it was given, at
    /// most `limit` after the event `cursor`; none after an event that is not there.
    borrowing func usage(
        of workspace: Identifier<Workspace>, after cursor: UsageEvent.ID?, limit: Int
    ) throws(TammError) -> [RecordedUsage]

    /// What is counted under each key, in their order; 0 where nothing is.
    borrowing func quotas(_ keys: [QuotaCounter.Key]) throws(TammError) -> [QuotaCounter]
}

extension WalletRecords where Self: ~Copyable {
    /// Locks wallets alone; the answers are in the order asked.
    public borrowing func lockWallets(_ needs: [WalletNeed], waiting: Bool) throws(TammError) -> [LockedWallet] {
        try lockWallets(WalletBatch(wallets: needs), waiting: waiting).wallets
    }
}

/// What a batch of commands needs to lock and read.
public struct WalletBatch: Sendable, Hashable {
    /// At most one a wallet.
    public var wallets: [WalletNeed]
    /// The keys of the commands, and of those that they reverse.
    public var keys: [CommandKey]
    public var usage: [UsageKey]

    public init(wallets: [WalletNeed] = [], keys: [CommandKey] = [], usage: [UsageKey] = []) {
        self.wallets = wallets
        self.keys = keys
        self.usage = usage
    }
}

/// What a store answers to a ``WalletBatch``.
public struct LockedBatch: Sendable {
    /// In the order asked.
    public let wallets: [LockedWallet]
    /// In the order of the keys asked, nil where none is recorded.
    public let commands: [RecordedCommand?]
    /// Those of the usage events asked that are recorded.
    public let usage: Set<UsageKey>

    public init(wallets: [LockedWallet], commands: [RecordedCommand?], usage: Set<UsageKey>) {
        self.wallets = wallets
        self.commands = commands
        self.usage = usage
    }
}

/// A usage event within its workspace.
public struct UsageKey: Sendable, Hashable {
    public let workspace: Identifier<Workspace>
    public let id: UsageEvent.ID

    public init(workspace: Identifier<Workspace>, id: UsageEvent.ID) {
        self.workspace = workspace
        self.id = id
    }
}

/// What deciding a wallet's commands needs to read.
public struct WalletNeed: Sendable, Hashable {
    public let workspace: Identifier<Workspace>
    public let wallet: Identifier<Wallet>
    /// Holds that expire at or before this moment, or the wallet's last entry if that is later, are read too.
    public let dueBy: Timestamp
    public package(set) var holds: [Identifier<Hold>] = []
    public package(set) var grants: [Identifier<Grant>] = []
    public package(set) var receivables: [Identifier<Receivable>] = []
    public package(set) var quotas: [QuotaCounter.Key] = []

    public init(workspace: Identifier<Workspace>, wallet: Identifier<Wallet>, dueBy: Timestamp) {
        self.workspace = workspace
        self.wallet = wallet
        self.dueBy = dueBy
    }
}

/// A wallet as it stands under the lock.
public enum LockedWallet: Sendable {
    case locked(WalletState)
    /// There is none in this workspace that the principal sees.
    case missing
    /// Another transaction has it, and waiting was not asked for.
    case busy
}

/// What a store hands to the rule: the wallet and the parts of it that the need names.
public struct WalletState: Sendable, Hashable {
    public let wallet: Wallet
    /// All open grants; those that the need names, whatever their state; those behind ``holds``.
    public let grants: [Grant]
    /// The holds that the need names, whatever their state, and the open ones that are due.
    public let holds: [Hold]
    /// All open receivables, and those that the need names.
    public let receivables: [Receivable]
    /// The counters that the need names, and those that ``holds`` have claims on.
    public let quotas: [QuotaCounter]

    public init(
        wallet: Wallet, grants: [Grant], holds: [Hold], receivables: [Receivable], quotas: [QuotaCounter]
    ) {
        self.wallet = wallet
        self.grants = grants
        self.holds = holds
        self.receivables = receivables
        self.quotas = quotas
    }
}

/// The rows that a batch of commands has made or changed.
public struct WalletChanges: Sendable {
    public package(set) var wallets: [Wallet] = []
    /// New, ascending within each wallet.
    public package(set) var entries: [LedgerEntry] = []
    /// New or changed, as the next five.
    public package(set) var grants: [Grant] = []
    public package(set) var holds: [Hold] = []
    public package(set) var receivables: [Receivable] = []
    public package(set) var quotas: [QuotaCounter] = []
    /// New, each under a key that is not recorded.
    public package(set) var commands: [RecordedCommand] = []
    /// Recorded by an earlier transaction, now with more of it reversed.
    public package(set) var reversals: [RecordedCommand] = []
    /// New.
    public package(set) var usage: [RecordedUsage] = []

    public init() {}

    /// Makes room for what most batches of so many wallets and commands change.
    mutating func reserve(wallets: Int, commands: Int) {
        self.wallets.reserveCapacity(wallets)
        grants.reserveCapacity(wallets)
        // A single wallet's are taken over whole.
        if wallets > 1 { entries.reserveCapacity(commands) }
    }

    /// Whether there is nothing to write: every change is a wallet's or a command's.
    public var isEmpty: Bool { wallets.isEmpty && commands.isEmpty }
}
