extension PriceBook {
    /// A price book for demonstrations and tests; it prices every model.
    public static let example: PriceBook = {
        do throws(TammError) { return try PriceBook(json: Array(exampleText.utf8)) } catch {
            preconditionFailure("\(error)")
        }
    }()

    static let exampleText = """
        {
          "defaultModel": {"cachedPrompt": "2500", "completion": "30000", "prompt": "5000"},
          "documentPage": "0.25",
          "format": 1,
          "messages": [
            {"channel": "messenger", "price": "0.5"},
            {"channel": "webchat", "price": "0.1"},
            {"channel": "whatsapp", "price": "1"}
          ],
          "models": [
            {"cachedPrompt": "1250.5", "completion": "10000", "model": "large", "prompt": "2500"},
            {"cachedPrompt": "500", "completion": "8000", "model": "reasoning", "prompt": "2000"},
            {"cachedPrompt": "125", "completion": "1000", "model": "small", "prompt": "250"}
          ],
          "version": 1
        }
        """
}
