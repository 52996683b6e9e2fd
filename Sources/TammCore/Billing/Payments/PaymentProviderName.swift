/// Who takes the money: `paymob`, `instapay`, `stripe`, or a provider of the caller's own.
public struct PaymentProviderName: Sendable, Hashable, CustomStringConvertible {
    /// 1 to 64 characters a–z, 0–9, `.`, `-`, `_`, beginning with a letter.
    public let text: String

    public static let paymob = PaymentProviderName(unchecked: "paymob")
    public static let instaPay = PaymentProviderName(unchecked: "instapay")
    public static let stripe = PaymentProviderName(unchecked: "stripe")

    private init(unchecked text: String) { self.text = text }

    /// - Throws: `invalidInput` for another form.
    public init(_ text: String) throws(TammError) { self.text = try checkedName(text, "a provider's name") }

    public var description: String { text }
}

/// A provider's own name for an order, a transaction or a transfer, in one of our accounts with it.
public struct ProviderReference: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let provider: PaymentProviderName
    /// Which of our accounts: an owner id, a receiving address.
    public let account: String
    /// The provider's id.
    public let text: String

    /// - Throws: `invalidInput` unless account and text are 1 to 128 bytes of visible ASCII.
    public init(_ provider: PaymentProviderName, account: String, _ text: String) throws(TammError) {
        for (value, field) in [(account, "account"), (text, "reference")] {
            guard (1...128).contains(value.utf8.count), value.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
                throw TammError(
                    .invalidInput, "wanted 1 to 128 visible ASCII characters, found \(excerpt(value))", field: field)
            }
        }
        self.provider = provider
        self.account = account
        self.text = text
    }

    public var description: String { "\(provider):\(account):\(text)" }

    /// By provider, account and text, each by its bytes.
    public static func < (a: Self, b: Self) -> Bool {
        (a.provider.text, a.account, a.text) < (b.provider.text, b.account, b.text)
    }
}
