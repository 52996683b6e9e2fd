/// What usage costs in credits; one version, immutable once published.
public struct PriceBook: Sendable, Hashable {
    /// 1 to 1,000,000,000; a usage event records the version that priced it.
    public let version: Int64
    /// By the provider's name of the model: 1 to 128 visible ASCII characters; at most 1,000.
    public let models: [String: ModelPrice]
    /// For a model that is not named; nil refuses it.
    public let defaultModel: ModelPrice?
    /// A message's price by kind of channel; at most 100.
    public let messages: [String: Credits]
    /// The price of one page of a document.
    public let documentPage: Credits

    static let versions: ClosedRange<Int64> = 1...1_000_000_000

    /// - Throws: `invalidInput`, with the field, outside the bounds above.
    public init(
        version: Int64, models: [String: ModelPrice], defaultModel: ModelPrice?, messages: [String: Credits],
        documentPage: Credits
    ) throws(TammError) {
        guard Self.versions.contains(version) else {
            throw TammError(.invalidInput, "wanted a version of 1 to 1000000000, found \(version)", field: "version")
        }
        guard models.count <= 1000 else {
            throw TammError(.invalidInput, "wanted at most 1000 models, found \(models.count)", field: "models")
        }
        guard messages.count <= 100 else {
            throw TammError(.invalidInput, "wanted at most 100 channels, found \(messages.count)", field: "messages")
        }
        for model in models.keys.sorted() {
            do throws(TammError) { try Self.checkModel(model) } catch { throw error.within("models") }
        }
        for channel in messages.keys.sorted() {
            do throws(TammError) { _ = try checkedName(channel, "a kind of channel") } catch {
                throw error.within("messages")
            }
        }
        self.version = version
        self.models = models
        self.defaultModel = defaultModel
        self.messages = messages
        self.documentPage = documentPage
    }

    static func checkModel(_ name: String) throws(TammError) {
        guard (1...128).contains(name.utf8.count), name.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw TammError(
                .invalidInput, "wanted a model's name of 1 to 128 visible ASCII characters, found \(excerpt(name))")
        }
    }

    /// This book, if it may follow `older`: a higher version, or the same one unchanged.
    ///
    /// - Throws: `conflict` for a lower version, or for the same version with other prices.
    public func following(_ older: PriceBook) throws(TammError) -> PriceBook {
        guard version != older.version else {
            guard self != older else { return self }
            let difference = strictJSON.firstDifference(from: older.strictJSON)
            throw TammError(
                .conflict,
                """
                price book \(version) is published and does not change: wanted \(difference?.other ?? "it"), found \
                \(difference?.found ?? "another")
                """,
                field: difference?.path)
        }
        guard version > older.version else {
            throw TammError(
                .conflict, "wanted a price book above version \(older.version), found \(version)", field: "version")
        }
        return self
    }
}

/// What a model's tokens cost, each per 1,000,000 tokens.
public struct ModelPrice: Sendable, Hashable {
    /// Tokens of the prompt that were not cached.
    public let prompt: Credits
    /// Tokens of the prompt that were cached.
    public let cachedPrompt: Credits
    /// Tokens of the answer, the reasoning among them.
    public let completion: Credits

    /// Prices per 1,000,000 tokens.
    public init(prompt: Credits, cachedPrompt: Credits, completion: Credits) {
        (self.prompt, self.cachedPrompt, self.completion) = (prompt, cachedPrompt, completion)
    }
}

extension PriceBook {
    /// The cost of one event: exact, rounded up once to a whole micro-credit, so that nothing metered is free.
    ///
    /// A model call costs (prompt − cached)·p + cached·c + completion·o, the difference not below zero.
    ///
    /// - Throws: `notFound` for a model or channel without a price, naming it; `invalidInput` for a count out of
    ///   bounds or a cost above ``Credits/max``.
    public func cost(of usage: Usage) throws(TammError) -> Credits {
        switch usage {
        case .model(let model, let tokens):
            let price = try price(ofModel: model)
            let uncached = max(0, tokens.promptTokens - tokens.cachedPromptTokens)
            return try Self.total(
                per: 1_000_000, (uncached, price.prompt), (tokens.cachedPromptTokens, price.cachedPrompt),
                (tokens.completionTokens, price.completion))
        case .messages(let channel, let count):
            guard let price = messages[channel] else {
                throw TammError(.notFound, "price book \(version) has no price for messages on \(excerpt(channel))")
            }
            return try Self.total(per: 1, (Self.checkedCount(count), price))
        case .documentPages(let count):
            return try Self.total(per: 1, (Self.checkedCount(count), documentPage))
        }
    }

    /// The most that one call can cost within these bounds, for a hold taken before it: no split of the prompt into
    /// cached and other tokens costs more.
    ///
    /// - Throws: as ``cost(of:)``.
    public func cost(
        ofAtMost maxPromptTokens: Int64, maxCompletionTokens: Int64, model: String
    ) throws(TammError) -> Credits {
        let bounds = try ModelUsage(promptTokens: maxPromptTokens, completionTokens: maxCompletionTokens)
        let price = try price(ofModel: model)
        return try Self.total(
            per: 1_000_000, (bounds.promptTokens, max(price.prompt, price.cachedPrompt)),
            (bounds.completionTokens, price.completion))
    }

    private func price(ofModel model: String) throws(TammError) -> ModelPrice {
        guard let price = models[model] ?? defaultModel else {
            throw TammError(.notFound, "price book \(version) has no price for the model \(excerpt(model))")
        }
        return price
    }

    private static func checkedCount(_ count: Int64) throws(TammError) -> Int64 {
        guard (0...1_000_000_000).contains(count) else {
            throw TammError(.invalidInput, "wanted a count of 0 to 1000000000, found \(count)", field: "count")
        }
        return count
    }

    /// The terms' sum in 128 bits; three terms of 10⁹ times 10¹⁸ stay below 2¹²⁸.
    private static func total(per unit: UInt128, _ terms: (quantity: Int64, price: Credits)...) throws(TammError)
        -> Credits
    {
        let sum = terms.reduce(UInt128(0)) { $0 + UInt128($1.quantity) * UInt128($1.price.micro) }
        let (quotient, remainder) = sum.quotientAndRemainder(dividingBy: unit)
        guard let micro = Int64(exactly: quotient + (remainder == 0 ? 0 : 1)) else {
            throw TammError(.invalidInput, "wanted a cost of at most \(Credits.max) credits, found more")
        }
        return try Credits(micro: micro)
    }
}
