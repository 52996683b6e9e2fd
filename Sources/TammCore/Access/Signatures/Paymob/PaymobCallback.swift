/// Which of Paymob's callbacks a body claims to be, and so which scheme verifies it: they come to one URL.
///
/// It is a claim, read before anything is verified; each scheme refuses the bodies of the others.
public enum PaymobCallback: Sendable, Hashable {
    /// `"type": "TRANSACTION"`: for ``PaymobTransactionSignature``.
    case transaction
    /// `"type": "TOKEN"`: for ``PaymobCardTokenSignature``.
    case cardToken
    /// No `type`, but `trigger_type` and `subscription_data`: for ``PaymobSubscriptionSignature``.
    case subscription
    /// Another one, such as `DELIVERY_STATUS`, with its type where that is text of 1 to 64 bytes. No scheme verifies
    /// it: it is neither to be acted on nor to be kept.
    case unknown(type: String?)

    /// The bound of a callback's body where a scheme is not configured with another: 64 KiB; one has a few thousand
    /// bytes.
    public static let maxBodyBytes = 64 << 10

    /// - Throws: `invalidInput` for a body of more than `maxBodyBytes` bytes, or one that is no object in strict JSON.
    public init(body: [UInt8], maxBodyBytes: Int = Self.maxBodyBytes) throws(TammError) {
        try SignatureBounds.check(body, limit: maxBodyBytes)
        guard let members = try StrictJSON(parsing: body, atMost: body.count).members else {
            throw TammError(.invalidInput, "wanted an object", field: "the body")
        }
        switch members["type"] {
        case .text(PaymobTransactionField.callbackType): self = .transaction
        case .text(PaymobCardTokenField.callbackType): self = .cardToken
        case nil where members["trigger_type"] != nil && members["subscription_data"] != nil: self = .subscription
        case .text(let type) where (1...64).contains(type.utf8.count): self = .unknown(type: type)
        default: self = .unknown(type: nil)
        }
    }
}
