internal import Logging

extension Payments {
    /// Does the payment's task with its provider, outside of any transaction, and takes in the answer; nil where the
    /// task has been done meanwhile.
    ///
    /// A provider that is not configured, as for transfers, is one that knows nothing.
    func perform(_ payment: Payment) async throws(TammError) -> Payment? {
        guard let task = payment.task else { return nil }
        guard let provider = billing.configuration.providers[payment.provider] else {
            return try await apply(.answered, to: payment.place, by: .service)
        }
        do throws(TammError) {
            switch task {
            case .order:
                let standing = payment.standing(at: billing.time.now(), rules: billing.rules).status
                guard standing != .expired else { return try await apply(.timePassed, to: payment.place, by: .service) }
                return try await attach(provider.opens(payment), to: payment.place)
            case .charge:
                guard let (begun, card) = try await beginCharge(of: payment.place, with: provider) else { return nil }
                return try await take(provider.charges(begun, card), for: begun)
            case .inquire, .expire: return try await take(provider.tells(payment), for: payment)
            }
        } catch {
            if task == .order, error.code == .conflict,
                let present = try await self.payment(payment.place, as: .service), present.order != nil
            {
                return present
            }
            logger.warning(
                "the provider did not do it",
                metadata: ["payment": "\(payment.id)", "task": "\(task.rawValue)", "error": "\(error)"])
            let after = try await apply(.unanswered, to: payment.place, by: .service)
            guard error.code == .unavailable || error.code == .overloaded else { throw error }
            return after
        }
    }

    /// Writes down that the card is being charged; nil where somebody else does it. A charge that breaks off leaves a
    /// payment that is unknown, never one that is charged again unasked.
    private func beginCharge(
        of place: PaymentPlace, with provider: PaymentProvider
    ) async throws(TammError) -> (Payment, SavedCard)? {
        try await billing.work(in: place.workspace, by: .service) { work, t throws(TammError) in
            var payment = try work.payment(place, in: t)
            guard payment.task == .charge else { return nil }
            guard let card = try t.savedCard(of: place.workspace), card.provider == provider.name,
                card.account == provider.account, try work.isWanted(payment)
            else {
                _ = try work.apply(.answered, to: &payment, in: t)
                return nil
            }
            let refusal = try work.apply(.chargeBegun, to: &payment, in: t)
            return refusal == nil ? (payment, card) : nil
        }
    }

    /// The provider's answer, its notices first.
    func take(_ notices: [PaymentNotice], for payment: Payment) async throws(TammError) -> Payment {
        for notice in notices { try await receive(notice) }
        return try await apply(.answered, to: payment.place, by: .service)
    }

    /// Gives the payment its order, and what was heard of the order before.
    private func attach(_ order: ProviderReference, to place: PaymentPlace) async throws(TammError) -> Payment {
        try await keepingRefused { keeping throws(TammError) in
            try await billing.work(in: place.workspace, by: .service) { work, t throws(TammError) in
                var payment = try work.payment(place, in: t)
                _ = try work.apply(.ordered(order), to: &payment, in: t)
                for unmatched in try t.takeUnmatched(of: order) {
                    for fact in unmatched.transaction.facts {
                        let notice = try PaymentNotice(order: order, transaction: unmatched.transaction.id, fact)
                        _ = try work.apply(.noticed(notice), to: &payment, keeping: keeping, in: t)
                    }
                }
                return payment
            }
        }
    }

    // MARK: Cards and top-ups

    /// Saves the card that a provider has given a token for, in the workspace of the order that it was saved with;
    /// false where nobody has opened the order. What comes again changes nothing: a card that was forgotten or replaced
    /// since does not come back.
    public func save(
        cardFor order: ProviderReference, token: Secret, maskedNumber: String, brand: String
    ) async throws(TammError) -> Bool {
        let now = billing.time.now()
        let place = try await billing.store.transaction(as: .service) { t throws(TammError) in
            try t.payment(ordered: order)
        }
        guard let place else { return false }
        let card = try SavedCard(
            workspace: place.workspace, provider: order.provider, account: order.account, token: token,
            maskedNumber: maskedNumber, brand: brand, savedAt: now)
        try await billing.work(in: place.workspace, by: .service) { work, t throws(TammError) in
            var payment = try work.payment(place, in: t)
            guard !payment.hasSavedCard else { return }
            payment.hasSavedCard = true
            try t.put(payment)
            try t.put(card)
            try work.record("card.saved", "payment", place.id.description, [("card", maskedNumber), ("brand", brand)])
        }
        return true
    }

    /// Forgets the workspace's card: nothing is charged any more without its payer.
    ///
    /// - Throws: `notFound` for a stranger, `forbidden` without the permission to manage billing.
    public func forgetCard(of workspace: Identifier<Workspace>, as principal: Principal) async throws(TammError) {
        try await billing.authorize(.manageBilling, in: workspace, as: principal)
        try await billing.work(in: workspace, by: principal) { work, t throws(TammError) in
            try t.removeSavedCard(of: workspace)
            try work.record("card.forgotten", "workspace", workspace.description)
        }
    }

    /// Buys credits by the workspace's own rule, if they are low and the rule allows one more; the payment, or nil.
    ///
    /// Call it when a charge has left little. One payment is open at a time, at most the rule's number in a calendar
    /// month, and none after one failed or was returned.
    public func topUp(_ workspace: Identifier<Workspace>) async throws(TammError) -> Payment? {
        let payment = try await billing.work(in: workspace, by: .service) { work, t throws(TammError) in
            try work.topUp(in: t)
        }
        guard let payment else { return nil }
        guard payment.task == .order, let ordered = try await perform(payment) else { return payment }
        return try await ordered.task == .charge ? perform(ordered) ?? ordered : ordered
    }
}

extension BillingWork {
    /// Whether what an automatic payment buys is still to be bought.
    func isWanted(_ payment: Payment) throws(TammError) -> Bool {
        guard let present = try subscription?.standing(at: now, rules: rules) else { return false }
        switch payment.purpose {
        case .plan(let purchase, _):
            return try SubscriptionDecision(present, at: now, rules: rules).renewal()?.purchase == purchase
        case .credits: return present.topUp?.pending == payment.id
        }
    }

    mutating func topUp(in t: borrowing some StoreTransaction & ~Copyable) throws(TammError) -> Payment? {
        guard var next = subscription, var rule = next.topUp, let available = try available(in: t) else { return nil }
        let id = Identifier<Payment>(derivedFrom: seed, label: "top-up")
        guard rule.decide(available: available, opening: id, at: now, rules: rules) else { return nil }
        let opened = try open(
            id, .pack(rule.pack), in: rule.currency, with: rule.provider, isTopUp: true, in: t)
        switch opened {
        case .done: break
        case .refused(let refusal):
            rule = next.topUp ?? rule
            rule.stop = .unpaid
            try record("top-up.stopped", "subscription", next.id.description, [("refusal", "\(refusal)")])
        }
        next.topUp = rule
        replace(next)
        return opened.value
    }
}

extension PaymentTransaction {
    /// What would have to be said to come to the same.
    var facts: [PaymentNotice.Fact] {
        var facts: [PaymentNotice.Fact] = []
        switch (progress, money) {
        case (.pending, _): facts.append(.pending)
        case (.declined, _): facts.append(.declined)
        case (.authorized, .some(let money)): facts.append(.authorized(money))
        case (.captured, .some(let money)): facts.append(.captured(money))
        default: break
        }
        if refunded > 0 { facts.append(.refunded(refunded)) }
        if isVoided { facts.append(.voided) }
        if dispute != .none { facts.append(.disputed(dispute)) }
        return facts
    }
}
