/// Where a wallet is kept: its identifier is unique within its workspace.
public struct WalletPlace: Sendable, Hashable, Comparable {
    public let workspace: Identifier<Workspace>
    public let id: Identifier<Wallet>

    public init(workspace: Identifier<Workspace>, id: Identifier<Wallet>) {
        self.workspace = workspace
        self.id = id
    }

    public static func < (a: Self, b: Self) -> Bool { (a.workspace, a.id) < (b.workspace, b.id) }
}

extension Wallet {
    /// Where it is kept.
    public var place: WalletPlace { WalletPlace(workspace: workspace, id: id) }
}

extension LedgerEntry {
    /// The wallet that it belongs to.
    public var place: WalletPlace { WalletPlace(workspace: workspace, id: wallet) }
}

extension WalletReceipt {
    /// The wallet that it belongs to.
    public var place: WalletPlace { WalletPlace(workspace: workspace, id: wallet) }
}

extension WalletCommand {
    /// The wallet that it is for.
    public var place: WalletPlace { WalletPlace(workspace: workspace, id: wallet) }
}

extension WalletNeed {
    /// The wallet that it is about.
    public var place: WalletPlace { WalletPlace(workspace: workspace, id: wallet) }
}
