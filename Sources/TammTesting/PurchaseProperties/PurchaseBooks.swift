package import TammCore

/// What the run itself knows of money and permissions, without asking the store: what providers and administrators
/// have said, and who has decided what.
package struct PurchaseBooks: Sendable {
    /// What was said of one transaction, in whatever order.
    package struct Told: Sendable, Hashable {
        package var captured: Money?
        package var refunded: Int64 = 0
        package var isVoided = false
        package var dispute = PaymentTransaction.Dispute.none
        /// In which step the capture was first heard of.
        package var step: Int?

        package var received: Int64 { captured?.minorUnits ?? 0 }

        package var returned: Int64 {
            if isVoided || dispute == .open || dispute == .lost { return received }
            return min(refunded, received)
        }
    }

    /// A plan that a workspace may have, from when and until when at the latest.
    package struct Cover: Sendable, Hashable {
        package let rank: Int64
        package let from: Timestamp
        package var until: Timestamp
        package let payment: Identifier<Payment>?
    }

    package typealias Place = UnmatchedTransaction.Place

    package private(set) var told: [Place: Told] = [:]
    /// Said while the store failed: it may have been taken in or not.
    private var doubtful: [PaymentNotice] = []
    /// Which money an administrator has applied.
    package private(set) var applied: Set<Place> = []
    package private(set) var trials: [Identifier<Workspace>: Int] = [:]
    package private(set) var covers: [Identifier<Workspace>: [Cover]] = [:]
    private var uncovered: [Identifier<Workspace>: [Cover]] = [:]
    /// Plans that administrators have put a workspace on.
    package private(set) var assigned: [Identifier<Workspace>: Set<PlanVersionReference>] = [:]
    /// The largest monthly maximum since the rule was first set.
    package private(set) var topUpMaximum: [Identifier<Workspace>: Int] = [:]

    /// Grants of months to come that were taken back because the plan ended.
    package private(set) var withdrawn: Set<Identifier<Grant>> = []
    /// Top-ups of a rule that was removed.
    package private(set) var forgottenTopUps: Set<Identifier<Payment>> = []

    package init() {}

    mutating func noteWithdrawn(_ grant: Identifier<Grant>) { withdrawn.insert(grant) }

    mutating func forgetTopUps(_ payments: [Identifier<Payment>]) { forgottenTopUps.formUnion(payments) }

    /// Takes in what was said in a step.
    mutating func hear(_ notices: [PaymentNotice], step: Int, isCertain: Bool) {
        guard isCertain else {
            doubtful += notices
            return
        }
        for notice in notices {
            told[Place(order: notice.order, transaction: notice.transaction), default: Told()].take(notice.fact, step)
        }
    }

    /// What was said while the store failed counts as heard where the store knows of it.
    mutating func settleDoubts(_ state: PurchaseState, step: Int) {
        doubtful.removeAll { notice in
            let place = Place(order: notice.order, transaction: notice.transaction)
            guard let row = state.row(at: place), row.knows(notice.fact) else { return false }
            told[place, default: Told()].take(notice.fact, step)
            return true
        }
    }

    mutating func note(_ act: PurchaseAct) {
        switch act {
        case .applied(let place): applied.insert(place)
        case .trialBegan(let workspace): trials[workspace, default: 0] += 1
        case .assigned(let workspace, let plan): assigned[workspace, default: []].insert(plan)
        case .topUpSet(let workspace, let maximum):
            topUpMaximum[workspace] = maximum.map { max($0, topUpMaximum[workspace] ?? 0) }
        default: break
        }
    }

    mutating func cover(_ workspace: Identifier<Workspace>, _ cover: Cover) {
        covers[workspace, default: []].append(cover)
    }

    mutating func uncover(_ workspace: Identifier<Workspace>, _ isGone: (Cover) -> Bool) {
        uncovered[workspace, default: []] += covers[workspace]?.filter(isGone) ?? []
        covers[workspace]?.removeAll(where: isGone)
    }

    /// The payment's money is ours again, and with it what it had paid for.
    mutating func recover(_ workspace: Identifier<Workspace>, _ payment: Identifier<Payment>) {
        covers[workspace, default: []] += uncovered[workspace]?.filter { $0.payment == payment } ?? []
    }
}

extension PurchaseBooks.Told {
    fileprivate mutating func take(_ fact: PaymentNotice.Fact, _ step: Int) {
        switch fact {
        case .captured(let money):
            captured = captured ?? money
            self.step = self.step ?? step
        case .refunded(let total): refunded = max(refunded, total)
        case .voided: isVoided = true
        case .disputed(let dispute): self.dispute = max(self.dispute, dispute)
        case .pending, .declined, .authorized, .changed: break
        }
    }
}

extension PaymentTransaction {
    /// Whether it shows that this was said.
    fileprivate func knows(_ fact: PaymentNotice.Fact) -> Bool {
        switch fact {
        case .captured: progress == .captured
        case .refunded(let total): refunded >= total
        case .voided: isVoided
        case .disputed(let dispute): self.dispute >= dispute
        case .pending, .declined, .authorized, .changed: true
        }
    }
}

/// What was done in a step and was not refused.
package enum PurchaseAct: Sendable, Hashable {
    case began(Identifier<Workspace>, PlanID)
    case trialBegan(Identifier<Workspace>)
    case assigned(Identifier<Workspace>, PlanVersionReference)
    /// By an administrator.
    case applied(PurchaseBooks.Place)
    case claimed(PaymentPlace)
    /// Nil: the rule was removed.
    case topUpSet(Identifier<Workspace>, maximum: Int?)
    /// Everything that was due was done.
    case clockRan
}
