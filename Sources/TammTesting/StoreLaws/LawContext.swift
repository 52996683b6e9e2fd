public import TammCore

/// What a law is given beside the store: identifiers that nobody else uses, a moment to count from, and comparison.
public struct LawContext: Sendable {
    /// The same bits for the same law and seed.
    public let entropy: EntropySource
    /// A moment with microseconds that no coarser clock keeps.
    public let base = Timestamp(unchecked: 1_767_225_600_123_457)

    private let law: String
    private let name: String
    private let seed: UInt64

    init(law: String, name: String, seed: UInt64) {
        self.law = law
        self.name = name
        self.seed = seed
        let mixed = law.utf8.reduce(seed ^ 0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        entropy = SeededEntropy(seed: mixed).source
    }

    /// An identifier that nothing has yet.
    public func id<Entity>() -> Identifier<Entity> { Identifier(at: base, entropy: entropy) }

    /// A key that nothing has yet.
    public func key(_ prefix: String = "key") throws(TammError) -> IdempotencyKey {
        try IdempotencyKey("\(prefix)-\(entropy.next())-\(entropy.next())")
    }

    /// The base moment moved by so many microseconds.
    public func at(_ microseconds: Int64) -> Timestamp { base.advanced(by: .microseconds(microseconds)) }

    /// - Throws: the violation, unless `found` is `wanted`; `what` says what is compared.
    public func expect<Value: Equatable>(_ found: Value, _ wanted: Value, _ what: String) throws(LawViolation) {
        guard found != wanted else { return }
        throw violation("\(what): \(wanted)", "\(found)")
    }

    /// - Throws: the violation, naming the first row that differs.
    public func expect<Row: Equatable>(_ found: [Row], _ wanted: [Row], _ what: String) throws(LawViolation) {
        guard found != wanted else { return }
        let different = zip(found, wanted).enumerated().first { $0.element.0 != $0.element.1 }
        let first = different?.offset ?? min(found.count, wanted.count)
        throw violation(
            "\(what): \(wanted.count) rows, in place \(first) \(first < wanted.count ? "\(wanted[first])" : "nothing")",
            "\(found.count) rows, there \(first < found.count ? "\(found[first])" : "nothing")")
    }

    /// - Throws: the violation, unless the transaction fails with one of these codes.
    public func expect(
        _ codes: TammError.Code..., from store: any TammStore, as principal: Principal, _ what: String,
        _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Void
    ) async throws(LawViolation) {
        let found = await failure(in: store, as: principal, body)
        guard let found, codes.contains(found.code) else {
            let wanted = codes.map(\.rawValue).joined(separator: " or ")
            throw violation("\(what): \(wanted)", found.map { "\($0)" } ?? "no error")
        }
    }

    /// The violation of this law, to be thrown.
    public func violation(_ wanted: String, _ found: String) -> LawViolation {
        LawViolation(law: law, name: name, wanted: Self.cut(wanted), found: Self.cut(found), seed: seed)
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count <= 2000 ? text : text.prefix(2000) + "… (\(text.utf8.count) bytes)"
    }

    func failure(
        in store: any TammStore, as principal: Principal,
        _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Void
    ) async -> TammError? {
        do throws(TammError) { try await store.transaction(as: principal, body) } catch { return error }
        return nil
    }
}

/// A workspace with a member of each role, on a plan, with a payment, a card, an invitation and an API key, of which
/// something was recorded.
struct Tenant: Sendable {
    let workspace: Workspace
    let owner: Identifier<User>
    let admin: Identifier<User>
    let member: Identifier<User>
    let plan: Subscription
    let payment: Payment
    let card: SavedCard
    let audit: AuditEntry
    let access: DocumentAccess
    let request: ExternalRequest
    let invitation: Invitation
    let apiKey: APIKey
    let digest: APIKeyDigest

    var id: Identifier<Workspace> { workspace.id }

    var members: [Member] {
        [(owner, Role.owner), (admin, .admin), (member, .member)].map {
            Member(workspace: id, user: $0.0, role: $0.1, joinedAt: workspace.createdAt)
        }
    }
}

extension LawContext {
    /// A new workspace with its members and everything else of a ``Tenant``, committed.
    func tenant(in store: any TammStore) async throws(TammError) -> Tenant {
        let workspace = try Workspace(id: id(), name: "A workspace", createdAt: base)
        let tenant = Tenant(
            workspace: workspace, owner: id(), admin: id(), member: id(), plan: try plan(of: workspace.id),
            payment: try payment(of: workspace.id), card: try card(of: workspace.id), audit: try audit(of: workspace.id),
            access: try access(of: workspace.id), request: try request(of: workspace.id),
            invitation: try invitation(of: workspace.id),
            apiKey: try apiKey(of: workspace.id), digest: try keyDigest())
        try await store.transaction(as: .service) { t throws(TammError) in
            try t.insert(tenant.workspace)
            for member in tenant.members { try t.put(member) }
            _ = try t.lockSubscription(of: workspace.id)
            try t.put(tenant.plan, dueAt: nil)
            try t.put(tenant.payment)
            try t.put(tenant.card)
            try t.record([.action(tenant.audit), .document(tenant.access), .request(tenant.request)])
            try t.put(tenant.invitation)
            try t.insert(tenant.apiKey, digest: tenant.digest)
        }
        return tenant
    }

    /// A new workspace of nobody, committed.
    func workspace(in store: any TammStore) async throws(TammError) -> Identifier<Workspace> {
        let workspace = try Workspace(id: id(), name: "A workspace", createdAt: base)
        try await store.transaction(as: .service) { t throws(TammError) in try t.insert(workspace) }
        return workspace.id
    }

    /// A new wallet without entries, committed.
    func wallet(of workspace: Identifier<Workspace>, in store: any TammStore) async throws(TammError) -> Wallet {
        let wallet = Wallet(id: id(), workspace: workspace, openedAt: base)
        _ = try await store.transaction(as: .ledger) { t throws(TammError) in try t.insert(wallet) }
        return wallet
    }

    /// A new wallet in a new workspace, committed.
    func wallet(in store: any TammStore) async throws(TammError) -> Wallet {
        try await wallet(of: workspace(in: store), in: store)
    }
}

extension TammStore {
    /// Locks the wallets that the changes are of and writes them, in a transaction of the ledger's.
    func write(_ changes: WalletChanges, to wallets: Wallet...) async throws(TammError) {
        try await transaction(as: .ledger) { t throws(TammError) in try t.lockAndWrite(changes, to: wallets) }
    }
}

extension WalletRecords where Self: ~Copyable {
    borrowing func lockAndWrite(_ changes: WalletChanges, to wallets: [Wallet]) throws(TammError) {
        _ = try lockWallets(wallets.map(\.need), waiting: true)
        try write(changes)
    }

    /// The wallet under its lock.
    borrowing func lock(_ need: WalletNeed) throws(TammError) -> WalletState {
        guard case .locked(let state)? = try lockWallets([need], waiting: true).first else {
            throw TammError(.notFound, "wanted wallet \(need.wallet) locked")
        }
        return state
    }
}

extension Wallet {
    /// The wallet alone; nothing is due.
    var need: WalletNeed { WalletNeed(workspace: workspace, wallet: id, dueBy: .min) }

    func need(dueBy moment: Timestamp) -> WalletNeed { WalletNeed(workspace: workspace, wallet: id, dueBy: moment) }
}
