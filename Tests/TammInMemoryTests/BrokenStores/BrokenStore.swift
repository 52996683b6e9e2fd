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
        var commits = 0
        /// What the last transaction that touched the key had read, and the number of its commit.
        var locks: [Identifier<Wallet>: (state: WalletState, commit: Int)] = [:]
        var wallets: [Identifier<Wallet>: (wallet: Wallet, commit: Int)] = [:]
        var members: [Identifier<Workspace>: (members: [Member], commit: Int)] = [:]
        /// How many entries a wallet had before the running transaction.
        var entries: [Identifier<Wallet>: Int] = [:]
        var putMembers: [Member] = []
        /// The keys of every command that was to be written.
        var keys: [CommandKey] = []
    }

    init(_ flaw: Flaw?) { self.flaw = flaw }

    func transaction<Value: Sendable>(
        as principal: Principal,
        _ body: @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Value
    ) async throws(TammError) -> Value {
        let began = state.withLock { $0.notes.commits }
        await Task.yield()
        return try state.withLock { box throws(TammError) -> Value in
            let (memory, notes) = (box.memory, box.notes)
            notes.entries = [:]
            notes.putMembers = []
            do throws(TammError) {
                let transaction: any StoreTransaction & ~Copyable = BrokenTransaction(
                    base: InMemoryTransaction(memory: memory, principal: principal), flaw: flaw, notes: notes,
                    began: began)
                let value = try body(transaction)
                memory.commit()
                notes.commits += 1
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

    /// A transaction that may do everything.
    borrowing func unbound() -> InMemoryTransaction { InMemoryTransaction(memory: base.memory, principal: .service) }

    /// Whether a transaction with this number committed after this one was asked for.
    borrowing func isStale(_ commit: Int) -> Bool { commit > began && commit <= notes.commits }
}
