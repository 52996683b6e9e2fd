internal import Crypto

/// Paymob's signature of a transaction callback: the query item `hmac`, HMAC-SHA512 in lower-case hexadecimal of
/// twenty values joined without a separator.
///
/// ``PaymobTransaction`` says what the signature does not protect; the expected integrations and owner given here
/// are what makes the rest unambiguous.
/// Source: Paymob, "HMAC transaction callback".
public struct PaymobTransactionSignature: SignatureScheme {
    /// A body and the query item that signs it.
    public struct Delivery: Sendable {
        /// The body of the POST.
        public var body: [UInt8]
        /// The value of the query item `hmac`, which the POST has too; nil when it is absent.
        public var hmac: String?

        public init(body: [UInt8], hmac: String?) {
            self.body = body
            self.hmac = hmac
        }
    }

    public static let name = "paymob.transaction"

    private let keys: KeyRing<SHA512>
    private let integrationIDs: Set<Int64>
    private let ownerID: Int64
    private let maxBodyBytes: Int

    /// - Parameters:
    ///   - secrets: the merchant's HMAC secrets valid now, 1 to 8; the first signs.
    ///   - integrationIDs: the `integration_id`s that may occur, 1 to 64. None may end with the digits of another:
    ///     `54097558` and `4097558` could be taken for one another, and need an endpoint each.
    ///   - ownerID: the only `owner` that may occur.
    ///   - maxBodyBytes: the largest body accepted, in bytes; a callback has a few thousand.
    /// - Throws: `invalidInput` for a parameter outside these bounds, or two secrets with one id.
    public init(
        secrets: [SigningSecret], integrationIDs: Set<Int64>, ownerID: Int64,
        maxBodyBytes: Int = 64 << 10
    ) throws(TammError) {
        guard (1...64).contains(integrationIDs.count), integrationIDs.allSatisfy({ $0 > 0 }), ownerID > 0 else {
            throw TammError(
                .invalidInput, "wanted 1 to 64 integration ids and an owner, all above zero", field: "integrationIDs")
        }
        for id in integrationIDs {
            for other in integrationIDs where id != other && String(id).hasSuffix(String(other)) {
                throw TammError(
                    .invalidInput, "integration id \(id) ends with \(other): signatures cannot tell them apart",
                    field: "integrationIDs")
            }
        }
        keys = try KeyRing(secrets)
        self.integrationIDs = integrationIDs
        self.ownerID = ownerID
        self.maxBodyBytes = maxBodyBytes
    }

    /// Verifies a callback.
    ///
    /// - Throws: `unauthenticated` (missing, malformed, mismatch, unexpectedIntegration, unexpectedOwner);
    ///   `invalidInput` for a body above the bound, one that is no transaction callback in strict JSON, or one that
    ///   is signed but has a value not in its field's form.
    public func verify(_ delivery: Delivery, at now: Timestamp) throws(TammError) -> SignedPaymobTransaction {
        let code = try AuthenticationCode.received(delivery.hmac, byteCount: SHA512.byteCount)
        try SignatureBounds.check(delivery.body, limit: maxBodyBytes)
        let (transaction, match) = try verify(PaymobValues(body: delivery.body), code)
        let payload = SignedPayload(
            delivery.body, coverage: .someFields, scheme: Self.name, match: match, verifiedAt: now)
        return SignedPaymobTransaction(transaction, payload)
    }

    /// Verifies the query with which Paymob's page sends the customer's browser back, for display only.
    ///
    /// The order is read from `order`, else from `order_id`; the other names are the paths of the callback's fields
    /// (`source_data.pan`).
    ///
    /// - Parameter query: what follows the question mark, as received: percent-encoded, at most 8,192 bytes and 128
    ///   pairs.
    /// - Throws: as ``verify(_:at:)``.
    public func verifyForDisplay(query: String) throws(TammError) -> PaymobReturn {
        let query = try PaymobQuery(query)
        let code = try AuthenticationCode.received(query["hmac"], byteCount: SHA512.byteCount)
        return try PaymobReturn(verify(PaymobValues(query: query), code).transaction)
    }

    /// The value of `hmac` for a callback.
    ///
    /// - Throws: `invalidInput` for a body above the bound, or one that is no transaction callback in strict JSON.
    public func signature(for delivery: Delivery) throws(TammError) -> String {
        try SignatureBounds.check(delivery.body, limit: maxBodyBytes)
        let concatenation = try PaymobValues(body: delivery.body).concatenation
        return hexadecimal(keys.sign { $0.absorb(concatenation) })
    }

    private func verify(
        _ values: PaymobValues, _ code: AuthenticationCode
    ) throws(TammError) -> (transaction: PaymobTransaction, match: KeyMatch) {
        let concatenation = values.concatenation
        let match = try keys.match(CollectionOfOne(code)) { $0.absorb(concatenation) }
        let transaction = try PaymobTransaction(values)
        guard integrationIDs.contains(transaction.integrationID) else { throw .refused(.unexpectedIntegration) }
        guard transaction.owner == ownerID else { throw .refused(.unexpectedOwner) }
        return (transaction, match)
    }
}
