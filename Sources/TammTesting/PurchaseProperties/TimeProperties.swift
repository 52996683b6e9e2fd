import TammCore

extension PurchaseProperty {
    package static let oneTrial = PurchaseProperty(
        name: "one-trial", sentence: "A workspace tries a plan once, for the plan's days and no longer."
    ) { o in
        for state in o.after.workspaces {
            if let count = o.books.trials[state.id], count > 1 { return "\(count) trials were begun" }
            guard case .trialing(let period, _) = state.standing?.state, o.acts.contains(.trialBegan(state.id)) else { continue }
            let days = state.version?.trialDays ?? 0
            if days == 0 || period.upperBound != period.lowerBound.advanced(by: .seconds(days * 86_400)) {
                return "a trial of \(days) days lasts from \(period.lowerBound) to \(period.upperBound)"
            }
        }
        return nil
    }

    package static let monthsOnce = PurchaseProperty(
        name: "months-once",
        sentence: "A month's credits that nobody paid for are given at most once a month, however the workspace moves about."
    ) { o in
        for (before, after) in o.pairs where before.grants.count != after.grants.count {
            let months = after.grants.values.filter { $0.isUnpaidMonth && $0.terms.category == .plan }
            let starts = months.compactMap(\.terms.effectiveAt).sorted()
            for (start, next) in zip(starts, starts.dropFirst())
            where next.microseconds - start.microseconds < (28 * 86_400 - 7200) * 1_000_000 {
                return "a month was credited at \(start) and at \(next)"
            }
        }
        return nil
    }

    package static let unpaidMonths = PurchaseProperty(
        name: "unpaid-months",
        sentence: "Credits that nobody paid for are those of a plan without a price, of an assigned one, or of the trial."
    ) { o in
        let free = o.catalogue.plans.flatMap(\.versions).filter(\.prices.isEmpty).map(\.monthlyCredits)
        for (before, after) in o.pairs {
            for (id, grant) in after.grants where before.grants[id] == nil && grant.isUnpaidMonth {
                if grant.terms.category == .promotional {
                    if (o.books.trials[after.id] ?? 0) == 0 { return "a trial's credits without a trial" }
                    continue
                }
                let assigned = (o.books.assigned[after.id] ?? []).compactMap { o.version($0)?.monthlyCredits }
                if !(free + assigned).contains(grant.terms.amount) {
                    return "\(grant.terms.amount) was given for nothing, from \(grant.terms.effectiveAt.map { "\($0)" } ?? "")"
                }
            }
        }
        return nil
    }

    package static let monthsLast = PurchaseProperty(
        name: "months-last", sentence: "A month's credits last to the end of that month, and of the months that the plan carries them over."
    ) { o in
        let over = o.catalogue.plans.flatMap(\.versions).map(\.rolloverMonths)
        for (before, after) in o.pairs {
            for (id, grant) in after.grants where before.grants[id] == nil && grant.terms.category == .plan {
                guard let start = grant.terms.effectiveAt, let end = grant.terms.expiresAt else { return "grant \(id) never ends" }
                let isUpgrade = grant.payment(in: after).map(\.isUpgrade) ?? false
                let isRight = Set(over).contains { months in
                    start.isMonth(before: end, months: months + 1)
                        || isUpgrade && end.microseconds - start.microseconds <= (31 * 86_400 + 7200) * 1_000_000 * (months + 1)
                }
                if !isRight { return "a month's credits last from \(start) to \(end)" }
            }
        }
        return nil
    }

    package static let periods = PurchaseProperty(
        name: "periods",
        sentence:
            "A paid period begins where it was bought to, at the end of the one before however late it is paid while the plan is kept, now when it has ended, lasts a month or a year, and is not paid again while it is paid."
    ) { o in
        for confirmation in o.confirmations {
            guard case .plan(let purchase, let interval) = confirmation.payment.purpose else { continue }
            if case .upgrade = purchase.kind { continue }
            guard let period = confirmation.payment.period else { return "\(purchase) has paid for no period" }
            switch purchase.kind {
            case .renewal(let end) where confirmation.before.standing?.status != .expired:
                if period.lowerBound != end { return "the renewal of \(end) begins at \(period.lowerBound)" }
                switch confirmation.before.standing?.state {
                case .trialing(_, .some(let next)), .paid(_, .some(let next)):
                    return "\(next.range) was paid ahead, and \(end) is paid again"
                case .paid(let running, nil) where running.lowerBound >= end: return "\(running) runs, and \(end) is paid again"
                default: break
                }
            default:
                var start = o.now
                if case .trialing(let trial, _) = confirmation.before.standing?.state,
                    confirmation.before.standing?.plan.plan == purchase.plan.plan
                {
                    start = trial.upperBound
                }
                if period.lowerBound != start { return "what was bought at \(o.now) begins at \(period.lowerBound), wanted \(start)" }
            }
            if !period.lowerBound.isMonth(before: period.upperBound, months: 1), interval == .month {
                return "a month lasts from \(period.lowerBound) to \(period.upperBound)"
            }
            let days = (period.upperBound.microseconds - period.lowerBound.microseconds) / 86_400_000_000
            if interval == .year, !(364...366).contains(days) { return "a year has \(days) days" }
        }
        return nil
    }

    package static let graceAndStates = PurchaseProperty(
        name: "states-by-time",
        sentence:
            "What is shown is decided by the moment alone: a trial, a period and its grace contain it, the next period follows at once, and grace has its days."
    ) { o in
        for state in o.after.workspaces {
            switch state.standing?.state {
            case .trialing(let period, let next), .paid(let period, let next):
                if !period.contains(o.now) { return "at \(o.now) a period of \(period) runs" }
                if let next, next.range.lowerBound != period.upperBound { return "\(next.range) follows \(period)" }
            case .pastDue(let since, let until):
                if !(since..<until).contains(o.now) { return "at \(o.now) grace of \(since) to \(until) runs" }
                let days = [o.policy.graceDays, o.policy.trialGraceDays]
                if !days.contains(where: { since.advanced(by: .seconds($0 * 86_400)) == until }) {
                    return "grace lasts from \(since) to \(until), wanted \(days) days"
                }
            case .canceled(let at), .expired(let at): if at > o.now { return "ended at \(at), after \(o.now)" }
            case .complimentary, nil: break
            }
        }
        return nil
    }

    package static let nothingLeftDue = PurchaseProperty(
        name: "nothing-left-due",
        sentence:
            "After a whole run of the clock nothing is due that was there before it, every month that has begun is credited, and no payment waits past its time."
    ) { o in
        guard o.acts.contains(.clockRan) else { return nil }
        for state in o.after.workspaces {
            if let due = state.dueAt, due <= o.now { return "a subscription is still due at \(due), now \(o.now)" }
            let before = o.before.workspaces.first { $0.id == state.id }
            for payment in state.payments where before?.payment(payment.id) != nil {
                if let due = payment.dueAt, due <= o.now {
                    return "a payment (\(payment.status)) is still due at \(due) (\(payment.task.map { "\($0)" } ?? "")), now \(o.now)"
                }
                if [.pending, .failed].contains(payment.status), payment.claim == nil, payment.expiresAt <= o.now,
                    payment.task != nil
                {
                    return "payment \(payment.id) is \(payment.status) since \(payment.expiresAt)"
                }
            }
            guard let stored = state.stored else { continue }
            let isFree: Bool =
                switch stored.state {
                case .complimentary: true
                case .canceled, .expired: o.policy.fallback != nil
                default: false
                }
            if isFree, stored.creditedThrough <= o.now { return "credits are given to \(stored.creditedThrough), now \(o.now)" }
        }
        return nil
    }

    package static let noOtherFailure = PurchaseProperty(
        name: "no-other-failure",
        sentence:
            "Nothing fails but for a provider that does not answer, a refund of more than there is, and a transfer in another currency than pounds."
    ) { o in
        for error in o.errors {
            if error.code == .invalidInput {
                if case .refund = o.step.action { continue }
                if case .open(_, _, let currency, .instaPay) = o.step.action, currency != .egp { continue }
            }
            if error.code == .unavailable, o.mood != .answers { continue }
            return "\(error)"
        }
        return nil
    }
}

extension Payment {
    fileprivate var isUpgrade: Bool {
        guard case .plan(let purchase, _) = purpose, case .upgrade = purchase.kind else { return false }
        return true
    }
}
