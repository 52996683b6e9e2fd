import TammCore

extension PurchaseBooks {
    /// Takes in what the step's confirmations, decisions and returned money allow a workspace to have.
    mutating func cover(_ o: PurchaseObservation) {
        for entry in o.entries {
            if let grant = entry.grant, let key = entry.command, key.text.hasPrefix("tamm:withdraw:") { noteWithdrawn(grant) }
        }
        for (before, after) in o.pairs {
            for act in o.acts { note(act, before, after, o) }
            if [.canceled, .expired].contains(after.standing?.status) { uncover(after.id) { $0.payment == nil } }
            for payment in after.payments where isReturned(payment) {
                guard let earlier = before.payment(payment.id), !earlier.isReturned else { continue }
                let isDispute = payment.applied.map { !$0.isVoided && $0.refunded < $0.captured } ?? false
                if case .paid(let range, .some) = after.standing?.state, payment.period == range { continue }
                guard (isDispute ? o.policy.afterDispute : o.policy.afterRefund) == .endsPlan else { continue }
                if case .pastDue = before.standing?.state { continue }
                uncover(after.id) { $0.payment == payment.id }
            }
            for payment in after.restored(since: before) { recover(after.id, payment.id) }
        }
        for confirmation in o.confirmations { cover(confirmation, o) }
    }

    private func isReturned(_ payment: Payment) -> Bool { payment.isReturned }

    private mutating func note(
        _ act: PurchaseAct, _ before: WorkspaceState, _ after: WorkspaceState, _ o: PurchaseObservation
    ) {
        switch act {
        case .began(after.id, _), .assigned(after.id, _):
            if let plan = after.standing?.plan { cover(after.id, Cover(rank: o.rank(of: plan), from: o.now, until: .max, payment: nil)) }
        case .trialBegan(after.id):
            guard let plan = after.standing?.plan, let version = o.version(plan) else { return }
            let until = o.now.advanced(by: .seconds((version.trialDays + o.policy.trialGraceDays) * 86_400))
            cover(after.id, Cover(rank: o.rank(of: plan), from: o.now, until: until, payment: nil))
        case .topUpSet(after.id, maximum: nil):
            forgetTopUps(before.payments.filter(\.isTopUp).map(\.id))
        default: break
        }
    }

    private mutating func cover(_ confirmation: PurchaseObservation.Confirmation, _ o: PurchaseObservation) {
        guard case .plan(let purchase, let interval) = confirmation.payment.purpose else { return }
        let grace = Duration.seconds(o.policy.graceDays * 86_400)
        let longest = Duration.seconds((interval == .year ? 366 : 31) * 86_400 + 3600)
        var (from, until) = (o.now, o.now)
        switch purchase.kind {
        case .renewal where confirmation.before.standing?.status == .expired: until = o.now.advanced(by: longest)
        case .renewal(let end): (from, until) = (end, end.advanced(by: longest))
        case .upgrade(_, let end): until = end
        case .upgradeToYear: until = o.now.advanced(by: longest)
        case .start:
            var start = o.now
            if case .trialing(let trial, _) = confirmation.before.standing?.state { start = trial.upperBound }
            until = start.advanced(by: longest)
        }
        cover(
            confirmation.after.id,
            Cover(
                rank: o.rank(of: purchase.plan), from: from, until: until.advanced(by: grace), payment: confirmation.payment.id))
    }
}

extension WorkspaceState {
    /// The payments whose money came back to us after a dispute.
    func restored(since before: WorkspaceState) -> [Payment] {
        payments.filter { payment in
            guard let earlier = before.payment(payment.id) else { return false }
            return earlier.isReturned && !payment.isReturned
        }
    }
}

extension Payment {
    /// Whether all of the money that paid for it went back.
    var isReturned: Bool { applied.map { $0.returned == $0.captured } ?? false }

    /// Whether the workspace's rule bought it.
    var isTopUp: Bool { if case .credits(let purchase) = purpose { purchase.isTopUp } else { false } }
}
