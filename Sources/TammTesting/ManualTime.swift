private import Synchronization
public import TammCore

/// A clock that stands still until it is moved, in either direction.
public final class ManualTime: Sendable {
    private let current: Mutex<Timestamp>

    /// A clock that stands at `start`.
    public init(_ start: Timestamp) { current = Mutex(start) }

    /// What a service under test is given; it reads this clock.
    public var source: TimeSource { TimeSource { self.now } }

    /// Where the clock stands.
    public var now: Timestamp { current.withLock { $0 } }

    /// Moves the clock on; a negative duration moves it back. Held at the bounds of `Timestamp`.
    public func advance(by duration: Duration) { current.withLock { $0 = $0.advanced(by: duration) } }

    /// Sets the clock to any moment, also an earlier one.
    public func set(_ moment: Timestamp) { current.withLock { $0 = moment } }
}
