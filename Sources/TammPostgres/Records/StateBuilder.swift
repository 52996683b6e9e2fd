import TammCore

/// A grant's place among all.
struct GrantPlace: Hashable {
    let wallet: WalletPlace
    let id: Identifier<Grant>
}

/// Puts the rows of several wallets together, each with what belongs to it.
struct StateBuilder {
    private struct Parts {
        let wallet: Wallet
        var grants: [Grant] = []
        var holds: [Hold] = []
        var receivables: [Receivable] = []
    }

    private var parts: [WalletPlace: Parts] = [:]
    private(set) var grantIDs: Set<GrantPlace> = []
    private(set) var used: [QuotaCounter.Key: UInt64] = [:]

    var places: Dictionary<WalletPlace, some Any>.Keys { parts.keys }

    subscript(place: WalletPlace) -> Wallet? { parts[place]?.wallet }

    mutating func add(_ wallet: Wallet) { parts[wallet.place] = Parts(wallet: wallet) }

    /// Adds rows; what is there already, and what belongs to a wallet that is not, is left out.
    mutating func add(grants: ResultRows?, holds: ResultRows?, receivables: ResultRows?) throws(TammError) {
        for index in 0..<(grants?.count ?? 0) {
            guard var row = grants?[index] else { break }
            let grant = try row.nextGrant()
            guard grantIDs.insert(GrantPlace(wallet: grant.wallet, id: grant.id)).inserted else { continue }
            parts[grant.wallet]?.grants.append(grant)
        }
        for index in 0..<(holds?.count ?? 0) {
            guard var row = holds?[index] else { break }
            let hold = try row.nextHold()
            guard parts[hold.wallet]?.holds.contains(where: { $0.id == hold.id }) == false else { continue }
            parts[hold.wallet]?.holds.append(hold)
        }
        for index in 0..<(receivables?.count ?? 0) {
            guard var row = receivables?[index] else { break }
            let receivable = try row.nextReceivable()
            guard parts[receivable.wallet]?.receivables.contains(where: { $0.id == receivable.id }) == false else {
                continue
            }
            parts[receivable.wallet]?.receivables.append(receivable)
        }
    }

    mutating func add(quotas: ResultRows) throws(TammError) {
        for index in 0..<quotas.count {
            var row = quotas[index]
            let place = try row.nextPlace()
            let meter: String = try row.next()
            let key = QuotaCounter.Key(
                wallet: place, meter: try stored("quota_counters") { () throws(TammError) in try Meter(meter) },
                periodStart: try row.next())
            used[key] = UInt64(bitPattern: try row.next(Int64.self))
        }
    }

    /// The grants that holds have reserved parts of and that are not read yet.
    var grantsBehindHolds: [(WalletPlace, Identifier<Grant>)] {
        var missing: Set<GrantPlace> = []
        for hold in parts.values.flatMap(\.holds) {
            for portion in hold.portions { missing.insert(GrantPlace(wallet: hold.wallet, id: portion.grant)) }
        }
        return missing.subtracting(grantIDs).map { ($0.wallet, $0.id) }
    }

    var quotasBehindHolds: [QuotaCounter.Key] {
        Array(Set(parts.values.flatMap(\.holds).compactMap(\.quotaKey)).subtracting(used.keys))
    }

    /// The state that the need asks for; nil without the wallet.
    func state(for need: WalletNeed) -> WalletState? {
        guard let found = parts[need.place] else { return nil }
        let keys = need.quotas + found.holds.compactMap(\.quotaKey)
        return WalletState(
            wallet: found.wallet, grants: found.grants, holds: found.holds, receivables: found.receivables,
            quotas: keys.map { QuotaCounter(key: $0, used: used[$0] ?? 0) })
    }
}

extension Hold {
    fileprivate var quotaKey: QuotaCounter.Key? {
        quota.map { QuotaCounter.Key(wallet: wallet, meter: $0.meter, periodStart: $0.periodStart) }
    }
}
