private import Synchronization
public import TammCore

/// A store in the process's memory: for tests, tools and services that keep nothing; complete in all but durability.
///
/// One transaction runs at a time, under a lock, on the caller's thread. What a transaction has changed is undone
/// from a log when it throws; the cost of a write does not grow with what is stored. Memory is bounded by what is
/// written: nothing is evicted.
public final class InMemoryStore: TammStore {
    private let state = Mutex(Box())

    private struct Box: ~Copyable {
        let memory = Memory()
        var found = FoundKeys()
    }

    public init() {}

    /// Runs `body` on the caller's thread; other transactions wait for it.
    public func transaction<Value: Sendable>(
        as principal: Principal,
        _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Value
    ) async throws(TammError) -> Value {
        try state.withLock { box throws(TammError) -> Value in
            let memory = box.memory
            defer { box.found.forget(memory.keys.takeChanges()) }
            do throws(TammError) {
                memory.principal = principal
                let transaction: any StoreTransaction & ~Copyable = InMemoryTransaction(memory: memory)
                let value = try body(transaction)
                memory.commit()
                return value
            } catch {
                memory.rollBack()
                throw error
            }
        }
    }
}

extension InMemoryStore {
    /// Without a transaction: nothing is written, and the service sees every key.
    public func apiKey(matching digests: APIKeyDigests) async throws(TammError) -> FoundAPIKey? {
        state.withLock { box in
            guard let found = box.memory.apiKey(matching: digests) else { return nil }
            box.found.keep(found)
            return found
        }
    }

    /// One that was found before, and is as it was.
    public func apiKeyAtHand(matching digests: APIKeyDigests) -> FoundAPIKey? {
        state.withLock { $0.found[digests.current] }
    }
}

/// One unit of work on the memory; lives no longer than the lock is held.
struct InMemoryTransaction: StoreTransaction, ~Copyable {
    let memory: Memory

    /// On whose behalf it runs.
    var principal: Principal { memory.principal }
}
