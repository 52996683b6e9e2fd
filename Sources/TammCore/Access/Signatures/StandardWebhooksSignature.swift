internal import Crypto

/// The symmetric signature of Standard Webhooks: `v1,<base64>` in `webhook-signature`, HMAC-SHA256 of
/// `id.timestamp.body`.
///
/// Signatures of other versions (`v1a` is ed25519) are passed over. The id names the message at every retry: a
/// receiver that keeps ids for twice the tolerance sees each message once.
/// Source: the Standard Webhooks specification, 1.0.0.
public struct StandardWebhooksSignature: SignatureScheme {
    /// A body and the three headers that sign it.
    public struct Delivery: Sendable {
        /// The value of `webhook-id`.
        public var id: String?
        /// The value of `webhook-timestamp`: whole seconds since 1970 in decimal.
        public var timestamp: String?
        /// The value of `webhook-signature`: signatures with one blank between them.
        public var signatures: String?
        public var body: [UInt8]

        /// Nil stands for an absent header.
        public init(id: String?, timestamp: String?, signatures: String?, body: [UInt8]) {
            self.id = id
            self.timestamp = timestamp
            self.signatures = signatures
            self.body = body
        }
    }

    public static let name = "standard-webhooks"

    /// Bytes of a secret.
    static let secretBytes = 24...64

    private let keys: KeyRing<SHA256>
    private let tolerance: SignatureTolerance
    private let maxBodyBytes: Int

    /// - Parameters:
    ///   - secrets: the secrets valid now, 1 to 8, of 24 to 64 bytes; the first signs.
    ///   - tolerance: how far the signed time may lie before or after `now`, bounds included; above zero, at most a
    ///     day. The specification's own value is five minutes.
    ///   - maxBodyBytes: the largest body accepted, in bytes.
    /// - Throws: `invalidInput` for a parameter outside these bounds, or two secrets with one id.
    public init(
        secrets: [SigningSecret], tolerance: Duration = .seconds(300), maxBodyBytes: Int = SignedPayload.maxBodyBytes
    ) throws(TammError) {
        for secret in secrets where !Self.secretBytes.contains(secret.secret.count) {
            throw TammError(
                .invalidInput, "a Standard Webhooks secret has 24 to 64 bytes, found \(secret.secret.count)",
                field: "secrets")
        }
        self.tolerance = try SignatureTolerance(tolerance)
        keys = try KeyRing(secrets)
        self.maxBodyBytes = maxBodyBytes
    }

    /// Verifies id, time and body; the proof carries all three.
    ///
    /// - Throws: `unauthenticated` (missing, malformed, mismatch, unsupportedVersion, malformedTimestamp, tooOld,
    ///   tooEarly, malformedID); `invalidInput` for a body above the bound.
    public func verify(_ delivery: Delivery, at now: Timestamp) throws(TammError) -> SignedPayload {
        guard let header = delivery.signatures, !header.isEmpty else { throw .refused(.missing) }
        guard let id = delivery.id, Self.isID(id) else { throw .refused(.malformedID) }
        guard let text = delivery.timestamp, let signedAt = Timestamp(canonicalSeconds: text.utf8) else {
            throw .refused(.malformedTimestamp)
        }
        try tolerance.check(signedAt, at: now)
        let codes = try Self.codes(header)
        try SignatureBounds.check(delivery.body, limit: maxBodyBytes)
        let match = try keys.match(codes) { Self.write(id, text, delivery.body, to: &$0) }
        return SignedPayload(
            delivery.body, coverage: .everyByte, scheme: Self.name, match: match, verifiedAt: now, deliveryID: id,
            signedAt: signedAt)
    }

    /// One entry of `webhook-signature`: `v1,<base64>`.
    ///
    /// - Throws: `invalidInput` for an id or a time that could not be verified, or a body above the bound.
    public func signature(for delivery: Delivery) throws(TammError) -> String {
        guard let id = delivery.id, Self.isID(id) else {
            throw TammError(
                .invalidInput, "a webhook id has 1 to 256 visible ASCII characters and no full stop", field: "id")
        }
        guard let text = delivery.timestamp, Timestamp(canonicalSeconds: text.utf8) != nil else {
            throw TammError(.invalidInput, "a webhook timestamp is whole seconds in decimal", field: "timestamp")
        }
        try SignatureBounds.check(delivery.body, limit: maxBodyBytes)
        return "v1," + encodeBase64(keys.sign { Self.write(id, text, delivery.body, to: &$0) })
    }

    @inline(__always)
    private static func write(_ id: String, _ timestamp: String, _ body: [UInt8], to hash: inout SHA256) {
        hash.absorb(id)
        hash.absorb(".")
        hash.absorb(timestamp)
        hash.absorb(".")
        hash.absorb(body)
    }

    /// 1 to 256 visible ASCII characters; a full stop would let the id run into the timestamp.
    private static func isID(_ id: String) -> Bool {
        let bytes = id.utf8
        return (1...256).contains(bytes.count)
            && bytes.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: ".") }
    }

    /// The codes of version 1 in a list of at most ``SignatureBounds/listedSignatures``.
    private static func codes(_ header: String) throws(TammError) -> [AuthenticationCode] {
        guard header.utf8.count <= SignatureBounds.headerBytes else { throw .refused(.malformed) }
        let entries = header.split(
            separator: " ", maxSplits: SignatureBounds.listedSignatures, omittingEmptySubsequences: false)
        guard entries.count <= SignatureBounds.listedSignatures else { throw .refused(.malformed) }
        var codes: [AuthenticationCode] = []
        for entry in entries {
            guard let comma = entry.utf8.firstIndex(of: UInt8(ascii: ",")), comma != entry.startIndex else {
                throw .refused(.malformed)
            }
            guard entry[..<comma] == "v1" else { continue }
            let encoded = entry.utf8[entry.utf8.index(after: comma)...]
            guard let code = AuthenticationCode(base64: encoded, byteCount: SHA256.byteCount) else {
                throw .refused(.malformed)
            }
            codes.append(code)
        }
        guard !codes.isEmpty else { throw .refused(.unsupportedVersion) }
        return codes
    }
}

extension Int64 {
    /// Nil unless plain decimal digits without a sign or a leading zero, within Int64.
    init?(canonicalDecimal text: String.UTF8View) {
        guard text.first != UInt8(ascii: "0") || text.count == 1 else { return nil }
        self.init(decimal: text, decimals: 0)
    }
}
