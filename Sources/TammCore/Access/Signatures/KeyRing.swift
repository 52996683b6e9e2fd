internal import Crypto

/// The secrets of a scheme, ready to verify and to sign: all of them verify, the first signs.
struct KeyRing<Hash: HashFunction>: Sendable {
    private struct Key {
        let id: String
        let hmac: KeyedHMAC<Hash>

        init(_ secret: SigningSecret) {
            id = secret.id
            hmac = KeyedHMAC(key: secret.secret)
        }
    }

    private let first: Key
    private let others: [Key]

    /// - Throws: `invalidInput` for none, for more than ``SignatureBounds/secrets``, or for two with one id.
    init(_ secrets: [SigningSecret]) throws(TammError) {
        guard let first = secrets.first, secrets.count <= SignatureBounds.secrets else {
            throw TammError(
                .invalidInput, "wanted 1 to \(SignatureBounds.secrets) signing secrets, found \(secrets.count)",
                field: "secrets")
        }
        guard Set(secrets.map(\.id)).count == secrets.count else {
            throw TammError(.invalidInput, "signing secrets have different ids, found one twice", field: "secrets")
        }
        self.first = Key(first)
        others = secrets.dropFirst().map(Key.init)
    }

    /// The key under which one of the `presented` codes is that of the message.
    ///
    /// Each key is tried against each code, whether or not one matched before.
    @inline(__always)
    func match(
        _ presented: some Collection<AuthenticationCode>, over write: (inout Hash) -> Void
    ) throws(TammError) -> KeyMatch {
        var match: String?
        let expected = first.hmac.code(over: write)
        for code in presented where constantTimeEqual(expected, code) { match = first.id }
        for key in others {
            let expected = key.hmac.code(over: write)
            for code in presented where constantTimeEqual(expected, code) { match = key.id }
        }
        guard let match else { throw .refused(.mismatch) }
        return KeyMatch(secretID: match)
    }

    func sign(_ write: (inout Hash) -> Void) -> [UInt8] { first.hmac.code(over: write).bytes(Hash.Digest.byteCount) }
}

/// The evidence that a code was computed and compared: only ``KeyRing`` makes one.
struct KeyMatch: Sendable {
    let secretID: String

    fileprivate init(secretID: String) { self.secretID = secretID }
}
