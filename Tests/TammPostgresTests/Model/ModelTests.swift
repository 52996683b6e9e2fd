import TammCore
import TammInMemory
import TammTesting
import Testing

@testable import TammPostgres

@Suite struct `The two stores` {
    private static let scenario = BillingScenario(catalogue: .example, prices: .example)

    @Test func `answer the same to the same commands and keep the same rows, step by step`() async throws {
        let scratch = try await Scratch()
        let store = scratch.store
        let comparison = StoreComparison(
            scenario: Self.scenario, reference: { InMemoryStore() }, candidate: { store })
        let report = try await comparison.run(sequences: 2000)
        await scratch.close()
        print("SEED=\(TestSeed.current): \(report.steps) steps of \(report.sequences) sequences compared")
        #expect(report.differences.map(\.description) == [])
        #expect(report.sequences == 2000)
    }

    @Test func `answer the same where two processes take turns on one database`() async throws {
        let scratch = try await Scratch()
        var configuration = try Server.configuration()
        configuration.database = scratch.name
        let other = try await PostgresStore(configuration)
        let stores = TurnTaking(scratch.store, other)
        let comparison = StoreComparison(
            scenario: Self.scenario, reference: { InMemoryStore() }, candidate: { stores })
        let report = try await comparison.run(sequences: 300)
        let counts = [scratch.store, other].map(\.wallets.counts)
        await other.shutdown()
        await scratch.close()
        print("SEED=\(TestSeed.current): \(counts.map { "\($0.mistaken) of \($0.trusted) trusted batches ran again" })")
        #expect(report.differences.map(\.description) == [])
        #expect(counts.allSatisfy { $0.trusted > $0.mistaken && $0.mistaken > 0 })
    }

    @Test func `are seen to differ where one bends a row`() async throws {
        let scratch = try await Scratch()
        let store = scratch.store
        try await Admin.run(
            """
            CREATE FUNCTION public.bend() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                NEW.captured := 0;
                RETURN NEW;
            END $$;
            CREATE TRIGGER bend BEFORE UPDATE ON tamm.credit_holds FOR EACH ROW EXECUTE FUNCTION public.bend();
            """, database: scratch.name)
        let comparison = StoreComparison(
            scenario: Self.scenario, reference: { InMemoryStore() }, candidate: { store })
        let report = try await comparison.run(sequences: 50)
        await scratch.close()
        let difference = try #require(report.differences.first)
        #expect(difference.detail.contains("the holds"))
        // Holding and capturing is what it takes.
        #expect((2...4).contains(difference.steps.count), "\(difference)")
    }

    @Test func `keep the properties of billing, on PostgreSQL too`() async throws {
        let scratch = try await Scratch()
        let store = scratch.store
        let report = try await BillingProperties(scenario: Self.scenario) { store }.run(sequences: 60)
        await scratch.close()
        #expect(report.failures.map { "\($0)" } == [])
    }

    @Test func `keep the properties of purchases, on PostgreSQL too`() async throws {
        let scratch = try await Scratch()
        let report = try await PurchaseProperties { try await scratch.another() }.run(sequences: 40)
        await scratch.close()
        #expect(report.failures.map { "\($0)" } == [])
    }
}
