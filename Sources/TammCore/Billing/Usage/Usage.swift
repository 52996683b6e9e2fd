/// Something that costs credits, as it happened once.
public enum Usage: Sendable, Hashable {
    /// One call of a model, by the provider's name for it.
    case model(String, ModelUsage)
    /// Messages on one kind of channel: `whatsapp`, `messenger`, `webchat`; 0 to 1,000,000,000.
    case messages(channel: String, count: Int64)
    /// Pages of documents ingested, 0 to 1,000,000,000.
    case documentPages(Int64)
}

/// The tokens of one model call, as OpenAI-compatible providers report them.
///
/// `cachedPromptTokens` lie inside `promptTokens`, `reasoningTokens` inside `completionTokens`. Providers have been
/// seen to report parts larger than the whole: that is kept as reported, and priced without going below zero.
public struct ModelUsage: Sendable, Hashable {
    /// All tokens of the prompt, the cached ones among them.
    public let promptTokens: Int64
    /// Those of the prompt that the provider had in its cache.
    public let cachedPromptTokens: Int64
    /// All tokens of the answer, the reasoning among them.
    public let completionTokens: Int64
    /// Reported for the record; priced as completion, which contains it.
    public let reasoningTokens: Int64

    /// The bound of each count.
    public static let maxTokens: Int64 = 1_000_000_000

    /// - Throws: `invalidInput`, with the field, unless each count lies between 0 and ``maxTokens``.
    public init(
        promptTokens: Int64, cachedPromptTokens: Int64 = 0, completionTokens: Int64, reasoningTokens: Int64 = 0
    ) throws(TammError) {
        for (count, field) in [
            (promptTokens, "promptTokens"), (cachedPromptTokens, "cachedPromptTokens"),
            (completionTokens, "completionTokens"), (reasoningTokens, "reasoningTokens"),
        ] where !(0...Self.maxTokens).contains(count) {
            throw TammError(.invalidInput, "wanted 0 to \(Self.maxTokens) tokens, found \(count)", field: field)
        }
        self.promptTokens = promptTokens
        self.cachedPromptTokens = cachedPromptTokens
        self.completionTokens = completionTokens
        self.reasoningTokens = reasoningTokens
    }
}
