extension PriceBook {
    /// The largest document that is read, in bytes.
    public static let maxBytes = 1 << 20

    /// Reads a price book from JSON. Prices are credits as decimal text; every field is required but `defaultModel`;
    /// a field that is not documented, a repeated one, and a number with a fraction or an exponent are refused.
    ///
    /// - Throws: `invalidInput`: the message names the model or channel, the field is the path
    ///   (`models[2].cachedPrompt`).
    public init(json: [UInt8]) throws(TammError) {
        self = try StrictJSON(parsing: json, atMost: Self.maxBytes).object { (fields) throws(TammError) in
            _ = try fields.integer("format", in: 1...1)
            return try PriceBook(
                version: fields.integer("version", in: Self.versions),
                models: fields.value("models") { (json) throws(TammError) in
                    try json.table(keyedBy: "model", atMost: 1000, key: Self.checkModel, ModelPrice.init(from:))
                },
                defaultModel: fields.optional("defaultModel") { (json) throws(TammError) in
                    try json.object(ModelPrice.init(from:))
                },
                messages: fields.value("messages") { (json) throws(TammError) in
                    try json.table(
                        keyedBy: "channel", atMost: 100,
                        key: { (text) throws(TammError) in _ = try checkedName(text, "a kind of channel") },
                        { (fields) throws(TammError) in try fields.text("price", Credits.init(parsing:)) })
                },
                documentPage: fields.text("documentPage", Credits.init(parsing:)))
        }
    }

    /// The book as JSON, in the order of its names. Equal books give equal bytes, and reading them back gives an
    /// equal book.
    public func json() -> [UInt8] { strictJSON.indentedBytes }

    var strictJSON: StrictJSON {
        var members: [String: StrictJSON] = [
            "format": .integer(1), "version": .integer(version), "documentPage": .text(documentPage.description),
            "models": .array(
                models.sorted { $0.key < $1.key }.map { model, price in
                    .sorted(price.members.merging(["model": .text(model)]) { first, _ in first })
                }),
            "messages": .array(
                messages.sorted { $0.key < $1.key }.map { channel, price in
                    .sorted(["channel": .text(channel), "price": .text(price.description)])
                }),
        ]
        members["defaultModel"] = defaultModel.map { .sorted($0.members) }
        return .sorted(members)
    }
}

extension ModelPrice {
    fileprivate init(from fields: inout StrictJSONFields) throws(TammError) {
        self.init(
            prompt: try fields.text("prompt", Credits.init(parsing:)),
            cachedPrompt: try fields.text("cachedPrompt", Credits.init(parsing:)),
            completion: try fields.text("completion", Credits.init(parsing:)))
    }

    fileprivate var members: [String: StrictJSON] {
        [
            "prompt": .text(prompt.description), "cachedPrompt": .text(cachedPrompt.description),
            "completion": .text(completion.description),
        ]
    }
}

extension StrictJSON {
    /// Reads an array of objects that one of their fields tells apart.
    fileprivate func table<Value>(
        keyedBy keyField: String, atMost maxCount: Int, key check: (String) throws(TammError) -> Void,
        _ read: (inout StrictJSONFields) throws(TammError) -> Value
    ) throws(TammError) -> [String: Value] {
        guard case .array(let rows) = self else { throw refusal("an array") }
        guard rows.count <= maxCount else {
            throw TammError(.invalidInput, "wanted at most \(maxCount) elements, found \(rows.count)")
        }
        var table: [String: Value] = [:]
        for (index, row) in rows.enumerated() {
            do throws(TammError) {
                try row.object { (fields) throws(TammError) in
                    let key = try fields.text(keyField) { (text) throws(TammError) in
                        try check(text)
                        return text
                    }
                    do throws(TammError) {
                        guard table[key] == nil else {
                            throw TammError(.invalidInput, "wanted it once, found it twice", field: keyField)
                        }
                        table[key] = try read(&fields)
                    } catch { throw error.about("\(keyField) \(excerpt(key))") }
                }
            } catch { throw error.within("[\(index)]") }
        }
        return table
    }
}
