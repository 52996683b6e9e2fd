/// Where a service reads the time from; rules never do: they are given `now`.
public struct TimeSource: Sendable {
    private let read: @Sendable () -> Timestamp

    public init(_ read: @escaping @Sendable () -> Timestamp) { self.read = read }

    /// The time at this call; a later call may give an earlier time, as clocks do.
    public func now() -> Timestamp { read() }
}

/// Where random bits come from: the system's in production, a seeded one in tests.
public struct EntropySource: Sendable {
    private let draw: @Sendable () -> UInt64

    /// - Parameter draw: 64 fresh random bits at each call, unpredictable where secrets are made of them.
    public init(_ draw: @escaping @Sendable () -> UInt64) { self.draw = draw }

    /// 64 random bits.
    public func next() -> UInt64 { draw() }

    /// `count` random bytes.
    public func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            let word = draw()
            for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}
