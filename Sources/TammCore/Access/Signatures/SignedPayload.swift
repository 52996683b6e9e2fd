/// The proof that a delivery was signed by someone who holds one of the configured secrets.
///
/// Only verification makes one. What it proves is limited to ``coverage``, and says nothing about how often the
/// delivery comes: a replay within the tolerance is as valid as the first.
public struct SignedPayload: Sendable, Hashable {
    /// How much of ``body`` the signature covers.
    public enum Coverage: Sendable, Hashable {
        /// Each byte of it.
        case everyByte
        /// Some of its fields only; the proof's typed fields are those, the rest of the body is hearsay.
        case someFields
    }

    /// The bound of a body where a scheme is not configured with another: 3 MiB, since Meta sends up to 3 MB.
    public static let maxBodyBytes = 3 << 20

    /// The body as it was received, byte for byte.
    public let body: [UInt8]
    public let coverage: Coverage
    /// The scheme that verified it: ``SignatureScheme/name``.
    public let scheme: String
    /// The label of the secret that matched.
    public let secretID: String
    /// The `now` of the verification.
    public let verifiedAt: Timestamp
    /// The sender's name of this delivery, the same at every retry; nil where the scheme signs none.
    public let deliveryID: String?
    /// When the sender signed; nil where the scheme signs no time.
    public let signedAt: Timestamp?

    /// - Parameter match: what ``KeyRing`` gives for a signature that one of its secrets makes.
    init(
        _ body: [UInt8], coverage: Coverage, scheme: String, match: KeyMatch, verifiedAt: Timestamp,
        deliveryID: String? = nil, signedAt: Timestamp? = nil
    ) {
        self.body = body
        self.coverage = coverage
        self.scheme = scheme
        self.secretID = match.secretID
        self.verifiedAt = verifiedAt
        self.deliveryID = deliveryID
        self.signedAt = signedAt
    }
}
