import TammTesting
import Testing

@testable import TammCore

struct PlanJSONTests {
    @Test func `The example is written as the catalogue writes it, to the byte`() throws {
        let bytes = PlanCatalogue.example.json()
        #expect(String(decoding: bytes, as: UTF8.self) == PlanCatalogue.exampleText + "\n")
        #expect(try PlanCatalogue(json: bytes) == .example)
        #expect(try PlanCatalogue(json: bytes).json() == bytes)
    }

    @Test func `The order of writing does not matter`() throws {
        var generator = SplitMix64(seed: TestSeed.current)
        let document = try StrictJSON(parsing: PlanCatalogue.example.json())
        for _ in 0..<20 {
            // Versions are a history: their order is part of the document.
            let shuffled = document.shuffled(using: &generator, except: "versions")
            #expect(try PlanCatalogue(json: shuffled.bytes) == .example)
            #expect(try PlanCatalogue(json: shuffled.bytes).json() == PlanCatalogue.example.json())
        }
    }

    /// A change of the valid document, where the refusal points, and what its message holds.
    static let faults: [(from: String, to: String, field: String?, message: [String])] = [
        (#""199.00""#, #""199.005""#, "plans[0].versions[0].prices[0].amount", ["growth", "199.005", "EGP"]),
        (#""199.00""#, "199.00", "plans[0].versions[0].prices[0].amount", ["growth", "text", "199.00"]),
        (#""199.00""#, "199", "plans[0].versions[0].prices[0].amount", ["growth", "text", "199"]),
        (#""EGP""#, #""EGX""#, "plans[0].versions[0].prices[0].currency", ["growth", "EGX"]),
        (#""month""#, #""week""#, "plans[0].versions[0].prices[0].interval", ["growth", "month or year", "week"]),
        (#""12.5""#, #""-12.5""#, "plans[0].versions[0].monthlyCredits", ["growth", "-12.5"]),
        (#""12.5""#, "12.5", "plans[0].versions[0].monthlyCredits", ["growth", "text"]),
        (#""12.5""#, "null", "plans[0].versions[0].monthlyCredits", ["growth", "null"]),
        (#""trialDays": 14"#, #""trialDays": 14.0"#, "plans[0].versions[0].trialDays", ["growth", "14.0"]),
        (#""trialDays": 14"#, #""trialDays": 1e1"#, "plans[0].versions[0].trialDays", ["growth", "1e1"]),
        (#""trialDays": 14"#, #""trialDays": 366"#, "plans[0].versions[0].trialDays", ["growth", "365", "366"]),
        (#""trialDays": 14, "#, "", "plans[0].versions[0].trialDays", ["growth", "trialDays", "none"]),
        (#""trialDays": 14"#, #""trialDays": 14, "colour": 1"#, "plans[0].versions[0]", ["growth", "colour"]),
        (#""messages": 30"#, #""messages": 0"#, "plans[0].versions[0].retentionDays.messages", ["growth", "36500"]),
        (#""messages": 30"#, #""Mess ages": 3"#, "plans[0].versions[0].retentionDays", ["growth", "Mess ages"]),
        (#""version": 1"#, #""version": 0"#, "plans[0].versions[0].version", ["growth", "1000000"]),
        (#""id": "growth""#, #""id": "Growth""#, "plans[0].id", ["Growth"]),
        (#""rank": 20"#, #""rank": -1"#, "plans[0].rank", ["growth", "-1"]),
        (#""name": "Growth""#, #""name": """#, "plans[0].name", ["growth", "name"]),
        (#""offered": true"#, #""offered": "yes""#, "plans[0].offered", ["growth", "true or false", "yes"]),
        (#""format": 1"#, #""format": 2"#, "format", ["2"]),
        (#""credits": "5""#, #""credits": "0""#, "plans[0].versions[0].packs[0].credits", ["growth", "pack p"]),
        (#""expiresAfterDays": 9"#, #""expiresAfterDays": 0"#, "plans[0].versions[0].packs[0].expiresAfterDays", ["0"]),
        (#""kind": "limit""#, #""kind": "cap""#, "plans[0].versions[0].entitlements[1].kind", ["growth", "cap"]),
        (#""unlimited""#, #""infinite""#, "plans[0].versions[0].entitlements[1].atMost", ["unlimited", "infinite"]),
        (#""unlimited""#, "-1", "plans[0].versions[0].entitlements[1].atMost", ["growth", "-1"]),
        (#""atMost": 20"#, #""atMost": -9"#, "plans[0].versions[0].entitlements[2].atMost", ["growth", "-9"]),
        (#", "atMost": 20"#, "", "plans[0].versions[0].entitlements[2].atMost", ["growth"]),
        (#""burst": 20"#, #""burst": 0"#, "plans[0].versions[0].rateLimits[0].windows[0].burst", ["growth", "0"]),
        (#""name": "agents""#, #""name": "webchat""#, "plans[0].versions[0].entitlements[1]", ["webchat", "twice"]),
        (#""offered": true"#, #""offered": true, "offered": false"#, nil, ["every name once"]),
        (#""plans": ["#, #""plans": 7, "others": ["#, "plans", ["an array", "7"]),
        (#""plans": ["#, #""plans": [7, "#, "plans[0]", ["an object", "7"]),
    ]

    @Test(arguments: faults.indices)
    func `A fault is refused with the plan and the path of the field`(index: Int) throws {
        let fault = Self.faults[index]
        let text = Self.text
        let parts = text.split(separator: fault.from, maxSplits: 1, omittingEmptySubsequences: false)
        try #require(parts.count == 2, "\(fault.from) is not in the document")
        let changed = "\(parts[0])\(fault.to)\(parts[1])"
        let error = caught { () throws(TammError) in _ = try PlanCatalogue(json: Array(changed.utf8)) }
        #expect(error?.code == .invalidInput)
        #expect(error?.field == fault.field)
        for wanted in fault.message { #expect(error?.message.contains(wanted) == true, "\(error as Any)") }
    }

    @Test func `What is named twice is refused`() throws {
        let document = try StrictJSON(parsing: Array(Self.text.utf8))
        for (path, field) in [
            (["plans"], "plans[1].id"),
            (["plans", "versions"], "plans[0].versions[1].version"),
            (["plans", "versions", "prices"], "plans[0].versions[0].prices[1]"),
            (["plans", "versions", "packs"], "plans[0].versions[0].packs[1]"),
            (["plans", "versions", "packs", "prices"], "plans[0].versions[0].packs[0].prices[1]"),
            (["plans", "versions", "entitlements"], "plans[0].versions[0].entitlements[3]"),
            (["plans", "versions", "rateLimits"], "plans[0].versions[0].rateLimits[1]"),
            (["plans", "versions", "rateLimits", "windows"], "plans[0].versions[0].rateLimits[0].windows[1]"),
        ] {
            let doubled = document.repeatingLast(at: path[...])
            let error = caught { () throws(TammError) in _ = try PlanCatalogue(json: doubled.bytes) }
            #expect(error?.code == .invalidInput)
            #expect(error?.field == field)
        }
        let twins = Self.text.replacing(#""plans": ["#, with: #""plans": [\#(Self.plan("other", rank: 20)), "#)
        #expect(
            caught { () throws(TammError) in _ = try PlanCatalogue(json: Array(twins.utf8)) }?.field == "plans[1].rank")
    }

    @Test func `Everything is bounded`() throws {
        let plans = (0..<101).map { Self.plan("p\($0)", rank: $0) }
        func catalogue(_ count: Int) -> [UInt8] {
            Array(#"{"format": 1, "plans": [\#(plans.prefix(count).joined(separator: ","))]}"#.utf8)
        }
        #expect(try PlanCatalogue(json: catalogue(100)).plans.count == 100)
        #expect(caught { () throws(TammError) in _ = try PlanCatalogue(json: catalogue(101)) }?.field == "plans")
        #expect(caught { () throws(TammError) in _ = try PlanCatalogue(json: catalogue(0)) }?.field == "plans")
        let large = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20) + catalogue(1)
        #expect(
            caught { () throws(TammError) in _ = try PlanCatalogue(json: large) }?.message.contains("1048576") == true)
        let many = (0..<201).map { #"{"name": "e\#($0)", "kind": "feature", "enabled": true}"# }.joined(separator: ",")
        let crowded = Self.text.replacing(#""entitlements": ["#, with: #""entitlements": [\#(many), "#)
        #expect(
            caught { () throws(TammError) in _ = try PlanCatalogue(json: Array(crowded.utf8)) }?.field
                == "plans[0].versions[0].entitlements")
    }

    private static var text: String {
        String(decoding: HostileDocuments.smallCatalogue.indentedBytes, as: UTF8.self)
            .replacing("\n", with: " ").replacing(#/ +/#, with: " ")
    }

    private static func plan(_ id: String, rank: Int) -> String {
        """
        {"id": "\(id)", "name": "P", "offered": true, "rank": \(rank), "versions": [{"version": 1, \
        "monthlyCredits": "0", "trialDays": 0, "retentionDays": {}, "prices": [], "packs": [], "entitlements": [], \
        "rateLimits": []}]}
        """
    }
}

extension StrictJSON {
    /// The same document with the members of objects and the elements of arrays in another order.
    fileprivate func shuffled(using generator: inout SplitMix64, except kept: String, isKept: Bool = false)
        -> StrictJSON
    {
        switch self {
        case .array(let values):
            let inner = values.map { $0.shuffled(using: &generator, except: kept) }
            return .array(isKept ? inner : inner.shuffled(using: &generator))
        case .object(let members):
            let inner = members.map {
                Member($0.name, $0.value.shuffled(using: &generator, except: kept, isKept: $0.name == kept))
            }
            return .object(inner.shuffled(using: &generator))
        default: return self
        }
    }

    /// The document with the last element of the array at `path` once more, the first element taken on the way.
    fileprivate func repeatingLast(at path: ArraySlice<String>) -> StrictJSON {
        switch self {
        case .object(let members):
            return .object(
                members.map {
                    $0.name == path.first ? Member($0.name, $0.value.repeatingLast(at: path.dropFirst())) : $0
                })
        case .array(let values) where path.isEmpty: return .array(values + values.suffix(1))
        case .array(let values):
            return .array(values.prefix(1).map { $0.repeatingLast(at: path) } + values.dropFirst())
        default: return self
        }
    }
}
