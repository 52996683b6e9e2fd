/// One movement of credits between two accounts: the only way in which a balance changes.
public struct LedgerEntry: Sendable, Hashable {
    public let workspace: Identifier<Workspace>
    public let wallet: Identifier<Wallet>
    /// 1, 2, 3, … within the wallet, without a gap.
    public let sequence: Int64
    public let kind: EntryKind
    public let source: Account
    public let target: Account
    /// Above zero.
    public let amount: Credits
    /// The grant whose credits move.
    public let grant: Identifier<Grant>?
    /// The hold that the movement makes, settles or ends.
    public let hold: Identifier<Hold>?
    /// The command that asked for it; nil for what time alone does.
    public let command: IdempotencyKey?
    /// When it happened in the world: for late usage and expiries before ``recordedAt``.
    public let occurredAt: Timestamp
    /// When it was written; never decreases along the wallet.
    public let recordedAt: Timestamp
    /// The wallet's balances after it.
    public let balance: Balance
    /// `SHA-256(hash of the entry before ‖ canonical bytes)`; see ``LedgerChain``.
    public package(set) var hash: ChainHash

    /// An entry as a store has kept it.
    public init(
        workspace: Identifier<Workspace>, wallet: Identifier<Wallet>, sequence: Int64, kind: EntryKind,
        source: Account, target: Account, amount: Credits, grant: Identifier<Grant>?, hold: Identifier<Hold>?,
        command: IdempotencyKey?, occurredAt: Timestamp, recordedAt: Timestamp, balance: Balance, hash: ChainHash
    ) {
        self.workspace = workspace
        self.wallet = wallet
        self.sequence = sequence
        self.kind = kind
        self.source = source
        self.target = target
        self.amount = amount
        self.grant = grant
        self.hold = hold
        self.command = command
        self.occurredAt = occurredAt
        self.recordedAt = recordedAt
        self.balance = balance
        self.hash = hash
    }
}

/// A side of an entry: three accounts of the wallet, and the system's, which are sums and never rows.
public enum Account: UInt8, Sendable, Hashable, CaseIterable {
    case available = 1
    case held = 2
    /// Grows as source, shrinks as target: what the workspace owes.
    case owed = 3
    case issued = 16
    case consumed = 17
    case expired = 18
    case clawedBack = 19
    case writtenOff = 20

    public var isWallets: Bool { rawValue < 16 }
}

/// Why credits moved, and from which account to which.
public enum EntryKind: UInt8, Sendable, Hashable, CaseIterable {
    /// issued → available
    case grant = 1
    /// available → consumed
    case debit = 2
    /// available → held
    case hold = 3
    /// held → consumed
    case capture = 4
    /// held → available
    case release = 5
    /// held → available, by time
    case holdExpiry = 6
    /// available → expired, by time
    case grantExpiry = 7
    /// consumed → available; consumed → owed or writtenOff where the charge itself was never paid
    case refund = 8
    /// available → clawedBack; issued → clawedBack of a grant whose day had not come
    case clawback = 9
    /// owed → clawedBack or consumed: what there was not enough of
    case shortfall = 10
    /// available → owed: a paid grant settles a receivable first
    case settlement = 11
    /// clawedBack → available, owed, writtenOff or issued, whence it had been taken: a dispute that was won
    case reinstatement = 12
    /// writtenOff → owed
    case writeOff = 13
}
