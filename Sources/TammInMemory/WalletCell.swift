import TammCore

/// One wallet with everything that belongs to it.
final class WalletCell {
    var wallet: Wallet
    var entries = ChunkedArray<LedgerEntry>()
    /// Open grants; the others are in `closedGrants`.
    private(set) var openGrants: [Grant] = []
    private var closedGrants: [Identifier<Grant>: Grant] = [:]
    private var grantIDs = SortedList<Identifier<Grant>>()
    private var holds: [Identifier<Hold>: Hold] = [:]
    private var holdIDs = SortedList<Identifier<Hold>>()
    /// The open holds in the order in which they expire.
    private var expiries = SortedList<Expiry>()
    private var receivables: [Identifier<Receivable>: Receivable] = [:]
    private var receivableIDs = SortedList<Identifier<Receivable>>()
    private var openReceivables = SortedList<Identifier<Receivable>>()
    var quotas: [QuotaCounter.Key: UInt64] = [:]

    private struct Expiry: Comparable {
        let at: Timestamp
        let hold: Identifier<Hold>

        static func < (a: Self, b: Self) -> Bool { (a.at, a.hold) < (b.at, b.hold) }
    }

    init(_ wallet: Wallet) { self.wallet = wallet }

    func grant(_ id: Identifier<Grant>) -> Grant? { openGrants.first { $0.id == id } ?? closedGrants[id] }
    func hold(_ id: Identifier<Hold>) -> Hold? { holds[id] }
    func receivable(_ id: Identifier<Receivable>) -> Receivable? { receivables[id] }

    /// Adds, replaces or removes a grant; the grant before it is returned.
    @discardableResult
    func set(_ id: Identifier<Grant>, _ grant: Grant?) -> Grant? {
        let index = openGrants.firstIndex { $0.id == id }
        let present = index.map { openGrants[$0] } ?? closedGrants[id]
        if let index, let grant, grant.isOpen {
            openGrants[index] = grant
            return present
        }
        if let index { openGrants.remove(at: index) }
        if let grant, grant.isOpen { openGrants.append(grant) }
        closedGrants[id] = grant.flatMap { $0.isOpen ? nil : $0 }
        if present == nil, grant != nil { grantIDs.insert(id) }
        if present != nil, grant == nil { grantIDs.remove(id) }
        return present
    }

    @discardableResult
    func set(_ id: Identifier<Hold>, _ hold: Hold?) -> Hold? {
        let present = holds[id]
        holds[id] = hold
        if let present, present.status == .open { expiries.remove(Expiry(at: present.expiresAt, hold: id)) }
        if let hold, hold.status == .open { expiries.insert(Expiry(at: hold.expiresAt, hold: id)) }
        if present == nil, hold != nil { holdIDs.insert(id) }
        if present != nil, hold == nil { holdIDs.remove(id) }
        return present
    }

    @discardableResult
    func set(_ id: Identifier<Receivable>, _ receivable: Receivable?) -> Receivable? {
        let present = receivables[id]
        receivables[id] = receivable
        if let receivable, !receivable.open.isZero { openReceivables.insert(id) } else { openReceivables.remove(id) }
        if present == nil, receivable != nil { receivableIDs.insert(id) }
        if present != nil, receivable == nil { receivableIDs.remove(id) }
        return present
    }

    func state(for need: WalletNeed) -> WalletState {
        var holds: [Hold] = []
        for expiry in expiries.elements {
            guard expiry.at <= max(need.dueBy, wallet.recordedAt) else { break }
            if let hold = self.holds[expiry.hold] { holds.append(hold) }
        }
        for id in need.holds where !holds.contains(where: { $0.id == id }) {
            if let hold = self.holds[id] { holds.append(hold) }
        }
        var grants = openGrants
        for id in need.grants + holds.flatMap({ $0.portions.map(\.grant) })
        where !grants.contains(where: { $0.id == id }) {
            if let grant = closedGrants[id] { grants.append(grant) }
        }
        var receivables = openReceivables.elements.compactMap { self.receivables[$0] }
        for id in need.receivables where !receivables.contains(where: { $0.id == id }) {
            if let receivable = self.receivables[id] { receivables.append(receivable) }
        }
        var keys = need.quotas
        for case let claim? in holds.map(\.quota) {
            keys.append(QuotaCounter.Key(wallet: wallet.place, meter: claim.meter, periodStart: claim.periodStart))
        }
        return WalletState(
            wallet: wallet, grants: grants, holds: holds, receivables: receivables,
            quotas: keys.map { QuotaCounter(key: $0, used: quotas[$0] ?? 0) })
    }

    func grants(after cursor: Identifier<Grant>?, limit: Int) -> [Grant] {
        grantIDs.page(after: cursor, limit: limit).compactMap { grant($0) }
    }

    func holds(after cursor: Identifier<Hold>?, limit: Int) -> [Hold] {
        holdIDs.page(after: cursor, limit: limit).compactMap { holds[$0] }
    }

    func receivables(after cursor: Identifier<Receivable>?, limit: Int) -> [Receivable] {
        receivableIDs.page(after: cursor, limit: limit).compactMap { receivables[$0] }
    }

    /// The last entry recorded at or before `moment`.
    func lastEntry(at moment: Timestamp) -> LedgerEntry? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].recordedAt <= moment { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : entries[low - 1]
    }
}
