import TammCore

/// Something that must hold after every step of every sequence.
package struct PurchaseProperty: Sendable {
    /// Short and stable, for tables.
    package let name: String
    /// The requirement in a sentence.
    package let sentence: String
    /// What was wanted and found where it does not hold.
    package let check: @Sendable (PurchaseObservation) -> String?

    package static let all: [PurchaseProperty] = [
        nothingWithoutConfirmation, plansAreCovered, appliedOnce, onlyCapturedMoney, rightMoney, rightMoment,
        purchasesFit, moneyAddsUp, boughtCredits, withdrawnShare, soundWallets, oneTrial, claimsWait, prices, topUps,
        topUpsStop, monthsOnce, unpaidMonths, monthsLast, periods, graceAndStates, nothingLeftDue, noOtherFailure,
    ]
}

extension PurchaseProperty {
    package static let nothingWithoutConfirmation = PurchaseProperty(
        name: "confirmation-first",
        sentence:
            "Nothing but captured money that is applied, at once or for a period that begins, or comes back after a dispute, an assignment, the one trial or a free plan raises a plan, and nothing but such money adds paid credits."
    ) { o in
        for (before, after) in o.pairs {
            let isConfirmed =
                o.confirmations.contains {
                    $0.after.id == after.id && o.told($0.transaction, of: $0.payment)?.captured != nil
                } || !after.restored(since: before).isEmpty
            for (id, grant) in after.grants where before.grants[id] == nil {
                guard let payment = grant.payment(in: after) else {
                    if grant.terms.category == .purchased { return "grant \(id) of \(grant.terms.amount) is bought by nobody" }
                    continue
                }
                if !isConfirmed || payment.applied == nil || before.payment(payment.id)?.applied != nil {
                    return "payment \(payment.id) (\(payment.status)) grants \(grant.terms.amount) unasked"
                }
            }
            guard after.rank > before.rank, !isConfirmed else { continue }
            let isAllowed = o.acts.contains { act in
                switch act {
                case .trialBegan(after.id), .assigned(after.id, _): true
                case .began(after.id, _): after.version?.prices.isEmpty ?? false
                default: false
                }
            }
            let isFallback = after.version?.reference.plan == o.policy.fallback
            let isAhead = o.books.covers[after.id]?.contains { $0.rank == after.rank && $0.from <= o.now && $0.payment != nil }
            if !isAllowed, !isFallback, isAhead != true { return "rank \(before.rank) became \(after.rank) without a confirmation" }
        }
        return nil
    }

    package static let plansAreCovered = PurchaseProperty(
        name: "plans-are-covered",
        sentence:
            "A workspace has no plan that costs more than what was paid, assigned or tried gives it at that moment, the days of grace included."
    ) { o in
        for state in o.after.workspaces {
            guard let version = state.version, !version.prices.isEmpty else { continue }
            let covers = (o.books.covers[state.id] ?? []).filter { $0.from <= o.now && o.now < $0.until }
            if state.rank > covers.map(\.rank).max() ?? -1 {
                return "\(version.reference) (\(state.standing.map { "\($0.state)" } ?? "")) is covered by \(covers)"
            }
        }
        return nil
    }

    package static let appliedOnce = PurchaseProperty(
        name: "applied-once", sentence: "A payment has at most one transaction applied, and it stays the same one."
    ) { o in
        for (before, after) in o.pairs {
            for payment in after.payments {
                let applied = payment.transactions.filter { $0.use == .applied }
                if applied.count > 1 { return "payment \(payment.id) has \(applied.count) transactions applied" }
                let earlier = before.payment(payment.id)
                if let was = earlier?.applied, was.id != applied.first?.id {
                    return "payment \(payment.id) was paid by \(was.id), now by \(applied.first?.id ?? "nothing")"
                }
            }
        }
        return nil
    }

    package static let onlyCapturedMoney = PurchaseProperty(
        name: "only-captured-money",
        sentence: "Money that is pending, declined or only reserved gives nothing: what is applied or has granted was said to be captured."
    ) { o in
        for state in o.after.workspaces {
            for payment in state.payments {
                guard let applied = payment.applied else {
                    if !payment.grants.isEmpty || payment.period != nil { return "payment \(payment.id) has given without money" }
                    if [.confirmed, .partlyRefunded, .refunded].contains(payment.status) {
                        return "payment \(payment.id) is \(payment.status) without money"
                    }
                    continue
                }
                guard let told = o.told(applied, of: payment), told.captured != nil else {
                    return "payment \(payment.id) was paid by \(applied.id) (\(applied.progress)), which nobody said was captured"
                }
            }
        }
        return nil
    }

    package static let rightMoney = PurchaseProperty(
        name: "right-money", sentence: "Money of another amount or currency than what was asked is applied by nobody but an administrator."
    ) { o in
        for confirmation in o.confirmations where !confirmation.isByHand {
            let told = o.told(confirmation.transaction, of: confirmation.payment)?.captured
            if told != confirmation.payment.amount {
                return "\(confirmation.payment.amount) was asked, \(told.map { "\($0)" } ?? "nothing") was applied"
            }
        }
        return nil
    }
}

extension PurchaseObservation {
    /// What was said of a payment's transaction.
    func told(_ transaction: PaymentTransaction, of payment: Payment) -> PurchaseBooks.Told? {
        payment.order.flatMap { books.told[.init(order: $0, transaction: transaction.id)] }
    }
}

extension Grant {
    /// The payment that its source names.
    func payment(in state: WorkspaceState) -> Payment? {
        guard let text = terms.source?.text, text.hasPrefix("payment:") else { return nil }
        return Identifier(String(text.dropFirst(8))).flatMap { state.payment($0) }
    }

    /// Whether it is a month that nobody paid for.
    var isUnpaidMonth: Bool { terms.source?.text.hasPrefix("subscription:") ?? false }
}
