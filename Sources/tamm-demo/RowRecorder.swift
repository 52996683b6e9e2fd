import Synchronization

/// What one row did and found, in order; safe to use from concurrent tasks.
final class RowRecorder: Sendable {
    private let record = Mutex(Record())

    private struct Record {
        var entries: [RowEntry] = []
        var expectations = 0
    }

    /// Notes a step, for example `issued a key`.
    func did(_ step: String) { append(.step(step)) }

    /// Notes a fact that was read back from the store.
    func evidence(_ fact: String) { append(.evidence(fact)) }

    /// Fails the row unless `condition` holds; `claim` says what should be true. The row goes on.
    @discardableResult
    func expect(_ condition: Bool, _ claim: String) -> Bool {
        check(condition, "not true: \(claim)")
    }

    /// Fails the row unless `found` is `wanted`; `subject` names the thing. The row goes on.
    @discardableResult
    func expect<Value: Equatable>(_ found: Value, equals wanted: Value, _ subject: String) -> Bool {
        check(found == wanted, "\(subject): wanted \(wanted), found \(found)")
    }

    /// The value, or the end of the row; `claim` says what should be there.
    func require<Value>(_ value: Value?, _ claim: String) throws(RowStopped) -> Value {
        check(value != nil, "missing: \(claim)")
        guard let value else { throw RowStopped() }
        return value
    }

    /// Fails the row with a reason; it goes on.
    func fail(_ reason: String) { append(.failure(reason)) }

    var entries: [RowEntry] { record.withLock { $0.entries } }

    /// How many expectations were checked, whether they held or not.
    var expectations: Int { record.withLock { $0.expectations } }

    @discardableResult
    private func check(_ holds: Bool, _ failure: @autoclosure () -> String) -> Bool {
        record.withLock { $0.expectations += 1 }
        if !holds { fail(failure()) }
        return holds
    }

    private func append(_ entry: RowEntry) { record.withLock { $0.entries.append(entry) } }
}

/// One line of what a row did and found.
enum RowEntry: Sendable, Equatable {
    case step(String)
    case evidence(String)
    case failure(String)
    /// Something about the row itself, not evidence of it.
    case note(String)
}

/// The end of a row whose recorder already holds the reason.
struct RowStopped: Error {}
