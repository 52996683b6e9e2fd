/// A provider as it is called: what opens orders, charges cards, gives money back and tells how things stand.
///
/// Each call goes over a network outside of any transaction and may be repeated: the payment's identifier is the
/// provider's key for it. What a call answers is genuine, as a verified delivery is. On `unavailable` nobody knows
/// whether it was done: the payment becomes unknown and the provider is asked again.
public struct PaymentProvider: Sendable {
    /// What the provider says in answer to a call.
    public typealias Answer = [PaymentNotice]

    public let name: PaymentProviderName
    /// Which of our accounts with it receives the money.
    public let account: String
    /// Opens the order that the payer pays, and gives its reference.
    public var opens: @Sendable (Payment) async throws(TammError) -> ProviderReference
    /// What is known of the order's transactions, money returned included.
    public var tells: @Sendable (Payment) async throws(TammError) -> Answer
    /// Charges the saved card for the order.
    public var charges: @Sendable (Payment, SavedCard) async throws(TammError) -> Answer
    /// Receives what a transaction has reserved.
    public var captures: @Sendable (Payment, _ transaction: String) async throws(TammError) -> Answer
    /// Gives so much back, in the transaction's currency; the same key gives it back once. No two payments have a key
    /// in common.
    public var refunds: @Sendable (Payment, _ transaction: String, Money, IdempotencyKey) async throws(TammError) -> Answer
    /// Undoes a transaction as if it had never been.
    public var voids: @Sendable (Payment, _ transaction: String) async throws(TammError) -> Answer

    /// - Parameters:
    ///   - name: by which payments name it.
    ///   - account: 1 to 128 bytes of visible ASCII.
    public init(
        _ name: PaymentProviderName, account: String,
        opens: @escaping @Sendable (Payment) async throws(TammError) -> ProviderReference,
        tells: @escaping @Sendable (Payment) async throws(TammError) -> Answer,
        charges: @escaping @Sendable (Payment, SavedCard) async throws(TammError) -> Answer,
        captures: @escaping @Sendable (Payment, String) async throws(TammError) -> Answer,
        refunds: @escaping @Sendable (Payment, String, Money, IdempotencyKey) async throws(TammError) -> Answer,
        voids: @escaping @Sendable (Payment, String) async throws(TammError) -> Answer
    ) {
        self.name = name
        self.account = account
        self.opens = opens
        self.tells = tells
        self.charges = charges
        self.captures = captures
        self.refunds = refunds
        self.voids = voids
    }
}
