/// What a workspace can spend, by the book of one of two systems.
public struct BookRow: Sendable, Hashable {
    public let workspace: Identifier<Workspace>
    public let available: Credits

    public init(workspace: Identifier<Workspace>, available: Credits) {
        self.workspace = workspace
        self.available = available
    }
}

/// In what two whole books differ.
public struct BookComparison: Sendable, Hashable {
    /// Workspaces that are in both books with the same balance.
    public package(set) var agreed = 0
    /// Workspaces that are in both with different balances, also beyond ``differences``.
    public package(set) var differing = 0
    /// Workspaces that have no wallet here, also beyond ``differences``.
    public package(set) var missingHere = 0
    /// Workspaces that the other book lacks, also beyond ``differences``.
    public package(set) var missingThere = 0
    /// In micro-credits, all rows of the other book together.
    public package(set) var theirs: Int128 = 0
    /// In micro-credits, all wallets here together.
    public package(set) var ours: Int128 = 0
    /// The first in the order of the workspaces, at most ``maximumListed``.
    public package(set) var differences: [Difference] = []

    /// How many differences are listed.
    public static let maximumListed = 1000

    /// A workspace on which the books differ.
    public struct Difference: Sendable, Hashable, CustomStringConvertible {
        public let workspace: Identifier<Workspace>
        /// Nil where the other book lacks it.
        public let theirs: Credits?
        /// Nil where it has no wallet here.
        public let ours: Credits?

        public var description: String {
            "workspace \(workspace): theirs \(theirs?.description ?? "none"), ours \(ours?.description ?? "none")"
        }
    }

    /// Whether the books say the same of every workspace.
    public var agrees: Bool { differing == 0 && missingHere == 0 && missingThere == 0 }

    mutating func note(_ workspace: Identifier<Workspace>, theirs: Credits?, ours: Credits?) {
        self.theirs += Int128(theirs?.micro ?? 0)
        self.ours += Int128(ours?.micro ?? 0)
        switch (theirs, ours) {
        case (let theirs?, let ours?) where theirs == ours:
            agreed += 1
            return
        case (nil, _): missingThere += 1
        case (_, nil): missingHere += 1
        default: differing += 1
        }
        guard differences.count < Self.maximumListed else { return }
        differences.append(Difference(workspace: workspace, theirs: theirs, ours: ours))
    }
}

/// The rows of Tamm's own book, ascending, read a page of wallets at a time.
struct BookPages {
    private let wallets: Wallets
    private let now: Timestamp
    private var page: ArraySlice<BookRow> = []
    private var cursor: WalletPlace?
    private var isLast = false

    private static let pageSize = 200

    /// The book as of now.
    init(_ wallets: Wallets) {
        self.wallets = wallets
        now = wallets.now()
    }

    /// The next workspace with a wallet; nil at the end.
    mutating func next() async throws(TammError) -> BookRow? {
        guard let first = try await nextWallet() else { return nil }
        var micro = first.available.micro
        while let more = try await peek(), more.workspace == first.workspace {
            micro = min(Credits.max.micro, micro + more.available.micro)
            page.removeFirst()
        }
        return BookRow(workspace: first.workspace, available: Credits(unchecked: micro))
    }

    private mutating func nextWallet() async throws(TammError) -> BookRow? {
        guard try await peek() != nil else { return nil }
        return page.removeFirst()
    }

    private mutating func peek() async throws(TammError) -> BookRow? {
        if page.isEmpty, !isLast { try await read() }
        return page.first
    }

    private mutating func read() async throws(TammError) {
        let (after, now, wallets) = (cursor, now, wallets)
        let (rows, last) = try await wallets.store.transaction(as: .ledger) { t throws(TammError) in
            let found = try t.wallets(of: nil, after: after, limit: Self.pageSize)
            var rows: [BookRow] = []
            for wallet in found {
                let need = WalletNeed(workspace: wallet.workspace, wallet: wallet.id, dueBy: now)
                guard let state = try t.walletState(need) else { continue }
                let available = try wallets.state(state, at: now).available
                rows.append(BookRow(workspace: wallet.workspace, available: available))
            }
            return (rows, found.count == Self.pageSize ? found.last?.place : nil)
        }
        page = rows[...]
        isLast = last == nil
        cursor = last
    }
}
