/// A moment as limits count it: whole nanoseconds since 1970, held between the years 1970 and 2116.
public struct RateLimitInstant: Sendable, Hashable, Comparable {
    public let nanoseconds: Int64

    private static let bounds: (Int64, Int64) = (0, 1 << 62)

    /// Held at the bounds.
    public init(nanoseconds: Int64) { self.nanoseconds = max(Self.bounds.0, min(Self.bounds.1, nanoseconds)) }

    /// The same moment.
    public init(_ timestamp: Timestamp) {
        let (scaled, overflow) = timestamp.microseconds.multipliedReportingOverflow(by: 1000)
        self.init(nanoseconds: overflow ? (timestamp.microseconds < 0 ? .min : .max) : scaled)
    }

    /// This moment moved by whole nanoseconds of `duration`, held at the bounds.
    public func advanced(by duration: Duration) -> RateLimitInstant {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return RateLimitInstant(nanoseconds: overflow ? (duration < .zero ? .min : .max) : sum)
    }

    public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }
}

/// What is kept of one quota for one subject.
public struct RateLimitState: Sendable, Hashable {
    /// From this moment on the state says no more than none at all; nanoseconds as in ``RateLimitInstant``.
    public let expiry: Int64
    /// What else the algorithm counts.
    public let detail: Int64

    /// No sum of two of them and a tolerance overflows.
    private static let most: Int64 = (1 << 62) + (1 << 61)

    /// Both held between 0 and 2⁶² + 2⁶¹, so that what a stranger has written into a store does no harm.
    public init(expiry: Int64, detail: Int64) {
        self.expiry = max(0, min(Self.most, expiry))
        self.detail = max(0, min(Self.most, detail))
    }
}
