import TammCore

extension PurchaseProperty {
    package static let rightMoment = PurchaseProperty(
        name: "right-moment",
        sentence:
            "What was asked pays when it comes in time, for what still fits; when it comes late or twice it is kept and does nothing, and late is not before its time."
    ) { o in
        for (before, after) in o.pairs {
            for payment in after.payments {
                if payment.status == .expired, payment.expiresAt > o.now {
                    return "a payment expired at \(o.now), before its time \(payment.expiresAt)"
                }
                let new = payment.transactions.filter { o.told($0, of: payment)?.step == o.step.id }
                guard new.count == 1, let row = new.first, let earlier = before.payment(payment.id), earlier.order != nil,
                    let told = o.told(row, of: payment), let captured = told.captured,
                    payment.transactions.filter({ $0.id != row.id }) == earlier.transactions.filter({ $0.id != row.id })
                else { continue }
                guard earlier.applied == nil else {
                    if row.use != .unapplied(.twice) { return "\(captured) came twice and is \(row.said)" }
                    continue
                }
                let isOver =
                    [.pending, .failed].contains(earlier.status) && earlier.claim == nil && earlier.expiresAt <= o.now
                let isWaiting = [.pending, .failed, .unknown].contains(earlier.status) && !isOver
                guard isWaiting else {
                    if row.use != .unapplied(.late) {
                        return "\(captured) came at \(o.now), after \(payment.expiresAt) (\(earlier.status)), and is \(row.said)"
                    }
                    continue
                }
                guard captured == payment.amount, told.returned == 0, o.isAlone(payment, before, after) else { continue }
                let fits = before.standing.fits(payment.purpose)
                let allowed: [PaymentTransaction.Use?] =
                    fits ? [.applied, .unapplied(.walletRefused)] : [.unapplied(.doesNotFit), .unapplied(.walletRefused)]
                if !allowed.contains(row.use) {
                    return "\(captured) came in time for \(payment.purpose), which \(fits ? "fits" : "does not fit"), and is \(row.said)"
                }
            }
        }
        return nil
    }

    package static let purchasesFit = PurchaseProperty(
        name: "purchases-fit",
        sentence: "What was bought is given only to the subscription for which it was bought, as it was when the payment was opened."
    ) { o in
        for confirmation in o.confirmations where o.isAlone(confirmation.payment, confirmation.before, confirmation.after) {
            if !confirmation.before.standing.fits(confirmation.payment.purpose) {
                let state = confirmation.before.standing.map { "\($0.plan) \($0.state)" } ?? "nothing"
                return "\(confirmation.payment.purpose) was given to \(state)"
            }
        }
        return nil
    }

    package static let moneyAddsUp = PurchaseProperty(
        name: "money-adds-up",
        sentence:
            "Received money is what was applied, what is kept and what went back, by currency, over payments and what nobody has opened; and it is what the provider captured and told."
    ) { o in
        var (received, used): ([Currency: Int64], [Currency: Int64]) = ([:], [:])
        var known: Set<PurchaseBooks.Place> = []
        func take(_ row: PaymentTransaction, at place: PurchaseBooks.Place) -> String? {
            let told = o.books.told[place] ?? .init()
            if !known.insert(place).inserted { return "transaction \(place.transaction) is kept twice" }
            if row.captured != told.received || row.captured > 0 && row.money?.currency != told.captured?.currency {
                return "\(told.received) was said to be captured of \(place.transaction), \(row.captured) is stored"
            }
            if row.returned != told.returned {
                return "\(told.returned) was said to be returned of \(place.transaction), \(row.returned) is stored"
            }
            guard let currency = row.money?.currency else { return nil }
            received[currency, default: 0] += told.received
            used[currency, default: 0] += row.returned + (row.use == .applied ? row.captured - row.returned : 0)
            return nil
        }
        for payment in o.after.workspaces.flatMap(\.payments) {
            for row in payment.transactions {
                guard let order = payment.order else { return "payment \(payment.id) has money and no order" }
                if let detail = take(row, at: .init(order: order, transaction: row.id)) { return detail }
            }
            for money in payment.unapplied { used[money.currency, default: 0] += money.minorUnits }
        }
        for row in o.after.unmatched {
            if let detail = take(row.transaction, at: row.place) { return detail }
            if let currency = row.transaction.money?.currency { used[currency, default: 0] += row.transaction.unapplied }
        }
        if received.filter({ $0.value > 0 }) != used.filter({ $0.value > 0 }) { return "received \(received), accounted for \(used)" }
        let charges = Dictionary(uniqueKeysWithValues: o.after.charges.map { ($0.id, $0) })
        for (place, told) in o.books.told {
            guard let money = told.captured else { continue }
            if !known.contains(place) { return "\(money) of \(place.transaction) was received and is nowhere" }
            guard place.order.provider != .instaPay, let charge = charges[place.transaction] else { continue }
            if charge.money != money { return "the provider captured \(charge.money) and told \(money)" }
        }
        return nil
    }

    package static let claimsWait = PurchaseProperty(
        name: "claims-wait",
        sentence: "A transfer is claimed for a payment that waits for its money, and for no other; its reference pays once."
    ) { o in
        for case .claimed(let place) in o.acts {
            let payment = o.before.workspaces.first { $0.id == place.workspace }?.payment(place.id)
            guard let payment, payment.status == .pending, payment.claim == nil, payment.expiresAt > o.now else {
                return "a transfer was claimed for a payment that is \(payment?.status.rawValue ?? "nowhere")"
            }
        }
        var received: Set<String> = []
        for payment in o.after.workspaces.flatMap(\.payments) where payment.provider == .instaPay {
            for row in payment.transactions where row.captured > 0 {
                if !received.insert(row.id).inserted { return "transfer \(row.id) has paid twice" }
            }
        }
        return nil
    }

    package static let prices = PurchaseProperty(
        name: "prices",
        sentence:
            "A payment asks the plan's price; for an upgrade the difference for what is left, and for a year after a month the year less what is left."
    ) { o in
        for (before, after) in o.pairs {
            for payment in after.payments where before.payment(payment.id) == nil {
                guard let wanted = o.price(of: payment, for: before.standing) else {
                    return "\(payment.purpose) has no price in \(payment.amount.currency)"
                }
                if wanted != payment.amount.minorUnits {
                    return "\(payment.purpose) costs \(payment.amount), wanted \(wanted)"
                }
            }
        }
        return nil
    }
}

extension PaymentTransaction {
    fileprivate var said: String { use.map { "\($0)" } ?? "not used" }
}

extension PurchaseObservation {
    /// Whether nothing else of the workspace has changed in this step.
    func isAlone(_ payment: Payment, _ before: WorkspaceState, _ after: WorkspaceState) -> Bool {
        after.payments.allSatisfy { $0.id == payment.id || before.payment($0.id) == $0 }
    }

    fileprivate func price(of payment: Payment, for subscription: Subscription?) -> Int64? {
        let currency = payment.amount.currency
        func price(_ plan: PlanVersionReference, _ interval: BillingInterval) -> Int64? {
            version(plan)?.price(in: currency, per: interval)?.minorUnits
        }
        switch payment.purpose {
        case .credits(let purchase):
            let packs = catalogue.plans.flatMap(\.versions).compactMap { $0.pack(purchase.pack) }
            return packs.first { $0.credits == purchase.credits }?.price(in: currency)?.minorUnits
        case .plan(let purchase, per: let interval):
            guard let list = price(purchase.plan, interval) else { return nil }
            switch purchase.kind {
            case .start, .renewal: return list
            case .upgrade(let from, _):
                guard case .paid(let period, let next) = subscription?.state, case let old = price(from, interval) ?? 0 else { return nil }
                let (left, whole) = period.left(at: now)
                let rest = Int128(list - old) * left
                let ahead = next.map { list - (price($0.plan, interval) ?? 0) }
                return Int64(rest / whole + (rest % whole == 0 ? 0 : 1)) + (ahead ?? 0)
            case .upgradeToYear(let from, _):
                guard case .paid(let period, _) = subscription?.state, case let old = price(from, .month) ?? 0 else { return nil }
                let (left, whole) = period.left(at: now)
                return list - Int64(Int128(old) * left / whole)
            }
        }
    }
}

extension Range<Timestamp> {
    fileprivate func left(at now: Timestamp) -> (left: Int128, whole: Int128) {
        let whole = upperBound.microseconds - lowerBound.microseconds
        return (Int128(Swift.min(whole, upperBound.microseconds - now.microseconds)), Int128(whole))
    }
}

extension Subscription? {
    /// Whether what was bought is for the subscription as it is.
    fileprivate func fits(_ purpose: PaymentPurpose) -> Bool {
        guard case .plan(let purchase, _) = purpose else { return true }
        switch (purchase.kind, self?.state) {
        case (.start, nil), (.start, .complimentary), (.start, .canceled), (.start, .expired), (.start, .trialing(_, nil)):
            return true
        case (.renewal(let end), .trialing(let period, nil)), (.renewal(let end), .paid(let period, nil)):
            return end == period.upperBound && renews(purchase.plan)
        case (.renewal(let end), .pastDue(let since, _)): return end == since && renews(purchase.plan)
        case (.renewal, .expired): return self?.plan == purchase.plan && self?.terms != nil
        case (.upgrade(let from, let end), .paid(let period, let next)):
            if let next, next.plan != from { return false }
            return self?.plan == from && end == (next?.range.upperBound ?? period.upperBound)
        case (.upgradeToYear(let from, let end), .paid(let period, nil)):
            return self?.plan == from && end == period.upperBound
        default: return false
        }
    }

    private func renews(_ plan: PlanVersionReference) -> Bool {
        guard let self, self.terms != nil else { return false }
        return switch self.ending {
        case .cancel: false
        case .move(let target): target == plan
        case nil: self.plan == plan
        }
    }
}
