/// A workspace's credits: what it can spend, what is reserved, what it owes.
///
/// Every change of a balance is a ``LedgerEntry``; the balances are the sums of the entries, kept beside them.
public struct Wallet: Sendable, Hashable {
    public let id: Identifier<Wallet>
    public let workspace: Identifier<Workspace>
    public package(set) var balance: Balance
    /// How many holds are open.
    public package(set) var openHolds: Int
    /// The number of the last entry; 0 before the first. Entries count from 1 without a gap.
    public package(set) var sequence: Int64
    /// The hash of the last entry, or the genesis that binds workspace and wallet.
    public package(set) var head: ChainHash
    /// When the last entry was recorded; time never goes back in one wallet.
    public package(set) var recordedAt: Timestamp

    package init(id: Identifier<Wallet>, workspace: Identifier<Workspace>, openedAt: Timestamp) {
        self.id = id
        self.workspace = workspace
        balance = Balance(available: .zero, held: .zero, owed: .zero)
        openHolds = 0
        sequence = 0
        head = LedgerChain.genesis(workspace: workspace, wallet: id)
        recordedAt = openedAt
    }

    /// A wallet as a store has kept it.
    public init(
        id: Identifier<Wallet>, workspace: Identifier<Workspace>, balance: Balance, openHolds: Int, sequence: Int64,
        head: ChainHash, recordedAt: Timestamp
    ) {
        self.id = id
        self.workspace = workspace
        self.balance = balance
        self.openHolds = openHolds
        self.sequence = sequence
        self.head = head
        self.recordedAt = recordedAt
    }
}

extension Wallet {
    /// Where the wallet is found.
    public var place: WalletPlace { WalletPlace(workspace: workspace, id: id) }
}

/// The three balances of a wallet; none is ever negative.
public struct Balance: Sendable, Hashable {
    /// What can be spent or held now.
    public package(set) var available: Credits
    /// What open holds have reserved.
    public package(set) var held: Credits
    /// Receivables: credits used or taken back beyond what was there.
    public package(set) var owed: Credits

    public init(available: Credits, held: Credits, owed: Credits) {
        self.available = available
        self.held = held
        self.owed = owed
    }
}

/// How much one wallet may have open at a time.
public struct WalletLimits: Sendable, Hashable {
    /// Grants with something left or still to come.
    public var openGrants: Int
    public var openHolds: Int
    /// A clawback may go beyond: what it cannot take is always recorded.
    public var openReceivables: Int

    /// 1,000 grants, 10,000 holds, 1,000 receivables.
    public static let standard = WalletLimits(openGrants: 1000, openHolds: 10_000, openReceivables: 1000)

    public init(openGrants: Int, openHolds: Int, openReceivables: Int) {
        self.openGrants = openGrants
        self.openHolds = openHolds
        self.openReceivables = openReceivables
    }
}
