/// One movement of a payment's credits that follows its money back, or there again.
struct PaymentWithdrawal: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// Taken back for good; `through` is what that makes in all of this grant.
        case withdraw(through: Credits)
        /// Taken back for a dispute.
        case dispute
        /// Given back: the dispute was won.
        case reinstate
    }

    /// The position in ``Payment/grants``.
    let position: Int
    let kind: Kind
    let amount: Credits
}

extension Payment {
    /// What is to be taken or given back so that the credits follow the money; books it as done.
    ///
    /// Of a payment for several months those that come last go back first.
    mutating func withdrawals(rules: BillingRules) -> [PaymentWithdrawal] {
        guard let applied else { return [] }
        var movements: [PaymentWithdrawal] = []
        if applied.dispute == .won {
            for position in grants.indices where !grants[position].disputed.isZero {
                movements.append(.init(position: position, kind: .reinstate, amount: grants[position].disputed))
                grants[position].disputed = .zero
            }
        }
        let refunded = applied.isVoided ? applied.captured : min(applied.refunded, applied.captured)
        let total = grants.reduce(Int64(0)) { sum, grant in
            let (more, overflow) = sum.addingReportingOverflow(grant.amount.micro)
            return overflow ? .max : more
        }
        var rest = rules.withdraws(total, refunded, applied.captured)
        for position in grants.indices.reversed() {
            let grant = grants[position]
            let target = min(rest, grant.amount.micro)
            rest -= target
            let more = target - grant.withdrawn.micro - grant.disputed.micro
            guard more > 0 else { continue }
            grants[position].withdrawn = Credits(unchecked: grant.withdrawn.micro + more)
            movements.append(
                .init(
                    position: position, kind: .withdraw(through: grants[position].withdrawn),
                    amount: Credits(unchecked: more)))
        }
        if applied.dispute == .open || applied.dispute == .lost {
            for position in grants.indices {
                let grant = grants[position]
                let more = grant.amount.micro - grant.withdrawn.micro - grant.disputed.micro
                guard more > 0 else { continue }
                grants[position].disputed = Credits(unchecked: grant.disputed.micro + more)
                movements.append(.init(position: position, kind: .dispute, amount: Credits(unchecked: more)))
            }
        }
        return movements
    }
}
