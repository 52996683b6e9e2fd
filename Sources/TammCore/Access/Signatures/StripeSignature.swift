internal import Crypto

/// Stripe's signature of a webhook: the header `Stripe-Signature: t=<seconds>,v1=<hex>`, HMAC-SHA256 of
/// `timestamp.body`.
///
/// The secret is used as text, `whsec_` included, and never decoded: it is made with
/// `SigningSecret(id: "stripe-2026-07", Secret("whsec_…"))`. While a secret is rolled the header has a `v1` for each of
/// the two. Other entries (`v0` is for tests) are passed over. No id of the delivery is signed: a replay within the
/// tolerance is as valid as the first.
/// Source: Stripe, "Verify webhook signatures manually".
public struct StripeSignature: SignatureScheme {
    /// A body and the header that signs it.
    public struct Delivery: Sendable {
        public var body: [UInt8]
        /// The value of `Stripe-Signature`; nil when the header is absent.
        public var header: String?

        public init(body: [UInt8], header: String?) {
            self.body = body
            self.header = header
        }

        /// A delivery that is to be signed at a time; parts of a second are dropped.
        public init(body: [UInt8], signedAt time: Timestamp) {
            self.init(body: body, header: "t=\(time.seconds)")
        }
    }

    public static let name = "stripe"

    private let keys: KeyRing<SHA256>
    private let tolerance: SignatureTolerance
    private let maxBodyBytes: Int

    /// - Parameters:
    ///   - secrets: the endpoint's secrets valid now, 1 to 8; the first signs.
    ///   - tolerance: how far the signed time may lie before or after `now`, bounds included; above zero, at most a
    ///     day. Stripe's own libraries allow five minutes.
    ///   - maxBodyBytes: the largest body accepted, in bytes.
    /// - Throws: `invalidInput` for a parameter outside these bounds, or two secrets with one id.
    public init(
        secrets: [SigningSecret], tolerance: Duration = .seconds(300), maxBodyBytes: Int = SignedPayload.maxBodyBytes
    ) throws(TammError) {
        self.tolerance = try SignatureTolerance(tolerance)
        keys = try KeyRing(secrets)
        self.maxBodyBytes = maxBodyBytes
    }

    /// Verifies time and body. The digits are lower case, as Stripe writes them; others are refused.
    ///
    /// - Throws: `unauthenticated` (missing, malformed, mismatch, unsupportedVersion, malformedTimestamp, tooOld,
    ///   tooEarly); `invalidInput` for a body above the bound.
    public func verify(_ delivery: Delivery, at now: Timestamp) throws(TammError) -> SignedPayload {
        let header = try Header(delivery.header)
        try tolerance.check(header.signedAt, at: now)
        guard !header.codes.isEmpty else { throw .refused(.unsupportedVersion) }
        try SignatureBounds.check(delivery.body, limit: maxBodyBytes)
        let match = try keys.match(header.codes) { Self.write(header.timestamp, delivery.body, to: &$0) }
        return SignedPayload(
            delivery.body, coverage: .everyByte, scheme: Self.name, match: match, verifiedAt: now,
            signedAt: header.signedAt)
    }

    /// The value of `Stripe-Signature` at the time that the delivery's header names: `t=<seconds>,v1=<hex>`.
    ///
    /// - Throws: `invalidInput` for a header without a time, or a body above the bound.
    public func signature(for delivery: Delivery) throws(TammError) -> String {
        guard let header = try? Header(delivery.header) else {
            throw TammError(.invalidInput, "wanted a header with a time such as t=1767225600", field: "header")
        }
        try SignatureBounds.check(delivery.body, limit: maxBodyBytes)
        let code = keys.sign { Self.write(header.timestamp, delivery.body, to: &$0) }
        return "t=\(header.timestamp),v1=\(hexadecimal(code))"
    }

    @inline(__always)
    private static func write(_ timestamp: String, _ body: [UInt8], to hash: inout SHA256) {
        hash.absorb(timestamp)
        hash.absorb(".")
        hash.absorb(body)
    }

    /// The entries of the header, at most ``SignatureBounds/listedSignatures``.
    private struct Header {
        /// As received, which is what is signed.
        let timestamp: String
        let signedAt: Timestamp
        /// Those of version 1.
        let codes: [AuthenticationCode]

        /// - Throws: `unauthenticated` (missing, malformed, malformedTimestamp).
        init(_ text: String?) throws(TammError) {
            guard let text, !text.isEmpty else { throw .refused(.missing) }
            guard text.utf8.count <= SignatureBounds.headerBytes else { throw .refused(.malformed) }
            let entries = text.split(
                separator: ",", maxSplits: SignatureBounds.listedSignatures, omittingEmptySubsequences: false)
            guard entries.count <= SignatureBounds.listedSignatures else { throw .refused(.malformed) }
            var timestamp: String?
            var codes: [AuthenticationCode] = []
            for entry in entries {
                guard let equals = entry.utf8.firstIndex(of: UInt8(ascii: "=")), equals != entry.startIndex else {
                    throw .refused(.malformed)
                }
                let value = String(entry[entry.utf8.index(after: equals)...])
                switch entry[..<equals] {
                case "t":
                    guard timestamp == nil else { throw .refused(.malformed) }
                    timestamp = value
                case "v1":
                    guard let code = AuthenticationCode(hexadecimal: value, byteCount: SHA256.byteCount) else {
                        throw .refused(.malformed)
                    }
                    codes.append(code)
                default: break
                }
            }
            guard let timestamp, let signedAt = Timestamp(canonicalSeconds: timestamp.utf8) else {
                throw .refused(.malformedTimestamp)
            }
            (self.timestamp, self.signedAt, self.codes) = (timestamp, signedAt, codes)
        }
    }
}
