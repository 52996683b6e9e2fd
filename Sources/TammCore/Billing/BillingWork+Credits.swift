extension BillingWork {
    /// The workspace's wallet, made where there is none.
    private func wallet(in t: borrowing some WalletRecords & ~Copyable) throws(TammError) -> WalletPlace {
        let wallet = Wallet.main(of: workspace, at: now)
        _ = try t.insert(wallet)
        return wallet.place
    }

    private func submit(
        _ action: WalletCommand.Action, _ key: IdempotencyKey, in t: borrowing some WalletRecords & ~Copyable
    ) throws(TammError) -> WalletOutcome {
        let command = try WalletCommand(reserved: action, wallet: wallet(in: t).id, in: workspace, key: key)
        return try wallets.apply([command], at: now, in: t)[0]
    }

    /// What can be spent now; nil without a wallet.
    func available(in t: borrowing some WalletRecords & ~Copyable) throws(TammError) -> Credits? {
        let wallet = Wallet.main(of: workspace, at: now)
        guard let state = try t.walletState(WalletNeed(workspace: workspace, wallet: wallet.id, dueBy: now)) else {
            return nil
        }
        return try wallets.state(state, at: now).available
    }

    private static func key(_ text: String) throws(TammError) -> IdempotencyKey {
        try IdempotencyKey(WalletCommand.reservedPrefix + text)
    }

    private func isDone(
        _ key: IdempotencyKey, in t: borrowing some WalletRecords & ~Copyable
    ) throws(TammError) -> Bool {
        try t.recordedCommands([CommandKey(workspace: workspace, key: key)])[0] != nil
    }

    /// A month's credits that nobody paid for: at most once for each beginning of a month.
    mutating func give(_ grant: PlanGrant, in t: borrowing some WalletRecords & ~Copyable) throws(TammError) {
        guard let subscription else { return }
        let month = "\(grant.category == .promotional ? "trial:" : "")\(grant.valid.lowerBound.microseconds)"
        let key = try Self.key("subscription:\(subscription.id):\(month)")
        guard try !isDone(key, in: t) else { return }
        let source = try IdempotencyKey("subscription:\(subscription.id)")
        if case .refused(let refusal) = try submit(.grant(terms(grant, source)), key, in: t) {
            try record(
                "subscription.credits-refused", "subscription", subscription.id.description,
                [("credits", grant.credits.description), ("refusal", "\(refusal)")])
        }
    }

    /// Credits that a payment has paid for; it remembers them.
    ///
    /// - Throws: `conflict` with ``walletRefused`` as its reason.
    mutating func give(
        _ grant: PlanGrant, for payment: inout Payment?, in t: borrowing some WalletRecords & ~Copyable
    ) throws(TammError) {
        guard let id = payment?.id, let position = payment?.grants.count else { return }
        let source = try IdempotencyKey("payment:\(id)")
        let outcome = try submit(.grant(terms(grant, source)), Self.key("payment:\(id):\(position)"), in: t)
        guard let made = outcome.receipt?.grant else {
            throw TammError(
                .conflict, "the wallet does not take the credits of payment \(id): \(outcome)",
                reason: Self.walletRefused)
        }
        payment?.grants.append(.init(grant: made, amount: grant.credits, withdrawn: .zero, disputed: .zero))
    }

    private func terms(_ grant: PlanGrant, _ source: IdempotencyKey) throws(TammError) -> GrantTerms {
        try GrantTerms(
            grant.credits, grant.category, effectiveAt: grant.valid.lowerBound,
            expiresAt: grant.valid.upperBound == .max ? nil : grant.valid.upperBound, source: source)
    }

    /// Takes credits back, or gives them back, as far as the payment's money went.
    mutating func withdraw(
        from payment: inout Payment, in t: borrowing some WalletRecords & ~Copyable
    ) throws(TammError) {
        let wallet = try wallet(in: t)
        for movement in payment.withdrawals(rules: rules) {
            let grant = payment.grants[movement.position].grant
            let prefix = "payment:\(payment.id):\(movement.position)"
            switch movement.kind {
            case .withdraw(let through):
                try claw(grant, of: wallet, movement.amount, "\(prefix):refund:\(through.micro)", in: t)
            case .dispute: try claw(grant, of: wallet, movement.amount, "\(prefix):dispute", in: t)
            case .reinstate:
                let dispute = try Self.key("\(prefix):dispute")
                guard try isDone(dispute, in: t) else { continue }
                if case .refused(let refusal) = try submit(.reinstate(dispute), dispute.appending(":won"), in: t) {
                    try record(
                        "payment.credits-refused", "payment", payment.id.description,
                        [("credits", movement.amount.description), ("refusal", "\(refusal)")])
                }
            }
        }
    }

    /// Takes back what is left of a grant to take back, at most `amount`.
    private func claw(
        _ grant: Identifier<Grant>, of wallet: WalletPlace, _ amount: Credits, _ key: String,
        in t: borrowing some WalletRecords & ~Copyable
    ) throws(TammError) {
        guard let row = try t.grants([grant], of: wallet).first else {
            throw TammError(.corrupted, "wallet \(wallet.id) has no grant \(grant) to take back")
        }
        let left = min(amount.micro, row.terms.amount.micro - row.clawedBack.micro)
        guard left > 0 else { return }
        let outcome = try submit(.clawback(grant, Credits(unchecked: left)), Self.key(key), in: t)
        guard case .refused(let refusal) = outcome else { return }
        throw TammError(.corrupted, "grant \(grant) cannot be taken back: \(refusal)")
    }

    /// Takes back the credits of months that are still to come.
    func withdrawScheduledGrants(in t: borrowing some WalletRecords & ~Copyable) throws(TammError) {
        let wallet = try wallet(in: t)
        let need = WalletNeed(workspace: workspace, wallet: wallet.id, dueBy: now)
        for grant in try t.walletState(need)?.grants ?? [] {
            let starts = grant.terms.effectiveAt ?? grant.createdAt
            guard grant.status == .scheduled, starts > now, grant.terms.category == .plan, !grant.remaining.isZero
            else { continue }
            try claw(grant.id, of: wallet, grant.remaining, "withdraw:\(grant.id)", in: t)
        }
    }
}

extension Wallet {
    /// The wallet named `main`, which every workspace may have.
    static func main(of workspace: Identifier<Workspace>, at now: Timestamp) -> Wallet {
        Wallet(id: Identifier(derivedFrom: workspace, label: "wallet:main"), workspace: workspace, openedAt: now)
    }
}
