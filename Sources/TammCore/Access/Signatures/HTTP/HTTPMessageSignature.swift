internal import Crypto
internal import RawStructuredFieldValues

/// An HTTP message signature with `hmac-sha256` over method, target and the body's `Content-Digest`.
///
/// A signature covers `"@method"`, `"content-digest"` and the target, either as `"@target-uri"` or as `"@path"` and
/// `"@query"`, and may cover `"@authority"`; anything else it covers, and any parameter of what it covers, is refused.
/// It has the parameters `created`, `keyid`, `nonce` and `alg`, and may have `expires`. Path and query are signed as
/// sent, without decoding. Without `"@target-uri"` and `"@authority"` no host is signed: a request could be brought to
/// another service that accepts the same key.
///
/// Fields are accepted in their canonical text only: RFC 9651's serialisation, members with `, ` between them. Of
/// several signatures, at most four, one is verified: that with the configured label, else the first whose key is
/// configured, else the first.
///
/// A request is accepted once: verification uses up its nonce.
/// Source: RFC 9421; RFC 9530 for the digest.
public struct HTTPMessageSignature: SignatureScheme {
    /// A request and the three fields that sign it.
    public struct Delivery: Sendable {
        /// As received, 1 to 32 characters: `POST`.
        public var method: String
        /// `https` or `http`, as the sender used it: where a proxy ends TLS, `https`.
        public var scheme: String
        /// Host and port as the sender used them, at most 255 bytes: the value of `Host` or `:authority`.
        public var authority: String
        /// Path and query as received, not decoded, 1 to 8,192 bytes: `/v1/messages?limit=5`.
        public var target: String
        public var body: [UInt8]
        /// The value of `Content-Digest`; nil when it is absent.
        public var contentDigest: String?
        /// The value of `Signature-Input`; nil when it is absent.
        public var signatureInput: String?
        /// The value of `Signature`; nil when it is absent.
        public var signature: String?

        /// Where a field came on several lines, its value is those with `, ` between them.
        public init(
            method: String, scheme: String, authority: String, target: String, body: [UInt8],
            contentDigest: String? = nil, signatureInput: String? = nil, signature: String? = nil
        ) {
            self.method = method
            self.scheme = scheme
            self.authority = authority
            self.target = target
            self.body = body
            self.contentDigest = contentDigest
            self.signatureInput = signatureInput
            self.signature = signature
        }
    }

    /// How a signature covers the target.
    public enum CoveredTarget: Sendable, Hashable {
        /// Scheme, host, path and query: `"@target-uri"`.
        case wholeURI
        /// Host, path and query: `"@authority"`, `"@path"` and `"@query"`.
        case hostAndPath
        /// Path and query alone: `"@path"` and `"@query"`, for a service that does not know its own host.
        case path

        var components: [HTTPComponent] {
            switch self {
            case .wholeURI: [.method, .targetURI, .contentDigest]
            case .hostAndPath: [.method, .authority, .path, .query, .contentDigest]
            case .path: [.method, .path, .query, .contentDigest]
            }
        }
    }

    public static let name = "http-message-signature"

    private let keys: KeyRing<SHA256>
    private let keyIDs: Set<String>
    private let signerID: String
    private let nonces: NonceCache
    private let label: String?
    private let tolerance: SignatureTolerance
    private let maxBodyBytes: Int

    /// - Parameters:
    ///   - secrets: the secrets valid now, 1 to 8; `keyid` is the id of one of them, and the first signs.
    ///   - nonces: where nonces are used up; share one among all schemes that accept the same keys. It holds them for
    ///     at least twice the tolerance.
    ///   - label: the only label that is verified, 1 to 64 bytes, a structured field's key; nil for any.
    ///   - tolerance: how far `created` may lie before or after `now`, bounds included; above zero, at most a day.
    ///   - maxBodyBytes: the largest body accepted, in bytes.
    /// - Throws: `invalidInput` for a parameter outside these bounds, or two secrets with one id.
    public init(
        secrets: [SigningSecret], nonces: NonceCache, label: String? = nil, tolerance: Duration = .seconds(300),
        maxBodyBytes: Int = SignedPayload.maxBodyBytes
    ) throws(TammError) {
        self.tolerance = try SignatureTolerance(tolerance)
        guard nonces.lifetime >= tolerance * 2 else {
            throw TammError(
                .invalidInput, "nonces are held for twice the tolerance of \(tolerance), found \(nonces.lifetime)",
                field: "nonces")
        }
        if let label, label.utf8.count > 64 || StructuredDictionary("\(label)=1")?.contains(label) != true {
            throw TammError(.invalidInput, "wanted a label such as sig1, found \(excerpt(label))", field: "label")
        }
        keys = try KeyRing(secrets)
        keyIDs = Set(secrets.map(\.id))
        signerID = secrets.first?.id ?? ""
        self.nonces = nonces
        self.label = label
        self.maxBodyBytes = maxBodyBytes
    }

    /// Verifies method, target and body, and uses up the nonce.
    ///
    /// An unknown key is refused as a wrong signature is, after the same work.
    ///
    /// - Throws: `unauthenticated` (missing, malformed, mismatch, unsupportedVersion, malformedTimestamp, tooOld,
    ///   tooEarly, expired, malformedNonce, insufficientCoverage, missingDigest, digestMismatch, replayed);
    ///   `invalidInput` for a body above the bound, or a method, scheme, host or target in another form;
    ///   `overloaded` when no more nonces can be held.
    public func verify(_ delivery: Delivery, at now: Timestamp) throws(TammError) -> SignedHTTPRequest {
        let proof = try examine(delivery, at: now)
        try useUp(proof, at: now)
        return proof
    }

    /// Uses up the nonce of what ``examine(_:at:)`` gave.
    ///
    /// - Throws: `unauthenticated` (replayed), `overloaded` when no more nonces can be held.
    func useUp(_ proof: SignedHTTPRequest, at now: Timestamp) throws(TammError) {
        let last = proof.created.advanced(by: tolerance.duration)
        switch nonces.use(proof.nonce, of: proof.keyID, acceptableUntil: last, at: now) {
        case .fresh: break
        case .used: throw .refused(.replayed)
        case .full: throw TammError(.overloaded, "no more nonces can be held; try again later")
        }
    }

    /// As ``verify(_:at:)``, but for the nonce: the request may have been accepted before.
    func examine(_ delivery: Delivery, at now: Timestamp) throws(TammError) -> SignedHTTPRequest {
        let request = try HTTPRequestTarget(delivery)
        let (label, input) = try input(of: delivery)
        let code = try Self.code(of: delivery, label)
        try tolerance.check(input.created, at: now)
        if let expires = input.expires, now > expires { throw .refused(.expired) }
        let digest = try ContentDigest(delivery.contentDigest)
        try SignatureBounds.check(delivery.body, limit: maxBodyBytes)
        let base = Self.base(of: delivery, request, input)
        let match = try keys.match(CollectionOfOne(code)) { $0.absorb(base) }
        guard match.secretID == input.keyID else { throw .refused(.mismatch) }
        guard digest.matches(delivery.body) else { throw .refused(.digestMismatch) }
        let payload = SignedPayload(
            delivery.body, coverage: .everyByte, scheme: Self.name, match: match, verifiedAt: now,
            signedAt: input.created)
        return SignedHTTPRequest(input, request, payload)
    }

    /// The value of `Signature` for a delivery whose `Content-Digest` and `Signature-Input` are set; no nonce is used
    /// up. ``signed(_:created:nonce:expires:covering:)`` sets all three.
    ///
    /// - Throws: `invalidInput` for a delivery that could not be verified, or whose `keyid` is not the first
    ///   secret's.
    public func signature(for delivery: Delivery) throws(TammError) -> String {
        let request = try HTTPRequestTarget(delivery)
        try SignatureBounds.check(delivery.body, limit: maxBodyBytes)
        do throws(TammError) {
            let (label, input) = try input(of: delivery)
            guard input.keyID == signerID else { throw .refused(.mismatch) }
            guard try ContentDigest(delivery.contentDigest).matches(delivery.body) else {
                throw .refused(.digestMismatch)
            }
            let base = Self.base(of: delivery, request, input)
            return "\(label)=:\(encodeBase64(keys.sign { $0.absorb(base) })):"
        } catch {
            throw TammError(
                .invalidInput, "wanted a request that could be verified, found \(error.reason ?? error.message)",
                field: "signatureInput")
        }
    }

    /// The delivery with `Content-Digest`, `Signature-Input` and `Signature` for the first secret.
    ///
    /// - Parameters:
    ///   - created: the time of signing; parts of a second are dropped.
    ///   - nonce: 1 to 128 visible ASCII characters, another for each request, retries included.
    ///   - expires: when the request stops being valid, before the verifier's tolerance ends; nil for that alone.
    ///   - covering: how the target is covered.
    /// - Throws: `invalidInput` for a value outside these bounds, or a delivery that could not be verified.
    public func signed(
        _ delivery: Delivery, created: Timestamp, nonce: String, expires: Timestamp? = nil,
        covering target: CoveredTarget = .wholeURI
    ) throws(TammError) -> Delivery {
        var list = InnerList(
            target.components,
            [
                "created": .integer(created.seconds), "keyid": .string(signerID), "nonce": .string(nonce),
                "alg": .string(HTTPSignatureInput.algorithm),
            ])
        if let expires { list.rfc9651Parameters["expires"] = .integer(expires.seconds) }
        guard let text = list.canonicalText else {
            throw TammError(.invalidInput, "wanted a nonce of visible ASCII, found \(excerpt(nonce))", field: "nonce")
        }
        var signed = delivery
        signed.contentDigest = ContentDigest.text(for: delivery.body)
        signed.signatureInput = "\(label ?? "sig1")=\(text)"
        signed.signature = try signature(for: signed)
        return signed
    }

    /// The `keyid` of each signature, at most four: claims, to look the secret up by before anything is verified.
    ///
    /// Where there is no such key, verify with a secret of random bytes under that id all the same, so that the answer
    /// takes as long.
    ///
    /// - Throws: `unauthenticated` (missing, malformed).
    public static func claimedKeyIDs(of delivery: Delivery) throws(TammError) -> [String] {
        try inputs(of: delivery).members.compactMap { _, member in
            guard case .innerList(let list) = member else { return nil }
            return list.text("keyid").flatMap {
                HTTPSignatureInput.isVisible($0, HTTPSignatureInput.keyIDBytes) ? $0 : nil
            }
        }
    }

    private static func inputs(of delivery: Delivery) throws(TammError) -> StructuredDictionary {
        guard let text = delivery.signatureInput, !text.isEmpty else { throw .refused(.missing) }
        guard let fields = StructuredDictionary(text) else { throw .refused(.malformed) }
        return fields
    }

    /// The signature that is to be verified.
    private func input(of delivery: Delivery) throws(TammError) -> (label: String, input: HTTPSignatureInput) {
        let fields = try Self.inputs(of: delivery)
        let known = fields.members.first { name, _ in
            fields.innerList(name)?.text("keyid").map(keyIDs.contains) == true
        }
        guard let label = label ?? (known ?? fields.members.first)?.0, fields.contains(label) else {
            throw .refused(.missing)
        }
        guard let list = fields.innerList(label) else { throw .refused(.malformed) }
        return (label, try HTTPSignatureInput(list))
    }

    private static func code(of delivery: Delivery, _ label: String) throws(TammError) -> AuthenticationCode {
        guard let text = delivery.signature, !text.isEmpty else { throw .refused(.missing) }
        guard let fields = StructuredDictionary(text) else { throw .refused(.malformed) }
        guard fields.contains(label) else { throw .refused(.missing) }
        guard let base64 = fields.base64(label),
            let code = AuthenticationCode(base64: base64[...].utf8, byteCount: SHA256.byteCount)
        else { throw .refused(.malformed) }
        return code
    }

    private static func base(
        of delivery: Delivery, _ request: HTTPRequestTarget, _ input: HTTPSignatureInput
    ) -> String {
        let contentDigest = delivery.contentDigest ?? ""
        let lines = input.components.lazy.map {
            (name: $0.rawValue, value: request.value(of: $0, contentDigest: contentDigest))
        }
        return httpSignatureBase(lines, parameters: input.text)
    }
}
