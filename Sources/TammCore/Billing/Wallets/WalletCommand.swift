/// One request to change a wallet: what is asked, under which key, with the rows that belong to it.
public struct WalletCommand: Sendable, Hashable {
    /// What is asked.
    public enum Action: Sendable, Hashable {
        case grant(GrantTerms)
        /// Spends available credits; zero is allowed and only records the command and its usage.
        case debit(Credits, shortfall: ShortfallPolicy)
        /// Reserves credits, and gives them back by itself when the time is over.
        case hold(Credits, lifetime: Duration)
        /// Spends a hold, in whole or in part, and gives the rest back.
        case capture(Identifier<Hold>, Credits, shortfall: ShortfallPolicy)
        case release(Identifier<Hold>)
        /// Gives back a part or the whole of what the debit or capture with this key took.
        case refund(of: IdempotencyKey, Credits)
        /// Takes back what was granted, as far as it is there; the rest becomes a receivable.
        case clawback(Identifier<Grant>, Credits)
        /// Gives back what the clawback with this key took: a dispute was won.
        case reinstate(IdempotencyKey)
        /// Gives up what is still owed.
        case writeOff(Identifier<Receivable>)
        /// Books what time has done: expired holds and grants, grants whose day has come. Never needed for a right
        /// decision; it tidies.
        case tidy
    }

    /// The longest that a hold may stay open: 31 days.
    public static let maximumHoldLifetime: Duration = .seconds(31 * 86_400)
    /// How many usage events a command carries at most.
    public static let maximumUsageEvents = 16

    public let workspace: Identifier<Workspace>
    public let wallet: Identifier<Wallet>
    public let key: IdempotencyKey
    public let action: Action
    /// When it happened in the world, for late usage; nil: when it is recorded.
    public let occurredAt: Timestamp?
    /// Usage recorded in the same transaction, once: at most ``maximumUsageEvents``.
    public let usage: [UsageEvent]
    /// The metered allowance that a debit uses, a hold reserves or a capture has used in the end; other commands
    /// take none. What has been used already (a debit that caps or owes, a capture) counts beyond the limit too.
    public let quota: QuotaClaim?

    /// How the keys of Tamm's own commands begin: no caller takes one before them.
    static let reservedPrefix = "tamm:"

    /// - Throws: `invalidInput`, naming the field; at `key` for one that begins with `tamm:`.
    public init(
        _ action: Action, wallet: Identifier<Wallet>, in workspace: Identifier<Workspace>, key: IdempotencyKey,
        occurredAt: Timestamp? = nil, usage: [UsageEvent] = [], quota: QuotaClaim? = nil
    ) throws(TammError) {
        guard !key.text.hasPrefix(Self.reservedPrefix) else {
            throw TammError(.invalidInput, "keys that begin with \(Self.reservedPrefix) are not a caller's", field: "key")
        }
        try self.init(
            reserved: action, wallet: wallet, in: workspace, key: key, occurredAt: occurredAt, usage: usage,
            quota: quota)
    }

    /// A command of Tamm's own, or a caller's.
    package init(
        reserved action: Action, wallet: Identifier<Wallet>, in workspace: Identifier<Workspace>, key: IdempotencyKey,
        occurredAt: Timestamp? = nil, usage: [UsageEvent] = [], quota: QuotaClaim? = nil
    ) throws(TammError) {
        switch action {
        case .debit, .hold, .capture: break
        default:
            guard quota == nil else {
                throw TammError(.invalidInput, "only a debit, a hold or a capture uses an allowance", field: "quota")
            }
        }
        switch action {
        case .hold(let amount, let lifetime):
            try Self.requireAmount(amount)
            guard lifetime >= .microseconds(1), lifetime <= Self.maximumHoldLifetime else {
                throw TammError(
                    .invalidInput, "a hold lasts between 1 µs and \(Self.maximumHoldLifetime), found \(lifetime)",
                    field: "lifetime")
            }
        case .refund(_, let amount), .clawback(_, let amount): try Self.requireAmount(amount)
        case .grant, .debit, .capture, .release, .reinstate, .writeOff, .tidy: break
        }
        guard usage.count <= Self.maximumUsageEvents else {
            throw TammError(
                .invalidInput, "a command carries at most \(Self.maximumUsageEvents) usage events, found \(usage.count)",
                field: "usage")
        }
        guard usage.count < 2 || Set(usage.map(\.id)).count == usage.count else {
            throw TammError(.invalidInput, "a command carries a usage event once", field: "usage")
        }
        for event in usage { try event.usage.checkText() }
        guard usage.allSatisfy({ $0.workspace == workspace }) else {
            throw TammError(.invalidInput, "a command carries usage of its own workspace only", field: "usage")
        }
        self.action = action
        self.wallet = wallet
        self.workspace = workspace
        self.key = key
        self.occurredAt = occurredAt
        self.usage = usage
        self.quota = quota
    }

    private static func requireAmount(_ amount: Credits) throws(TammError) {
        guard !amount.isZero else { throw TammError(.invalidInput, "wanted more than 0 credits", field: "amount") }
    }
}

extension WalletCommand {
    /// The kinds of command, by the number under which their receipts are stored.
    public enum Kind: UInt8, Sendable, Hashable, CaseIterable {
        case grant = 1
        case debit, hold, capture, release, refund, clawback, reinstate, writeOff, tidy
    }

    public var kind: Kind {
        switch action {
        case .grant: .grant
        case .debit: .debit
        case .hold: .hold
        case .capture: .capture
        case .release: .release
        case .refund: .refund
        case .clawback: .clawback
        case .reinstate: .reinstate
        case .writeOff: .writeOff
        case .tidy: .tidy
        }
    }
}

/// What became of a command.
public enum WalletOutcome: Sendable, Hashable {
    /// Done now.
    case applied(WalletReceipt)
    /// Done before under the same key; this is the answer it got then.
    case replayed(WalletReceipt)
    /// Not done, for a reason that the caller can act on. The same key may succeed later.
    case refused(WalletRefusal)

    /// The receipt of a command that is done, now or before.
    public var receipt: WalletReceipt? {
        switch self {
        case .applied(let receipt), .replayed(let receipt): receipt
        case .refused: nil
        }
    }
}

/// The stored answer to a command that was done.
public struct WalletReceipt: Sendable, Hashable {
    public let workspace: Identifier<Workspace>
    public let wallet: Identifier<Wallet>
    public let key: IdempotencyKey
    public let kind: WalletCommand.Kind
    /// What was granted, charged, held, given back, taken back or written off, with what is owed of it.
    public let amount: Credits
    /// What there were no credits for: owed, and then a part of ``amount``; or uncovered, where the policy was `cap`.
    public let shortfall: Credits
    /// The entries that it wrote; empty where it moved nothing.
    public let entries: Range<Int64>
    /// The wallet's balances after it.
    public let balance: Balance
    public let recordedAt: Timestamp
    /// The grant, hold or receivable that it made or settled.
    public let subject: Subject?

    /// A thing that a command made or settled.
    public enum Subject: Sendable, Hashable {
        case grant(Identifier<Grant>)
        case hold(Identifier<Hold>)
        case receivable(Identifier<Receivable>)
    }

    /// A receipt as a store has kept it.
    public init(
        workspace: Identifier<Workspace>, wallet: Identifier<Wallet>, key: IdempotencyKey, kind: WalletCommand.Kind,
        amount: Credits, shortfall: Credits, entries: Range<Int64>, balance: Balance, recordedAt: Timestamp,
        subject: Subject?
    ) {
        self.workspace = workspace
        self.wallet = wallet
        self.key = key
        self.kind = kind
        self.amount = amount
        self.shortfall = shortfall
        self.entries = entries
        self.balance = balance
        self.recordedAt = recordedAt
        self.subject = subject
    }

    public var grant: Identifier<Grant>? { if case .grant(let id) = subject { id } else { nil } }
    public var hold: Identifier<Hold>? { if case .hold(let id) = subject { id } else { nil } }
    public var receivable: Identifier<Receivable>? { if case .receivable(let id) = subject { id } else { nil } }
}

/// Why a command was not done.
public enum WalletRefusal: Sendable, Hashable {
    case insufficientCredits(available: Credits, wanted: Credits)
    /// The hold is settled, given back or out of time.
    case holdClosed(Hold.Status)
    case aboveHold(held: Credits, wanted: Credits)
    /// More than is left to give back of the charge.
    case aboveCharge(refundable: Credits, wanted: Credits)
    /// More than is left to take back of the grant.
    case aboveGrant(clawable: Credits, wanted: Credits)
    /// Given back already.
    case alreadyReinstated
    /// Nothing of it is open.
    case nothingOwed
    /// The metered allowance of the period is used up.
    case quotaExhausted(limit: UInt64, used: UInt64, resetsAt: Timestamp)
    /// This usage event is recorded already, under another command.
    case usageRecorded(UsageEvent.ID)
    /// The wallet would hold more than ``Credits/max``.
    case aboveMaximum
    case tooManyGrants
    case tooManyHolds
    case tooManyReceivables
}
