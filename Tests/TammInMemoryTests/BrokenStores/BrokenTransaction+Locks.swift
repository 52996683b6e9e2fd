import TammCore

@testable import TammInMemory

extension BrokenTransaction {
    borrowing func lockWallets(_ batch: WalletBatch, waiting: Bool) throws(TammError) -> LockedBatch {
        var usage: Set<UsageKey> = []
        if flaw != .letsReadersLock {
            usage = try base.lockWallets(WalletBatch(wallets: [], usage: batch.usage), waiting: waiting).usage
        }
        if flaw == .sharesUsageAmongWorkspaces {
            usage = Set(batch.usage.filter { key in memory.usage.values.contains { $0.positions[key.id] != nil } })
        }
        return LockedBatch(
            wallets: try lockedWallets(batch.wallets, waiting: waiting), commands: try recordedCommands(batch.keys),
            usage: usage)
    }

    private borrowing func lockedWallets(
        _ needs: [WalletNeed], waiting: Bool
    ) throws(TammError) -> [LockedWallet] {
        if flaw == .letsReadersLock {
            return needs.map { need in base.walletState(need).map { .locked($0) } ?? .missing }
        }
        _ = try base.lockWallets(needs, waiting: waiting)
        switch flaw {
        case .refusesEmptyLocks where needs.isEmpty: throw TammError(.invalidInput, "wanted a wallet")
        case .reordersLocks:
            let sorted = needs.sorted { $0.place < $1.place }
            return sorted.map { need in state(need).map { .locked($0) } ?? .missing }
        case .shortensLocks: return needs.compactMap { need in state(need).map { .locked($0) } }
        default: return needs.map { need in locked(need).map { .locked($0) } ?? .missing }
        }
    }

    borrowing func walletState(_ need: WalletNeed) throws(TammError) -> WalletState? {
        guard flaw == .looksWithoutHolds, let found = state(need) else { return state(need) }
        return WalletState(
            wallet: found.wallet, grants: found.grants, holds: [], receivables: found.receivables,
            quotas: found.quotas)
    }

    private borrowing func locked(_ need: WalletNeed) -> WalletState? {
        guard flaw == .readsStaleLocks, let state = state(need) else { return state(need) }
        if let stale = stale(notes.locks[need.place]) { return stale }
        notes.locks[need.place] = past(state)
        return state
    }

    private borrowing func state(_ need: WalletNeed) -> WalletState? {
        guard let found = found(need) else { return nil }
        let isDue: (Hold) -> Bool = { $0.status == .open && $0.expiresAt <= need.dueBy }
        let isBehind: (Grant) -> Bool = { grant in
            found.holds.contains { $0.portions.contains { $0.grant == grant.id } }
        }
        var (grants, holds) = (found.grants, found.holds)
        var (receivables, quotas) = (found.receivables, found.quotas)
        switch flaw {
        case .forgetsDueHolds: holds.removeAll { isDue($0) && !need.holds.contains($0.id) }
        case .forgetsHoldsDueNow: holds.removeAll { $0.expiresAt == need.dueBy && !need.holds.contains($0.id) }
        case .forgetsNamedHolds: holds.removeAll { $0.status != .open }
        case .forgetsGrantsBehindHolds: grants.removeAll { !$0.isOpen && !need.grants.contains($0.id) }
        case .forgetsNamedGrants: grants.removeAll { !$0.isOpen && !isBehind($0) }
        case .forgetsScheduledGrants: grants.removeAll { $0.status == .scheduled }
        case .forgetsReopenedGrants: grants.removeAll { notes.closedGrants.contains($0.id) }
        case .forgetsClosedReceivables: receivables.removeAll { $0.open.isZero }
        case .forgetsClaimedCounters: quotas.removeAll { !need.quotas.contains($0.key) }
        default: break
        }
        return WalletState(
            wallet: found.wallet, grants: grants, holds: holds, receivables: receivables, quotas: quotas)
    }

    private borrowing func found(_ need: WalletNeed) -> WalletState? {
        switch flaw {
        case .findsForeignWallets:
            let own = memory.cells.keys.first { $0.id == need.wallet }?.workspace ?? need.workspace
            return base.walletState(need.with(workspace: own, dueBy: need.dueBy))
        case .readsHoldsNotDue:
            let later = need.dueBy.advanced(by: .microseconds(1))
            return base.walletState(need.with(workspace: need.workspace, dueBy: later))
        default: return seen(leaking: .leaksWallets) { $0.walletState(need) }
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
