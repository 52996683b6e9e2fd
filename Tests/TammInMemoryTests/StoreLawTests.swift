import TammCore
import TammInMemory
public import TammTesting
public import Testing

extension StoreLaw: CustomTestStringConvertible {
    public var testDescription: String { name }
}

@Suite("Laws of a store")
struct StoreLawTests {
    @Test("The in-memory store keeps", arguments: StoreLaw.all)
    func keeps(_ law: StoreLaw) async throws {
        try await law.check(InMemoryStore(), seed: TestSeed.current)
    }

    @Test("A store that is used already keeps all laws, run after each other and at once")
    func shared() async throws {
        let store = InMemoryStore()
        #expect(await StoreLaw.check(all: store).isEmpty)
        let violations = await withTaskGroup(of: LawViolation?.self) { group in
            for law in StoreLaw.all {
                group.addTask {
                    do throws(LawViolation) { try await law.check(store) } catch { return error }
                    return nil
                }
            }
            return await group.reduce(into: [LawViolation]()) { found, violation in
                if let violation { found.append(violation) }
            }
        }
        #expect(violations.isEmpty)
    }

    @Test("Every law has an identifier and a sentence of its own, and every area has laws")
    func names() {
        let laws = StoreLaw.all
        #expect(Set(laws.map(\.id)).count == laws.count)
        #expect(Set(laws.map(\.name)).count == laws.count)
        for area in StoreLaw.Area.allCases { #expect(!StoreLaw.all(of: area).isEmpty) }
    }
}
