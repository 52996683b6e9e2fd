internal import Metrics

/// What the services of billing share: how a unit of work is begun, by whom and with what.
struct Billing: Sendable {
    let store: any TammStore
    let time: TimeSource
    let entropy: EntropySource
    let wallets: Wallets
    let configuration: BillingConfiguration

    var rules: BillingRules { configuration.rules }

    /// Runs `body` on what the workspace has bought, as one unit of work.
    ///
    /// Who asks has been authorised. Credits that the wallet does not take roll the work back with
    /// ``BillingWork/walletRefused`` as the error's reason.
    func work<Value: Sendable>(
        in workspace: Identifier<Workspace>, by actor: Principal, because reason: String = "",
        _ body: @escaping @Sendable (inout BillingWork, borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Value
    ) async throws(TammError) -> Value {
        let now = time.now()
        let seed = Identifier<BillingWork>(at: now, entropy: entropy)
        let (value, kept) = try await store.transaction(as: .service) { t throws(TammError) in
            var work = try BillingWork(
                in: workspace, by: actor, because: reason, at: now, seed: seed, configuration: configuration,
                wallets: wallets, t: t)
            let value = try body(&work, t)
            try work.finish(in: t)
            return (value, work.kept)
        }
        for cause in kept {
            Counter(label: "tamm_payments_unapplied", dimensions: [("cause", cause.rawValue)]).increment()
        }
        return value
    }

    /// - Throws: `notFound` for a stranger, `forbidden` without the permission.
    func authorize(
        _ permission: Permission, in workspace: Identifier<Workspace>, as principal: Principal
    ) async throws(TammError) {
        try await wallets.authorize(permission, in: workspace, as: principal)
    }
}
