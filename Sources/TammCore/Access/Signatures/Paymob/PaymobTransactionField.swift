/// The fields whose values Paymob signs in a transaction callback, in the order in which it joins them.
///
/// The raw value is the field's path under `obj` in JSON, and its key in the redirect's query except for the order.
/// Source: Paymob, "HMAC transaction callback".
enum PaymobTransactionField: String, PaymobField {
    case amountCents = "amount_cents"
    case createdAt = "created_at"
    case currency
    case errorOccurred = "error_occured"
    case hasParentTransaction = "has_parent_transaction"
    case id
    case integrationID = "integration_id"
    case is3DSecure = "is_3d_secure"
    case isAuth = "is_auth"
    case isCapture = "is_capture"
    case isRefunded = "is_refunded"
    case isStandalonePayment = "is_standalone_payment"
    case isVoided = "is_voided"
    case orderID = "order.id"
    case owner
    case pending
    case sourcePan = "source_data.pan"
    case sourceSubType = "source_data.sub_type"
    case sourceType = "source_data.type"
    case success

    static let callbackType = "TRANSACTION"
    static let groups: Set<String> = ["order", "source_data"]

    var kind: PaymobKind {
        switch self {
        case .amountCents, .id, .integrationID, .orderID, .owner: .integer
        case .createdAt, .currency, .sourcePan, .sourceSubType, .sourceType: .string
        default: .boolean
        }
    }
}
