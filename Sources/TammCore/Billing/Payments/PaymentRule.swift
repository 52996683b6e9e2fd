/// What can happen to a payment, beside that time passes.
public enum PaymentEvent: Sendable, Hashable {
    /// Nothing: only what has fallen due happens.
    case timePassed
    /// The provider has opened the order.
    case ordered(ProviderReference)
    case noticed(PaymentNotice)
    /// The provider was asked, and what it told is noticed.
    case answered
    /// The provider was asked and did not answer.
    case unanswered
    /// The saved card is to be charged, once more.
    case chargeAsked
    /// The provider is being asked to charge it: until it answers nobody knows whether it was.
    case chargeBegun
    /// The provider is being asked to capture, refund or void: until it answers nobody knows whether it has.
    case callBegun(Payment.Refunds.Open?)
    /// The payer says that a transfer was made.
    case claimed(Payment.Claim)
    /// An administrator found no such transfer.
    case rejected
    /// An administrator applies money that did nothing by itself.
    case applied(transaction: String)
    /// What was paid for could not be given.
    case kept(PaymentTransaction.Unapplied)
}

/// What a change of a payment asks to be done in the same transaction.
public enum PaymentEffect: Sendable, Hashable {
    /// Give what was paid for.
    case fulfil
    /// Take credits back, or give them back, as far as the money went.
    case withdraw
    /// The money of a plan was returned in whole: what becomes of the plan is policy.
    case revoke(isDispute: Bool)
    /// The bank has given a plan's money back to us: the plan may go on where it was.
    case restore
    /// Genuine money did nothing by itself, and somebody has to look.
    case keptUnapplied(transaction: String, Money, PaymentTransaction.Unapplied)
    /// There are more transactions than a payment takes; this one is to be kept apart.
    case overflowed(PaymentNotice)
}

extension Payment {
    /// Does what time and the event do, and says what else is to be done. A refusal changes nothing but what time did.
    ///
    /// Reports of a transaction are merged: they may come late, twice and in any order, and come to the same.
    ///
    /// - Throws: `conflict` for a second order.
    public mutating func apply(
        _ event: PaymentEvent, at now: Timestamp, rules: BillingRules
    ) throws(TammError) -> (effects: [PaymentEffect], refusal: BillingRefusal?) {
        var decision = PaymentDecision(self, at: now, rules: rules)
        decision.expire()
        let refusal = try decision.decide(event)
        decision.settleStatus()
        decision.expire()
        self = decision.payment
        return (decision.effects, refusal)
    }

    /// As it stands at that moment, whether or not the clock has run.
    public func standing(at now: Timestamp, rules: BillingRules) -> Payment {
        var payment = self
        var decision = PaymentDecision(self, at: now, rules: rules)
        decision.expire()
        payment.status = decision.payment.status
        return payment
    }

    /// Whether money for it may still come.
    var isWaiting: Bool { [.pending, .failed, .unknown].contains(status) }
}

/// A payment while one decision is made about it.
struct PaymentDecision {
    var payment: Payment
    let now: Timestamp
    let rules: BillingRules
    var effects: [PaymentEffect] = []

    init(_ payment: Payment, at now: Timestamp, rules: BillingRules) {
        self.payment = payment
        self.now = now
        self.rules = rules
    }

    /// Gives it up when its time is over, unless the provider's answer or an administrator's is awaited.
    mutating func expire() {
        switch payment.status {
        case .pending, .failed:
            guard !payment.hasOpenClaim, payment.applied == nil, rules.isLate(payment.expiresAt, now) else { return }
            payment.status = .expired
            wait()
        case .confirmed, .expired, .partlyRefunded, .refunded, .voided, .unknown: break
        }
    }

    mutating func schedule(_ task: Payment.Task?, at moment: Timestamp? = nil) {
        payment.task = task
        payment.dueAt = task == nil ? nil : moment ?? now
        if task == nil { payment.attempts = 0 }
    }

    /// The next thing to do for a payment that waits for its money: ask shortly before its end, then end it.
    mutating func wait() {
        guard payment.refunds.open == nil else {
            if payment.task != .inquire { schedule(.inquire, at: now.advanced(by: .seconds(60))) }
            return
        }
        guard payment.isWaiting, !payment.hasOpenClaim else { return schedule(nil) }
        let lifetime = payment.expiresAt.microseconds - payment.openedAt.microseconds
        let asking = Timestamp(unchecked: payment.expiresAt.microseconds - lifetime / 4)
        if now < asking { schedule(.inquire, at: asking) } else { schedule(.expire, at: max(payment.expiresAt, now)) }
        payment.attempts = 0
    }

    mutating func decide(_ event: PaymentEvent) throws(TammError) -> BillingRefusal? {
        switch event {
        case .timePassed: return nil
        case .ordered(let order): try ordered(order)
        case .noticed(let notice): notice.fact == .changed ? schedule(.inquire) : note(notice)
        case .answered:
            if payment.status == .unknown { payment.status = .pending }
            closeRefund()
            wait()
        case .unanswered: unanswered()
        case .chargeAsked:
            guard [.pending, .failed].contains(payment.status) else { return .paymentClosed(payment.status) }
            guard !isMoneyUnderWay, !isAsking else { return .underWay }
            payment.isAutomatic = true
            schedule(payment.order == nil ? .order : .charge)
        case .chargeBegun:
            guard [.pending, .failed].contains(payment.status), payment.task == .charge else {
                return .paymentClosed(payment.status)
            }
            guard !isMoneyUnderWay else {
                wait()
                return .underWay
            }
            payment.status = .unknown
            schedule(.inquire, at: now.advanced(by: .seconds(60)))
        case .callBegun(let refund):
            guard payment.refunds.open == nil, payment.task != .inquire || payment.isWaiting else { return .underWay }
            payment.refunds.open = refund
            schedule(.inquire, at: now.advanced(by: .seconds(600)))
        case .claimed(let claim):
            guard payment.claim == nil, rules.takesClaim(payment.status) else {
                return .paymentClosed(payment.status)
            }
            payment.claim = claim
            schedule(nil)
        case .rejected:
            guard payment.claim != nil, payment.applied == nil else { return .paymentClosed(payment.status) }
            payment.claim = nil
            payment.status = .failed
            schedule(nil)
        case .applied(let id): return applyKept(id)
        case .kept(let reason):
            guard let index = payment.transactions.firstIndex(where: { $0.use == .applied }) else { return .noMoney }
            keep(index, reason)
            payment.status = .failed
            wait()
        }
        return nil
    }

    /// What the provider has told says whether the refund was done.
    private mutating func closeRefund() {
        guard let open = payment.refunds.open else { return }
        payment.refunds.open = nil
        let row = payment.transactions.first { $0.id == open.transaction }
        if let row, row.isVoided || row.refunded >= open.through { payment.refunds.done.append(open.key) }
    }

    /// Whether some of the payer's money is reserved, undecided or kept: no more of it is to be asked for.
    private var isMoneyUnderWay: Bool {
        payment.transactions.contains { transaction in
            switch transaction.progress {
            case .pending, .authorized: !transaction.isVoided
            case .declined: false
            case .captured: transaction.unapplied > 0
            }
        }
    }

    private mutating func ordered(_ order: ProviderReference) throws(TammError) {
        guard order.provider == payment.provider, order.account == payment.account else {
            throw TammError(
                .invalidInput, "wanted an order of \(payment.provider):\(payment.account), found \(order)", field: "order")
        }
        guard payment.order == nil || payment.order == order else {
            throw TammError(.conflict, "payment \(payment.id) has another order than \(order)", field: "order")
        }
        guard payment.order == nil else { return }
        payment.order = order
        if payment.isAutomatic, payment.isWaiting { schedule(.charge) } else { wait() }
    }

    /// Waits longer each time: a minute, then five times as long, to a day.
    private mutating func unanswered() {
        if payment.applied == nil, payment.order != nil, [.pending, .failed].contains(payment.status) {
            payment.status = .unknown
        }
        guard payment.order != nil || payment.isWaiting else { return schedule(nil) }
        let attempts = payment.attempts + 1
        let minutes = (0..<min(attempts - 1, 6)).reduce(Int64(1)) { minutes, _ in min(minutes * 5, 1440) }
        schedule(payment.order == nil ? .order : .inquire, at: now.advanced(by: .seconds(minutes * 60)))
        payment.attempts = attempts
    }

    // MARK: What the provider says

    private mutating func note(_ notice: PaymentNotice) {
        let index: Int
        if let known = payment.transactions.firstIndex(where: { $0.id == notice.transaction }) {
            index = known
        } else {
            if payment.transactions.count == Payment.maximumTransactions {
                guard let idle = payment.transactions.firstIndex(where: \.isIdle)
                else { return effects.append(.overflowed(notice)) }
                payment.transactions.remove(at: idle)
            }
            payment.transactions.append(PaymentTransaction(id: notice.transaction, firstSeenAt: now))
            index = payment.transactions.count - 1
        }
        let before = payment.transactions[index]
        payment.transactions[index].merge(notice.fact, rules: rules)
        let wasWaiting = payment.isWaiting
        judge(index)
        follow(index, from: before)
        guard wasWaiting, !isAsking, payment.status != .unknown else { return }
        if payment.isWaiting, payment.task == .order || payment.task == .charge { return }
        wait()
    }

    /// Whether the provider is to be asked at once.
    private var isAsking: Bool { payment.task == .inquire && payment.dueAt.map { $0 <= now } ?? false }

    /// Decides what captured money does, once.
    private mutating func judge(_ index: Int) {
        let transaction = payment.transactions[index]
        guard transaction.use == nil, rules.isRevenue(transaction.progress), let money = transaction.money else {
            return
        }
        if rules.isTaken(payment.applied != nil) { return keep(index, .twice) }
        switch payment.status {
        case .pending, .failed, .unknown: break
        case .confirmed, .expired, .partlyRefunded, .refunded, .voided: return keep(index, .late)
        }
        if let mismatch = rules.mismatch(payment.amount, money) { return keep(index, mismatch) }
        if transaction.returned > 0 { return keep(index, .returned) }
        use(index)
    }

    private mutating func use(_ index: Int) {
        payment.transactions[index].use = .applied
        payment.status = .confirmed
        effects.append(.fulfil)
        if payment.transactions[index].returned > 0 { effects.append(.withdraw) }
    }

    private mutating func keep(_ index: Int, _ reason: PaymentTransaction.Unapplied) {
        payment.transactions[index].use = .unapplied(reason)
        effects.removeAll { $0 == .fulfil || $0 == .withdraw }
        guard let money = payment.transactions[index].money else { return }
        effects.append(.keptUnapplied(transaction: payment.transactions[index].id, money, reason))
    }

    /// Credits follow applied money back.
    private mutating func follow(_ index: Int, from before: PaymentTransaction) {
        let after = payment.transactions[index]
        guard before.use == .applied, after.returned != before.returned else { return }
        effects.append(.withdraw)
        if after.returned == after.captured {
            effects.append(.revoke(isDispute: before.dispute != after.dispute))
        } else if before.returned == before.captured {
            effects.append(.restore)
        }
    }

    private mutating func applyKept(_ id: String) -> BillingRefusal? {
        guard let index = payment.transactions.firstIndex(where: { $0.id == id }),
            payment.transactions[index].unapplied > 0
        else { return .noMoney }
        guard payment.applied == nil else { return .paymentClosed(payment.status) }
        guard payment.refunds.open == nil else { return .underWay }
        use(index)
        if !isAsking { wait() }
        return nil
    }

    /// What the transactions make of the payment.
    mutating func settleStatus() {
        if let applied = payment.applied {
            if applied.returned == 0 {
                payment.status = .confirmed
            } else if applied.returned < applied.captured {
                payment.status = .partlyRefunded
            } else {
                payment.status = applied.isVoided ? .voided : .refunded
            }
            return
        }
        guard [.pending, .failed].contains(payment.status), let last = payment.transactions.last else { return }
        switch last.progress {
        case .declined: payment.status = .failed
        case .pending, .authorized: payment.status = last.isVoided ? .failed : .pending
        case .captured: break
        }
    }
}

extension PaymentTransaction {
    /// Whether nothing is lost when it is forgotten: declined, and nothing else was said of it.
    fileprivate var isIdle: Bool {
        progress == .declined && money == nil && refunded == 0 && !isVoided && dispute == .none
    }

    init(id: String, firstSeenAt: Timestamp) {
        self.init(
            id: id, progress: .pending, money: nil, refunded: 0, isVoided: false, dispute: .none, use: nil,
            firstSeenAt: firstSeenAt)
    }

    /// Takes in a report; the order of reports does not matter.
    mutating func merge(_ fact: PaymentNotice.Fact, rules: BillingRules) {
        switch fact {
        case .pending, .changed: break
        case .declined: progress = max(progress, .declined)
        case .authorized(let reserved):
            guard progress < .authorized else { return }
            progress = .authorized
            money = reserved
        case .captured(let received):
            guard progress < .captured else { return }
            progress = .captured
            money = received
        case .refunded(let total): refunded = max(0, rules.refunded(refunded, total))
        case .voided: isVoided = true
        case .disputed(let dispute): self.dispute = max(self.dispute, dispute)
        }
    }
}
