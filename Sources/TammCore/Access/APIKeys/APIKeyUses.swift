private import Synchronization

/// When keys were used last, gathered until somebody writes it down: one write for each key and batch, off the
/// request's path, and at most one a minute for each key.
final class APIKeyUses: Sendable {
    /// A use is written down when the last one that was is older than this.
    static let coarseness: Duration = .seconds(60)
    /// How many keys are waited with; the uses of others are not written down meanwhile.
    static let capacity = 100_000

    private let waiting = Mutex<[APIKeyPlace: APIKeyUse]>([:])

    /// - Parameter digest: under the newest pepper, where the key was found by another.
    @inline(__always)
    func note(_ found: FoundAPIKey, at now: Timestamp, digest: APIKeyDigest?) {
        if digest == nil, let last = found.key.lastUsedAt, now < last.advanced(by: Self.coarseness) { return }
        remember(APIKeyUse(found.key.place, at: now, digest: digest))
    }

    private func remember(_ use: APIKeyUse) {
        waiting.withLock { waiting in
            guard let present = waiting[use.key] else {
                if waiting.count < Self.capacity { waiting[use.key] = use }
                return
            }
            waiting[use.key] = APIKeyUse(use.key, at: max(use.at, present.at), digest: use.digest ?? present.digest)
        }
    }

    /// Takes everything that waits, in the order in which rows are locked.
    func take() -> [APIKeyUse] {
        waiting.withLock { waiting in
            defer { waiting = [:] }
            return waiting.values.sorted { $0.key < $1.key }
        }
    }

    /// Puts back what could not be written.
    func putBack(_ uses: some Sequence<APIKeyUse>) { for use in uses { remember(use) } }
}
