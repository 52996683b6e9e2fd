internal import Crypto

/// Paymob's code of a callback: HMAC-SHA512 in lower-case hexadecimal of the values of its signed fields, joined
/// without a separator.
struct PaymobCode<Field: PaymobField>: Sendable {
    private let keys: KeyRing<SHA512>
    private let maxBodyBytes: Int

    /// - Throws: `invalidInput` for no secret, too many, or two with one id.
    init(_ secrets: [SigningSecret], maxBodyBytes: Int) throws(TammError) {
        keys = try KeyRing(secrets)
        self.maxBodyBytes = maxBodyBytes
    }

    /// - Throws: `unauthenticated` (missing, malformed, mismatch); `invalidInput` for a body above the bound, or one
    ///   that is no such callback.
    func verify(
        _ body: [UInt8], hmac: String?
    ) throws(TammError) -> (values: PaymobValues<Field>, match: KeyMatch) {
        try verify(hmac: hmac) { () throws(TammError) in
            try SignatureBounds.check(body, limit: maxBodyBytes)
            return try PaymobValues(body: body)
        }
    }

    /// - Throws: `unauthenticated` (missing, malformed, mismatch); what `read` throws.
    func verify(
        hmac: String?, _ read: () throws(TammError) -> PaymobValues<Field>
    ) throws(TammError) -> (values: PaymobValues<Field>, match: KeyMatch) {
        let code = try AuthenticationCode.received(hmac, byteCount: SHA512.byteCount)
        let values = try read()
        let concatenation = values.concatenation
        return (values, try keys.match(CollectionOfOne(code)) { $0.absorb(concatenation) })
    }

    /// - Throws: `invalidInput` for a body above the bound, or one that is no such callback.
    func signature(for body: [UInt8]) throws(TammError) -> String {
        try SignatureBounds.check(body, limit: maxBodyBytes)
        let concatenation = try PaymobValues<Field>(body: body).concatenation
        return hexadecimal(keys.sign { $0.absorb(concatenation) })
    }
}
