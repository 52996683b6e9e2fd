/// The address to which Stripe delivers its events.
///
/// Answer 200 only after a return; `unauthenticated` is 401, `unavailable` is 503.
public struct StripeEndpoint: Sendable {
    private let payments: Payments
    private let signature: StripeSignature
    private let account: String

    /// - Parameters:
    ///   - account: which of our accounts the endpoint belongs to: the account of the payments' provider.
    /// - Throws: `invalidInput` unless the account is 1 to 128 bytes of visible ASCII.
    public init(payments: Payments, signature: StripeSignature, account: String) throws(TammError) {
        self.payments = payments
        self.signature = signature
        self.account = try ProviderReference(.stripe, account: account, "-").account
    }

    /// Verifies an event and takes in what it says.
    ///
    /// - Parameters:
    ///   - body: the body of the POST, as received.
    ///   - header: the value of `Stripe-Signature`; nil when it is absent.
    /// - Throws: as ``StripeSignature/verify(_:at:)``, ``StripeEvent/init(_:)`` and ``Payments/receive(_:)``.
    public func receive(body: [UInt8], header: String?) async throws(TammError) -> EndpointOutcome {
        let payload = try signature.verify(.init(body: body, header: header), at: payments.billing.time.now())
        let event = try StripeEvent(payload)
        guard let notice = try event.notice(for: account) else { return .ignored(type: event.type) }
        return .noted(try await payments.receive(notice))
    }
}

/// An event that Stripe signed, as far as payments look at it.
///
/// A payment intent is the order, its charge the transaction. Events come in any order and more than once; each says
/// how its object stood then, so that merging them comes to the same.
/// Source: Stripe, "The Event object", "Types of events".
public struct StripeEvent: Sendable, Hashable {
    /// `evt_…`: 1 to 128 bytes of visible ASCII.
    public let id: String
    /// `payment_intent.succeeded`, for example: at most 128 bytes.
    public let type: String
    private let object: [String: StrictJSON]

    /// - Throws: `invalidInput` for a body that is no event in strict JSON.
    public init(_ payload: SignedPayload) throws(TammError) {
        let event = try StrictJSON(parsing: payload.body, atMost: payload.body.count).fields("the body")
        id = try Self.text(event["id"], "id")
        type = try Self.text(event["type"], "type")
        object = try (event["data"] ?? .null).fields("data")["object", default: .null].fields("data.object")
    }

    /// What the event says of a transaction; nil where it says nothing that payments know of.
    ///
    /// - Throws: `invalidInput`, naming the field, for an event of a known type in another form.
    public func notice(for account: String) throws(TammError) -> PaymentNotice? {
        switch type {
        case "payment_intent.processing": return try intent(account, .pending)
        case "payment_intent.payment_failed": return try intent(account, .declined)
        case "payment_intent.canceled": return try intent(account, .voided)
        case "payment_intent.amount_capturable_updated":
            return try intent(account, .authorized(money("amount_capturable")))
        case "payment_intent.succeeded": return try intent(account, .captured(money("amount_received")))
        case "charge.refunded": return try charge(account, "id", .refunded(amount("amount_refunded")))
        case "charge.dispute.created", "charge.dispute.funds_withdrawn":
            // A bank's inquiry moves no money.
            guard try !Self.text(object["status"], "data.object.status").hasPrefix("warning_") else { return nil }
            return try charge(account, "charge", .disputed(.open))
        case "charge.dispute.closed":
            switch try Self.text(object["status"], "data.object.status") {
            case "won": return try charge(account, "charge", .disputed(.won))
            case "lost": return try charge(account, "charge", .disputed(.lost))
            default: return nil
            }
        default: return nil
        }
    }

    private func intent(_ account: String, _ fact: PaymentNotice.Fact) throws(TammError) -> PaymentNotice {
        let id = try Self.text(object["id"], "data.object.id")
        var transaction = id
        switch (object["latest_charge"] ?? .null, fact) {
        case (.null, .authorized), (.null, .captured):
            throw TammError(
                .invalidInput, "wanted the charge, as API versions from 2022-11-15 on name it",
                field: "data.object.latest_charge")
        case (.null, _): break
        case (let charge, _): transaction = try Self.text(charge, "data.object.latest_charge")
        }
        return try PaymentNotice(
            order: ProviderReference(.stripe, account: account, id), transaction: transaction, fact)
    }

    /// A charge that belongs to no payment intent was not opened here.
    private func charge(
        _ account: String, _ field: String, _ fact: PaymentNotice.Fact
    ) throws(TammError) -> PaymentNotice? {
        guard let intent = object["payment_intent"], intent != .null else { return nil }
        let order = try ProviderReference(
            .stripe, account: account, Self.text(intent, "data.object.payment_intent"))
        return try PaymentNotice(
            order: order, transaction: Self.text(object[field], "data.object.\(field)"), fact)
    }

    private func amount(_ field: String) throws(TammError) -> Int64 {
        guard case .integer(let amount) = object[field], (0...Money.maxMinorUnits).contains(amount) else {
            throw TammError(.invalidInput, "wanted a whole amount", field: "data.object.\(field)")
        }
        return amount
    }

    /// Stripe counts in minor units, but for those currencies whose cents it keeps although they have none.
    private func money(_ field: String) throws(TammError) -> Money {
        let code = try Self.text(object["currency"], "data.object.currency").uppercased()
        let currency = try Currency(code)
        guard !["ISK", "UGX"].contains(code) else {
            throw TammError(.invalidInput, "\(code) is not taken by way of Stripe", field: "data.object.currency")
        }
        return try Money(minorUnits: amount(field), currency)
    }

    private static func text(_ json: StrictJSON?, _ field: String) throws(TammError) -> String {
        guard case .text(let text) = json, (1...128).contains(text.utf8.count) else {
            throw TammError(.invalidInput, "wanted a text of 1 to 128 bytes", field: field)
        }
        return text
    }
}

extension StrictJSON {
    fileprivate func fields(_ field: String) throws(TammError) -> [String: StrictJSON] {
        guard let members else { throw TammError(.invalidInput, "wanted an object", field: field) }
        return members
    }
}
