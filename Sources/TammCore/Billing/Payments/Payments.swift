internal import Logging
internal import Metrics

/// What became of a provider's notice.
public enum NoticeOutcome: Sendable, Hashable {
    /// It belongs to this payment, which is as it now stands; a repeated notice changes nothing.
    case noted(Payment)
    /// Nobody here has opened the order: what it says of money is kept for an administrator.
    case unmatched
}

/// Payments: opened for a purchase, confirmed by the provider or an administrator, and followed by credits and plan in
/// the same transaction.
///
/// A provider's word may come late, twice and out of order. Genuine money that does not pay what was asked is kept,
/// counted and shown; it grants nothing until an administrator applies it.
public struct Payments: Sendable {
    let billing: Billing
    /// How many payments a workspace may have open at one time.
    public static let maximumOpen = 20

    let logger = Logger(label: "tamm.payments")

    public init(
        store: any TammStore, time: TimeSource, entropy: EntropySource, wallets: Wallets,
        configuration: BillingConfiguration
    ) {
        self.init(
            Billing(store: store, time: time, entropy: entropy, wallets: wallets, configuration: configuration))
    }

    init(_ billing: Billing) { self.billing = billing }

    /// Opens a payment and its order with the provider; the same key opens it once.
    ///
    /// Where the provider does not answer, the payment is there without an order, and the clock asks again.
    ///
    /// - Throws: `notFound` for a plan that is not in the catalogue, or a stranger; `forbidden` without the permission
    ///   to manage billing; `conflict` for a key that has opened something else.
    public func open(
        _ request: PurchaseRequest, in currency: Currency, with provider: PaymentProviderName,
        for workspace: Identifier<Workspace>, key: IdempotencyKey, as principal: Principal
    ) async throws(TammError) -> BillingOutcome<Payment> {
        try await billing.authorize(.manageBilling, in: workspace, as: principal)
        guard billing.configuration.account(with: provider) != nil else { return .refused(.noProvider(provider)) }
        let id = Identifier<Payment>(derivedFrom: workspace, label: "payment:\(key)")
        let outcome = try await billing.work(in: workspace, by: principal) { work, t throws(TammError) in
            try work.open(id, request, in: currency, with: provider, in: t)
        }
        guard case .done(let payment) = outcome, payment.task == .order, payment.isWaiting else { return outcome }
        return .done(try await perform(payment) ?? payment)
    }

    /// The payment, with its status as of now; nil where the principal sees none.
    public func payment(_ place: PaymentPlace, as principal: Principal) async throws(TammError) -> Payment? {
        let now = billing.time.now()
        let found = try await billing.store.transaction(as: principal) { t throws(TammError) in try t.payment(place) }
        return found?.standing(at: now, rules: billing.rules)
    }

    /// The workspace's payments in the order of their identifiers, at most `limit` (1 to 1,000) after `cursor`.
    public func payments(
        of workspace: Identifier<Workspace>, after cursor: Identifier<Payment>? = nil, limit: Int = 100,
        as principal: Principal
    ) async throws(TammError) -> [Payment] {
        let limit = try pageLimit(limit)
        let (now, rules) = (billing.time.now(), billing.rules)
        return try await billing.store.transaction(as: principal) { t throws(TammError) in
            try t.payments(of: workspace, after: cursor, limit: limit)
        }.map { $0.standing(at: now, rules: rules) }
    }

    // MARK: What providers say

    /// Takes in what a provider says of a transaction.
    ///
    /// - Throws: `unavailable` when the store cannot be reached: answer the provider only after a return.
    @discardableResult
    public func receive(_ notice: PaymentNotice) async throws(TammError) -> NoticeOutcome {
        let (now, rules) = (billing.time.now(), billing.rules)
        let place = try await billing.store.transaction(as: .service) { t throws(TammError) in
            if let place = try t.payment(ordered: notice.order) { return place as PaymentPlace? }
            try BillingWork.keepApart(notice, at: now, rules: rules, in: t)
            return nil
        }
        guard let place else {
            count(notice.order.provider, "unmatched")
            logger.warning("a transaction of an order that nobody has opened", metadata: ["order": "\(notice.order)"])
            return .unmatched
        }
        let payment = try await apply(.noticed(notice), to: place, by: .service)
        count(notice.order.provider, payment.status.rawValue)
        return .noted(payment)
    }

    /// Applies an event to a payment; what the wallet does not take is kept as unapplied money.
    @discardableResult
    func apply(_ event: PaymentEvent, to place: PaymentPlace, by actor: Principal) async throws(TammError) -> Payment {
        try await keepingRefused { keeping throws(TammError) in
            try await billing.work(in: place.workspace, by: actor) { work, t throws(TammError) in
                var payment = try work.payment(place, in: t)
                _ = try work.apply(event, to: &payment, keeping: keeping, in: t)
                return payment
            }
        }
    }

    /// Does a unit of work, and does it once more where the wallet does not take what was paid for: then the money is
    /// kept.
    func keepingRefused<Value>(
        _ body: (_ keeping: PaymentTransaction.Unapplied?) async throws(TammError) -> Value
    ) async throws(TammError) -> Value {
        do throws(TammError) { return try await body(nil) } catch {
            guard error.reason == BillingWork.walletRefused else { throw error }
            logger.error("credits that were paid for do not fit the wallet", metadata: ["error": "\(error)"])
            return try await body(.walletRefused)
        }
    }

    private func count(_ provider: PaymentProviderName, _ outcome: String) {
        Counter(label: "tamm_payment_notices", dimensions: [("provider", provider.text), ("outcome", outcome)])
            .increment()
    }
}

extension BillingWork {
    /// The payment, under the workspace's lock, after what time has done to the subscription: credits are given and
    /// taken back in the order in which that fell due.
    mutating func payment(
        _ place: PaymentPlace, in t: borrowing some StoreTransaction & ~Copyable
    ) throws(TammError) -> Payment {
        if subscription != nil { _ = try apply(.timePassed, in: t) }
        guard let payment = try t.payment(place) else { throw TammError(.notFound, "no payment \(place.id)") }
        return payment
    }

    mutating func open(
        _ id: Identifier<Payment>, _ request: PurchaseRequest, in currency: Currency,
        with provider: PaymentProviderName, isTopUp: Bool = false, in t: borrowing some StoreTransaction & ~Copyable
    ) throws(TammError) -> BillingOutcome<Payment> {
        if let present = try t.payment(PaymentPlace(workspace: workspace, id: id)) {
            guard present.answers(request, in: currency, with: provider) else {
                throw TammError(
                    .conflict, "the key has opened another payment, of \(present.amount)", field: "request")
            }
            return .done(present.standing(at: now, rules: rules))
        }
        guard let account = configuration.account(with: provider) else { return .refused(.noProvider(provider)) }
        let plan = rules.catalogue.plans[0].current.reference
        let present = subscription ?? .none(in: workspace, plan: plan, at: now)
        let quote: Quote
        switch try present.quote(request, in: currency, isTopUp: isTopUp, at: now, rules: rules) {
        case .refused(let refusal): return .refused(refusal)
        case .done(let made): quote = made
        }
        if provider == .instaPay, let limit = try transferLimit(brokenBy: quote.amount, in: t) {
            return .refused(.aboveTransferLimit(maximum: limit))
        }
        guard try opened(with: provider, in: t) < Payments.maximumOpen else { return .refused(.tooManyPayments) }
        let hours = provider == .instaPay ? rules.policy.transferHours : rules.policy.paymentHours
        let payment = try Payment(
            opening: id, in: workspace, quote.purpose, quote.amount, with: provider, account: account,
            isAutomatic: isTopUp, at: now, orderedBy: now.advanced(by: .seconds(60)), expiresAt: now.advanced(by: .seconds(hours * 3600)))
        try t.put(payment)
        try record("payment.opened", "payment", id.description, Self.details(payment))
        return .done(payment)
    }

    /// How many of the workspace's payments with the provider wait for their money.
    private func opened(
        with provider: PaymentProviderName, in t: borrowing some PaymentRecords & ~Copyable
    ) throws(TammError) -> Int {
        let hours = provider == .instaPay ? rules.policy.transferHours : rules.policy.paymentHours
        let recent = try t.payments(
            of: workspace, with: provider, openedIn: now.advanced(by: .seconds(-3600 * hours)) ..< .max,
            limit: maximumPage)
        return recent.count { $0.standing(at: now, rules: rules).isWaiting }
    }

    private func transferLimit(
        brokenBy amount: Money, in t: borrowing some PaymentRecords & ~Copyable
    ) throws(TammError) -> Money? {
        guard let instaPay = configuration.instaPay else { return nil }
        let calendar = rules.policy.calendar
        func opened(in range: Range<Timestamp>) throws(TammError) -> [Money] {
            try t.payments(of: workspace, with: .instaPay, openedIn: range, limit: maximumPage).compactMap {
                [.pending, .confirmed, .unknown].contains($0.standing(at: now, rules: rules).status) ? $0.amount : nil
            }
        }
        return try instaPay.limit(
            brokenBy: amount, today: opened(in: calendar.day(of: now)),
            thisMonth: opened(in: calendar.calendarMonth(of: now)))
    }
}

extension Payment {
    /// Whether it was opened by this very request.
    fileprivate func answers(
        _ request: PurchaseRequest, in currency: Currency, with provider: PaymentProviderName
    ) -> Bool {
        guard amount.currency == currency, self.provider == provider else { return false }
        return switch (request, purpose) {
        case (.plan(let plan, let interval), .plan(let purchase, per: let bought)):
            purchase.plan.plan == plan && interval == bought && !purchase.isRenewal
        case (.renewal, .plan(let purchase, _)): purchase.isRenewal
        case (.pack(let pack), .credits(let purchase)): purchase.pack == pack
        default: false
        }
    }
}

extension PlanPurchase {
    var isRenewal: Bool { if case .renewal = kind { true } else { false } }
}
