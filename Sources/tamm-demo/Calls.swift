import Synchronization

/// Counts from any task.
final class Calls: Sendable {
    private let counted = Mutex(0)

    func count() { counted.withLock { $0 += 1 } }

    var total: Int { counted.withLock { $0 } }
}
