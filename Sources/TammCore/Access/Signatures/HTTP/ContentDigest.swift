internal import Crypto
internal import FoundationEssentials

/// The value of `Content-Digest`: digests of a body by SHA-256, SHA-512 or both.
///
/// Members of other algorithms are passed over, as the RFC lets a recipient do.
/// Source: RFC 9530, sections 2 and 5.
struct ContentDigest {
    private let sha256: AuthenticationCode?
    private let sha512: AuthenticationCode?

    /// - Parameter text: the field's value, as received.
    /// - Throws: `unauthenticated` (missingDigest, malformed).
    init(_ text: String?) throws(TammError) {
        guard let text, !text.isEmpty else { throw .refused(.missingDigest) }
        guard let fields = StructuredDictionary(text) else { throw .refused(.malformed) }
        sha256 = try Self.digest("sha-256", in: fields, byteCount: SHA256.byteCount)
        sha512 = try Self.digest("sha-512", in: fields, byteCount: SHA512.byteCount)
        guard sha256 != nil || sha512 != nil else { throw .refused(.missingDigest) }
    }

    private static func digest(
        _ name: String, in fields: StructuredDictionary, byteCount: Int
    ) throws(TammError) -> AuthenticationCode? {
        guard fields.contains(name) else { return nil }
        guard let base64 = fields.base64(name),
            let digest = AuthenticationCode(base64: base64[...].utf8, byteCount: byteCount)
        else { throw .refused(.malformed) }
        return digest
    }

    /// Whether each digest is that of `body`.
    func matches(_ body: [UInt8]) -> Bool {
        if let sha256, !constantTimeEqual(sha256, Self.digest(of: body, SHA256())) { return false }
        if let sha512, !constantTimeEqual(sha512, Self.digest(of: body, SHA512())) { return false }
        return true
    }

    /// The value for `body`, with SHA-256.
    static func text(for body: [UInt8]) -> String {
        "sha-256=:\(encodeBase64(digest(of: body, SHA256()).bytes(SHA256.byteCount))):"
    }

    private static func digest(of body: [UInt8], _ empty: some HashFunction) -> AuthenticationCode {
        var hash = empty
        hash.absorb(body)
        return unsafe hash.finalize().withUnsafeBytes { unsafe AuthenticationCode($0) }
    }
}
