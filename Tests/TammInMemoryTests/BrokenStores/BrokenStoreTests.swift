import TammCore
import TammTesting
import Testing

@Suite("Stores that are broken in one way")
struct BrokenStoreTests {
    @Test("The laws refuse a store that", arguments: Flaw.allCases)
    func refused(_ flaw: Flaw) async {
        let laws = await Self.broken.value[flaw] ?? []
        print("\(flaw): \(laws.joined(separator: " "))")
        #expect(laws.contains(flaw.law))
    }

    @Test("Each law is broken by one of them that does something: it can fail")
    func laws() async {
        let broken = Set(await Self.broken.value.filter { $0.key != .writesNothing }.values.joined())
        let unbroken = StoreLaw.all.map(\.id).filter { !broken.contains($0) }
        #expect(unbroken == [])
    }

    @Test("The same store without a flaw keeps every law")
    func control() async {
        #expect(await StoreLaw.check(all: BrokenStore(nil), seed: TestSeed.current).isEmpty)
    }

    /// The laws that each broken store was found to break.
    private static let broken = Task {
        await withTaskGroup(of: (Flaw, [String]).self) { group in
            for flaw in Flaw.allCases {
                group.addTask {
                    let violations = await StoreLaw.check(all: BrokenStore(flaw), seed: TestSeed.current)
                    return (flaw, violations.map(\.law))
                }
            }
            return await group.reduce(into: [Flaw: [String]]()) { $0[$1.0] = $1.1 }
        }
    }
}
