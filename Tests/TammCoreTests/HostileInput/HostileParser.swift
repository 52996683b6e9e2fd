import TammTesting

@testable import TammCore

/// A parser of outside input, what it takes to get past its first stage, and valid documents to start from.
///
/// To put a parser under attack, add it to ``all``.
struct HostileParser: Sendable {
    enum Form: Sendable {
        /// Text whose characters keep their kind in most mutations.
        case text([String])
        /// JSON whose tree is mutated.
        case json([StrictJSON])
    }

    enum Outcome {
        case accepted
        case refused(TammError)
        case changed(String)
    }

    let name: String
    let count: Int
    let form: Form
    /// Whether a document is well-formed as far as syntax, length and alphabet go.
    let passesFirstStage: @Sendable ([UInt8]) -> Bool
    let attempt: @Sendable ([UInt8]) -> Outcome

    /// - Parameters:
    ///   - parse: refuses with a `TammError`.
    ///   - print: the printer, where there is one: what it prints must be read back as the same value.
    init<Value: Equatable & SendableMetatype>(
        _ name: String, count: Int, _ form: Form, firstStage: @escaping @Sendable ([UInt8]) -> Bool,
        parse: @escaping @Sendable ([UInt8]) throws(TammError) -> Value,
        print: (@Sendable (Value) -> [UInt8])?
    ) {
        (self.name, self.count, self.form, passesFirstStage) = (name, count, form, firstStage)
        attempt = { bytes in
            do throws(TammError) {
                let value = try parse(bytes)
                guard let print else { return .accepted }
                let printed = print(value)
                do throws(TammError) {
                    let again = try parse(printed)
                    return again == value && print(again) == printed
                        ? .accepted : .changed(String(decoding: printed, as: UTF8.self))
                } catch { return .changed("\(error)") }
            } catch { return .refused(error) }
        }
    }

    /// A parser of text.
    init<Value: Equatable & SendableMetatype>(
        text name: String, count: Int, _ valid: [String], length: ClosedRange<Int>, alphabet: String,
        parse: @escaping @Sendable (String) throws(TammError) -> Value,
        print: @escaping @Sendable (Value) -> String
    ) {
        let characters = Set(alphabet.utf8)
        self.init(
            name, count: count, .text(valid),
            firstStage: { length.contains($0.count) && $0.allSatisfy(characters.contains) },
            parse: { (bytes) throws(TammError) in try parse(String(decoding: bytes, as: UTF8.self)) },
            print: { Array(print($0).utf8) })
    }
}

extension HostileParser {
    static let all: [HostileParser] =
        [
            HostileParser(
                text: "Timestamp", count: 16_000,
                [
                    "2026-01-31T23:59:59Z", "2024-02-29T00:00:00.123456Z", "0001-01-01T00:00:00Z",
                    "9999-12-31T23:59:59+02:00",
                ],
                length: 20...32, alphabet: digits + "TZ:.+-", parse: Timestamp.init(parsing:), print: \.description),
            HostileParser(
                text: "Identifier", count: 10_000,
                ["01890a5d-ac96-774b-bcce-b302099a8057", "00000000-0000-0000-0000-000000000000"],
                length: 36...36, alphabet: digits + "abcdefABCDEF-", parse: Identifier<HostileParser>.init(parsing:),
                print: \.description),
            HostileParser(
                text: "Credits", count: 14_000, ["0", "12.5", "0.000001", "999999999999.999999", "1000000000000"],
                length: 1...32, alphabet: digits + ".", parse: Credits.init(parsing:), print: \.description),
            money("JPY", ["0", "1200", "999999999999999"]),
            money("EGP", ["0", "199.50", "9999999999999.99"]),
            money("KWD", ["0.005", "1234.567"]),
            HostileParser(
                text: "Currency", count: 8_000, ["EGP", "USD", "KWD", "JPY"], length: 3...3,
                alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", parse: Currency.init, print: \.code),
            HostileParser(
                text: "IdempotencyKey", count: 10_000,
                ["inv_42", "~!@#$%^&*()", String(repeating: "k9", count: 127)], length: 1...255,
                alphabet: String(decoding: 0x21...0x7e, as: UTF8.self), parse: IdempotencyKey.init, print: \.text),
            HostileParser(
                text: "PlanID", count: 8_000, ["growth", "a", "team-2026.q1_x"], length: 1...64, alphabet: names,
                parse: PlanID.init, print: \.text),
            HostileParser(
                text: "PlanVersionReference", count: 12_000, ["growth@2", "free@1", "team-2026.q1_x@1000000"],
                length: 3...72, alphabet: names + "@", parse: PlanVersionReference.init(parsing:), print: \.description),
            HostileParser(
                "StrictJSON", count: 12_000, .json([HostileDocuments.mixed]), firstStage: isBalanced,
                parse: { (bytes) throws(TammError) in try StrictJSON(parsing: bytes) }, print: \.bytes),
            HostileParser(
                "PlanCatalogue", count: 9_000, .json([HostileDocuments.smallCatalogue, HostileDocuments.twoPlans]),
                firstStage: isJSON, parse: { (bytes) throws(TammError) in try PlanCatalogue(json: bytes) },
                print: { $0.json() }),
            HostileParser(
                "PlanCatalogue (example)", count: 100, .json([HostileDocuments.example]), firstStage: isJSON,
                parse: { (bytes) throws(TammError) in try PlanCatalogue(json: bytes) }, print: { $0.json() }),
            HostileParser(
                "PriceBook", count: 8_000, .json([HostileDocuments.priceBook]), firstStage: isJSON,
                parse: { (bytes) throws(TammError) in try PriceBook(json: bytes) }, print: { $0.json() }),
            HostileParser(
                "AdoptedWorkspace", count: 8_000, .json(HostileDocuments.adopted), firstStage: isJSON,
                parse: { (bytes) throws(TammError) in try AdoptedWorkspace(json: bytes) }, print: { $0.json() }),
            HostileParser(
                "AdoptionLines", count: 3_000, .text([HostileDocuments.adoptedLines]),
                firstStage: { String(validating: $0, as: UTF8.self) != nil },
                parse: { (bytes) throws(TammError) in
                    var workspaces: [AdoptedWorkspace] = []
                    for line in AdoptionLines(bytes) { workspaces.append(try line.content.get()) }
                    return workspaces
                }, print: { Array($0.map { $0.json() }.joined(separator: [UInt8(ascii: "\n")])) }),
            HostileParser(
                "AuditCheckpoint", count: 4_000, .text([HostileDocuments.checkpoint]),
                firstStage: { String(decoding: $0, as: UTF8.self).hasPrefix("tamm-audit-checkpoint 1\ntaken ") },
                parse: { (bytes) throws(TammError) in
                    try AuditCheckpoint(text: String(decoding: bytes, as: UTF8.self), key: HostileDocuments.checkpointKey)
                }, print: { Array($0.text(key: HostileDocuments.checkpointKey).utf8) }),
        ] + HostileSignatures.parsers + HostileAccess.parsers

    private static func money(_ code: String, _ valid: [String]) -> HostileParser {
        HostileParser(
            text: "Money \(code)", count: 6_000, valid, length: 1...32, alphabet: digits + ".",
            parse: { (text) throws(TammError) in try Money(parsing: text, Currency(code)) }, print: \.majorUnits)
    }

    static let digits = "0123456789"
    static let names = "abcdefghijklmnopqrstuvwxyz0123456789.-_"

    static let isJSON: @Sendable ([UInt8]) -> Bool = { (try? StrictJSON(parsing: $0)) != nil }

    /// Valid UTF-8 that opens and closes every bracket outside text in order.
    static let isBalanced: @Sendable ([UInt8]) -> Bool = { bytes in
        guard String(validating: bytes, as: UTF8.self) != nil else { return false }
        var (open, isText, isEscaped): ([UInt8], Bool, Bool) = ([], false, false)
        for byte in bytes {
            if isText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isText = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): open.append(byte + 2)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): if open.popLast() != byte { return false }
            default: break
            }
        }
        return open.isEmpty && !isText
    }
}

/// Valid documents, small so that many mutations are cheap.
enum HostileDocuments {
    static let example = json(PlanCatalogue.exampleText)
    static let mixed = json(
        #"{"id":"a","list":[1,-2,3.5,1e3,"é\n",null,true,[[],{}]],"nested":{"deep":{"er":[{"x":0}]}},"t":"\ud83d\ude00"}"#
    )

    static let smallCatalogue = json(
        """
        {"format": 1, "plans": [{"id": "growth", "name": "Growth", "offered": true, "rank": 20, "versions": [
          {"version": 1, "monthlyCredits": "12.5", "trialDays": 14, "retentionDays": {"messages": 30},
           "prices": [{"amount": "199.00", "currency": "EGP", "interval": "month"}],
           "packs": [{"id": "p", "credits": "5", "expiresAfterDays": 9,
             "prices": [{"amount": "9", "currency": "USD"}]}],
           "entitlements": [{"name": "webchat", "kind": "feature", "enabled": true},
             {"name": "agents", "kind": "limit", "atMost": "unlimited"},
             {"name": "messages", "kind": "metered", "atMost": 20}],
           "rateLimits": [{"name": "api", "windows": [{"count": 10, "periodSeconds": 1, "burst": 20}]}]}]}]}
        """)

    static let twoPlans = json(
        """
        {"format": 1, "plans": [
          {"id": "free", "name": "باقة", "offered": false, "rank": 0, "versions": [
            {"version": 1, "monthlyCredits": "0", "trialDays": 0, "retentionDays": {}, "prices": [], "packs": [],
             "entitlements": [], "rateLimits": []},
            {"version": 4, "monthlyCredits": "1", "trialDays": 0, "retentionDays": {}, "prices": [], "packs": [],
             "entitlements": [{"name": "agents", "kind": "limit", "atMost": 0}], "rateLimits": []}]},
          {"id": "paid", "name": "Paid", "offered": true, "rank": 1, "versions": [
            {"version": 9, "monthlyCredits": "100", "trialDays": 365, "retentionDays": {"a": 1, "b": 36500},
             "prices": [{"amount": "1", "currency": "JPY", "interval": "year"},
               {"amount": "1.005", "currency": "KWD", "interval": "year"}],
             "packs": [], "entitlements": [{"name": "agents", "kind": "limit", "atMost": 3}], "rateLimits": []}]}]}
        """)

    static let priceBook = json(
        """
        {"format": 1, "version": 3, "documentPage": "0.25",
         "defaultModel": {"prompt": "1", "cachedPrompt": "0.5", "completion": "1000000000000"},
         "models": [{"model": "small", "prompt": "250", "cachedPrompt": "125", "completion": "1000"},
           {"model": "vendor/Large-3.1:free", "prompt": "0", "cachedPrompt": "0", "completion": "0.000001"}],
         "messages": [{"channel": "whatsapp", "price": "1"}, {"channel": "webchat", "price": "0.1"}]}
        """)

    static let adopted = [
        """
        {"format": 1, "id": "7f3a11c2-9b0e-4d5a-a000-000000000001", "name": "مكتبة", "createdAt": "2024-05-06T07:08:09Z",
         "members": [{"user": "7f3a11c2-9b0e-4d5a-a000-000000000002", "role": "owner", "joinedAt": "2024-05-07T00:00:00Z"},
           {"user": "7f3a11c2-9b0e-4d5a-a000-000000000003", "role": "member", "joinedAt": "2024-05-08T00:00:00Z"}],
         "plan": {"version": "growth@1", "standing": "paid", "interval": "month", "currency": "EGP", "provider": "paymob",
           "renews": true, "from": "2026-03-01T00:00:00Z", "through": "2026-04-01T00:00:00Z",
           "anchor": "2026-01-01T00:00:00Z", "hadTrial": true},
         "lots": [{"amount": "12.5", "category": "plan", "priority": -1, "expiresAt": "2026-04-01T00:00:00Z"},
           {"amount": "3", "category": "purchased", "effectiveAt": "2026-03-02T00:00:00Z", "source": "order-81"}]}
        """,
        """
        {"format": 1, "id": "00000000-0000-0000-0000-000000000000", "name": "W", "createdAt": "0001-01-01T00:00:00Z",
         "members": [{"user": "7f3a11c2-9b0e-4d5a-a000-000000000002", "role": "owner", "joinedAt": "9999-12-31T23:59:59Z"}],
         "plan": {"version": "free@1", "standing": "trial", "from": "2026-03-01T00:00:00Z",
           "through": "2026-03-15T00:00:00Z", "hadTrial": false},
         "lots": []}
        """,
    ].map(json)

    static let checkpointKey = Secret("a key that the database does not hold")
    static let checkpoint = AuditCheckpoint(
        takenAt: Timestamp(unchecked: 1_767_225_600_000_001),
        heads: AuditLog.allCases.sorted().map { log in
            let place = AuditPlace(workspace: Identifier(high: 7, low: 9), log: log)
            return AuditHead(place, sequence: 7, hash: AuditChain.genesis(place))
        }
    ).text(key: checkpointKey)

    static let adoptedLines = adopted.map { String(decoding: $0.bytes, as: UTF8.self) }.joined(separator: "\n")

    private static func json(_ text: String) -> StrictJSON {
        do { return try StrictJSON(parsing: Array(text.utf8)) } catch { preconditionFailure("\(error)") }
    }
}
