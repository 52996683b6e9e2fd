internal import Crypto

/// The secrets of a scheme, ready to verify and to sign: all of them verify, the first signs.
struct KeyRing<Hash: HashFunction>: Sendable {
    private let ids: [String]
    private let keys: [KeyedHMAC<Hash>]

    /// - Throws: `invalidInput` for none, for more than ``SignatureBounds/secrets``, or for two with one id.
    init(_ secrets: [SigningSecret]) throws(TammError) {
        guard (1...SignatureBounds.secrets).contains(secrets.count) else {
            throw TammError(
                .invalidInput, "wanted 1 to \(SignatureBounds.secrets) signing secrets, found \(secrets.count)",
                field: "secrets")
        }
        ids = secrets.map(\.id)
        guard Set(ids).count == ids.count else {
            throw TammError(.invalidInput, "signing secrets have different ids, found one twice", field: "secrets")
        }
        keys = secrets.map { KeyedHMAC(key: $0.secret) }
    }

    /// The key under which one of the `presented` codes is that of the message.
    ///
    /// Each key is tried against each code, whether or not one matched before.
    @inline(__always)
    func match(
        _ presented: some Collection<AuthenticationCode>, over write: (inout Hash) -> Void
    ) throws(TammError) -> KeyMatch {
        var match: Int?
        for index in keys.indices {
            let expected = keys[index].code(over: write)
            for code in presented where constantTimeEqual(expected, code) { match = index }
        }
        guard let match else { throw .refused(.mismatch) }
        return KeyMatch(secretID: ids[match])
    }

    func sign(_ write: (inout Hash) -> Void) -> [UInt8] { keys[0].code(over: write).bytes(Hash.Digest.byteCount) }
}

/// The evidence that a code was computed and compared: only ``KeyRing`` makes one.
struct KeyMatch: Sendable {
    let secretID: String

    fileprivate init(secretID: String) { self.secretID = secretID }
}
