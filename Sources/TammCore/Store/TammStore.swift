/// A durable place for everything Tamm keeps, reached by units of work.
///
/// A store makes these promises; `StoreLaw` in TammTesting states each as a test:
/// - **All or nothing.** When `body` throws, nothing of the transaction remains.
/// - **Isolation.** Transactions take effect one after the other in some order; none sees half of another.
/// - **Visibility.** A transaction sees and writes the rows that ``RowPolicy`` allows its principal, and no others.
public protocol TammStore: Sendable {
    /// Runs `body` as one unit of work and commits it.
    ///
    /// The body is synchronous: nothing can wait for a network in a transaction. It may run again after a
    /// serialization failure, so identifiers, time and entropy are drawn before it. The transaction cannot leave it.
    ///
    /// A transaction that has begun is finished although the calling task be cancelled.
    ///
    /// - Throws: what `body` throws, `unavailable` when the store cannot be reached.
    func transaction<Value: Sendable>(
        as principal: Principal,
        _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Value
    ) async throws(TammError) -> Value

    /// How many batches of wallet commands it takes at the same time with profit.
    var walletLanes: Int { get }

    /// The API key with one of the digests and all that decides about it, as of one moment: one indexed read, which
    /// never answers from before a transaction that had committed when it was asked.
    ///
    /// - Throws: `unavailable` when the store cannot be reached.
    func apiKey(matching digests: APIKeyDigests) async throws(TammError) -> FoundAPIKey?

    /// The same under the same promise, of a store that has the key in this process; nil: ask ``apiKey(matching:)``. Not
    /// for the body of a transaction, which it may wait for.
    func apiKeyAtHand(matching digests: APIKeyDigests) -> FoundAPIKey?
}

extension TammStore {
    /// One batch at a time.
    public var walletLanes: Int { 1 }

    /// By a transaction of the service's.
    public func apiKey(matching digests: APIKeyDigests) async throws(TammError) -> FoundAPIKey? {
        try await transaction(as: .service) { t throws(TammError) in try t.apiKey(matching: digests) }
    }

    /// None is at hand.
    public func apiKeyAtHand(matching digests: APIKeyDigests) -> FoundAPIKey? { nil }
}

/// The ports of access: workspaces, members, roles, invitations, API keys, the audit log.
///
/// What is written here as the service is not recorded by itself: who calls the ports for a change appends the entry of the
/// audit log in the same transaction, as the library's services do.
public protocol AccessRecords: WorkspaceRecords, InvitationRecords, APIKeyRecords, APIKeyReaderRecords, AuditRecords,
    ~Copyable
{}

/// The ports of billing: subscriptions, payments, wallets, usage. A store may conform to billing alone.
public protocol BillingRecords: SubscriptionRecords, PaymentRecords, WalletRecords, ~Copyable {}

/// What a unit of work can do.
public protocol StoreTransaction: AccessRecords, BillingRecords, ~Copyable {}

/// The most rows that one page of any listing holds.
public let maximumPage = 1000

/// - Throws: `invalidInput` unless `limit` lies between 1 and ``maximumPage``.
func pageLimit(_ limit: Int) throws(TammError) -> Int {
    guard (1...maximumPage).contains(limit) else {
        throw TammError(.invalidInput, "a page holds 1 to \(maximumPage) rows, found a limit of \(limit)", field: "limit")
    }
    return limit
}
