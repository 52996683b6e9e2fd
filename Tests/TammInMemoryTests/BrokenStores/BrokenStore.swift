import Synchronization
import TammCore

@testable import TammInMemory

/// The in-memory store with one flaw, or with none.
final class BrokenStore: TammStore {
    private let flaw: Flaw?
    private let state = Mutex(Box())

    private struct Box: ~Copyable {
        let memory = Memory()
        let notes = Notes()
    }

    /// What a flaw needs to remember.
    final class Notes {
        /// What was there when the last transaction touched it, and the number of that one's commit.
        struct Past<Value> {
            let value: Value
            let commit: Int
        }

        var commits = 0
        var locks: [WalletPlace: Past<WalletState>] = [:]
        var wallets: [WalletPlace: Past<Wallet>] = [:]
        var counters: [QuotaCounter.Key: Past<UInt64>] = [:]
        var commands: [CommandKey: Past<RecordedCommand?>] = [:]
        var usage: [UsageKey: Past<Bool>] = [:]
        var members: [Identifier<Workspace>: Past<[Member]>] = [:]
        var removedMembers: [Memory.MemberKey: Past<Role>] = [:]
        var heads: [AuditPlace: Past<AuditHead>] = [:]
        var subscriptions: [Identifier<Workspace>: Past<Subscription?>] = [:]
        var foundKeys: [APIKeyDigest: FoundAPIKey] = [:]
        var lockedKeys: [APIKeyPlace: Past<APIKey>] = [:]
        var unmatched: [UnmatchedTransaction.Place: Past<UnmatchedTransaction?>] = [:]
        /// The payments that had a reference first, as an order and as a claim.
        var orders: [ProviderReference: PaymentPlace] = [:]
        var claims: [ProviderReference: PaymentPlace] = [:]
        /// The number of the commit by which a reference was taken.
        var taken: [ProviderReference: Int] = [:]
        /// How many entries a wallet had before the running transaction.
        var entries: [WalletPlace: Int] = [:]
        /// Whom the running transaction has put.
        var putMembers: [Member] = []
        /// The keys of every command that was to be written.
        var keys: [CommandKey] = []
        var closedGrants: Set<Identifier<Grant>> = []
        var standings: [Standing: RowPolicy.Standing] = [:]

        struct Standing: Hashable {
            let principal: Principal
            let workspace: Identifier<Workspace>
        }
    }

    init(_ flaw: Flaw?) { self.flaw = flaw }

    func apiKeyAtHand(matching digests: APIKeyDigests) -> FoundAPIKey? {
        guard flaw == .keepsKeysAtHand else { return nil }
        return state.withLock { box in
            let found = box.notes.foundKeys[digests.current] ?? box.memory.apiKey(matching: digests)
            box.notes.foundKeys[digests.current] = found
            return found
        }
    }

    func transaction<Value: Sendable>(
        as principal: Principal,
        _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Value
    ) async throws(TammError) -> Value {
        let began = state.withLock { $0.notes.commits }
        await Task.yield()
        return try state.withLock { box throws(TammError) -> Value in
            let (memory, notes) = (box.memory, box.notes)
            notes.entries = [:]
            notes.putMembers = []
            do throws(TammError) {
                memory.principal = principal
                let bare = InMemoryTransaction(memory: memory)
                if flaw == .refusesStrangers, case .user(_, let own) = principal, bare.standing(in: own) == .stranger {
                    throw TammError(.forbidden, "a stranger")
                }
                let transaction: any StoreTransaction & ~Copyable = BrokenTransaction(
                    base: bare, flaw: flaw, notes: notes, began: began)
                let value = try body(transaction)
                memory.commit()
                notes.commits += 1
                if flaw == .changesValues, let number = value as? UInt64, let other = (number &+ 1) as? Value {
                    return other
                }
                return value
            } catch {
                throw fail(error, memory, notes)
            }
        }
    }

    private func fail(_ error: TammError, _ memory: Memory, _ notes: Notes) -> TammError {
        switch flaw {
        case .commitsWhatFailed: memory.commit()
        case .rollsBackEntriesAlone:
            memory.commit()
            for (wallet, count) in notes.entries {
                if let cell = memory.cells[wallet] { cell.entries.removeLast(max(0, cell.entries.count - count)) }
            }
        case .rollsBackMembersNever:
            memory.rollBack()
            for member in notes.putMembers where memory.workspaces[member.workspace] != nil {
                memory.setMember(.init(workspace: member.workspace, user: member.user), member)
            }
        case .wrapsErrors:
            memory.rollBack()
            return TammError(error.code, "the transaction failed: \(error.message)", field: error.field)
        default: memory.rollBack()
        }
        return error
    }
}

/// One unit of work that deviates from the in-memory store's where the flaw says so.
struct BrokenTransaction: StoreTransaction, ~Copyable {
    let base: InMemoryTransaction
    let flaw: Flaw?
    let notes: BrokenStore.Notes
    /// How many transactions had committed when this one was asked for.
    let began: Int

    var memory: Memory { base.memory }

    /// What the service would see and may do.
    borrowing func unbound<Value, Failure: Error>(
        _ body: (borrowing InMemoryTransaction) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let principal = memory.principal
        base.memory.principal = .service
        defer { base.memory.principal = principal }
        return try body(base)
    }

    /// What this transaction may see, or everything where the flaw leaks it.
    borrowing func seen<Value>(leaking leak: Flaw, _ body: (borrowing InMemoryTransaction) -> Value) -> Value {
        flaw == leak ? unbound(body) : body(base)
    }

    /// What was there before a commit that came after this transaction was asked for.
    borrowing func stale<Value>(_ past: BrokenStore.Notes.Past<Value>?) -> Value? {
        guard let past, past.commit > began, past.commit <= notes.commits else { return nil }
        return past.value
    }

    borrowing func past<Value>(_ value: Value) -> BrokenStore.Notes.Past<Value> {
        .init(value: value, commit: notes.commits + 1)
    }
}
