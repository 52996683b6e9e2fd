/// Where a wallet is found: within its workspace, as every row of it.
public struct WalletPlace: Sendable, Hashable, Comparable {
    public let workspace: Identifier<Workspace>
    /// Unique within the workspace.
    public let id: Identifier<Wallet>

    public init(workspace: Identifier<Workspace>, id: Identifier<Wallet>) {
        self.workspace = workspace
        self.id = id
    }

    public static func < (a: Self, b: Self) -> Bool { (a.workspace, a.id) < (b.workspace, b.id) }
}

extension WalletCommand {
    package var place: WalletPlace { WalletPlace(workspace: workspace, id: wallet) }
}

extension WalletReceipt {
    package var place: WalletPlace { WalletPlace(workspace: workspace, id: wallet) }
}

extension LedgerEntry {
    package var place: WalletPlace { WalletPlace(workspace: workspace, id: wallet) }
}

extension RecordedUsage {
    package var place: WalletPlace { WalletPlace(workspace: event.workspace, id: wallet) }
}

extension WalletNeed {
    package var place: WalletPlace { WalletPlace(workspace: workspace, id: wallet) }
}
