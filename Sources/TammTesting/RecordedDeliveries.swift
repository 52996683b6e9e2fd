public import TammCore

/// A webhook as its sender made it, with the secret that signs it: something to try a verifier on.
public struct RecordedDelivery: Sendable {
    /// The published test secret, in the sender's text form.
    public let secret: String
    /// The exact bytes of the body.
    public let body: [UInt8]
    /// The signature, as it went over the wire.
    public let signature: String
    /// The id of the delivery, where the scheme signs one.
    public let id: String?
    /// The signed time as it went over the wire, where the scheme signs one.
    public let timestamp: String?

    private init(secret: String, body: String, signature: String, id: String? = nil, timestamp: String? = nil) {
        self.secret = secret
        self.body = Array(body.utf8)
        self.signature = signature
        self.id = id
        self.timestamp = timestamp
    }

    /// Paymob's documented sample of a card payment of 1,000 EGP, with its documented secret and signature.
    ///
    /// The body holds the signed fields and nothing else, so that no byte of it can change. Integration 4097558,
    /// owner 302852.
    public static let paymobSample = RecordedDelivery(
        secret: "04DC1A9490B8CC2094C011FC055ADCDB",
        body: #"""
            {"type":"TRANSACTION","obj":{"id":192036465,"pending":false,"amount_cents":100000,"success":true,\#
            "is_auth":false,"is_capture":false,"is_standalone_payment":true,"is_voided":false,"is_refunded":false,\#
            "is_3d_secure":true,"integration_id":4097558,"has_parent_transaction":false,"order":{"id":217503754},\#
            "created_at":"2024-06-13T11:33:44.592345","currency":"EGP",\#
            "source_data":{"pan":"2346","type":"card","sub_type":"MasterCard"},"error_occured":false,"owner":302852}}
            """#,
        signature: """
            fa8ac0b7f3852e60c50e7fdd4ea5ef0bda96030c19dea1d55df8c76d6c08ab1877774662cbb04981dc84839ad4da560bcc8cb53b\
            8973548657f7e8f8d2e79930
            """)

    /// The `integration_id` and the `owner` of ``paymobSample``.
    public static let paymobIntegrationID: Int64 = 4_097_558, paymobOwnerID: Int64 = 302_852

    /// Paymob's documented sample of a saved card, signed by us with the documented secret of ``paymobSample``: the one
    /// that signed the documentation's is not published.
    ///
    /// The body holds the signed fields and nothing else. Merchant 246628, order 264064419.
    public static let paymobCardToken = RecordedDelivery(
        secret: paymobSample.secret,
        body: #"""
            {"type":"TOKEN","obj":{"id":8555026,"token":"e98aceb96f5a370ddf46460db9d555f88bf12448f80e1839b39f78ab",\#
            "masked_pan":"xxxx-xxxx-xxxx-2346","merchant_id":246628,"card_subtype":"MasterCard",\#
            "created_at":"2024-11-13T12:32:23.859982","email":"test@test.com","order_id":"264064419"}}
            """#,
        signature: """
            c7f713f29a09a20715c8bf0d1fe4c21a87bcaf27b43d8bec4d4ee97712a20a6204790289e83f63929f2136947490aa34ae1ad0c3\
            300e765763dd92cea2953596
            """)

    /// The `merchant_id` of ``paymobCardToken``.
    public static let paymobMerchantID: Int64 = 246_628

    /// What is signed of Paymob's documented sample of a suspended subscription, signed by us as ``paymobCardToken``
    /// is; the signature is in the body too.
    public static let paymobSubscription = RecordedDelivery(
        secret: paymobSample.secret,
        body: #"""
            {"subscription_data":{"id":1264},"trigger_type":"suspended","hmac":"\#(subscriptionCode)"}
            """#,
        signature: subscriptionCode)

    private static let subscriptionCode = """
        7ff8f786d8757dc74b4ff0a84e00fb1b0c2cec90cad2a9fbe19609ce64e0ab010e7f5956a32b8a78839e81ce7c3688c7c7497c65\
        3f052d8c5d187eea6f68c704
        """

    /// A text message that WhatsApp's cloud API delivered, 511 bytes, with the app secret of a test application.
    public static let whatsApp = RecordedDelivery(
        secret: "1222e786b144d0e85b9f365372d93676",
        body: #"""
            {"object":"whatsapp_business_account","entry":[{"id":"264937493375603","changes":[{"value":\#
            {"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550953877",\#
            "phone_number_id":"277321005464405"},"contacts":[{"profile":{"name":"PyWa Tests"},\#
            "wa_id":"972544401243"}],"messages":[{"from":"972544401243",\#
            "id":"wamid.HBgMOTcyNTQ0NDAxMjQzFQIAEhggM0RFQTNCMEEwRTY3QzUwODYzMDc4NjQ4QzM4ODAxM0YA",\#
            "timestamp":"1730231903","text":{"body":"Hey there! I am using PyWa."},"type":"text"}]},\#
            "field":"messages"}]}]}
            """#,
        signature: "sha256=54edfa1d7259e0eb13c677cc7d73d1b5c86cfa12433d19156e058ab9251bc441")

    /// The example of the Standard Webhooks specification's libraries, signed at 2021-02-25T15:02:10Z.
    public static let standardWebhooks = RecordedDelivery(
        secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        body: #"{"test": 2432232314}"#,
        signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp: "1614265330")

    /// An event of a checkout as Stripe sends it, of our own making, signed at 2026-01-01T00:00:00Z.
    public static let stripe = RecordedDelivery(
        secret: "whsec_tamm_test_5f2c1a7e9b3d4c6e8f01",
        body: #"""
            {"id":"evt_1","object":"event","type":"checkout.session.completed",\#
            "data":{"object":{"id":"cs_1","amount_total":19900,"currency":"egp"}}}
            """#,
        signature: "t=1767225600,v1=81b860e294de32e536114d85d6132ed07ca2dd3280d8b077240935b69ff5e825",
        timestamp: "1767225600")
}

extension MetaSignature.Delivery {
    /// A recorded delivery in this scheme's form.
    public init(_ recorded: RecordedDelivery) { self.init(body: recorded.body, signature: recorded.signature) }
}

extension PaymobTransactionSignature.Delivery {
    /// A recorded delivery in this scheme's form.
    public init(_ recorded: RecordedDelivery) { self.init(body: recorded.body, hmac: recorded.signature) }
}

extension PaymobSubscriptionSignature.Delivery {
    /// A recorded delivery in this scheme's form.
    public init(_ recorded: RecordedDelivery) { self.init(body: recorded.body) }
}

extension StripeSignature.Delivery {
    /// A recorded delivery in this scheme's form.
    public init(_ recorded: RecordedDelivery) { self.init(body: recorded.body, header: recorded.signature) }
}

extension StandardWebhooksSignature.Delivery {
    /// A recorded delivery in this scheme's form.
    public init(_ recorded: RecordedDelivery) {
        self.init(
            id: recorded.id, timestamp: recorded.timestamp, signatures: recorded.signature, body: recorded.body)
    }
}
