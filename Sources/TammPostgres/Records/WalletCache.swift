private import Synchronization
import TammCore

/// Wallets as this store's batches have left them, so that the next batch of theirs needs no reading: one round trip
/// instead of two.
///
/// Nothing rests on it being right. The server commits such a batch only while each wallet has the version that the
/// batch went by, and a key that is recorded already refuses to be recorded again; then the batch runs anew, with locks.
/// Where that happens often, because other processes write the same wallets, the cache holds back.
final class WalletCache: Sendable {
    private struct State {
        var wallets: Generations<WalletPlace, KnownWallet>
        /// Hashes of keys recorded lately: one that is asked again is looked up.
        var keys: Generations<Int, Void>
        /// So many batches are read before one is trusted again.
        var holdsBack = 0
        var penalty = 0
        var trusted = 0
        var mistaken = 0
        var epoch = 0
    }

    private static let longestPenalty = 1024

    private let state: Mutex<State>
    private let isUsed: Bool

    /// - Parameter wallets: at most so many are kept; with 0 none is.
    init(wallets: Int) {
        isUsed = wallets > 0
        state = Mutex(State(wallets: Generations(most: wallets), keys: Generations(most: 4 * wallets)))
    }

    /// How many batches went by it, and how many of them had to run again.
    var counts: (trusted: Int, mistaken: Int) { state.withLock { ($0.trusted, $0.mistaken) } }

    /// Goes up when all is forgotten.
    var epoch: Int { state.withLock { $0.epoch } }

    /// Forgets everything: a connection that is new may lead to a server that has gone back, a standby or a backup.
    func forgetAll() {
        state.withLock { state in
            state.wallets.removeAll()
            state.keys.removeAll()
            state.epoch += 1
        }
    }

    /// All the batch's wallets; nil where one of them, or one of the keys, has to be looked at, and for a batch without
    /// keys: whoever does no commands wants the wallets locked.
    func recall(_ batch: WalletBatch) -> (known: [KnownWallet], states: [LockedWallet])? {
        guard isUsed, batch.usage.isEmpty, !batch.wallets.isEmpty, !batch.keys.isEmpty else { return nil }
        return state.withLock { state in
            guard state.holdsBack == 0 else {
                state.holdsBack -= 1
                return nil
            }
            var (known, states): ([KnownWallet], [LockedWallet]) = ([], [])
            known.reserveCapacity(batch.wallets.count)
            states.reserveCapacity(batch.wallets.count)
            for need in batch.wallets {
                guard let wallet = state.wallets[need.place], let part = wallet.state(for: need) else { return nil }
                known.append(wallet)
                states.append(.locked(part))
            }
            guard batch.keys.allSatisfy({ state.keys[$0.hashValue] == nil }) else { return nil }
            state.trusted += 1
            return (known, states)
        }
    }

    /// Keeps what a transaction that began in the epoch has left, once it is committed.
    func keep(
        _ known: [KnownWallet?], of places: [WalletPlace], _ keys: [CommandKey], from epoch: Int,
        wasTrusted: Bool
    ) {
        guard isUsed else { return }
        state.withLock { state in
            guard state.epoch == epoch else { return }
            for (place, wallet) in zip(places, known) {
                if let wallet {
                    // A later transaction may have been here first.
                    state.wallets.put(wallet, place) { $0.version <= wallet.version }
                } else {
                    state.wallets.remove(place)
                }
            }
            for key in keys { state.keys.put((), key.hashValue) }
            if wasTrusted { state.penalty /= 2 }
        }
    }

    /// Forgets wallets whose state is not known any more.
    func forget(_ places: some Collection<WalletPlace>, wasMistaken: Bool) {
        guard isUsed else { return }
        state.withLock { state in
            for place in places { state.wallets.remove(place) }
            guard wasMistaken else { return }
            state.mistaken += 1
            state.penalty = min(max(1, 2 * state.penalty), Self.longestPenalty)
            state.holdsBack = state.penalty
        }
    }
}

/// A bounded dictionary that lets go of what was not looked at for longest: of two halves, the older is dropped when
/// the newer is full.
struct Generations<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let half: Int
    private var newer: [Key: Value] = [:]
    private var older: [Key: Value] = [:]

    init(most: Int) { half = max(1, most / 2) }

    subscript(key: Key) -> Value? {
        mutating get {
            if let value = newer[key] { return value }
            guard let value = older.removeValue(forKey: key) else { return nil }
            put(value, key)
            return value
        }
    }

    /// Keeps a value, unless there is one that it may not replace.
    mutating func put(_ value: Value, _ key: Key, replaces: (Value) -> Bool = { _ in true }) {
        if newer.count >= half, newer[key] == nil {
            older = newer
            newer = [:]
        }
        guard let kept = newer.updateValue(value, forKey: key) ?? older.removeValue(forKey: key) else { return }
        if !replaces(kept) { newer[key] = kept }
    }

    mutating func removeAll() {
        newer = [:]
        older = [:]
    }

    mutating func remove(_ key: Key) {
        newer[key] = nil
        older[key] = nil
    }
}
