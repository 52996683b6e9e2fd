import TammCore
import TammInMemory
import TammTesting
import Testing

struct PurchaseFaultTests {
    private static let properties = PurchaseProperties { InMemoryStore() }

    @Test func `Every fault in the rules of billing is caught, and every property of purchases catches one`() async throws {
        let rows = try await Self.tried(PurchaseFault.all) { fault in
            try await Self.caught(fault, by: PurchaseProperty.all, atLeast: 12)
        }
        for (fault, row) in zip(PurchaseFault.all, rows) {
            let names = row.violated.sorted().joined(separator: ", ")
            print("\(row.violated.isEmpty ? "MISSED" : "caught")  \(fault.name): \(names) (\(row.sequences))")
            #expect(!row.violated.isEmpty, "the fault “\(fault.name)” was not caught in \(row.sequences) sequences")
        }
        let caught = rows.reduce(into: Set<String>()) { $0.formUnion($1.violated) }
        // A property that another one always precedes is tried alone.
        let others = PurchaseProperty.all.filter { !caught.contains($0.name) }
        let finds = try await Self.tried(others) { property -> String? in
            for fault in PurchaseFault.all {
                let row = try await Self.caught(fault, by: [property], atLeast: 1, atMost: 60)
                if !row.violated.isEmpty { return fault.name }
            }
            return nil
        }
        for (property, fault) in zip(others, finds) {
            print("alone   \(property.name): \(fault ?? "NOTHING")")
            #expect(fault != nil, "the property \(property.name) caught no fault")
        }
    }

    @Test func `A failure is shrunk to a few steps, and its seed shows it again`() async throws {
        let fault = try #require(PurchaseFault.all.first { $0.name == "reserved money is revenue" })
        var seeds = SplitMix64(seed: TestSeed.current)
        for _ in 0..<100 {
            let seed = seeds.next()
            let found = try await Self.properties.run(
                one: seed, changing: fault.inject, properties: [.onlyCapturedMoney], shrinking: true)
            guard let failure = found.report.failures.first else { continue }
            #expect(failure.seed == seed)
            #expect(failure.steps.count <= 4, "\(failure)")
            let again = try await Self.properties.run(
                one: seed, changing: fault.inject, properties: [.onlyCapturedMoney], shrinking: true)
            #expect(again.report.failures.first?.steps == failure.steps)
            return
        }
        Issue.record("the fault was not found")
    }

    /// Each at the same time as the others, in their order.
    private static func tried<Element: Sendable, Value: Sendable>(
        _ elements: [Element], _ body: @escaping @Sendable (Element) async throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: (Int, Value).self) { group in
            for (index, element) in elements.enumerated() {
                group.addTask { (index, try await body(element)) }
            }
            var values: [(Int, Value)] = []
            for try await value in group { values.append(value) }
            return values.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// The properties that catch the fault, in at least and at most so many sequences.
    private static func caught(
        _ fault: PurchaseFault, by tried: [PurchaseProperty], atLeast least: Int, atMost most: Int = 300
    ) async throws -> (violated: Set<String>, sequences: Int) {
        var seeds = SplitMix64(seed: TestSeed.current)
        var (violated, sequences): (Set<String>, Int) = ([], 0)
        while sequences < most, violated.isEmpty || sequences < least {
            let found = try await properties.run(
                one: seeds.next(), changing: fault.inject, properties: tried, shrinking: false)
            violated.formUnion(found.violated)
            sequences += 1
        }
        return (violated, sequences)
    }
}
