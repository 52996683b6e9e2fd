/// The fields whose values Paymob signs in a card token callback, in the order in which it joins them.
///
/// The raw value is the field's name under `obj` in JSON.
/// Source: Paymob, "HMAC card token callback".
enum PaymobCardTokenField: String, PaymobField {
    case cardSubtype = "card_subtype"
    case createdAt = "created_at"
    case email
    case id
    case maskedPan = "masked_pan"
    case merchantID = "merchant_id"
    case orderID = "order_id"
    case token

    static let callbackType = "TOKEN"
    static let groups: Set<String> = []

    var kind: PaymobKind {
        switch self {
        case .id, .merchantID: .integer
        case .orderID: .digits
        case .cardSubtype, .createdAt, .email, .maskedPan, .token: .string
        }
    }
}
