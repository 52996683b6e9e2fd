extension Wallets {
    /// Gives the wallet credits.
    public func grant(
        _ terms: GrantTerms, to wallet: Wallet, key: IdempotencyKey, as principal: Principal
    ) async throws(TammError) -> WalletOutcome {
        try await submit(WalletCommand(.grant(terms), wallet: wallet.id, in: wallet.workspace, key: key), as: principal)
    }

    /// Spends credits; `usage` is recorded with it, once.
    public func debit(
        _ amount: Credits, shortfall: ShortfallPolicy = .refuse, from wallet: Wallet, key: IdempotencyKey,
        occurredAt: Timestamp? = nil, usage: [UsageEvent] = [], as principal: Principal
    ) async throws(TammError) -> WalletOutcome {
        try await submit(
            WalletCommand(
                .debit(amount, shortfall: shortfall), wallet: wallet.id, in: wallet.workspace, key: key, occurredAt: occurredAt,
                usage: usage),
            as: principal)
    }

    /// Reserves credits for at most `lifetime`; the receipt names the hold.
    public func hold(
        _ amount: Credits, in wallet: Wallet, lifetime: Duration, quota: QuotaClaim? = nil, key: IdempotencyKey,
        as principal: Principal
    ) async throws(TammError) -> WalletOutcome {
        try await submit(
            WalletCommand(
                .hold(amount, lifetime: lifetime), wallet: wallet.id, in: wallet.workspace, key: key, quota: quota),
            as: principal)
    }

    /// Spends a hold and gives back the rest of it; once.
    public func capture(
        _ hold: Identifier<Hold>, _ amount: Credits, shortfall: ShortfallPolicy = .refuse, in wallet: Wallet,
        usage: [UsageEvent] = [], quota: QuotaClaim? = nil, key: IdempotencyKey, as principal: Principal
    ) async throws(TammError) -> WalletOutcome {
        try await submit(
            WalletCommand(
                .capture(hold, amount, shortfall: shortfall), wallet: wallet.id, in: wallet.workspace, key: key, usage: usage,
                quota: quota),
            as: principal)
    }

    /// Gives a hold back whole.
    public func release(
        _ hold: Identifier<Hold>, in wallet: Wallet, key: IdempotencyKey, as principal: Principal
    ) async throws(TammError) -> WalletOutcome {
        try await submit(WalletCommand(.release(hold), wallet: wallet.id, in: wallet.workspace, key: key), as: principal)
    }

    /// Gives back what a debit or capture took, at most what is left of it, to the grants it came from.
    public func refund(
        _ amount: Credits, of charge: IdempotencyKey, in wallet: Wallet, key: IdempotencyKey, as principal: Principal
    ) async throws(TammError) -> WalletOutcome {
        try await submit(
            WalletCommand(.refund(of: charge, amount), wallet: wallet.id, in: wallet.workspace, key: key), as: principal)
    }

    /// Takes back credits that were granted: from that grant, then from the others; what is not there is owed.
    public func clawback(
        _ amount: Credits, of grant: Identifier<Grant>, in wallet: Wallet, key: IdempotencyKey, as principal: Principal
    ) async throws(TammError) -> WalletOutcome {
        try await submit(
            WalletCommand(.clawback(grant, amount), wallet: wallet.id, in: wallet.workspace, key: key), as: principal)
    }

    /// Undoes a clawback, once: gives back what was taken and no more.
    public func reinstate(
        _ clawback: IdempotencyKey, in wallet: Wallet, key: IdempotencyKey, as principal: Principal
    ) async throws(TammError) -> WalletOutcome {
        try await submit(
            WalletCommand(.reinstate(clawback), wallet: wallet.id, in: wallet.workspace, key: key), as: principal)
    }

    /// Gives up what is still owed of a receivable.
    public func writeOff(
        _ receivable: Identifier<Receivable>, in wallet: Wallet, key: IdempotencyKey, as principal: Principal
    ) async throws(TammError) -> WalletOutcome {
        try await submit(
            WalletCommand(.writeOff(receivable), wallet: wallet.id, in: wallet.workspace, key: key), as: principal)
    }

    /// Books expiries that are due, so that the stored rows show them.
    public func tidy(
        _ wallet: Wallet, key: IdempotencyKey, as principal: Principal
    ) async throws(TammError) -> WalletOutcome {
        try await submit(WalletCommand(.tidy, wallet: wallet.id, in: wallet.workspace, key: key), as: principal)
    }
}
