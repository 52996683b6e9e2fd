internal import Crypto

/// Paymob's signature of a subscription callback: the member `hmac` of its body, HMAC-SHA512 in lower-case hexadecimal
/// of `{trigger_type}for{subscription_data.id}`.
///
/// ``SignedPaymobSubscription`` says how little that proves.
/// Source: Paymob, "Subscription callback and HMAC calculation".
public struct PaymobSubscriptionSignature: SignatureScheme {
    /// A body, which holds its own signature.
    public struct Delivery: Sendable {
        public var body: [UInt8]

        public init(body: [UInt8]) { self.body = body }
    }

    public static let name = "paymob.subscription"

    private let keys: KeyRing<SHA512>
    private let maxBodyBytes: Int

    /// - Parameters:
    ///   - secrets: the merchant's HMAC secrets valid now, 1 to 8; the first signs.
    ///   - maxBodyBytes: the largest body accepted, in bytes; a callback has about a thousand.
    /// - Throws: `invalidInput` for no secret, too many, or two with one id.
    public init(secrets: [SigningSecret], maxBodyBytes: Int = PaymobCallback.maxBodyBytes) throws(TammError) {
        keys = try KeyRing(secrets)
        self.maxBodyBytes = maxBodyBytes
    }

    /// Verifies trigger and subscription id.
    ///
    /// - Throws: `unauthenticated` (missing, malformed, mismatch); `invalidInput` for a body above the bound, or one
    ///   that is no subscription callback in strict JSON.
    public func verify(_ delivery: Delivery, at now: Timestamp) throws(TammError) -> SignedPaymobSubscription {
        let notice = try notice(delivery)
        let code = try AuthenticationCode.received(notice.hmac, byteCount: SHA512.byteCount)
        let concatenation = notice.concatenation
        let match = try keys.match(CollectionOfOne(code)) { $0.absorb(concatenation) }
        let payload = SignedPayload(
            delivery.body, coverage: .someFields, scheme: Self.name, match: match, verifiedAt: now)
        return SignedPaymobSubscription(notice, payload)
    }

    /// The value of `hmac` for a callback.
    ///
    /// - Throws: `invalidInput` for a body above the bound, or one that is no subscription callback in strict JSON.
    public func signature(for delivery: Delivery) throws(TammError) -> String {
        let concatenation = try notice(delivery).concatenation
        return hexadecimal(keys.sign { $0.absorb(concatenation) })
    }

    private func notice(_ delivery: Delivery) throws(TammError) -> PaymobSubscriptionNotice {
        try SignatureBounds.check(delivery.body, limit: maxBodyBytes)
        return try PaymobSubscriptionNotice(body: delivery.body)
    }
}
