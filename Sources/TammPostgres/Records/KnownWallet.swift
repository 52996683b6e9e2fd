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

    /// Whether it is all that is to be known.
    var isComplete: Bool {
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

    /// Takes note of a write, which takes the wallet one version further.
    mutating func renew(with wallet: Wallet? = nil) {
        if let wallet { self.wallet = wallet }
        version += 1
    }

    func has(_ grant: Identifier<Grant>) -> Bool { grants.contains { $0.id == grant } }

    mutating func put(_ grant: Grant) {
        if let index = grants.firstIndex(where: { $0.id == grant.id }) {
            if grant.isOpen { grants[index] = grant } else { grants.remove(at: index) }
        } else if grant.isOpen {
            grants.append(grant)
        }
    }

    mutating func put(_ hold: Hold) {
        holds.removeAll { $0.id == hold.id }
        if hold.status == .open { holds.append(hold) }
    }
}
