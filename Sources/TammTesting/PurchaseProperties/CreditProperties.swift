import TammCore

extension PurchaseProperty {
    package static let boughtCredits = PurchaseProperty(
        name: "bought-credits",
        sentence:
            "Each confirmed purchase has granted what was bought, once: a pack its credits, a period each month's, an upgrade the difference for what is left."
    ) { o in
        for confirmation in o.confirmations {
            if let detail = o.wrong(confirmation) { return "\(confirmation.payment.purpose): \(detail)" }
        }
        for (before, after) in o.pairs {
            var sources: [String: Int] = [:]
            for grant in after.grants.values {
                if let source = grant.terms.source?.text, source.hasPrefix("payment:") { sources[source, default: 0] += 1 }
            }
            for payment in after.payments {
                let stored = sources.removeValue(forKey: "payment:\(payment.id)") ?? 0
                if stored != payment.grants.count {
                    return "payment \(payment.id) has granted \(payment.grants.count) times, the wallet has \(stored)"
                }
                for grant in payment.grants where after.grants[grant.grant]?.terms.amount != grant.amount {
                    return "grant \(grant.grant) of payment \(payment.id) is not in the wallet as it was bought"
                }
                if let earlier = before.payment(payment.id), earlier.applied != nil,
                    earlier.grants.map(\.grant) != payment.grants.map(\.grant)
                {
                    return "payment \(payment.id) has granted again"
                }
            }
            if let source = sources.first { return "grants name \(source.key), which is no payment" }
        }
        return nil
    }

    package static let withdrawnShare = PurchaseProperty(
        name: "withdrawn-share",
        sentence:
            "Of a payment's credits exactly the share of its returned money is taken back, all of them for all of it or a dispute, and a dispute that is won gives back what it took."
    ) { o in
        for state in o.after.workspaces {
            for payment in state.payments {
                guard let applied = payment.applied, let told = o.told(applied, of: payment), told.received > 0 else { continue }
                let back = told.isVoided ? told.received : min(told.refunded, told.received)
                let total = payment.grants.reduce(Int128(0)) { $0 + Int128($1.amount.micro) }
                var rest = Int64(total * Int128(back) / Int128(told.received))
                let isDisputed = told.dispute == .open || told.dispute == .lost
                for grant in payment.grants.reversed() {
                    let wanted = isDisputed ? grant.amount.micro : min(rest, grant.amount.micro)
                    rest -= min(rest, grant.amount.micro)
                    let found = state.grants[grant.grant]?.clawedBack.micro ?? -1
                    let isRight = o.books.withdrawn.contains(grant.grant) ? found >= wanted : found == wanted
                    if !isRight || found > grant.amount.micro {
                        return
                            "\(back) of \(told.received) went back (dispute \(told.dispute)), \(found) of \(grant.amount.micro) was taken, wanted \(wanted)"
                    }
                }
            }
        }
        return nil
    }

    package static let soundWallets = PurchaseProperty(
        name: "sound-wallets",
        sentence: "No wallet is ever below zero, its ledger verifies, and no more is taken back of a grant than it gave."
    ) { o in
        for state in o.after.workspaces {
            if let finding = state.findings.first { return finding }
            for balance in [state.balance, state.wallet.balance]
            where [balance.available, balance.held, balance.owed].contains(where: { $0.micro < 0 }) {
                return "balance \(balance)"
            }
            for grant in state.grants.values where grant.clawedBack > grant.terms.amount || grant.remaining.micro < 0 {
                return "grant \(grant.id) of \(grant.terms.amount): \(grant.clawedBack) taken back, \(grant.remaining) left"
            }
        }
        return nil
    }

    package static let topUps = PurchaseProperty(
        name: "top-ups",
        sentence: "A workspace's rule has at most one top-up open, and buys at most its monthly maximum in a calendar month."
    ) { o in
        for state in o.after.workspaces {
            let bought = state.payments.filter { $0.isTopUp && !o.books.forgottenTopUps.contains($0.id) }
            let open = bought.filter { [.pending, .unknown].contains($0.status) }
            if open.count > 1 { return "\(open.count) top-ups are open" }
            let maximum = o.books.topUpMaximum[state.id] ?? 0
            for payment in bought {
                let month = o.policy.calendar.calendarMonth(of: payment.openedAt)
                let count = bought.count { month.contains($0.openedAt) }
                if count > max(1, maximum) { return "\(count) top-ups were opened in a month, at most \(maximum) may be" }
            }
        }
        return nil
    }

    package static let topUpsStop = PurchaseProperty(
        name: "top-ups-stop",
        sentence: "A top-up that was not paid or whose money was returned stops those after it, until the rule is set again."
    ) { o in
        for (before, after) in o.pairs {
            let isSet = o.acts.contains { if case .topUpSet(after.id, _) = $0 { true } else { false } }
            for payment in after.payments where payment.isTopUp && !o.books.forgottenTopUps.contains(payment.id) {
                let earlier = before.payment(payment.id)
                if earlier == nil, !isSet, let stop = before.stored?.topUp?.stop {
                    return "a top-up was opened although the rule has stopped: \(stop)"
                }
                let ended: Set<Payment.Status> = [.failed, .expired, .partlyRefunded, .refunded, .voided]
                if ended.contains(payment.status), payment.status != earlier?.status, !isSet,
                    let rule = after.stored?.topUp, rule.stop == nil
                {
                    return "a top-up is \(payment.status) and the rule goes on"
                }
            }
        }
        return nil
    }
}

extension PurchaseObservation {
    /// What is wrong with the credits of a payment that was confirmed in this step.
    fileprivate func wrong(_ confirmation: Confirmation) -> String? {
        let (payment, after) = (confirmation.payment, confirmation.after)
        let grants = payment.grants.compactMap { after.grants[$0.grant]?.terms }
        guard grants.count == payment.grants.count else { return "grants are missing" }
        switch payment.purpose {
        case .credits(let purchase):
            let end = purchase.expiresAfterDays.map { now.advanced(by: .seconds($0 * 86_400)) }
            guard grants.count == 1, grants[0].amount == purchase.credits, grants[0].category == .purchased,
                grants[0].effectiveAt == now, grants[0].expiresAt == end
            else { return "granted \(grants), wanted \(purchase.credits) from \(now)" }
        case .plan(let purchase, per: let interval):
            guard let version = version(purchase.plan) else { return "no such plan" }
            if case .upgrade(let from, let end) = purchase.kind {
                return wrong(grants, version, from, end, after)
            }
            let months = version.monthlyCredits.isZero ? 0 : interval == .year ? 12 : 1
            guard grants.count == months, grants.allSatisfy({ $0.amount == version.monthlyCredits && $0.category == .plan })
            else { return "granted \(grants.map(\.amount)), wanted \(version.monthlyCredits) for \(months) months" }
            guard grants.first?.effectiveAt == payment.period?.lowerBound || months == 0 else { return "begins at another time" }
            for (month, next) in zip(grants, grants.dropFirst()) {
                guard let start = month.effectiveAt, let end = next.effectiveAt, start.isMonth(before: end) else {
                    return "the months are no months"
                }
            }
        }
        return nil
    }

    private func wrong(
        _ grants: [GrantTerms], _ version: PlanVersion, _ from: PlanVersionReference, _ end: Timestamp,
        _ after: WorkspaceState
    ) -> String? {
        let more = version.monthlyCredits.micro - (self.version(from)?.monthlyCredits.micro ?? 0)
        var moment = now
        var wanted: [Int64] = []
        while more > 0, moment < end, let anchor = after.stored?.anchor {
            let month = policy.calendar.month(at: moment, anchor: anchor)
            let (left, whole) = (
                month.upperBound.microseconds - moment.microseconds,
                month.upperBound.microseconds - month.lowerBound.microseconds
            )
            let added = Int64(Int128(more) * Int128(left) / Int128(whole))
            if added > 0 { wanted.append(added) }
            moment = month.upperBound
        }
        let found = grants.map(\.amount.micro)
        return found == wanted ? nil : "granted \(found), wanted \(wanted)"
    }
}

extension Timestamp {
    /// Whether about a month lies between: 28 to 31 days, an hour more or less where clocks change.
    func isMonth(before end: Timestamp, months: Int64 = 1) -> Bool {
        let seconds = (end.microseconds - microseconds) / 1_000_000
        return (28 * 86_400 * months - 7200...31 * 86_400 * months + 7200).contains(seconds)
    }
}
