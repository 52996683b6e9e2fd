import TammCore
public import TammTesting
public import Testing

extension RateLimitLaw: CustomTestStringConvertible {
    public var testDescription: String { name }
}

@Suite("Laws of a store of rate limits, in this process")
struct RateLimitLawTests {
    @Test("The local store keeps", arguments: RateLimitLaw.all)
    func keeps(_ law: RateLimitLaw) async throws {
        try await law.check(LocalRateLimitStore(), seed: TestSeed.current)
    }

    @Test("The laws refuse a store that", arguments: LimitFlaw.allCases)
    func refused(_ flaw: LimitFlaw) async {
        let laws = await Self.broken.value[flaw] ?? []
        print("\(flaw): \(laws.joined(separator: " "))")
        #expect(laws.contains(flaw.law))
    }

    @Test("Each law is broken by one of them: it can fail")
    func laws() async {
        let broken = Set(await Self.broken.value.values.joined())
        #expect(RateLimitLaw.all.map(\.id).filter { !broken.contains($0) } == [])
    }

    @Test("The same store without a flaw keeps every law")
    func control() async {
        #expect(await Self.violations(of: nil) == [])
    }

    private static let broken = Task {
        var found: [LimitFlaw: [String]] = [:]
        for flaw in LimitFlaw.allCases { found[flaw] = await violations(of: flaw) }
        return found
    }

    private static func violations(of flaw: LimitFlaw?) async -> [String] {
        var broken: [String] = []
        for law in RateLimitLaw.all {
            do { try await law.check(BrokenLimitStore(flaw), seed: TestSeed.current) } catch { broken.append(law.id) }
        }
        return broken
    }
}
