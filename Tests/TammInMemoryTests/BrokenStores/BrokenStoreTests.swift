import TammCore
import TammTesting
import Testing

@Suite("Stores that are broken in one way")
struct BrokenStoreTests {
    @Test("The laws refuse a store that", arguments: Flaw.allCases)
    func refused(_ flaw: Flaw) async {
        let violations = await StoreLaw.check(all: BrokenStore(flaw), seed: TestSeed.current)
        let laws = violations.map(\.law)
        print("\(flaw): \(laws.joined(separator: " "))")
        #expect(laws.contains(flaw.law))
    }

    @Test("The same store without a flaw keeps every law")
    func control() async {
        #expect(await StoreLaw.check(all: BrokenStore(nil), seed: TestSeed.current).isEmpty)
    }

    @Test("Every law that a flaw names is a law")
    func names() {
        let laws = Set(StoreLaw.all.map(\.id))
        for flaw in Flaw.allCases { #expect(laws.contains(flaw.law)) }
    }
}
