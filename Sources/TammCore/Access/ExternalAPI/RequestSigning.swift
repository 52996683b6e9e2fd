internal import Crypto

/// How the requests of keys are signed (``HTTPMessageSignature``): each key has one secret, and the signature's `keyid`
/// is the key's identifier. It covers the key's own requests alone, and lives as long as the key: another secret comes
/// with another key, by ``APIKeys/rotate(_:overlap:expiresAt:as:)``.
public struct RequestSigning: Sendable {
    let nonces: NonceCache
    let tolerance: Duration
    private let resolve: @Sendable (APIKeyPlace) async throws(TammError) -> Secret?

    /// Secrets that are kept elsewhere.
    ///
    /// - Parameters:
    ///   - nonces: where nonces are used up, held for at least twice the tolerance; one for all in this process that accept
    ///     the keys. Each process accepts a signed request once: what must not be done twice is charged, or done, under a
    ///     key of the client's own.
    ///   - tolerance: how far a signature's time may lie before or after now, above zero, at most a day.
    ///   - secret: 16 to 1,024 bytes; nil where the key has none: then nothing of its is accepted as signed. It is asked
    ///     about keys that are known, at each of their signed requests.
    /// - Throws: `invalidInput` outside these bounds.
    public init(
        nonces: NonceCache, tolerance: Duration = .seconds(300),
        secret: @escaping @Sendable (APIKeyPlace) async throws(TammError) -> Secret?
    ) throws(TammError) {
        (self.nonces, self.tolerance, resolve) = (nonces, tolerance, secret)
        _ = try scheme(SigningSecret(id: "bounds", Secret([UInt8](repeating: 1, count: 32))))
    }

    /// Secrets that are made of one root and kept nowhere: HMAC-SHA256 of the key's place under it. Who changes the root
    /// changes them all.
    ///
    /// - Parameter root: 32 to 1,024 bytes that lie outside of the database, as a ``Pepper`` does.
    /// - Throws: as ``init(nonces:tolerance:secret:)``, and `invalidInput` for another length of root.
    public static func derived(
        from root: Secret, nonces: NonceCache, tolerance: Duration = .seconds(300)
    ) throws(TammError) -> RequestSigning {
        guard (32...1024).contains(root.count) else {
            throw TammError(.invalidInput, "a root has 32 to 1024 bytes, found \(root.count)", field: "root")
        }
        let hmac = KeyedHMAC<SHA256>(key: root)
        return try RequestSigning(nonces: nonces, tolerance: tolerance) { place in
            Secret(hmac.code { $0.absorb("tamm-request-signing-1:\(place.workspace):\(place.id)") }.bytes(32))
        }
    }

    /// The key's secret, for its holder; nil where it has none.
    public func secret(of key: APIKeyPlace) async throws(TammError) -> Secret? { try await resolve(key) }

    /// What verifies the key's requests.
    ///
    /// - Throws: `unauthenticated` (mismatch) where it has no secret, and what the secret's place throws.
    func scheme(for key: APIKeyPlace) async throws(TammError) -> HTTPMessageSignature {
        do throws(TammError) {
            guard let secret = try await resolve(key) else { throw .refused(.mismatch) }
            return try scheme(SigningSecret(id: key.id.description, secret))
        } catch {
            // A secret that is none is not the client's fault.
            guard error.code == .invalidInput else { throw error }
            throw TammError(.unavailable, "the signing secret of key \(key.id) is of no use: \(error.message)")
        }
    }

    private func scheme(_ secret: SigningSecret) throws(TammError) -> HTTPMessageSignature {
        try HTTPMessageSignature(secrets: [secret], nonces: nonces, tolerance: tolerance)
    }
}
