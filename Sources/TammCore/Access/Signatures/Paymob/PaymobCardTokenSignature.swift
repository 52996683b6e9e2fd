/// Paymob's signature of a card token callback: the query item `hmac`, HMAC-SHA512 in lower-case hexadecimal of eight
/// values joined without a separator.
///
/// It comes to the URL of the transaction callback; ``PaymobCallback`` tells them apart. ``PaymobCardToken`` says what
/// the signature does not protect.
/// Source: Paymob, "HMAC card token callback".
public struct PaymobCardTokenSignature: SignatureScheme {
    /// A body and the query item that signs it.
    public typealias Delivery = PaymobTransactionSignature.Delivery

    public static let name = "paymob.card-token"

    private let codes: PaymobCode<PaymobCardTokenField>
    private let merchantID: Int64

    /// - Parameters:
    ///   - secrets: the merchant's HMAC secrets valid now, 1 to 8; the first signs.
    ///   - merchantID: the only `merchant_id` that may occur, above zero.
    ///   - maxBodyBytes: the largest body accepted, in bytes; a callback has a few hundred.
    /// - Throws: `invalidInput` for a parameter outside these bounds, or two secrets with one id.
    public init(
        secrets: [SigningSecret], merchantID: Int64, maxBodyBytes: Int = PaymobCallback.maxBodyBytes
    ) throws(TammError) {
        guard merchantID > 0 else {
            throw TammError(.invalidInput, "a merchant id is above zero, found \(merchantID)", field: "merchantID")
        }
        codes = try PaymobCode(secrets, maxBodyBytes: maxBodyBytes)
        self.merchantID = merchantID
    }

    /// Verifies a callback.
    ///
    /// - Throws: `unauthenticated` (missing, malformed, mismatch, unexpectedOwner); `invalidInput` for a body above the
    ///   bound, one that is no card token callback in strict JSON, or one that is signed but has a value not in its
    ///   field's form.
    public func verify(_ delivery: Delivery, at now: Timestamp) throws(TammError) -> SignedPaymobCardToken {
        let (values, match) = try codes.verify(delivery.body, hmac: delivery.hmac)
        let card = try PaymobCardToken(values)
        guard card.merchantID == merchantID else { throw .refused(.unexpectedOwner) }
        let payload = SignedPayload(
            delivery.body, coverage: .someFields, scheme: Self.name, match: match, verifiedAt: now)
        return SignedPaymobCardToken(card, payload)
    }

    /// The value of `hmac` for a callback.
    ///
    /// - Throws: `invalidInput` for a body above the bound, or one that is no card token callback in strict JSON.
    public func signature(for delivery: Delivery) throws(TammError) -> String {
        try codes.signature(for: delivery.body)
    }
}
