/// Paymob's signature of a transaction callback: the query item `hmac`, HMAC-SHA512 in lower-case hexadecimal of
/// twenty values joined without a separator.
///
/// ``PaymobTransaction`` says what the signature does not protect; the expected integrations and owner given here
/// are what makes the rest unambiguous.
/// Source: Paymob, "HMAC transaction callback".
public struct PaymobTransactionSignature: SignatureScheme {
    /// A body and the query item that signs it: the form of a transaction's and of a card token's callback.
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

    private let codes: PaymobCode<PaymobTransactionField>
    private let integrationIDs: Set<Int64>
    private let ownerID: Int64

    /// - Parameters:
    ///   - secrets: the merchant's HMAC secrets valid now, 1 to 8; the first signs.
    ///   - integrationIDs: the `integration_id`s that may occur, 1 to 64. None may end with the digits of another:
    ///     `54097558` and `4097558` could be taken for one another, and need an endpoint each.
    ///   - ownerID: the only `owner` that may occur.
    ///   - maxBodyBytes: the largest body accepted, in bytes; a callback has a few thousand.
    /// - Throws: `invalidInput` for a parameter outside these bounds, or two secrets with one id.
    public init(
        secrets: [SigningSecret], integrationIDs: Set<Int64>, ownerID: Int64,
        maxBodyBytes: Int = PaymobCallback.maxBodyBytes
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
        codes = try PaymobCode(secrets, maxBodyBytes: maxBodyBytes)
        self.integrationIDs = integrationIDs
        self.ownerID = ownerID
    }

    /// Verifies a callback.
    ///
    /// - Throws: `unauthenticated` (missing, malformed, mismatch, unexpectedIntegration, unexpectedOwner);
    ///   `invalidInput` for a body above the bound, one that is no transaction callback in strict JSON, or one that
    ///   is signed but has a value not in its field's form.
    public func verify(_ delivery: Delivery, at now: Timestamp) throws(TammError) -> SignedPaymobTransaction {
        let (values, match) = try codes.verify(delivery.body, hmac: delivery.hmac)
        let transaction = try expected(values)
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
        let (values, _) = try codes.verify(hmac: query["hmac"]) { () throws(TammError) in try PaymobValues(query: query) }
        return try PaymobReturn(expected(values))
    }

    /// The value of `hmac` for a callback.
    ///
    /// - Throws: `invalidInput` for a body above the bound, or one that is no transaction callback in strict JSON.
    public func signature(for delivery: Delivery) throws(TammError) -> String {
        try codes.signature(for: delivery.body)
    }

    /// The transaction, where integration and owner are those configured.
    private func expected(_ values: PaymobValues<PaymobTransactionField>) throws(TammError) -> PaymobTransaction {
        let transaction = try PaymobTransaction(values)
        guard integrationIDs.contains(transaction.integrationID) else { throw .refused(.unexpectedIntegration) }
        guard transaction.owner == ownerID else { throw .refused(.unexpectedOwner) }
        return transaction
    }
}
