import TammTesting
import Testing

@testable import TammCore

struct PriceBookTests {
    let book = PriceBook.example

    @Test func `A model call costs its uncached prompt, its cached prompt and its completion`() throws {
        let usage = try ModelUsage(
            promptTokens: 1_000_000, cachedPromptTokens: 400_000, completionTokens: 10_000, reasoningTokens: 9_000)
        // 600,000 × 250 + 400,000 × 125 + 10,000 × 1000, each per million
        #expect(try book.cost(of: .model("small", usage)).description == "210")
    }

    @Test func `Reasoning lies inside the completion and costs nothing more`() throws {
        let plain = try ModelUsage(promptTokens: 10, completionTokens: 500)
        let reasoned = try ModelUsage(promptTokens: 10, completionTokens: 500, reasoningTokens: 500)
        #expect(try book.cost(of: .model("reasoning", plain)) == book.cost(of: .model("reasoning", reasoned)))
    }

    @Test func `More cached than prompt tokens do not lower the cost`() throws {
        let odd = try ModelUsage(promptTokens: 10, cachedPromptTokens: 1_000_000, completionTokens: 0)
        #expect(try book.cost(of: .model("small", odd)).description == "125")
    }

    @Test func `One event is rounded up once`() throws {
        let prices = ModelPrice(
            prompt: try Credits(micro: 1), cachedPrompt: try Credits(micro: 1), completion: try Credits(micro: 1))
        let fine = try PriceBook(
            version: 1, models: ["m": prices], defaultModel: nil, messages: [:], documentPage: .zero)
        func cost(_ prompt: Int64, _ cached: Int64, _ completion: Int64) throws -> Int64 {
            let usage = try ModelUsage(
                promptTokens: prompt, cachedPromptTokens: cached, completionTokens: completion)
            return try fine.cost(of: .model("m", usage)).micro
        }
        #expect(try cost(0, 0, 0) == 0)
        #expect(try cost(1, 0, 0) == 1)
        #expect(try cost(2, 1, 1) == 1, "three terms below a micro-credit are one, not three")
        #expect(try cost(500_000, 0, 500_000) == 1)
        #expect(try cost(500_000, 0, 500_001) == 2)
    }

    @Test func `Costs agree with arithmetic of any size and lie below the estimate for a hold`() throws {
        var generator = SplitMix64(seed: TestSeed.current)
        var given = 0
        func amount() throws(TammError) -> Credits {
            try Credits(
                micro: Int64(generator.next() >> UInt64.random(in: 4...63, using: &generator)) % Credits.max.micro)
        }
        func count() -> Int64 { Int64(generator.next() >> UInt64.random(in: 35...63, using: &generator)) }
        for _ in 0..<5_000 {
            let price = try ModelPrice(prompt: amount(), cachedPrompt: amount(), completion: amount())
            let book = try PriceBook(
                version: 1, models: ["m": price], defaultModel: nil, messages: [:], documentPage: .zero)
            let (prompt, cached, completion) = (count(), count(), count())
            let usage = try ModelUsage(
                promptTokens: prompt, cachedPromptTokens: cached, completionTokens: completion)
            let sum =
                product(max(0, prompt - cached), price.prompt) + product(cached, price.cachedPrompt)
                + product(completion, price.completion)
            let expected = (sum + 999_999) / 1_000_000
            do {
                let cost = try book.cost(of: .model("m", usage))
                #expect(UInt128(cost.micro) == expected)
                given += 1
                let most = caught { () throws(TammError) in
                    let hold = try book.cost(
                        ofAtMost: max(prompt, cached), maxCompletionTokens: completion, model: "m")
                    #expect(cost <= hold)
                }
                #expect(most == nil || most?.code == .invalidInput)
            } catch {
                #expect(error.code == .invalidInput)
                #expect(expected > UInt128(Credits.max.micro))
            }
        }
        #expect(given > 1_000)
    }

    private func product(_ count: Int64, _ price: Credits) -> UInt128 { UInt128(count) * UInt128(price.micro) }

    @Test func `The estimate for a hold takes the dearer kind of prompt`() throws {
        let price = ModelPrice(prompt: .zero, cachedPrompt: .one, completion: .one)
        let odd = try PriceBook(version: 1, models: ["m": price], defaultModel: nil, messages: [:], documentPage: .zero)
        #expect(try odd.cost(ofAtMost: 1_000_000, maxCompletionTokens: 1_000_000, model: "m").description == "2")
        #expect(try book.cost(ofAtMost: 0, maxCompletionTokens: 0, model: "small") == .zero)
        #expect(
            caught { () throws(TammError) in
                _ = try book.cost(ofAtMost: -1, maxCompletionTokens: 0, model: "small")
            }?.code == .invalidInput)
    }

    @Test func `Messages and pages cost by the piece`() throws {
        #expect(try book.cost(of: .messages(channel: "messenger", count: 3)).description == "1.5")
        #expect(try book.cost(of: .documentPages(10)).description == "2.5")
        #expect(try book.cost(of: .documentPages(0)) == .zero)
        for count in [Int64.min, -1, 1_000_000_001, .max] {
            #expect(
                caught { () throws(TammError) in _ = try book.cost(of: .documentPages(count)) }?.code == .invalidInput)
        }
        let dear = try PriceBook(
            version: 1, models: [:], defaultModel: nil, messages: ["webchat": .max], documentPage: .max)
        #expect(try dear.cost(of: .messages(channel: "webchat", count: 1)) == .max)
        #expect(
            caught { () throws(TammError) in _ = try dear.cost(of: .messages(channel: "webchat", count: 1_000_000_000))
            }?
            .code == .invalidInput)
    }

    @Test func `What has no price is named, unless there is a default`() throws {
        let usage = try ModelUsage(promptTokens: 1_000_000, completionTokens: 0)
        #expect(try book.cost(of: .model("unheard-of", usage)).description == "5000")
        let strict = try PriceBook(
            version: 7, models: book.models, defaultModel: nil, messages: [:], documentPage: .zero)
        let error = caught { () throws(TammError) in _ = try strict.cost(of: .model("unheard-of", usage)) }
        #expect(error?.code == .notFound && error?.message.contains("unheard-of") == true)
        let channel = caught { () throws(TammError) in _ = try book.cost(of: .messages(channel: "fax", count: 1)) }
        #expect(channel?.code == .notFound && channel?.message.contains("fax") == true)
    }

    @Test func `Token counts are bounded`() {
        for count in [Int64.min, -1, ModelUsage.maxTokens + 1, .max] {
            let error = caught { () throws(TammError) in
                _ = try ModelUsage(promptTokens: 0, completionTokens: 0, reasoningTokens: count)
            }
            #expect(error?.code == .invalidInput && error?.field == "reasoningTokens")
        }
    }

    @Test func `A published book does not change`() throws {
        #expect(try book.following(book) == book)
        func copy(version: Int64, page: Credits) throws(TammError) -> PriceBook {
            try PriceBook(
                version: version, models: book.models, defaultModel: book.defaultModel, messages: book.messages,
                documentPage: page)
        }
        let newer = try copy(version: 2, page: .one)
        #expect(try newer.following(book) == newer)
        #expect(caught { () throws(TammError) in _ = try book.following(newer) }?.code == .conflict)
        let edited = try copy(version: 1, page: .one)
        let error = caught { () throws(TammError) in _ = try edited.following(book) }
        #expect(error?.code == .conflict && error?.field == "documentPage")
    }

    // MARK: JSON

    @Test func `The example is written as the book writes it, to the byte`() throws {
        #expect(String(decoding: book.json(), as: UTF8.self) == PriceBook.exampleText + "\n")
        #expect(try PriceBook(json: book.json()) == book)
    }

    @Test(arguments: [
        (#""prompt": "250""#, #""prompt": 250"#, "models[0].prompt", "small"),
        (#""prompt": "250""#, #""prompt": "1e3""#, "models[0].prompt", "small"),
        (#""prompt": "250", "#, "", "models[0].prompt", "small"),
        (#""prompt": "250""#, #""prompt": "250", "output": "1""#, "models[0]", "output"),
        (#""vendor/Large-3.1:free""#, #""small""#, "models[1].model", "small"),
        (#""vendor/Large-3.1:free""#, #""Large 3""#, "models[1].model", "Large 3"),
        (#""price": "0.1""#, #""price": "-0.1""#, "messages[1].price", "webchat"),
        (#""channel": "webchat""#, #""channel": "whatsapp""#, "messages[1].channel", "whatsapp"),
        (#""version": 3"#, #""version": 0"#, "version", "0"),
        (#""version": 3"#, #""version": 3.0"#, "version", "3.0"),
        (#""documentPage": "0.25""#, #""documentPage": null"#, "documentPage", "null"),
        (#""cachedPrompt": "0.5""#, #""cachedPrompt": "0.5000001""#, "defaultModel.cachedPrompt", "0.5000001"),
    ])
    func `A fault is refused with its place`(from: String, to: String, field: String, message: String) throws {
        let text = String(decoding: HostileDocuments.priceBook.indentedBytes, as: UTF8.self)
        try #require(text.contains(from))
        let changed = text.replacing(from, with: to, maxReplacements: 1)
        let error = caught { () throws(TammError) in _ = try PriceBook(json: Array(changed.utf8)) }
        #expect(error?.code == .invalidInput)
        #expect(error?.field == field)
        #expect(error?.message.contains(message) == true)
    }
}
