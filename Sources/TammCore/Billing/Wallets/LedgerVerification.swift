/// What recomputing wallets from their entries has found.
public struct LedgerVerification: Sendable, Hashable {
    /// One thing that does not fit.
    public struct Finding: Sendable, Hashable, CustomStringConvertible {
        public let wallet: Identifier<Wallet>
        /// The entry at which it shows, where it is one entry's.
        public let sequence: Int64?
        public let problem: Problem
        /// What was wanted and what was found.
        public let detail: String

        public var description: String {
            "wallet \(wallet)" + (sequence.map { " entry \($0)" } ?? "") + ": \(problem.rawValue): \(detail)"
        }
    }

    /// What kind of thing does not fit.
    public enum Problem: String, Sendable, Hashable, CaseIterable {
        /// An entry's number does not follow the one before.
        case gap
        /// An entry's hash is not that of its bytes and its predecessor.
        case chain
        /// An entry is recorded before its predecessor.
        case time
        /// A stored balance is not the sum of the entries.
        case balance
        /// A balance is below zero.
        case negative
        /// A grant's remainder is not the sum of its entries, or the grants are not the available balance.
        case grants
        /// A hold is not the sum of its entries, or the holds are not the held balance.
        case holds
        /// The receivables are not the owed balance.
        case receivables
        /// An entry of a checkpoint is gone or has another hash.
        case truncated
    }

    public internal(set) var wallets = 0
    public internal(set) var entries: Int64 = 0
    /// In micro-credits, by account: what flowed in less what flowed out. All accounts together are always 0.
    public internal(set) var totals: [Account: Int128] = [:]
    /// At most 1,000; there may be more.
    public internal(set) var findings: [Finding] = []

    public var isClean: Bool { findings.isEmpty }

    static let maximumFindings = 1000

    mutating func find(
        _ problem: Problem, in wallet: Identifier<Wallet>, at sequence: Int64? = nil, _ detail: String
    ) {
        guard findings.count < Self.maximumFindings else { return }
        findings.append(Finding(wallet: wallet, sequence: sequence, problem: problem, detail: detail))
    }
}

/// Recomputes one wallet, page by page, from its entries alone, and compares it with its rows.
package struct WalletAuditor {
    private let wallet: Wallet
    private var head: ChainHash
    private var sequence: Int64 = 0
    private var recordedAt = Timestamp.min
    private var accounts: [Account: Int128] = [:]
    private var byGrant: [Identifier<Grant>: Int128] = [:]
    private var issuedByGrant: [Identifier<Grant>: Int128] = [:]
    private var byHold: [Identifier<Hold>: Int128] = [:]
    package private(set) var report = LedgerVerification()

    package init(_ wallet: Wallet) {
        self.wallet = wallet
        head = LedgerChain.genesis(workspace: wallet.workspace, wallet: wallet.id)
        report.wallets = 1
    }

    /// Takes the next entries, ascending.
    package mutating func take(_ entries: [LedgerEntry]) {
        for entry in entries {
            let id = wallet.id
            if entry.sequence != sequence + 1 {
                report.find(.gap, in: id, at: entry.sequence, "wanted entry \(sequence + 1), found \(entry.sequence)")
            }
            let hash = LedgerChain.hash(entry, after: head)
            if entry.hash != hash || entry.wallet != id || entry.workspace != wallet.workspace {
                report.find(.chain, in: id, at: entry.sequence, "wanted hash \(hash), found \(entry.hash)")
            }
            if entry.recordedAt < recordedAt {
                report.find(.time, in: id, at: entry.sequence, "\(entry.recordedAt) is before \(recordedAt)")
            }
            accounts[entry.source, default: 0] -= Int128(entry.amount.micro)
            accounts[entry.target, default: 0] += Int128(entry.amount.micro)
            move(entry)
            compare(entry.balance, at: entry.sequence)
            (sequence, head, recordedAt) = (entry.sequence, entry.hash, entry.recordedAt)
            report.entries += 1
        }
    }

    private mutating func move(_ entry: LedgerEntry) {
        let amount = Int128(entry.amount.micro)
        if let grant = entry.grant {
            if entry.source == .issued { issuedByGrant[grant, default: 0] += amount }
            if entry.target == .issued { issuedByGrant[grant, default: 0] -= amount }
            if entry.source == .available { byGrant[grant, default: 0] -= amount }
            if entry.target == .available { byGrant[grant, default: 0] += amount }
        }
        if let hold = entry.hold {
            if entry.source == .held { byHold[hold, default: 0] -= amount }
            if entry.target == .held { byHold[hold, default: 0] += amount }
        }
    }

    private mutating func compare(_ balance: Balance, at sequence: Int64?) {
        for (account, stored, sign) in [
            (Account.available, balance.available, Int128(1)), (.held, balance.held, 1), (.owed, balance.owed, -1),
        ] {
            let computed = accounts[account, default: 0] * sign
            if computed != Int128(stored.micro) {
                report.find(
                    .balance, in: wallet.id, at: sequence, "\(account): entries make \(computed), stored \(stored.micro)")
            }
            if stored.micro < 0 || computed < 0 {
                report.find(.negative, in: wallet.id, at: sequence, "\(account) is \(min(computed, Int128(stored.micro)))")
            }
        }
    }

    /// Compares the rows with what the entries have made of them.
    package mutating func finish(grants: [Grant], holds: [Hold], receivables: [Receivable]) -> LedgerVerification {
        if sequence != wallet.sequence || head != wallet.head {
            report.find(
                .truncated, in: wallet.id, "the wallet names entry \(wallet.sequence), the last found is \(sequence)")
        }
        compare(wallet.balance, at: nil)
        let available = wallet.balance.available
        var remaining: Int128 = 0
        for grant in grants where grant.status != .scheduled {
            remaining += Int128(grant.remaining.micro)
            let computed = byGrant.removeValue(forKey: grant.id) ?? 0
            if computed != Int128(grant.remaining.micro) {
                report.find(
                    .grants, in: wallet.id, "grant \(grant.id): entries make \(computed), stored \(grant.remaining.micro)")
            }
        }
        for grant in grants {
            let issued = issuedByGrant[grant.id, default: 0]
            let (amount, clawed) = (Int128(grant.terms.amount.micro), Int128(grant.clawedBack.micro))
            let isRight =
                grant.status == .scheduled
                ? issued == clawed && Int128(grant.remaining.micro) == amount - clawed : issued == amount
            if !isRight {
                report.find(
                    .grants, in: wallet.id,
                    "grant \(grant.id) of \(grant.terms.amount): issued \(issued), \(grant.status), \(grant.remaining) left")
            }
        }
        for (grant, computed) in byGrant where computed != 0 {
            report.find(.grants, in: wallet.id, "grant \(grant): entries make \(computed), no row")
        }
        if remaining != Int128(available.micro) {
            report.find(.grants, in: wallet.id, "the grants hold \(remaining), available is \(available.micro)")
        }
        finish(holds)
        let owed = receivables.reduce(Int128(0)) { $0 + Int128($1.open.micro) }
        if owed != Int128(wallet.balance.owed.micro) || receivables.contains(where: { $0.open.micro < 0 }) {
            report.find(.receivables, in: wallet.id, "receivables of \(owed), owed is \(wallet.balance.owed.micro)")
        }
        report.totals = accounts
        return report
    }

    private mutating func finish(_ holds: [Hold]) {
        var held: Int128 = 0
        var open = 0
        for hold in holds {
            let wanted = hold.status == .open ? Int128(hold.amount.micro) : 0
            open += hold.status == .open ? 1 : 0
            held += wanted
            let computed = byHold.removeValue(forKey: hold.id) ?? 0
            let portions = hold.portions.reduce(Int128(0)) { $0 + Int128($1.amount.micro) }
            if computed != wanted || portions != Int128(hold.amount.micro) || hold.captured > hold.amount {
                report.find(
                    .holds, in: wallet.id,
                    "hold \(hold.id): entries make \(computed), wanted \(wanted); captured \(hold.captured) of \(hold.amount)")
            }
        }
        for (hold, computed) in byHold where computed != 0 {
            report.find(.holds, in: wallet.id, "hold \(hold): entries make \(computed), no row")
        }
        if held != Int128(wallet.balance.held.micro) || open != wallet.openHolds {
            report.find(
                .holds, in: wallet.id,
                "\(open) open holds of \(held), stored \(wallet.openHolds) of \(wallet.balance.held.micro)")
        }
    }
}

extension Wallets {
    /// Recomputes every wallet of a workspace, or of all: wallet = Σ entries = Σ grants + holds, the chains, Σ = 0.
    ///
    /// - Parameter checkpoint: heads noted earlier; an entry that they name and that is gone or changed is a finding.
    /// - Throws: `forbidden` without the permission to read billing; for all workspaces, unless the principal is the
    ///   service.
    public func verify(
        workspace: Identifier<Workspace>? = nil, against checkpoint: LedgerCheckpoint? = nil, as principal: Principal
    ) async throws(TammError) -> LedgerVerification {
        try await authorizeAudit(of: workspace, as: principal)
        var report = LedgerVerification()
        var known: [WalletPlace: LedgerCheckpoint.Head] = [:]
        for head in checkpoint?.heads ?? [] where workspace == nil || head.workspace == workspace {
            known[WalletPlace(workspace: head.workspace, id: head.wallet)] = head
        }
        try await forEachWallet(of: workspace) { wallet throws(TammError) in
            report.add(try await self.verify(wallet, known.removeValue(forKey: wallet.place)))
        }
        for head in known.values {
            report.find(.truncated, in: head.wallet, at: head.sequence, "the checkpoint's wallet is gone")
        }
        return report
    }

    func authorizeAudit(of workspace: Identifier<Workspace>?, as principal: Principal) async throws(TammError) {
        if let workspace {
            try await authorize(.readBilling, in: workspace, as: principal)
        } else if principal != .service {
            throw TammError(.forbidden, "only the service reads the ledger of all workspaces")
        }
    }

    func forEachWallet(
        of workspace: Identifier<Workspace>?, _ body: (Wallet) async throws(TammError) -> Void
    ) async throws(TammError) {
        var cursor: WalletPlace?
        while true {
            let after = cursor
            let page = try await store.transaction(as: .ledger) { t throws(TammError) in
                try t.wallets(of: workspace, after: after, limit: maximumPage)
            }
            for wallet in page { try await body(wallet) }
            guard page.count == maximumPage, let last = page.last else { return }
            cursor = last.place
        }
    }

    private struct Snapshot: Sendable {
        let wallet: Wallet
        var grants: [Grant] = []
        var holds: [Hold] = []
        var receivables: [Receivable] = []
    }

    private func verify(
        _ wallet: Wallet, _ known: LedgerCheckpoint.Head?
    ) async throws(TammError) -> LedgerVerification {
        let place = wallet.place
        let snapshot = try await store.transaction(as: .ledger) { t throws(TammError) -> Snapshot in
            guard let present = try t.wallet(place) else { throw Wallets.missing(place) }
            var snapshot = Snapshot(wallet: present)
            repeat {
                let page = try t.grants(of: place, after: snapshot.grants.last?.id, limit: maximumPage)
                snapshot.grants += page
                if page.count < maximumPage { break }
            } while true
            repeat {
                let page = try t.holds(of: place, after: snapshot.holds.last?.id, limit: maximumPage)
                snapshot.holds += page
                if page.count < maximumPage { break }
            } while true
            repeat {
                let page = try t.receivables(of: place, after: snapshot.receivables.last?.id, limit: maximumPage)
                snapshot.receivables += page
                if page.count < maximumPage { break }
            } while true
            return snapshot
        }
        var auditor = WalletAuditor(snapshot.wallet)
        var noted: ChainHash?
        try await forEachPage(of: snapshot.wallet) { page throws(TammError) in
            auditor.take(page)
            if let known, let entry = page.first(where: { $0.sequence == known.sequence }) { noted = entry.hash }
        }
        var report = auditor.finish(
            grants: snapshot.grants, holds: snapshot.holds, receivables: snapshot.receivables)
        if let known, known.sequence > 0, noted != known.hash {
            report.find(
                .truncated, in: place.id, at: known.sequence,
                "the checkpoint noted \(known.hash), found \(noted.map { "\($0)" } ?? "nothing")")
        }
        return report
    }

    /// The entries that the wallet had when it was read, page by page; entries never change, so no lock is held.
    func forEachPage(
        of wallet: Wallet, _ body: ([LedgerEntry]) async throws(TammError) -> Void
    ) async throws(TammError) {
        var cursor: Int64 = 0
        while cursor < wallet.sequence {
            let after = cursor
            let limit = Int(min(Int64(maximumPage), wallet.sequence - cursor))
            let page = try await store.transaction(as: .ledger) { t throws(TammError) in
                try t.entries(of: wallet.place, after: after, limit: limit)
            }
            try await body(page)
            guard let last = page.last else { return }
            cursor = last.sequence
        }
    }
}

extension LedgerVerification {
    mutating func add(_ other: LedgerVerification) {
        wallets += other.wallets
        entries += other.entries
        totals.merge(other.totals) { $0 + $1 }
        findings.append(contentsOf: other.findings.prefix(max(0, Self.maximumFindings - findings.count)))
    }
}
