/// Time that only goes on, whatever is done to the machine's clock: for leases and waits, never to date anything.
public struct SteadyClock: Sendable {
    private let read: @Sendable () -> Duration
    private let pause: @Sendable (Duration) async -> Void

    /// - Parameters:
    ///   - uptime: the time since some moment that stays the same.
    ///   - pause: returns after that long, not sooner, also in a cancelled task.
    public init(
        uptime: @escaping @Sendable () -> Duration, pause: @escaping @Sendable (Duration) async -> Void
    ) {
        (read, self.pause) = (uptime, pause)
    }

    /// The time since some moment that stays the same.
    public func uptime() -> Duration { read() }

    /// Waits for that long, also in a cancelled task.
    public func wait(for duration: Duration) async { await pause(duration) }
}
