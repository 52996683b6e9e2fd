private import Synchronization
package import TammCore

/// Workspaces, the services that sell to them, and somebody to take the money.
package struct PurchaseWorld: Sendable {
    package let store: InterruptedStore
    package let time: ManualTime
    package let simulated: SimulatedProvider
    package let instaPay: InstaPay
    package let configuration: BillingConfiguration
    package let wallets: Wallets
    package let subscriptions: Subscriptions
    package let payments: Payments
    package let clock: BillingClock
    package let workspaces: [Identifier<Workspace>]
    package let owners: [Principal]
    package let walletRows: [Wallet]
    private let ear = Ear()

    package init(
        store: any TammStore, rules: PurchaseRules, workspaces count: Int, start: Timestamp, seed: UInt64
    ) async throws(TammError) {
        let store = InterruptedStore(store)
        self.store = store
        let time = ManualTime(start)
        self.time = time
        var seeds = SplitMix64(seed: seed)
        let wallets = Wallets(store: store, time: time.source, rules: rules.wallet)
        self.wallets = wallets
        let entropy = SeededEntropy(seed: seeds.next()).source
        var made = try await Self.buyers(count, in: store, time, seed: seeds.next())
        // A sequence may be tried many times on one store.
        while made == nil { made = try await Self.buyers(count, in: store, time, seed: seeds.next()) }
        workspaces = made?.map(\.0) ?? []
        owners = made?.map { .user($0.1, in: $0.0) } ?? []
        var rows: [Wallet] = []
        for workspace in workspaces { rows.append(try await wallets.open(in: workspace, as: .service)) }
        walletRows = rows
        let account = "\(workspaces.first?.low ?? 0)"
        simulated = SimulatedProvider(account: account, firstOrder: 100_000)
        instaPay = try InstaPay(address: "\(account)@instapay")
        configuration = try BillingConfiguration(
            rules: rules.billing, providers: [ear.hearing(simulated.provider)], instaPay: instaPay)
        subscriptions = Subscriptions(
            store: store, time: time.source, entropy: entropy, wallets: wallets, configuration: configuration)
        payments = Payments(
            store: store, time: time.source, entropy: entropy, wallets: wallets, configuration: configuration)
        clock = BillingClock(
            store: store, time: time.source, entropy: entropy, wallets: wallets, configuration: configuration)
    }

    /// Workspaces and their owners; nil where the store has them already.
    private static func buyers(
        _ count: Int, in store: any TammStore, _ time: ManualTime, seed: UInt64
    ) async throws(TammError) -> [(Identifier<Workspace>, Identifier<User>)]? {
        let entropy = SeededEntropy(seed: seed).source
        let workspaces = Workspaces(store: store, time: time.source, entropy: entropy)
        var made: [(Identifier<Workspace>, Identifier<User>)] = []
        for _ in 0..<count {
            let user = Identifier<User>(at: time.now, entropy: entropy)
            do throws(TammError) {
                made.append((try await workspaces.create(named: "Buyer", owner: user, as: .service).id, user))
            } catch {
                guard error.code == .conflict else { throw error }
                return nil
            }
        }
        return made
    }

    /// What the provider has answered to Tamm's own questions since this was last asked.
    package func takeAnswers() -> [PaymentNotice] { ear.take() }

    /// Listens to what a provider answers.
    private final class Ear: Sendable {
        private let heard = Mutex<[PaymentNotice]>([])

        func take() -> [PaymentNotice] {
            heard.withLock { heard in
                defer { heard = [] }
                return heard
            }
        }

        private func note(_ notices: [PaymentNotice]) -> [PaymentNotice] {
            heard.withLock { $0 += notices }
            return notices
        }

        func hearing(_ provider: PaymentProvider) -> PaymentProvider {
            var heard = provider
            heard.tells = { payment throws(TammError) in self.note(try await provider.tells(payment)) }
            heard.charges = { payment, card throws(TammError) in
                self.note(try await provider.charges(payment, card))
            }
            heard.captures = { payment, id throws(TammError) in self.note(try await provider.captures(payment, id)) }
            heard.refunds = { payment, id, money, key throws(TammError) in
                self.note(try await provider.refunds(payment, id, money, key))
            }
            heard.voids = { payment, id throws(TammError) in self.note(try await provider.voids(payment, id)) }
            return heard
        }
    }

    // MARK: Looking

    /// Everything that is stored; a ledger is verified where it has changed.
    package func look(_ earlier: PurchaseState? = nil) async throws(TammError) -> PurchaseState {
        var state = PurchaseState()
        for index in workspaces.indices {
            state.workspaces.append(try await look(index, earlier?.workspaces[index]))
        }
        state.unmatched = try await payments.unmatched(limit: maximumPage, as: .service)
        state.charges = simulated.charges
        return state
    }

    /// What is stored of one workspace.
    package func look(_ index: Int, _ earlier: WorkspaceState? = nil) async throws(TammError) -> WorkspaceState {
        let (workspace, place, now, rules) = (workspaces[index], walletRows[index].place, time.now, configuration.rules)
        var state = try await store.transaction(as: .service) { t throws(TammError) -> WorkspaceState in
            guard let wallet = try t.wallet(place) else { throw TammError(.notFound, "no wallet") }
            var state = WorkspaceState(id: workspace, wallet: wallet, balance: wallet.balance)
            state.stored = try t.subscription(of: workspace)
            state.payments = try t.payments(of: workspace, after: nil, limit: maximumPage)
            for grant in try t.grants(of: place, after: nil, limit: maximumPage) { state.grants[grant.id] = grant }
            return state
        }
        state.standing = try state.stored?.standing(at: now, rules: rules)
        state.version = try state.standing?.version(rules: rules)
        state.dueAt = try state.stored?.dueAt(rules: rules)
        if let plan = state.version?.reference { state.rank = try rules.catalogue.plan(plan.plan).rank }
        state.balance = try await wallets.balance(of: state.wallet, as: .service)
        if let earlier, earlier.wallet.sequence == state.wallet.sequence {
            state.findings = earlier.findings
        } else {
            state.findings = try await wallets.verify(workspace: workspace, as: .service).findings.map(\.description)
        }
        return state
    }

    /// The entries that were written to a wallet after a sequence number.
    package func entries(_ index: Int, after sequence: Int64) async throws(TammError) -> [LedgerEntry] {
        try await wallets.statement(of: walletRows[index], after: sequence, limit: maximumPage, as: .service).entries
    }
}
