/// A payment that falls due: a place in the order of time.
public struct DuePayment: Sendable, Hashable, Comparable {
    public let at: Timestamp
    public let payment: PaymentPlace

    public init(at moment: Timestamp, payment: PaymentPlace) {
        self.at = moment
        self.payment = payment
    }

    public static func < (a: Self, b: Self) -> Bool { (a.at, a.payment) < (b.at, b.payment) }
}

/// Where a payment is kept.
public struct PaymentPlace: Sendable, Hashable, Comparable {
    public let workspace: Identifier<Workspace>
    public let id: Identifier<Payment>

    public init(workspace: Identifier<Workspace>, id: Identifier<Payment>) {
        self.workspace = workspace
        self.id = id
    }

    public static func < (a: Self, b: Self) -> Bool { (a.workspace, a.id) < (b.workspace, b.id) }
}

/// What a store does for payments.
///
/// A member who may read billing sees its workspace's; only the service and platform administrators write. Cards are
/// the service's alone. Pages hold 1 to ``maximumPage`` rows.
public protocol PaymentRecords: ~Copyable {
    /// The payment; nil where there is none or the principal does not see it.
    borrowing func payment(_ place: PaymentPlace) throws(TammError) -> Payment?

    /// The payments of a workspace in the order of their identifiers, at most `limit` after `cursor`.
    borrowing func payments(
        of workspace: Identifier<Workspace>, after cursor: Identifier<Payment>?, limit: Int
    ) throws(TammError) -> [Payment]

    /// The payments with that provider which a workspace has opened in a range of time, the earliest first, those of
    /// one moment in the order of their identifiers, at most `limit`.
    borrowing func payments(
        of workspace: Identifier<Workspace>, with provider: PaymentProviderName, openedIn range: Range<Timestamp>,
        limit: Int
    ) throws(TammError) -> [Payment]

    /// Writes a payment, new or changed. Call it under ``SubscriptionRecords/lockSubscription(of:)``.
    ///
    /// A reference is taken by its order, and as `claim` by its claim's transfer and by each transfer of InstaPay that
    /// it has received, which stays its own when the claim is gone and when the money went back.
    ///
    /// - Throws: `conflict`, with the field, `order` or `claim`, where such a reference is another payment's, in
    ///   whichever workspace; `notFound` without the workspace, `forbidden` unless the principal is the service or a
    ///   platform administrator.
    borrowing func put(_ payment: Payment) throws(TammError)

    /// The payment that was opened with the provider as this order; nil where there is none, and but for the service
    /// and platform administrators.
    borrowing func payment(ordered order: ProviderReference) throws(TammError) -> PaymentPlace?

    /// The payment whose claim names this transfer, or that has received it; likewise.
    borrowing func payment(claiming reference: ProviderReference) throws(TammError) -> PaymentPlace?

    /// The payments whose task is due at or before `moment`, the earliest first, at most `limit` after `cursor`; none
    /// but for the service.
    borrowing func duePayments(
        by moment: Timestamp, after cursor: DuePayment?, limit: Int
    ) throws(TammError) -> [DuePayment]

    /// The payments of all workspaces that wait for an administrator (``Payment/isForReview``), in the order of their places, at most `limit` after
    /// `cursor`; none but for the service and platform administrators.
    borrowing func paymentsForReview(
        after cursor: PaymentPlace?, limit: Int
    ) throws(TammError) -> [Payment]

    /// What is kept of a transaction of an order that no payment has, or has no room for; nil without one. Its place
    /// is locked for this transaction, also where there is nothing yet.
    ///
    /// - Throws: `forbidden` unless the principal is the service or a platform administrator; so the next two.
    borrowing func lockUnmatched(
        _ transaction: String, of order: ProviderReference
    ) throws(TammError) -> UnmatchedTransaction?

    /// Writes it, new or changed.
    borrowing func put(_ unmatched: UnmatchedTransaction) throws(TammError)

    /// Takes what is kept of an order's transactions out, in the order of their ids: it has found its payment.
    borrowing func takeUnmatched(of order: ProviderReference) throws(TammError) -> [UnmatchedTransaction]

    /// What is kept, by order and transaction, at most `limit` after `cursor`; none but for the service and platform
    /// administrators.
    borrowing func unmatched(
        after cursor: UnmatchedTransaction.Place?, limit: Int
    ) throws(TammError) -> [UnmatchedTransaction]

    /// The card that the workspace has saved; nil without one, and but for the service.
    borrowing func savedCard(of workspace: Identifier<Workspace>) throws(TammError) -> SavedCard?

    /// Saves a card instead of the one before.
    ///
    /// - Throws: `notFound` without the workspace, `forbidden` unless the principal is the service; so the next.
    borrowing func put(_ card: SavedCard) throws(TammError)

    /// Forgets the workspace's card, if it has one.
    borrowing func removeSavedCard(of workspace: Identifier<Workspace>) throws(TammError)
}
