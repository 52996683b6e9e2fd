/// Bytes that must not be shown: printed, dumped or reflected they are `‹redacted›`; they cannot be encoded; they
/// compare in constant time and this copy of them is overwritten when the last reference goes.
public final class Secret: Sendable {
    /// Changed by `deinit` alone, when nobody else has a reference.
    private nonisolated(unsafe) var storage: [UInt8]

    /// Keeps a copy of its own; the caller's is the caller's to forget.
    public init(_ bytes: [UInt8]) { unsafe storage = bytes.map(\.self) }

    /// The UTF-8 of `text`.
    public convenience init(_ text: String) { self.init(Array(text.utf8)) }

    deinit {
        unsafe storage.withUnsafeMutableBytes { bytes in
            for index in bytes.indices { unsafe bytes[index] = 0 }
        }
    }

    /// How many bytes there are.
    public var count: Int { unsafe storage.count }

    /// Lends the bytes to `body`; the only way to read them.
    public func reveal<Value, Failure: Error>(
        _ body: (borrowing [UInt8]) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try body(unsafe storage)
    }
}

extension Secret: Equatable {
    public static func == (a: Secret, b: Secret) -> Bool {
        a === b || a.reveal { first in b.reveal { second in constantTimeEqual(first, second) } }
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
