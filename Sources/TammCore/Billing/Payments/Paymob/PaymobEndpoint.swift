/// What became of a delivery to a payment endpoint.
public enum EndpointOutcome: Sendable, Hashable {
    /// It told of a transaction.
    case noted(NoticeOutcome)
    /// It told of a saved card, which is kept for the workspace of its order.
    case savedCard
    /// It is genuine and tells too little to act on: a reason to ask the provider about what is named.
    case lookUp(String)
    /// It is nothing that payments know of: answer it, and do nothing.
    case ignored(type: String?)
}

/// The address to which Paymob delivers its callbacks: each is verified by its own scheme before anything is done.
///
/// Answer 200 only after a return; `unauthenticated` is 401, `unavailable` is 503. Redirects of the payer's browser do
/// not come here: ``PaymobTransactionSignature/verifyForDisplay(query:)`` reads them.
public struct PaymobEndpoint: Sendable {
    private let payments: Payments
    private let transactions: PaymobTransactionSignature
    private let cards: PaymobCardTokenSignature
    private let subscriptions: PaymobSubscriptionSignature
    private let ownerID: Int64

    /// - Parameters:
    ///   - secrets: the merchant's HMAC secrets valid now, 1 to 8.
    ///   - integrationIDs: those that may occur, as for ``PaymobTransactionSignature``.
    ///   - ownerID: the only `owner` that may occur in transactions; payments' accounts are named after it.
    ///   - merchantID: the only `merchant_id` that may occur in saved cards.
    /// - Throws: `invalidInput` for a parameter outside the schemes' bounds.
    public init(
        payments: Payments, secrets: [SigningSecret], integrationIDs: Set<Int64>, ownerID: Int64, merchantID: Int64
    ) throws(TammError) {
        self.payments = payments
        self.ownerID = ownerID
        transactions = try PaymobTransactionSignature(
            secrets: secrets, integrationIDs: integrationIDs, ownerID: ownerID)
        cards = try PaymobCardTokenSignature(secrets: secrets, merchantID: merchantID)
        subscriptions = try PaymobSubscriptionSignature(secrets: secrets)
    }

    /// Verifies a callback and takes in what it says.
    ///
    /// - Parameters:
    ///   - body: the body of the POST, as received.
    ///   - hmac: the value of the query item `hmac`; nil when it is absent.
    /// - Throws: as the schemes' `verify` and ``Payments/receive(_:)``.
    public func receive(body: [UInt8], hmac: String?) async throws(TammError) -> EndpointOutcome {
        let now = payments.billing.time.now()
        switch try PaymobCallback(body: body) {
        case .transaction:
            let signed = try transactions.verify(.init(body: body, hmac: hmac), at: now)
            return .noted(try await payments.receive(PaymentNotice(signed)))
        case .cardToken:
            let card = try cards.verify(.init(body: body, hmac: hmac), at: now).card
            let isKept = try await payments.save(
                cardFor: PaymentNotice.paymobOrder(card.orderID, owner: ownerID), token: card.token,
                maskedNumber: card.maskedPan, brand: card.cardSubtype)
            return isKept ? .savedCard : .ignored(type: "TOKEN")
        case .subscription:
            let signed = try subscriptions.verify(.init(body: body), at: now)
            return .lookUp("subscription \(signed.subscriptionID)")
        case .unknown(let type): return .ignored(type: type)
        }
    }
}
