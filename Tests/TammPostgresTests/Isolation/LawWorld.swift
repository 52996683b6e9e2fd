import TammCore
import TammPostgres

@testable import TammTesting

/// Two workspaces with rows in every tenant table, and users of each kind.
final class LawWorld {
    let context = LawContext(law: "isolation.matrix", name: "The matrix", seed: EntropySource.system.next())
    private(set) var cast: Cast?

    var seen: Identifier<Workspace> { cast?.seen.id ?? Identifier(high: 0, low: 0) }
    var other: Identifier<Workspace> { cast?.other.id ?? Identifier(high: 0, low: 0) }

    func fill(_ store: PostgresStore) async throws {
        let cast = try await context.cast(in: store)
        self.cast = cast
        for tenant in [cast.seen, cast.other] {
            let estate = try await context.estate(of: tenant, in: store)
            try await store.write(estate.next, to: estate.wallet)
            let payments = try context.movedPayments(in: tenant.id)
            try await store.transaction(as: .service) { t throws(TammError) in try t.lockAndPut(payments) }
        }
    }
}
