internal import Crypto

/// Meta's signature of a webhook of WhatsApp, Messenger or Instagram: the header
/// `X-Hub-Signature-256: sha256=<hex>`, HMAC-SHA256 of the raw body under the app secret.
///
/// The body must be the bytes as received: Meta escapes non-ASCII text, and a body that was decoded and encoded
/// again has another signature. No time is signed: a replay never expires, and must be harmless.
/// Source: Meta, "Webhooks: validating payloads".
public struct MetaSignature: SignatureScheme {
    /// A body and the header that signs it.
    public struct Delivery: Sendable {
        public var body: [UInt8]
        /// The value of `X-Hub-Signature-256`; nil when the header is absent.
        public var signature: String?

        public init(body: [UInt8], signature: String?) {
            self.body = body
            self.signature = signature
        }
    }

    public static let name = "meta"

    private let keys: KeyRing<SHA256>
    private let maxBodyBytes: Int

    /// - Parameters:
    ///   - secrets: the app secrets valid now, 1 to 8; the first signs.
    ///   - maxBodyBytes: the largest body accepted, in bytes.
    /// - Throws: `invalidInput` for no secret, too many, or two with one id.
    public init(
        secrets: [SigningSecret], maxBodyBytes: Int = SignedPayload.maxBodyBytes
    ) throws(TammError) {
        keys = try KeyRing(secrets)
        self.maxBodyBytes = maxBodyBytes
    }

    /// Verifies the whole body. The digits are lower case, as Meta writes them; others are refused.
    ///
    /// - Throws: `unauthenticated` (missing, malformed, mismatch); `invalidInput` for a body above the bound.
    public func verify(_ delivery: Delivery, at now: Timestamp) throws(TammError) -> SignedPayload {
        let code = try AuthenticationCode.received(
            delivery.signature, prefix: "sha256=", byteCount: SHA256.byteCount)
        try SignatureBounds.check(delivery.body, limit: maxBodyBytes)
        let match = try keys.match(CollectionOfOne(code)) { $0.absorb(delivery.body) }
        return SignedPayload(
            delivery.body, coverage: .everyByte, scheme: Self.name, match: match, verifiedAt: now)
    }

    /// The value of `X-Hub-Signature-256`.
    ///
    /// - Throws: `invalidInput` for a body above the bound.
    public func signature(for delivery: Delivery) throws(TammError) -> String {
        try SignatureBounds.check(delivery.body, limit: maxBodyBytes)
        return "sha256=" + hexadecimal(keys.sign { $0.absorb(delivery.body) })
    }
}
