private import Synchronization
package import TammCore

/// A store that fails once, at the transaction it is told to: what the transaction did is undone, as when a connection
/// is lost before the commit.
package final class InterruptedStore: TammStore {
    private let store: any TammStore
    private let left = Mutex<Int?>(nil)

    package init(_ store: any TammStore) { self.store = store }

    package var walletLanes: Int { store.walletLanes }

    /// Fails at the so-manieth transaction from now, 1 being the next; nil: at none.
    package func fail(at transaction: Int?) { left.withLock { $0 = transaction } }

    package func transaction<Value: Sendable>(
        as principal: Principal,
        _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Value
    ) async throws(TammError) -> Value {
        let fails = left.withLock { left in
            guard let count = left else { return false }
            left = count > 1 ? count - 1 : nil
            return count <= 1
        }
        return try await store.transaction(as: principal) { t throws(TammError) in
            let value = try body(t)
            guard !fails else { throw TammError(.unavailable, "the connection was lost before the commit") }
            return value
        }
    }
}
