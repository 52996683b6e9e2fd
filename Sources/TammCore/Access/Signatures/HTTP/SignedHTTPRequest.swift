/// The proof that a holder of a key sent a request, and that it was accepted for the first time.
///
/// Only verification makes one. The signature covers all that is here: act on this method and target, not on what
/// else says what was asked.
public struct SignedHTTPRequest: Sendable, Hashable {
    /// The `keyid` that the signer named, which is the label of the secret that matched.
    public let keyID: String
    /// The signer's name of this request, used up by its verification.
    public let nonce: String
    /// When the signer says it signed, in whole seconds.
    public let created: Timestamp
    /// As received: `POST`.
    public let method: String
    /// Path and query, as received.
    public let target: String
    /// The host in lower case, without the scheme's own port; nil where the signature does not cover it.
    public let authority: String?
    /// The body; the signature covers every byte through its digest.
    public let payload: SignedPayload

    init(_ input: HTTPSignatureInput, _ request: HTTPRequestTarget, _ payload: SignedPayload) {
        keyID = input.keyID
        nonce = input.nonce
        created = input.created
        method = request.method
        target = request.target
        let isHostCovered = input.components.contains(.targetURI) || input.components.contains(.authority)
        authority = isHostCovered ? request.authority : nil
        self.payload = payload
    }
}
