import TammCore

/// A wallet as a transaction of this store has left it: all that most commands need to be decided.
struct KnownWallet: Sendable {
    /// With more than this open, or more parts of holds, a wallet is read each time.
    private static let most = 16

    private(set) var wallet: Wallet
    /// `tamm.workspace_wallets.version`.
    private(set) var version: Int64
    /// All that are open.
    private var grants: [Grant]
    /// All that are open.
    private var holds: [Hold]

    /// Nil for a wallet that owes, has much open, or has an open hold that the state does not tell of.
    init?(_ state: WalletState, version: Int64) {
        wallet = state.wallet
        self.version = version
        grants = state.grants.filter(\.isOpen)
        holds = state.holds.filter { $0.status == .open }
        guard isComplete else { return nil }
    }

    private var isComplete: Bool {
        wallet.balance.owed.isZero && holds.count == wallet.openHolds && grants.count <= Self.most
            && holds.count <= Self.most && holds.reduce(0) { $0 + $1.portions.count } <= Self.most
    }

    /// What locking the wallet would read; nil where that is more than is known.
    func state(for need: WalletNeed) -> WalletState? {
        guard need.receivables.isEmpty, need.quotas.isEmpty,
            need.grants.allSatisfy({ id in grants.contains { $0.id == id } }),
            need.holds.allSatisfy({ id in holds.contains { $0.id == id } })
        else { return nil }
        let dueBy = max(need.dueBy, wallet.recordedAt)
        let asked = holds.filter { $0.expiresAt <= dueBy || need.holds.contains($0.id) }
        for hold in asked {
            guard hold.quota == nil, hold.portions.allSatisfy({ part in grants.contains { $0.id == part.grant } }) else {
                return nil
            }
        }
        return WalletState(wallet: wallet, grants: grants, holds: asked, receivables: [], quotas: [])
    }

    /// What a write makes of wallets that are known, each of which it takes one version further.
    static func apply(
        _ changes: WalletChanges, to known: inout [WalletPlace: KnownWallet], renewing places: [WalletPlace]
    ) {
        for wallet in changes.wallets { known[wallet.place]?.renew(with: wallet) }
        for place in places { known[place]?.version += 1 }
        for grant in changes.grants { known[grant.wallet]?.put(grant) }
        for hold in changes.holds { known[hold.wallet]?.put(hold) }
        for wallet in known.values where !wallet.isComplete { known[wallet.wallet.place] = nil }
    }

    private mutating func renew(with wallet: Wallet) {
        self.wallet = wallet
        version += 1
    }

    func has(_ grant: Identifier<Grant>) -> Bool { grants.contains { $0.id == grant } }

    private mutating func put(_ grant: Grant) {
        grants.removeAll { $0.id == grant.id }
        if grant.isOpen { grants.append(grant) }
    }

    private mutating func put(_ hold: Hold) {
        holds.removeAll { $0.id == hold.id }
        if hold.status == .open { holds.append(hold) }
    }
}
