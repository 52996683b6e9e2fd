private import Synchronization
public import TammCore

/// A provider in the process's memory, for tests and demonstrations: its orders are opened, paid, declined, refunded and
/// disputed as the test says, and it tells of them when asked. It keeps its own books, to be compared.
public final class SimulatedProvider: Sendable {
    /// Money of one order, as the provider has it.
    public struct Charge: Sendable, Hashable {
        public let id: String
        public let order: ProviderReference
        public var money: Money
        public var isReserved: Bool
        public var isDeclined: Bool
        public var refunded: Int64
        public var isVoided: Bool
        public var dispute: PaymentTransaction.Dispute

        /// What is ours of it, in minor units.
        public var kept: Int64 {
            if isReserved || isDeclined || isVoided || dispute == .open || dispute == .lost { return 0 }
            return money.minorUnits - refunded
        }
    }

    /// What the provider does with the next call that moves money.
    public enum Mood: Sendable, Hashable {
        case answers, declines
        /// It does nothing and does not answer.
        case isDown
        /// It does what is asked, and its answer is lost.
        case losesAnswers
    }

    private struct State {
        var charges: [String: Charge] = [:]
        var byOrder: [ProviderReference: [String]] = [:]
        var orders: [Identifier<Payment>: ProviderReference] = [:]
        var refunds: Set<IdempotencyKey> = []
        var next: Int64
        var mood = Mood.answers
    }

    public let name: PaymentProviderName
    public let account: String
    private let state: Mutex<State>

    /// - Parameter firstOrder: the number of the first order; those after it and the transactions count on from it.
    public init(_ name: PaymentProviderName = .paymob, account: String = "302852", firstOrder: Int64 = 1000) {
        self.name = name
        self.account = account
        state = Mutex(State(next: firstOrder))
    }

    /// As Tamm calls it.
    public var provider: PaymentProvider {
        PaymentProvider(
            name, account: account,
            opens: { payment throws(TammError) in try self.open(payment) },
            tells: { payment throws(TammError) in
                try self.answer()
                return try self.facts(of: payment.order)
            },
            charges: { payment, _ throws(TammError) in
                guard let order = payment.order else { throw TammError(.notFound, "no order of \(payment.id)") }
                return try self.move { () throws(TammError) in
                    let isDeclined = self.mood == .declines
                    return try self.charge(order, payment.amount, isDeclined: isDeclined)
                }
            },
            captures: { _, id throws(TammError) in
                try self.move { () throws(TammError) in try self.change(id) { $0.isReserved = false } }
            },
            refunds: { _, id, money, key throws(TammError) in
                try self.move { () throws(TammError) in
                    let isNew = self.state.withLock { $0.refunds.insert(key).inserted }
                    return try self.change(id) {
                        guard isNew else { return }
                        $0.refunded = min($0.money.minorUnits, $0.refunded + money.minorUnits)
                    }
                }
            },
            voids: { _, id throws(TammError) in
                try self.move { () throws(TammError) in try self.change(id) { $0.isVoided = true } }
            })
    }

    public var mood: Mood {
        get { state.withLock { $0.mood } }
        set { state.withLock { $0.mood = newValue } }
    }

    /// The order that was opened for a payment; nil before. The payer may know it although Tamm was not answered.
    public func order(of payment: Identifier<Payment>) -> ProviderReference? { state.withLock { $0.orders[payment] } }

    /// All that moved, by id.
    public var charges: [Charge] { state.withLock { $0.charges.values.sorted { $0.id < $1.id } } }

    /// What moved for one order, the earliest first.
    public func charges(of order: ProviderReference) -> [Charge] {
        state.withLock { state in (state.byOrder[order] ?? []).compactMap { state.charges[$0] } }
    }

    private func answer() throws(TammError) {
        guard mood != .isDown else { throw TammError(.unavailable, "\(name) does not answer") }
    }

    private func move(
        _ body: () throws(TammError) -> [PaymentNotice]
    ) throws(TammError) -> [PaymentNotice] {
        try answer()
        let notices = try body()
        guard mood != .losesAnswers else { throw TammError(.unavailable, "the answer of \(name) was lost") }
        return notices
    }

    private func open(_ payment: Payment) throws(TammError) -> ProviderReference {
        try answer()
        let order = try state.withLock { state throws(TammError) -> ProviderReference in
            if let order = state.orders[payment.id] { return order }
            let order = try ProviderReference(name, account: account, String(state.next))
            state.next += 1
            state.orders[payment.id] = order
            return order
        }
        guard mood != .losesAnswers else { throw TammError(.unavailable, "the answer of \(name) was lost") }
        return order
    }

    // MARK: What payers and banks do

    /// The payer pays so much for the order; what the provider then delivers.
    @discardableResult
    public func charge(
        _ order: ProviderReference, _ money: Money, isReserved: Bool = false, isDeclined: Bool = false
    ) throws(TammError) -> [PaymentNotice] {
        let charge = state.withLock { state -> Charge in
            defer { state.next += 1 }
            let charge = Charge(
                id: String(state.next), order: order, money: money, isReserved: isReserved, isDeclined: isDeclined,
                refunded: 0, isVoided: false, dispute: .none)
            state.charges[charge.id] = charge
            state.byOrder[order, default: []].append(charge.id)
            return charge
        }
        return try notices(of: charge)
    }

    /// Something happens to a charge; what the provider then delivers.
    ///
    /// - Throws: `notFound` without the charge.
    @discardableResult
    public func change(
        _ id: String, _ body: @Sendable (inout Charge) -> Void
    ) throws(TammError) -> [PaymentNotice] {
        let changed = state.withLock { state -> Charge? in
            guard var charge = state.charges[id] else { return nil }
            body(&charge)
            state.charges[id] = charge
            return charge
        }
        guard let changed else { throw TammError(.notFound, "no charge \(id)") }
        return try notices(of: changed)
    }

    /// All there is to say of an order.
    public func facts(of order: ProviderReference?) throws(TammError) -> [PaymentNotice] {
        var notices: [PaymentNotice] = []
        guard let order else { return [] }
        for charge in charges(of: order) { notices += try self.notices(of: charge) }
        return notices
    }

    /// All there is to say of a charge.
    public func notices(of charge: Charge) throws(TammError) -> [PaymentNotice] {
        var facts: [PaymentNotice.Fact] = []
        if charge.isDeclined {
            facts.append(.declined)
        } else {
            facts.append(charge.isReserved ? .authorized(charge.money) : .captured(charge.money))
        }
        if charge.refunded > 0 { facts.append(.refunded(charge.refunded)) }
        if charge.isVoided { facts.append(.voided) }
        if charge.dispute != .none { facts.append(.disputed(charge.dispute)) }
        var notices: [PaymentNotice] = []
        for fact in facts { notices.append(try PaymentNotice(order: charge.order, transaction: charge.id, fact)) }
        return notices
    }
}
