/// What Paymob says happened to a subscription: its words, of which it may add more.
public struct PaymobSubscriptionTrigger: RawRepresentable, Sendable, Hashable {
    /// 1 to 64 letters, blanks, `-` and `_`, as received.
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let created = Self(rawValue: "Subscription Created")
    public static let suspended = Self(rawValue: "suspended")
    public static let canceled = Self(rawValue: "canceled")
    public static let resumed = Self(rawValue: "resumed")
    public static let updated = Self(rawValue: "updated")
    /// `add_secondry_card` on the wire.
    public static let addSecondaryCard = Self(rawValue: "add_secondry_card")
    public static let changePrimaryCard = Self(rawValue: "change_primary_card")
    public static let deleteCard = Self(rawValue: "delete_card")
    public static let registerWebhook = Self(rawValue: "register_webhook")
    public static let successfulTransaction = Self(rawValue: "Successful Transaction")
    public static let failedTransaction = Self(rawValue: "Failed Transaction")
    public static let failedOverdueTransaction = Self(rawValue: "Failed Overdue Transaction")
}

/// The proof that Paymob once said that something happened to a subscription: **a reason to look it up, never to change
/// what a customer has**.
///
/// Paymob signs the trigger and the id, and neither state nor amount nor time. So every callback of one trigger for one
/// subscription has the same signature, a replay never expires, and "suspended" may be of last year. Ask Paymob for the
/// subscription, and act on its answer. Only verification makes one.
public struct SignedPaymobSubscription: Sendable, Hashable {
    public let trigger: PaymobSubscriptionTrigger
    public let subscriptionID: Int64
    /// The delivery; all of its body but trigger and id is hearsay.
    public let payload: SignedPayload

    init(_ notice: PaymobSubscriptionNotice, _ payload: SignedPayload) {
        trigger = notice.trigger
        subscriptionID = notice.subscriptionID
        self.payload = payload
    }
}

/// The fields of a subscription callback that matter: what is signed, and the signature.
struct PaymobSubscriptionNotice {
    let trigger: PaymobSubscriptionTrigger
    let subscriptionID: Int64
    /// Nil when it is absent or null.
    let hmac: String?

    /// What Paymob signs.
    var concatenation: String { "\(trigger.rawValue)for\(subscriptionID)" }

    /// - Throws: `invalidInput` for a body that is no subscription callback in strict JSON.
    init(body: [UInt8]) throws(TammError) {
        guard let members = try StrictJSON(parsing: body, atMost: body.count).members else {
            throw TammError(.invalidInput, "wanted an object", field: "the body")
        }
        guard case .text(let trigger) = members["trigger_type"], (1...64).contains(trigger.utf8.count),
            trigger.utf8.allSatisfy(Self.isTriggerCharacter)
        else { throw TammError(.invalidInput, "wanted a subscription's trigger", field: "trigger_type") }
        guard case .integer(let id) = members["subscription_data"]?.members?["id"], id > 0 else {
            throw TammError(.invalidInput, "wanted an integer from 1", field: "subscription_data.id")
        }
        self.trigger = PaymobSubscriptionTrigger(rawValue: trigger)
        subscriptionID = id
        switch members["hmac"] {
        case .text(let text): hmac = text
        case nil, .null: hmac = nil
        default: throw TammError(.invalidInput, "wanted text", field: "hmac")
        }
    }

    private static func isTriggerCharacter(_ byte: UInt8) -> Bool {
        (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || " -_".utf8.contains(byte)
    }
}
