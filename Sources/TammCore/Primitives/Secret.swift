private import Synchronization

/// Bytes that must not be shown: printed, dumped or reflected they are `‹redacted›`; they cannot be encoded; they
/// compare in constant time and are overwritten when the last reference goes.
public final class Secret: Sendable {
    private let storage: Mutex<[UInt8]>

    public init(_ bytes: [UInt8]) { storage = Mutex(bytes) }

    /// The UTF-8 of `text`.
    public convenience init(_ text: String) { self.init(Array(text.utf8)) }

    deinit {
        storage.withLock { bytes in
            for index in bytes.indices { bytes[index] = 0 }
        }
    }

    public var count: Int { storage.withLock { $0.count } }

    /// Lends the bytes to `body`; the only way to read them.
    public func reveal<Value, Failure: Error>(
        _ body: (borrowing [UInt8]) throws(Failure) -> sending Value
    ) throws(Failure) -> sending Value {
        try storage.withLock { (bytes) throws(Failure) -> sending Value in try body(bytes) }
    }
}

extension Secret: Equatable {
    public static func == (a: Secret, b: Secret) -> Bool {
        guard a !== b else { return true }
        // One order for every pair, so that two threads comparing the same two secrets cannot wait for each other.
        let (outer, inner) = ObjectIdentifier(a) < ObjectIdentifier(b) ? (a, b) : (b, a)
        return outer.reveal { first in inner.reveal { second in constantTimeEqual(first, second) } }
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "‹redacted›" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Whether the bytes are equal, in a time that depends on their number alone.
@inline(never)
package func constantTimeEqual(_ a: borrowing [UInt8], _ b: borrowing [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    var difference: UInt8 = 0
    for index in 0..<a.count { difference |= a[index] ^ b[index] }
    return difference == 0
}
