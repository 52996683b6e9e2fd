/// What is done while the shared store does not answer.
public enum RateLimitFailurePolicy: Sendable, Hashable {
    /// Requests are decided by this process's own limits: each process admits at most the policy.
    case openWithFloor
    /// Requests are admitted.
    case open
    /// Requests are refused, with the wait that they are told.
    case closed(retryAfter: Duration)
}

/// How long a shared store is waited for, and when it is asked again.
public struct RateLimitPatience: Sendable, Hashable {
    /// For one answer: above zero and at most 10 ms.
    public let deadline: Duration
    /// After so many failures in a row it is not asked any more, 1 to 1,000.
    public let failuresToOpen: Int
    /// It is then asked again after that long, above zero; twice as long after each failure.
    public let firstPause: Duration
    /// ``firstPause`` or longer, at most a minute.
    public let longestPause: Duration
    /// How many calls may be under way at the same time, 1 to 1,000,000; those of a store that hangs among them.
    public let callsUnderWay: Int

    /// 10 ms for an answer, asked again after 250 ms to 5 s.
    public static let standard = RateLimitPatience(
        unchecked: .milliseconds(10), 5, .milliseconds(250), .seconds(5), 4096)

    private init(
        unchecked deadline: Duration, _ failures: Int, _ first: Duration, _ longest: Duration, _ calls: Int
    ) {
        (self.deadline, failuresToOpen, firstPause, longestPause) = (deadline, failures, first, longest)
        callsUnderWay = calls
    }

    /// - Throws: `invalidInput` outside the bounds above.
    public init(
        deadline: Duration = .milliseconds(10), failuresToOpen: Int = 5, firstPause: Duration = .milliseconds(250),
        longestPause: Duration = .seconds(5), callsUnderWay: Int = 4096
    ) throws(TammError) {
        guard deadline > .zero, deadline <= .milliseconds(10) else {
            throw TammError(
                .invalidInput, "wanted a deadline above zero and at most 10 ms, found \(deadline)", field: "deadline")
        }
        guard (1...1000).contains(failuresToOpen) else {
            throw TammError(
                .invalidInput, "wanted 1 to 1000 failures, found \(failuresToOpen)", field: "failuresToOpen")
        }
        guard firstPause > .zero, firstPause <= longestPause, longestPause <= .seconds(60) else {
            throw TammError(
                .invalidInput, "wanted pauses above zero and up to a minute, found \(firstPause) to \(longestPause)",
                field: "firstPause")
        }
        guard (1...1_000_000).contains(callsUnderWay) else {
            throw TammError(
                .invalidInput, "wanted 1 to 1000000 calls under way, found \(callsUnderWay)", field: "callsUnderWay")
        }
        self.init(unchecked: deadline, failuresToOpen, firstPause, longestPause, callsUnderWay)
    }
}
