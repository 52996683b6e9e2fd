import TammCore

@testable import TammInMemory

extension BrokenTransaction {
    borrowing func payment(_ place: PaymentPlace) throws(TammError) -> Payment? {
        let found = seen(leaking: .leaksPayments) { $0.payment(place) }
        guard flaw == .findsPaymentsElsewhere, found == nil else { return found }
        return memory.shelf.payments.values.first { $0.id == place.id }
    }

    borrowing func payments(
        of workspace: Identifier<Workspace>, after cursor: Identifier<Payment>?, limit: Int
    ) throws(TammError) -> [Payment] {
        guard flaw == .ordersPaymentsByOpening else {
            return seen(leaking: .leaksPayments) { $0.payments(of: workspace, after: cursor, limit: limit) }
        }
        let all = base.payments(of: workspace, after: nil, limit: .max).sorted {
            ($0.openedAt, $0.id) < ($1.openedAt, $1.id)
        }
        let rest = cursor.map { cursor in all.drop { $0.id != cursor }.dropFirst() } ?? all[...]
        return Array(rest.prefix(limit))
    }

    borrowing func payments(
        of workspace: Identifier<Workspace>, with provider: PaymentProviderName, openedIn range: Range<Timestamp>,
        limit: Int
    ) throws(TammError) -> [Payment] {
        switch flaw {
        case .includesEndOfRange:
            let end = range.upperBound.advanced(by: .microseconds(1))
            return base.payments(of: workspace, with: provider, openedIn: range.lowerBound..<end, limit: limit)
        case .limitsBeforeProvider:
            let all = base.payments(of: workspace, after: nil, limit: .max).filter { range.contains($0.openedAt) }
            let page = all.sorted { ($0.openedAt, $0.id) < ($1.openedAt, $1.id) }.prefix(limit)
            return page.filter { $0.provider == provider }
        default:
            return seen(leaking: .leaksPayments) {
                $0.payments(of: workspace, with: provider, openedIn: range, limit: limit)
            }
        }
    }

    borrowing func put(_ payment: Payment) throws(TammError) {
        let present = memory.shelf.payments[payment.place]
        switch (flaw, base.standing(in: payment.workspace)) {
        case (.keepsFirstPayments, _) where present != nil: break
        case (.acceptsHomelessPayments, _) where memory.workspaces[payment.workspace] == nil: break
        case (.letsOwnersPutPayments, .member(.owner, _)):
            try unbound { t throws(TammError) in try t.put(payment) }
        case (.sharesPaymentIdentifiers, _)
        where memory.shelf.payments.keys.contains { $0.id == payment.id && $0 != payment.place }:
            throw TammError(.conflict, "payment \(payment.id) is there already")
        case (.keepsFailedPayments, _):
            try base.put(payment)
            base.memory.commit()
        case (.keepsDuePayments, _):
            var kept = payment
            kept.dueAt = payment.dueAt ?? present?.dueAt
            try base.put(kept)
        default:
            try refuse(payment)
            try putConflicting(bent(payment), present)
        }
    }

    private borrowing func putConflicting(_ payment: Payment, _ present: Payment?) throws(TammError) {
        let references = [payment.order, payment.claim?.reference].compactMap { $0 }
        let isStale = references.contains { (notes.taken[$0] ?? 0) > began }
        switch (flaw, memory.shelf.conflict(of: payment)) {
        case (.sharesOrders, "order"), (.sharesClaims, "claim"): force(payment)
        case (.readsStaleReferences, .some) where isStale: force(payment)
        case (.namesNoField, .some(let field)): throw TammError(.conflict, "its \(field) is another payment's")
        case (.keepsHalfOfARefusedPayment, .some):
            var half = payment
            half.order = present?.order
            half.claim = present?.claim
            if memory.shelf.conflict(of: half) == nil { force(half) }
            try base.put(payment)
        default: try base.put(payment)
        }
        for reference in references where notes.taken[reference] == nil { notes.taken[reference] = notes.commits + 1 }
        if let order = payment.order, notes.orders[order] == nil { notes.orders[order] = payment.place }
        if let claim = payment.claim, notes.claims[claim.reference] == nil {
            notes.claims[claim.reference] = payment.place
        }
    }

    /// Writes a payment whatever it takes.
    private borrowing func force(_ payment: Payment) {
        memory.willUndo(.payment(payment.place, memory.shelf.payments[payment.place]))
        base.memory.shelf.set(payment.place, payment)
    }

    borrowing func payment(ordered order: ProviderReference) throws(TammError) -> PaymentPlace? {
        let found = seen(leaking: .leaksDirectories) { $0.payment(ordered: order) }
        switch flaw {
        case .keepsOldOrders: return found ?? notes.orders[order]
        case .readsStaleReferences where (notes.taken[order] ?? 0) > began: return nil
        case .missesOrdersBeingOpened where (notes.taken[order] ?? 0) > began: return nil
        default: return found
        }
    }

    borrowing func payment(claiming reference: ProviderReference) throws(TammError) -> PaymentPlace? {
        let found = seen(leaking: .leaksDirectories) { $0.payment(claiming: reference) }
        switch flaw {
        case .keepsOldClaims: return found ?? notes.claims[reference]
        case .readsStaleReferences where (notes.taken[reference] ?? 0) > began: return nil
        case .freesReceivedTransfers:
            return found.flatMap { memory.shelf.payments[$0]?.claim?.reference == reference ? $0 : nil }
        default: return found
        }
    }

    borrowing func duePayments(
        by moment: Timestamp, after cursor: DuePayment?, limit: Int
    ) throws(TammError) -> [DuePayment] {
        switch flaw {
        case .leaksDuePayments: return unbound { $0.duePayments(by: moment, after: cursor, limit: limit) }
        case .delaysDuePayments:
            return base.duePayments(by: moment, after: cursor, limit: limit).filter { $0.at < moment }
        case .pagesDuePaymentsByMoment:
            let all = base.duePayments(by: moment, after: nil, limit: .max)
            return Array(all.filter { due in cursor.map { due.at > $0.at } ?? true }.prefix(limit))
        case .ordersDuePaymentsByIdentifier:
            let all = base.duePayments(by: moment, after: nil, limit: .max).sorted {
                ($0.at, $0.payment.id) < ($1.at, $1.payment.id)
            }
            let rest = all.filter { due in
                cursor.map { (due.at, due.payment.id) > ($0.at, $0.payment.id) } ?? true
            }
            return Array(rest.prefix(limit))
        default: return base.duePayments(by: moment, after: cursor, limit: limit)
        }
    }

    borrowing func paymentsForReview(after cursor: PaymentPlace?, limit: Int) throws(TammError) -> [Payment] {
        switch flaw {
        case .leaksUnappliedMoney: return unbound { $0.paymentsForReview(after: cursor, limit: limit) }
        case .ordersUnappliedByIdentifier:
            return base.paymentsForReview(after: cursor, limit: limit).sorted { $0.id < $1.id }
        case .countsReturnedMoney where base.principal == .service:
            let all = memory.shelf.payments.values.filter { payment in
                payment.transactions.contains { $0.use != .applied && $0.captured > 0 }
            }
            let rest = all.filter { payment in cursor.map { payment.place > $0 } ?? true }
            return Array(rest.sorted { $0.place < $1.place }.prefix(limit))
        case .forgetsUnjudgedMoney:
            return base.paymentsForReview(after: cursor, limit: limit).filter { payment in
                payment.transactions.contains { $0.use != nil && $0.unapplied > 0 }
            }
        default: return base.paymentsForReview(after: cursor, limit: limit)
        }
    }
}

extension BrokenTransaction {
    /// Refuses what a right store takes.
    private borrowing func refuse(_ payment: Payment) throws(TammError) {
        let isTaken: Bool
        switch flaw {
        case .ignoresCaseOfOrders:
            isTaken = others(than: payment) { $0.order.map(\.lowercased) == payment.order.map(\.lowercased) }
        case .ignoresCaseOfClaims:
            isTaken = others(than: payment) {
                $0.claim.map(\.reference.lowercased) == payment.claim.map(\.reference.lowercased)
            }
        case .joinsReferences:
            isTaken = others(than: payment) { $0.order.map(\.joined) == payment.order.map(\.joined) }
        case .mixesOrdersAndClaims:
            isTaken = others(than: payment) {
                ($0.order != nil && $0.order == payment.claim?.reference)
                    || ($0.claim != nil && $0.claim?.reference == payment.order)
            }
        case .takesPendingTransfers:
            isTaken = others(than: payment) { other in
                other.transactions.contains { $0.id == payment.claim?.reference.text }
            }
        default: isTaken = false
        }
        if isTaken { throw TammError(.conflict, "it is another payment's", field: "order") }
    }

    private borrowing func others(than payment: Payment, _ isTaken: (Payment) -> Bool) -> Bool {
        memory.shelf.payments.values.contains { other in
            let isSet = other.order != nil || other.claim != nil || !other.transactions.isEmpty
            let isAsked = payment.order != nil || payment.claim != nil
            return other.place != payment.place && isSet && isAsked && isTaken(other)
        }
    }

    private borrowing func bent(_ payment: Payment) throws(TammError) -> Payment {
        var bent = payment
        switch flaw {
        case .opensPaymentsInSeconds:
            return payment.with(openedAt: try Timestamp(seconds: payment.openedAt.seconds))
        case .forgetsTopUpPurchases:
            guard case .credits(let purchase) = payment.purpose else { return payment }
            return payment.with(
                purpose: .credits(
                    CreditPurchase(
                        pack: purchase.pack, credits: purchase.credits, expiresAfterDays: purchase.expiresAfterDays,
                        isTopUp: false)))
        case .shortensOrders:
            bent.order = try payment.order.map { order throws(TammError) in
                try ProviderReference(order.provider, account: order.account, String(order.text.prefix(64)))
            }
        case .sortsTransactions: bent.transactions.sort { $0.id < $1.id }
        case .forgetsUnapplied:
            for index in bent.transactions.indices where bent.transactions[index].use == .unapplied(.doesNotFit) {
                bent.transactions[index].use = .unapplied(.late)
            }
        case .sortsPaidGrants: bent.grants.sort { $0.grant < $1.grant }
        default: break
        }
        return bent
    }
}

extension Payment {
    fileprivate func with(purpose: PaymentPurpose? = nil, openedAt: Timestamp? = nil) -> Payment {
        Payment(
            id: id, workspace: workspace, purpose: purpose ?? self.purpose, amount: amount, provider: provider,
            account: account, openedAt: openedAt ?? self.openedAt, expiresAt: expiresAt, order: order, claim: claim,
            status: status, transactions: transactions, grants: grants, period: period, refunds: refunds,
            hasSavedCard: hasSavedCard, isAutomatic: isAutomatic,
            task: task, dueAt: dueAt, attempts: attempts)
    }
}

extension ProviderReference {
    fileprivate var lowercased: String { description.lowercased() }
    fileprivate var joined: String { provider.text + account + text }
}
