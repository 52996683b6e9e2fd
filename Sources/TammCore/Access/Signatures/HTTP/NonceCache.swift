internal import HeapModule
private import Synchronization

/// The nonces of accepted requests, for as long as such a request could be accepted again.
///
/// It lives in one process: processes that serve the same keys need to have each key's requests come to one of them,
/// or a request is accepted once by each; and one that begins anew does not know what the one before it has accepted.
/// A full cache forgets nothing and refuses what is new. Its memory is bounded:
/// an entry has at most 192 bytes of text and a few machine words, and there are at most twice as many as nonces are held.
public final class NonceCache: Sendable {
    /// What became of a nonce.
    public enum Outcome: Sendable, Hashable {
        /// It was not used before, and is now.
        case fresh
        /// It was used before, or is so old that the use may be forgotten.
        case used
        /// Nothing more can be held, of this key or at all; try again later.
        case full
    }

    /// How long a nonce is held at least.
    public let lifetime: Duration

    private struct Name: Hashable {
        let keyID: String
        let nonce: String
    }

    private struct Entry: Comparable {
        let expiry: Timestamp
        /// The last moment at which a request with this nonce could have been accepted.
        let acceptableUntil: Timestamp
        let name: Name
        /// Tells this use from a later one of the same name, after the first was taken back.
        let number: Int

        static func < (a: Entry, b: Entry) -> Bool { a.expiry < b.expiry }
    }

    private struct State {
        /// The number of the use that counts.
        var names: [Name: Int] = [:]
        var lastNumber = 0
        var byExpiry = Heap<Entry>()
        var counts: [String: Int] = [:]
        /// The latest ``Entry/acceptableUntil`` of all that was forgotten.
        var forgotten: Timestamp?

        mutating func forget(before now: Timestamp) {
            while let first = byExpiry.min, first.expiry < now {
                byExpiry.removeMin()
                guard names[first.name] == first.number else { continue }
                remove(first.name)
                forgotten = max(forgotten ?? first.acceptableUntil, first.acceptableUntil)
            }
        }

        mutating func remove(_ name: Name) {
            guard names.removeValue(forKey: name) != nil else { return }
            let count = counts[name.keyID, default: 0] - 1
            counts[name.keyID] = count > 0 ? count : nil
        }

        /// Drops the entries of what was taken back, when they are as many as the others.
        mutating func tidy() {
            guard byExpiry.count > 2 * names.count + 64 else { return }
            byExpiry = Heap(byExpiry.unordered.filter { names[$0.name] == $0.number })
        }
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let perKey: Int

    /// - Parameters:
    ///   - lifetime: how long a nonce is held, above zero and at most two days; twice the tolerance of the schemes
    ///     that use the cache, or more.
    ///   - capacity: nonces held at once, 1 to 10,000,000: requests a second times the lifetime in seconds.
    ///   - perKey: nonces of one key held at once, 1 to `capacity`, so that one sender leaves room for the others.
    /// - Throws: `invalidInput` for a parameter outside these bounds.
    public init(lifetime: Duration, capacity: Int, perKey: Int) throws(TammError) {
        guard lifetime > .zero, lifetime <= .seconds(172_800) else {
            throw TammError(
                .invalidInput, "a nonce's lifetime is above zero and at most two days, found \(lifetime)",
                field: "lifetime")
        }
        guard (1...10_000_000).contains(capacity) else {
            throw TammError(
                .invalidInput, "wanted a capacity of 1 to 10000000 nonces, found \(capacity)", field: "capacity")
        }
        guard (1...capacity).contains(perKey) else {
            throw TammError(
                .invalidInput, "wanted 1 to \(capacity) nonces of a key, found \(perKey)", field: "perKey")
        }
        self.lifetime = lifetime
        self.capacity = capacity
        self.perKey = perKey
    }

    /// How many nonces are held.
    public var count: Int { state.withLock { $0.names.count } }

    /// Uses up a nonce of a key: of any number of calls with the same two, one is answered with
    /// ``Outcome/fresh``.
    ///
    /// Call it after the signature is verified: a stranger must not be able to fill the cache. A clock that goes back
    /// gives no second ``Outcome/fresh``.
    ///
    /// - Parameters:
    ///   - acceptableUntil: the last moment at which the verifier would accept the request.
    ///   - now: the time of receipt.
    public func use(
        _ nonce: String, of keyID: String, acceptableUntil: Timestamp, at now: Timestamp
    ) -> Outcome {
        let name = Name(keyID: keyID, nonce: nonce)
        let expiry = max(now.advanced(by: lifetime), acceptableUntil)
        return state.withLock { state in
            state.forget(before: now)
            if let forgotten = state.forgotten, acceptableUntil <= forgotten { return .used }
            guard state.names[name] == nil else { return .used }
            guard state.names.count < capacity, state.counts[keyID, default: 0] < perKey else { return .full }
            state.lastNumber += 1
            state.names[name] = state.lastNumber
            state.counts[keyID, default: 0] += 1
            state.byExpiry.insert(Entry(expiry: expiry, acceptableUntil: acceptableUntil, name: name, number: state.lastNumber))
            return .fresh
        }
    }

    /// Whether a use of it is held at this moment: a look, which uses nothing up.
    func holds(_ nonce: String, of keyID: String, at now: Timestamp) -> Bool {
        state.withLock { state in
            state.forget(before: now)
            return state.names[Name(keyID: keyID, nonce: nonce)] != nil
        }
    }

    /// Takes a use back: the request was refused after all, and has used nothing up.
    func takeBack(_ nonce: String, of keyID: String) {
        state.withLock { state in
            state.remove(Name(keyID: keyID, nonce: nonce))
            state.tidy()
        }
    }
}
