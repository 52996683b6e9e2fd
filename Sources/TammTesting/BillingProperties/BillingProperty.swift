import TammCore

/// Something that must hold after every step of every sequence.
package struct BillingProperty: Sendable {
    /// Short and stable, for tables.
    package let name: String
    /// The requirement in a sentence.
    package let sentence: String
    /// What was wanted and found where it does not hold.
    package let check: @Sendable (Observation) -> String?

    package static let all: [BillingProperty] = [
        neverNegative, nothingMinted, sumZero, entriesMakeTheBalance, grantsAndHoldsMakeTheBalance, chain,
        idempotentReplay, justRefusals, noOtherFailure, burnDownOrder, expiry, holds, charges, clawback, refunds, quotas, usageOnce,
    ]
}

extension BillingProperty {
    package static let neverNegative = BillingProperty(
        name: "never-negative",
        sentence: "No balance, grant, hold or receivable is ever below zero or above its maximum."
    ) { o in
        for balance in o.entries.map(\.balance) + [o.after.wallet.balance]
        where [balance.available, balance.held, balance.owed].contains(where: { $0.micro < 0 || $0 > .max }) {
            return "balance \(balance)"
        }
        if let grant = o.after.grants.values.first(where: { $0.remaining.micro < 0 || $0.clawedBack.micro < 0 }) {
            return "grant \(grant.id) has \(grant.remaining.micro)"
        }
        if let hold = o.after.holds.values.first(where: { $0.captured.micro < 0 || $0.captured > $0.amount }) {
            return "hold \(hold.id) of \(hold.amount) captured \(hold.captured)"
        }
        if let owed = o.after.receivables.values.first(where: { $0.open.micro < 0 }) {
            return "receivable \(owed.id) has \(owed.open.micro) open"
        }
        return o.entries.first { $0.amount.micro <= 0 }.map { "entry \($0.sequence) moves \($0.amount.micro)" }
    }

    package static let nothingMinted = BillingProperty(
        name: "nothing-minted",
        sentence: "What a wallet has is what was granted less what was charged, taken back and expired; no more, no less."
    ) { o in
        var now = o.past
        now.take(o)
        for (grant, issued) in now.issued {
            guard let row = o.after.grants[grant] else { return "grant \(grant) has entries and no row" }
            let wanted = row.status == .scheduled ? row.clawedBack.micro : row.terms.amount.micro
            if issued != wanted { return "grant \(grant) of \(row.terms.amount) (\(row.status)) issued \(issued)" }
        }
        let balance = o.after.wallet.balance
        let has = Int128(balance.available.micro) + Int128(balance.held.micro) - Int128(balance.owed.micro)
        let system = now.totals.filter { !$0.key.isWallets }.values.reduce(0, +)
        if has + system != 0 { return "the wallet has \(has), the system's accounts say \(-system)" }
        if now.totals[.consumed, default: 0] != now.charged {
            return "consumed \(now.totals[.consumed, default: 0]), charged by receipts \(now.charged)"
        }
        if now.totals[.clawedBack, default: 0] != now.takenBack {
            return "clawed back \(now.totals[.clawedBack, default: 0]), by receipts \(now.takenBack)"
        }
        return nil
    }

    package static let sumZero = BillingProperty(
        name: "sum-zero", sentence: "Each entry takes from one account what it gives to the other: all accounts sum to zero."
    ) { o in
        var balance = o.before.wallet.balance
        for entry in o.entries {
            for account in [Account.available, .held, .owed] {
                let moved = value(account, entry.balance) - value(account, balance)
                let wanted = (entry.target == account ? entry.amount.micro : 0) - (entry.source == account ? entry.amount.micro : 0)
                if moved != (account == .owed ? -wanted : wanted) {
                    return "entry \(entry.sequence) \(entry.kind) moves \(account) by \(moved), its accounts say \(wanted)"
                }
            }
            balance = entry.balance
        }
        return nil
    }

    package static let entriesMakeTheBalance = BillingProperty(
        name: "balance-by-entries", sentence: "A wallet's balances are those after its last entry, and change by entries alone."
    ) { o in
        let wallet = o.after.wallet
        let last = o.entries.last
        if wallet.balance != (last?.balance ?? o.before.wallet.balance) {
            return "balance \(wallet.balance), the last entry says \(last?.balance ?? o.before.wallet.balance)"
        }
        if wallet.sequence != o.before.wallet.sequence + Int64(o.entries.count) {
            return "\(o.entries.count) new entries after \(o.before.wallet.sequence), the wallet names \(wallet.sequence)"
        }
        for (offset, entry) in o.entries.enumerated() where entry.sequence != o.before.wallet.sequence + Int64(offset) + 1 {
            return "entry \(entry.sequence) stands at place \(o.before.wallet.sequence + Int64(offset) + 1)"
        }
        for answer in o.answers {
            if let receipt = answer.applied, o.answers.count == 1, receipt.balance != wallet.balance {
                return "the receipt says \(receipt.balance), the wallet has \(wallet.balance)"
            }
        }
        return nil
    }

    package static let grantsAndHoldsMakeTheBalance = BillingProperty(
        name: "balance-by-grants-and-holds",
        sentence: "Available is the sum of the active grants, held that of the open holds, owed that of the receivables."
    ) { o in
        for answer in o.answers {
            if case .failure(let error) = answer.result, error.code == .corrupted { return "\(error)" }
        }
        let balance = o.after.wallet.balance
        let granted = o.after.grants.values.filter { $0.status != .scheduled }.reduce(Int128(0)) { $0 + Int128($1.remaining.micro) }
        if granted != Int128(balance.available.micro) { return "grants hold \(granted), available is \(balance.available.micro)" }
        let open = o.after.holds.values.filter { $0.status == .open }
        let held = open.reduce(Int128(0)) { $0 + Int128($1.amount.micro) }
        if held != Int128(balance.held.micro) || open.count != o.after.wallet.openHolds {
            return "\(open.count) holds of \(held), the wallet has \(o.after.wallet.openHolds) of \(balance.held.micro)"
        }
        let owed = o.after.receivables.values.reduce(Int128(0)) { $0 + Int128($1.open.micro) }
        if owed != Int128(balance.owed.micro) { return "receivables of \(owed), owed is \(balance.owed.micro)" }
        var now = o.past
        for entry in o.entries { now.take(entry) }
        for (grant, row) in o.after.grants where row.status != .scheduled && now.available[grant, default: 0] != row.remaining.micro {
            return "grant \(grant): entries leave \(now.available[grant, default: 0]), the row \(row.remaining.micro)"
        }
        return nil
    }

    package static let chain = BillingProperty(
        name: "chain", sentence: "Each entry carries the hash of its bytes after its predecessor's; time in it never goes back."
    ) { o in
        var (head, recordedAt) = (o.before.wallet.head, o.before.wallet.recordedAt)
        for entry in o.entries {
            if LedgerChain.hash(entry, after: head) != entry.hash { return "entry \(entry.sequence) does not follow" }
            if entry.recordedAt < recordedAt { return "entry \(entry.sequence) is recorded before its predecessor" }
            (head, recordedAt) = (entry.hash, entry.recordedAt)
        }
        return head == o.after.wallet.head ? nil : "the wallet's head is not its last entry's"
    }

    private static func value(_ account: Account, _ balance: Balance) -> Int64 {
        switch account {
        case .available: balance.available.micro
        case .held: balance.held.micro
        default: balance.owed.micro
        }
    }
}
