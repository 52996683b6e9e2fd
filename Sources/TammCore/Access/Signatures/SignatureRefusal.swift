/// Which check a delivery failed: a label for logs and metrics, never a part of the answer.
public enum SignatureRefusal: String, Sendable, Hashable, CaseIterable {
    /// No signature came with the delivery, or an empty one.
    case missing
    /// The signature is not in the scheme's form: length, alphabet, prefix, number of entries.
    case malformed
    /// The form is right, but no configured secret gives this signature.
    case mismatch
    /// None of the listed signatures is of a version that this scheme verifies.
    case unsupportedVersion = "unsupported-version"
    /// The timestamp is missing or not in the scheme's form.
    case malformedTimestamp = "malformed-timestamp"
    /// The timestamp lies further in the past than the tolerance allows.
    case tooOld = "too-old"
    /// The timestamp lies further in the future than the tolerance allows.
    case tooEarly = "too-early"
    /// The delivery's id is missing or not in the scheme's form.
    case malformedID = "malformed-id"
    /// The signature does not cover the parts of the request that it must cover.
    case insufficientCoverage = "insufficient-coverage"
    /// The body's digest is missing, or of no algorithm that this scheme verifies.
    case missingDigest = "missing-digest"
    /// The signature fits, but the body has another digest than the signed one.
    case digestMismatch = "digest-mismatch"
    /// The signer's own time limit has passed.
    case expired
    /// The nonce is missing or not in the scheme's form.
    case malformedNonce = "malformed-nonce"
    /// The signature fits, but its nonce was used before, or so long ago that the use may be forgotten.
    case replayed
    /// The signature fits, but the payment integration is not one of those configured.
    case unexpectedIntegration = "unexpected-integration"
    /// The signature fits, but the account is not the one configured.
    case unexpectedOwner = "unexpected-owner"
}

extension TammError {
    /// Which check of a signature failed, when this error comes from a ``SignatureScheme``.
    public var signatureRefusal: SignatureRefusal? {
        code == .unauthenticated ? reason.flatMap(SignatureRefusal.init(rawValue:)) : nil
    }

    /// One message for every refusal: whoever probes learns nothing from it.
    static func refused(_ refusal: SignatureRefusal) -> TammError {
        TammError(.unauthenticated, "wanted a valid signature, found none", reason: refusal.rawValue)
    }
}
