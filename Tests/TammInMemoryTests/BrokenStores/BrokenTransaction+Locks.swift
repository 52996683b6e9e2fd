import TammCore

@testable import TammInMemory

extension BrokenTransaction {
    borrowing func lockWallets(_ needs: [WalletNeed], waiting: Bool) throws(TammError) -> [LockedWallet] {
        if flaw == .letsReadersLock {
            return needs.map { need in base.walletState(need).map { .locked($0) } ?? .missing }
        }
        _ = try base.lockWallets(needs, waiting: waiting)
        switch flaw {
        case .reordersLocks:
            let sorted = needs.sorted { $0.wallet < $1.wallet }
            return sorted.map { need in state(need).map { .locked($0) } ?? .missing }
        case .shortensLocks: return needs.compactMap { need in state(need).map { .locked($0) } }
        default: return needs.map { need in locked(need).map { .locked($0) } ?? .missing }
        }
    }

    borrowing func walletState(_ need: WalletNeed) throws(TammError) -> WalletState? { state(need) }

    private borrowing func locked(_ need: WalletNeed) -> WalletState? {
        guard flaw == .readsStaleLocks, let state = state(need) else { return state(need) }
        if let seen = notes.locks[need.wallet], isStale(seen.commit) { return seen.state }
        notes.locks[need.wallet] = (state, notes.commits + 1)
        return state
    }

    private borrowing func state(_ need: WalletNeed) -> WalletState? {
        guard let found = found(need) else { return nil }
        let isDue: (Hold) -> Bool = { $0.status == .open && $0.expiresAt <= need.dueBy }
        var (grants, holds) = (found.grants, found.holds)
        var (receivables, quotas) = (found.receivables, found.quotas)
        switch flaw {
        case .forgetsDueHolds: holds.removeAll { isDue($0) && !need.holds.contains($0.id) }
        case .forgetsHoldsDueNow: holds.removeAll { $0.expiresAt == need.dueBy && !need.holds.contains($0.id) }
        case .forgetsNamedHolds: holds.removeAll { !isDue($0) && $0.status != .open }
        case .forgetsGrantsBehindHolds: grants.removeAll { !$0.isOpen && !need.grants.contains($0.id) }
        case .forgetsScheduledGrants: grants.removeAll { $0.status == .scheduled }
        case .readsNoClosedReceivables: receivables.removeAll { $0.open.isZero }
        case .forgetsClaimedCounters: quotas.removeAll { !need.quotas.contains($0.key) }
        default: break
        }
        return WalletState(
            wallet: found.wallet, grants: grants, holds: holds, receivables: receivables, quotas: quotas)
    }

    private borrowing func found(_ need: WalletNeed) -> WalletState? {
        switch flaw {
        case .findsForeignWallets:
            let own = memory.cells[need.wallet]?.wallet.workspace ?? need.workspace
            return base.walletState(need.with(workspace: own, dueBy: need.dueBy))
        case .readsHoldsNotDue:
            let later = need.dueBy.advanced(by: .microseconds(1))
            return base.walletState(need.with(workspace: need.workspace, dueBy: later))
        default: return base.walletState(need)
        }
    }
}

extension WalletNeed {
    fileprivate func with(workspace: Identifier<Workspace>, dueBy moment: Timestamp) -> WalletNeed {
        var need = WalletNeed(workspace: workspace, wallet: wallet, dueBy: moment)
        need.holds = holds
        need.grants = grants
        need.receivables = receivables
        need.quotas = quotas
        return need
    }
}
