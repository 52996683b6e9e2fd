/// The fields of a transaction that Paymob signs, and no others.
///
/// They are joined without a separator before they are signed, so a signature also fits other values with the same
/// concatenation. What keeps them apart:
/// - amount and time: `createdAt` has one strict form with a year of four digits;
/// - id and integration, order and owner: the verifier knows which integrations and which owner to expect;
/// - the booleans: each is `true` or `false`.
///
/// **Not kept apart**: ``sourcePan``, ``sourceSubType`` and ``sourceType`` run into one another; they are for
/// display. **Not signed at all**, and so not here: `merchant_order_id`, `payment_key_claims`, `is_refund`,
/// `is_void`, `is_captured`, `captured_amount`, `refunded_amount_cents`, `parent_transaction`, `updated_at`.
///
/// Compare order, amount and currency with what was stored when the payment was opened. No time of delivery is
/// signed: a replay never expires, and must be harmless.
public struct PaymobTransaction: Sendable, Hashable {
    /// Paymob's minor units of ``currency``: piastres for EGP. Not negative.
    public let amountCents: Int64
    public let currency: Currency
    /// As received: ISO 8601 with seconds, at most six decimals, and an offset only where Paymob gives one. Egypt's
    /// has none and means local time in Cairo.
    public let createdAt: String
    /// ``createdAt`` in UTC; nil when it has no offset.
    public let createdAtUTC: Timestamp?
    public let id: Int64
    public let integrationID: Int64
    /// Paymob's id of the order: the one to correlate by.
    public let orderID: Int64
    public let owner: Int64
    /// Paid, unless ``isAuth``.
    public let success: Bool
    /// Undecided; with neither this nor ``success`` the transaction is declined.
    public let pending: Bool
    /// Money held, not revenue until captured.
    public let isAuth: Bool
    public let isCapture: Bool
    public let isRefunded: Bool
    public let isVoided: Bool
    public let isStandalonePayment: Bool
    public let is3DSecure: Bool
    public let hasParentTransaction: Bool
    /// `error_occured` on the wire.
    public let errorOccurred: Bool
    /// The last digits of the card or the number of the wallet; empty when there is none. For display.
    public let sourcePan: String
    /// The brand. For display.
    public let sourceSubType: String
    /// The kind of source. For display.
    public let sourceType: String

    /// - Throws: `invalidInput` for a value that is not strictly in its field's form.
    init(_ values: PaymobValues<PaymobTransactionField>) throws(TammError) {
        amountCents = try values.integer(.amountCents, from: 0)
        guard amountCents <= Money.maxMinorUnits else {
            throw values.fault(.amountCents, "at most \(Money.maxMinorUnits)")
        }
        guard let currency = try? Currency(values[.currency]) else {
            throw values.fault(.currency, "an ISO 4217 currency code")
        }
        self.currency = currency
        (createdAt, createdAtUTC) = try values.time(.createdAt)
        id = try values.integer(.id, from: 1)
        integrationID = try values.integer(.integrationID, from: 1)
        orderID = try values.integer(.orderID, from: 1)
        owner = try values.integer(.owner, from: 1)
        success = try values.boolean(.success)
        pending = try values.boolean(.pending)
        isAuth = try values.boolean(.isAuth)
        isCapture = try values.boolean(.isCapture)
        isRefunded = try values.boolean(.isRefunded)
        isVoided = try values.boolean(.isVoided)
        isStandalonePayment = try values.boolean(.isStandalonePayment)
        is3DSecure = try values.boolean(.is3DSecure)
        hasParentTransaction = try values.boolean(.hasParentTransaction)
        errorOccurred = try values.boolean(.errorOccurred)
        sourcePan = values[.sourcePan]
        sourceSubType = values[.sourceSubType]
        sourceType = values[.sourceType]
    }
}

/// The proof that Paymob sent a transaction: the fields it signed, and the delivery that carried them.
///
/// Only verification makes one. Of ``payload``'s body the signature covers ``transaction`` and nothing else.
public struct SignedPaymobTransaction: Sendable, Hashable {
    public let transaction: PaymobTransaction
    public let payload: SignedPayload

    init(_ transaction: PaymobTransaction, _ payload: SignedPayload) {
        self.transaction = transaction
        self.payload = payload
    }
}

/// What a customer's browser brought back from Paymob's page: something to show, never a reason to change state.
///
/// A browser may bring an old redirect again, or none. It holds no ``SignedPayload`` and no ``PaymobTransaction``,
/// so nothing that asks for proof accepts it.
public struct PaymobReturn: Sendable, Hashable {
    /// What Paymob says became of the payment.
    public enum Outcome: Sendable, Hashable { case succeeded, pending, declined }

    public let outcome: Outcome
    /// Paymob's minor units of ``currency``.
    public let amountCents: Int64
    public let currency: Currency
    public let transactionID: Int64
    public let orderID: Int64

    init(_ transaction: PaymobTransaction) {
        outcome = transaction.success ? .succeeded : transaction.pending ? .pending : .declined
        amountCents = transaction.amountCents
        currency = transaction.currency
        transactionID = transaction.id
        orderID = transaction.orderID
    }
}
