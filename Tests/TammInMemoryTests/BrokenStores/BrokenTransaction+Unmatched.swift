import TammCore

@testable import TammInMemory

extension BrokenTransaction {
    borrowing func lockUnmatched(
        _ transaction: String, of order: ProviderReference
    ) throws(TammError) -> UnmatchedTransaction? {
        let found = try base.lockUnmatched(transaction, of: order)
        let place = UnmatchedTransaction.Place(order: order, transaction: transaction)
        switch flaw {
        case .ignoresCaseOfTransactions:
            return found ?? memory.shelf.unmatched.values.first { $0.place.lowercased == place.lowercased }
        case .readsStaleUnmatched:
            if let stale = stale(notes.unmatched[place]) { return stale }
            notes.unmatched[place] = past(found)
            return found
        default: return found
        }
    }

    borrowing func put(_ unmatched: UnmatchedTransaction) throws(TammError) {
        switch flaw {
        case .keepsFirstUnmatched where memory.shelf.unmatched[unmatched.place] != nil: break
        case .seesUnmatchedInSeconds:
            let row = unmatched.transaction
            try base.put(
                UnmatchedTransaction(
                    order: unmatched.order,
                    transaction: PaymentTransaction(
                        id: row.id, progress: row.progress, money: row.money, refunded: row.refunded,
                        isVoided: row.isVoided, dispute: row.dispute, use: row.use,
                        firstSeenAt: Timestamp(seconds: row.firstSeenAt.seconds))))
        case .keepsFailedUnmatched:
            try base.put(unmatched)
            base.memory.commit()
        default: try base.put(unmatched)
        }
    }

    borrowing func takeUnmatched(of order: ProviderReference) throws(TammError) -> [UnmatchedTransaction] {
        switch flaw {
        case .takesByPrefix:
            let orders = Set(
                memory.shelf.unmatched.keys.map(\.order).filter {
                    $0.provider == order.provider && $0.account == order.account && $0.text.hasPrefix(order.text)
                })
            var rows: [UnmatchedTransaction] = []
            for order in orders.sorted() { rows += try base.takeUnmatched(of: order) }
            return rows
        case .takesAgain:
            let rows = try base.takeUnmatched(of: order)
            for row in rows { try base.put(row) }
            return rows
        case .takesByLetters:
            return try base.takeUnmatched(of: order).sorted { $0.place.lowercased < $1.place.lowercased }
        case .letsOwnersTakeUnmatched:
            guard case .user(_, let own) = base.principal, case .member(.owner, _) = base.standing(in: own) else {
                return try base.takeUnmatched(of: order)
            }
            return try unbound { t throws(TammError) in try t.takeUnmatched(of: order) }
        default: return try base.takeUnmatched(of: order)
        }
    }

    borrowing func unmatched(
        after cursor: UnmatchedTransaction.Place?, limit: Int
    ) throws(TammError) -> [UnmatchedTransaction] {
        guard flaw == .ordersUnmatchedByLetters else {
            return seen(leaking: .leaksUnmatched) { $0.unmatched(after: cursor, limit: limit) }
        }
        let all = base.unmatched(after: nil, limit: .max).sorted { $0.place.lowercased < $1.place.lowercased }
        let rest = all.filter { row in cursor.map { row.place.lowercased > $0.lowercased } ?? true }
        return Array(rest.prefix(limit))
    }
}

extension UnmatchedTransaction.Place {
    fileprivate var lowercased: String { "\(order) \(transaction)".lowercased() }
}
