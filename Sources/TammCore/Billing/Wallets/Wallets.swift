/// Credit wallets: the ledger's commands, each done once however often it is asked.
///
/// Every command has an idempotency key of its workspace. Asked again with the same request it is answered again;
/// asked with another request it throws `conflict` and names the field. A refusal is an answer, not an error, and
/// does not stick: the same key may succeed after a top-up. On `unavailable` ask again with the same key.
public struct Wallets: Sendable {
    let store: any TammStore
    private let time: TimeSource
    private let rules: SharedWalletRules
    let lanes: WalletLanes
    private let metrics = WalletMetrics()

    public init(store: any TammStore, time: TimeSource, limits: WalletLimits = .standard) {
        self.init(store: store, time: time, rules: WalletRules(limits: limits))
    }

    package init(
        store: any TammStore, time: TimeSource, rules: WalletRules, queueLimits: WalletQueue.Limits = .init()
    ) {
        self.store = store
        self.time = time
        let rules = SharedWalletRules(rules)
        self.rules = rules
        lanes = WalletLanes(store.walletLanes, limits: queueLimits) { commands, waiting throws(TammError) in
            let now = time.now()
            return try await store.transaction(as: .ledger) { t throws(TammError) in
                try WalletFold.apply(commands, at: now, rules: rules, waiting: waiting, in: t)
            }
        }
    }

    /// Opens the workspace's wallet of that name, or finds it; every caller gets the same one.
    ///
    /// Allowances are counted by wallet, so that only who may issue credits opens another than `main`.
    ///
    /// - Throws: `notFound` without the workspace, `forbidden` without the permission to manage billing, or to issue
    ///   credits for another name than `main`.
    public func open(
        in workspace: Identifier<Workspace>, named name: String = "main", as principal: Principal
    ) async throws(TammError) -> Wallet {
        guard (1...64).contains(name.utf8.count) else {
            throw TammError(.invalidInput, "a wallet's name has 1 to 64 bytes, found \(excerpt(name))", field: "name")
        }
        try await authorize(name == "main" ? .manageBilling : .issueCredits, in: workspace, as: principal)
        let wallet = Wallet(
            id: Identifier(derivedFrom: workspace, label: "wallet:\(name)"), workspace: workspace, openedAt: time.now())
        return try await store.transaction(as: .ledger) { t throws(TammError) in
            if try t.insert(wallet) { return wallet }
            guard let present = try t.wallet(wallet.place) else { throw Self.missing(wallet.place) }
            return present
        }
    }

    /// Does any command; the methods below are this one with its arguments spelled out.
    ///
    /// - Throws: `forbidden` without the permission, `notFound` for a wallet or a thing in it that is not there,
    ///   `conflict` for a key used for another request, `overloaded` when too many commands wait, `cancelled` when the
    ///   task was cancelled before the command was sent, `unavailable` when the store does not answer.
    public func submit(_ command: WalletCommand, as principal: Principal) async throws(TammError) -> WalletOutcome {
        try await authorize(command.permission, in: command.workspace, as: principal)
        do {
            let outcome = try await lanes.submit(command)
            metrics.count(command.kind, outcome)
            return outcome
        } catch {
            metrics.countFailure(command.kind)
            throw error
        }
    }

    /// Does commands in a transaction that changes other things too: a payment, a subscription. All or nothing with
    /// the rest of the transaction, whose caller has checked that they are allowed.
    ///
    /// - Parameter now: drawn before the transaction, which may run again.
    /// - Returns: an outcome for each command, in their order.
    /// - Throws: as ``submit(_:as:)``; then nothing of the transaction may remain.
    public func apply(
        _ commands: [WalletCommand], at now: Timestamp, in t: borrowing some WalletRecords & ~Copyable
    ) throws(TammError) -> [WalletOutcome] {
        var outcomes: [WalletOutcome] = []
        for answer in try WalletFold.apply(commands, at: now, rules: rules, in: t) {
            switch answer {
            case .outcome(let outcome): outcomes.append(outcome)
            case .failed(let error): throw error
            case .busy: throw TammError(.unavailable, "a wallet is locked; try again")
            }
        }
        return outcomes
    }

    /// How many commands wait to be sent.
    public var queued: Int { lanes.depth }

    func now() -> Timestamp { time.now() }

    /// What the wallet is worth at `now`, expired holds and grants counted as such.
    func state(_ state: WalletState, at now: Timestamp) throws(TammError) -> Balance {
        var ledger = WalletLedger(state, at: now, rules: rules)
        try ledger.advance()
        return ledger.wallet.balance
    }

    func authorize(
        _ permission: Permission, in workspace: Identifier<Workspace>, as principal: Principal
    ) async throws(TammError) {
        guard principal != .service else { return }
        try await store.transaction(as: principal) { t throws(TammError) in try t.require(permission, in: workspace) }
    }
}

extension WalletCommand {
    /// What the command's principal must be allowed to do.
    public var permission: Permission {
        switch action {
        case .debit, .hold, .capture, .release: .spendCredits
        case .grant, .refund, .clawback, .reinstate, .writeOff, .tidy: .issueCredits
        }
    }
}
