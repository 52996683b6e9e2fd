/// The card that a workspace lets be charged: the provider's token for it, and what may be shown.
public struct SavedCard: Sendable, Equatable {
    public let workspace: Identifier<Workspace>
    public let provider: PaymentProviderName
    public let account: String
    /// What charges the card; never shown.
    public let token: Secret
    /// The digits that may be shown: at most 64 bytes.
    public let maskedNumber: String
    /// At most 64 bytes.
    public let brand: String
    public let savedAt: Timestamp

    /// - Throws: `invalidInput` for an empty token, one above 512 bytes, or texts outside their bounds or with control
    ///   characters.
    public init(
        workspace: Identifier<Workspace>, provider: PaymentProviderName, account: String, token: Secret,
        maskedNumber: String, brand: String, savedAt: Timestamp
    ) throws(TammError) {
        guard (1...512).contains(token.count) else {
            throw TammError(.invalidInput, "a card's token has 1 to 512 bytes, found \(token.count)", field: "token")
        }
        _ = try ProviderReference(provider, account: account, "-")
        for (text, field) in [(maskedNumber, "maskedNumber"), (brand, "brand")] where text != singleLine(text, atMost: 64) {
            throw TammError(.invalidInput, "wanted one line of at most 64 bytes, found \(excerpt(text))", field: field)
        }
        self.workspace = workspace
        self.provider = provider
        self.account = account
        self.token = token
        self.maskedNumber = maskedNumber
        self.brand = brand
        self.savedAt = savedAt
    }
}
