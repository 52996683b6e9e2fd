/// The fields of a saved card that Paymob signs, and no others.
///
/// They are joined without a separator before they are signed, so a signature also fits other values with the same
/// concatenation. What keeps them apart: ``cardSubtype`` has no digits, ``createdAt`` has six decimals or none,
/// ``email`` does not end with a digit, ``maskedPan`` begins with a mask and ends with four digits, the verifier knows
/// which merchant to expect, and ``token`` has one length.
///
/// **Not kept apart**: an offset at the end of ``createdAt`` and the beginning of ``email``; both are for display.
/// **Not signed at all**, and so not here: `user_added`, `next_payment_intention`.
///
/// Compare the order with the one for which the card was to be saved: it says whose card it is. No time of delivery is
/// signed: a replay never expires, and must be harmless.
public struct PaymobCardToken: Sendable, Equatable {
    /// What stands for the card in later payments: 56 lower-case hexadecimal digits. As good as the card to whoever
    /// holds the merchant's keys.
    public let token: Secret
    public let id: Int64
    /// Paymob's id of the order with which the card was saved: the one to correlate by.
    public let orderID: Int64
    public let merchantID: Int64
    /// As received: 1 to 28 of `x`, `X`, `*` and `-`, then the card's last four digits.
    public let maskedPan: String
    /// The brand: at most 64 letters, blanks, `-` and `_`. For display.
    public let cardSubtype: String
    /// The customer's address as Paymob knows it, at most 254 bytes; may be empty or a placeholder. For display.
    public let email: String
    /// As received: ISO 8601 with seconds, six decimals or none, and an offset only where Paymob gives one. For
    /// display.
    public let createdAt: String
    /// ``createdAt`` in UTC; nil when it has no offset.
    public let createdAtUTC: Timestamp?

    /// - Throws: `invalidInput` for a value that is not strictly in its field's form.
    init(_ values: PaymobValues<PaymobCardTokenField>) throws(TammError) {
        id = try values.integer(.id, from: 1)
        merchantID = try values.integer(.merchantID, from: 1)
        orderID = try values.integer(.orderID, from: 1)
        let token = values[.token]
        guard token.utf8.count == 56, token.utf8.allSatisfy({ Self.isDigit($0) || (0x61...0x66).contains($0) }) else {
            throw values.fault(.token, "56 lower-case hexadecimal digits")
        }
        self.token = Secret(token)
        maskedPan = values[.maskedPan]
        guard Self.isMaskedPan(maskedPan.utf8) else { throw values.fault(.maskedPan, "a mask and four digits") }
        cardSubtype = values[.cardSubtype]
        guard cardSubtype.utf8.count <= 64, cardSubtype.utf8.allSatisfy(Self.isBrandCharacter) else {
            throw values.fault(.cardSubtype, "a card's brand without digits")
        }
        email = values[.email]
        guard email.utf8.count <= 254, email.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }), email.utf8.first != 0x2e,
            email.utf8.last.map(Self.isDigit) != true
        else { throw values.fault(.email, "an address that does not end with a digit") }
        (createdAt, createdAtUTC) = try values.time(.createdAt)
        let decimals = createdAt.utf8.dropFirst(19).first == 0x2e ? createdAt.utf8.dropFirst(20).prefix(while: Self.isDigit).count : 0
        guard decimals == 0 || decimals == 6 else { throw values.fault(.createdAt, "six decimals or none") }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isMaskedPan(_ text: String.UTF8View) -> Bool {
        (5...32).contains(text.count) && text.suffix(4).allSatisfy(isDigit)
            && text.dropLast(4).allSatisfy("xX*-".utf8.contains)
    }

    private static func isBrandCharacter(_ byte: UInt8) -> Bool {
        (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || " -_".utf8.contains(byte)
    }
}

/// The proof that Paymob saved a card: the fields it signed, and the delivery that carried them.
///
/// Only verification makes one. Of ``payload``'s body the signature covers ``card`` and nothing else. The body has the
/// token in plain text: printing the proof does not show it, and it is not to be kept as other bodies are.
public struct SignedPaymobCardToken: Sendable, Equatable {
    public let card: PaymobCardToken
    public let payload: SignedPayload

    init(_ card: PaymobCardToken, _ payload: SignedPayload) {
        self.card = card
        self.payload = payload
    }
}

extension SignedPaymobCardToken: CustomStringConvertible, CustomReflectable {
    public var description: String { "card \(card.id) of order \(card.orderID), \(card.token)" }
    public var customMirror: Mirror { Mirror(self, children: ["card": card]) }
}
