import TammCore
import TammPostgres
public import TammTesting
public import Testing

extension StoreLaw: CustomTestStringConvertible {
    public var testDescription: String { name }
}

@Suite("Laws of a store, on PostgreSQL")
struct StoreLawTests {
    @Test("The PostgreSQL store keeps", arguments: StoreLaw.all)
    func keeps(_ law: StoreLaw) async throws {
        try await law.check(Server.shared)
    }
}
