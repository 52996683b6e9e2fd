public import TammCore

/// A signed request as another language's client made it, with the secret that signs it: something to try a verifier
/// on.
public struct RecordedRequest: Sendable {
    /// The secret, as text.
    public let secret: String
    /// The `keyid`.
    public let keyID: String
    public let delivery: HTTPMessageSignature.Delivery
    /// The signed time.
    public let signedAt: Timestamp

    private init(
        _ method: String, authority: String = "api.tamm.test", _ target: String, body: String, digest: String,
        input: String, signature: String
    ) {
        secret = "tamm-test-request-secret-32bytes"
        keyID = "workspace-key-1"
        signedAt = Timestamp("2026-01-01T00:00:00Z") ?? .epoch
        delivery = HTTPMessageSignature.Delivery(
            method: method, scheme: "https", authority: authority, target: target, body: Array(body.utf8),
            contentDigest: digest, signatureInput: input, signature: signature)
    }

    private static let message = #"{"to":"972544401243","text":"Hello"}"#

    /// A message sent with the whole target URI covered.
    public static let wholeURI = RecordedRequest(
        "POST", "/v1/messages?dry_run=true", body: message,
        digest: "sha-256=:upx+HCPifqkdggbJKj3YC4rDXPUnKCwUpmpwnbnpW98=:",
        input: #"""
            sig1=("@method" "@target-uri" "content-digest");created=1767225600;keyid="workspace-key-1";\#
            alg="hmac-sha256";nonce="5bfa6a1e9c0d4f7f"
            """#,
        signature: "sig1=:c+Q0iT7Mmu9KrWKOYvdqKS7+BzNkAKDB0S26OLXCw4E=:")

    /// The same message with host, path and query covered, expiring after five minutes.
    public static let hostAndPath = RecordedRequest(
        "POST", "/v1/messages?dry_run=true", body: message,
        digest: "sha-256=:upx+HCPifqkdggbJKj3YC4rDXPUnKCwUpmpwnbnpW98=:",
        input: #"""
            sig1=("@method" "@authority" "@path" "@query" "content-digest");created=1767225600;\#
            keyid="workspace-key-1";alg="hmac-sha256";expires=1767225900;nonce="5bfa6a1e9c0d4f80"
            """#,
        signature: "sig1=:vDudMgy9iVdKNPJgaLxCDm+iwrB3FBb8pKXQrkVeYU8=:")

    /// The same message without a query, path and query covered, with a digest by SHA-512.
    public static let path = RecordedRequest(
        "POST", "/v1/messages", body: message,
        digest: """
            sha-512=:9fiOkZznYWmfZ1h/fYcnBlnWKhFy4TfOGigNF1p4IOZAc2mY5rdZiX5xMc0UWngCI3fQy3Mo25JUh4jUQ49MdQ==:
            """,
        input: #"""
            sig1=("content-digest" "@query" "@path" "@method");created=1767225600;keyid="workspace-key-1";\#
            alg="hmac-sha256";nonce="n"
            """#,
        signature: "sig1=:OhjKyWepnBmYOepKdvjKwDhwZrrVOJZBsHenAvyLD74=:")

    /// A request without a body, for a host written with capitals and its scheme's own port.
    public static let emptyBody = RecordedRequest(
        "GET", authority: "API.tamm.test:443", "/v1/messages/%2F?", body: "",
        digest: "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:",
        input: #"""
            sig1=("@method" "@authority" "@path" "@query" "content-digest");created=1767225600;\#
            keyid="workspace-key-1";alg="hmac-sha256";nonce="n2"
            """#,
        signature: "sig1=:v49tnlae9bOJE8ZN90csY+KSCV3e0KVvOilY5zX5SOY=:")
}
