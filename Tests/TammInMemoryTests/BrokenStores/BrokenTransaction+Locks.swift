import TammCore

@testable import TammInMemory

extension BrokenTransaction {
    borrowing func lockWallets(_ batch: WalletBatch, waiting: Bool) throws(TammError) -> LockedBatch {
        if flaw == .letsReadersLock {
            let wallets: [LockedWallet] = batch.wallets.map { need in base.walletState(need).map { .locked($0) } ?? .missing }
            return LockedBatch(wallets: wallets, commands: [], usage: [])
        }
        _ = try base.lockWallets(batch, waiting: waiting)
        if flaw == .refusesEmptyLocks, batch.wallets.isEmpty { throw TammError(.invalidInput, "wanted a wallet") }
        return LockedBatch(
            wallets: locked(batch.wallets), commands: try recorded(batch.keys), usage: recordedUsage(batch.usage))
    }

    private borrowing func locked(_ needs: [WalletNeed]) -> [LockedWallet] {
        switch flaw {
        case .reordersLocks:
            let sorted = needs.sorted { $0.wallet < $1.wallet }
            return sorted.map { need in state(need).map { .locked($0) } ?? .missing }
        case .shortensLocks: return needs.compactMap { need in state(need).map { .locked($0) } }
        default: return needs.map { need in locked(need).map { .locked($0) } ?? .missing }
        }
    }

    private borrowing func recorded(_ keys: [CommandKey]) throws(TammError) -> [RecordedCommand?] {
        let found = try recordedCommands(keys)
        switch flaw {
        case .reordersKeysOfBatches: return found.filter { $0 != nil } + found.filter { $0 == nil }
        case .readsStaleKeys:
            return zip(keys, found).map { key, command in
                if let stale = stale(notes.commands[key]) { return stale }
                return command
            }
        default: return found
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
            let own = home(of: need.place)?.workspace ?? need.workspace
            return base.walletState(need.with(workspace: own, dueBy: need.dueBy))
        case .readsHoldsNotDue:
            let later = need.dueBy.advanced(by: .microseconds(1))
            return base.walletState(need.with(workspace: need.workspace, dueBy: later))
        case .locksTwinWallets:
            let first = twin(of: need.place, where: .locksTwinWallets)
            return base.walletState(need.with(workspace: first.workspace, dueBy: need.dueBy))
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
