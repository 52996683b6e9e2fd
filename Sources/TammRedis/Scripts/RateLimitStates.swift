import TammCore

extension RateLimitRequest {
    enum Mode: String {
        case charge = "c"
        case look = "p"
        case giveBack = "r"
    }

    /// The five words of each quota.
    func add(_ mode: Mode, chargedAt moment: RateLimitInstant, to commands: inout RedisCommands) {
        let cost = mode == .look ? 0 : cost
        for quota in policy.quotas {
            switch quota.algorithm {
            case .gcra, .tokenBucket:
                commands.add("g")
                // A cost above the tolerance is not charged; one given back is no more than everything.
                let (price, overflow) = quota.interval.multipliedReportingOverflow(by: cost)
                commands.addMoment(overflow ? RateLimitQuota.longestBurst : price)
                commands.addMoment(quota.tolerance)
            case .slidingWindow, .fixedWindow:
                let length = quota.periodNanoseconds / 1000
                commands.add(quota.algorithm == .slidingWindow ? "s" : "f")
                commands.add(length)
                commands.add(quota.count)
                commands.add(cost)
                commands.add(moment.nanoseconds / quota.periodNanoseconds)
            }
        }
    }

    /// The states that the script has found; nil where there were none.
    ///
    /// - Throws: `corrupted` for bytes that no script has written.
    func states(_ bytes: ArraySlice<UInt8>) throws(TammError) -> [RateLimitState?] {
        guard !bytes.isEmpty else { return [] }
        guard bytes.count == 24 * policy.quotas.count else { throw Self.corrupted }
        var states: [RateLimitState?] = []
        for (index, quota) in policy.quotas.enumerated() {
            let start = bytes.startIndex + 24 * index
            let numbers = (
                try wholeNumber(bytes[start..<start + 8]), try wholeNumber(bytes[start + 8..<start + 16]),
                try wholeNumber(bytes[start + 16..<start + 24])
            )
            states.append(try quota.state(numbers.0, numbers.1, numbers.2))
        }
        return states
    }

    static var corrupted: TammError {
        TammError(.corrupted, "Redis: wanted states of a rate limit, found other bytes", reason: "state")
    }
}

/// A double of eight bytes, the lowest first.
///
/// - Throws: `corrupted` where it is not a whole number.
func wholeNumber(_ bytes: ArraySlice<UInt8>) throws(TammError) -> Int64 {
    var bits: UInt64 = 0
    for byte in bytes.reversed() { bits = bits << 8 | UInt64(byte) }
    guard let number = Int64(exactly: Double(bitPattern: bits)) else { throw RateLimitRequest.corrupted }
    return number
}

extension RateLimitQuota {
    fileprivate func state(_ x: Int64, _ y: Int64, _ z: Int64) throws(TammError) -> RateLimitState? {
        let parts = 0...Self.counts.upperBound
        switch algorithm {
        case .gcra, .tokenBucket:
            guard (0...(1 << 33)).contains(x), (0..<1_000_000_000).contains(y) else { throw RateLimitRequest.corrupted }
            let tat = x * 1_000_000_000 + y
            return tat == 0 ? nil : RateLimitState(expiry: tat, detail: 0)
        case .slidingWindow, .fixedWindow:
            let (start, overflow) = x.multipliedReportingOverflow(by: periodNanoseconds)
            guard !overflow, (0...(1 << 62)).contains(start), parts.contains(y), parts.contains(z) else {
                throw RateLimitRequest.corrupted
            }
            return algorithm == .fixedWindow
                ? RateLimitState(expiry: start + periodNanoseconds, detail: y)
                : RateLimitState(expiry: start + 2 * periodNanoseconds, detail: y << 32 | z)
        }
    }
}

extension RedisCommands {
    fileprivate mutating func addMoment(_ nanoseconds: Int64) {
        add(nanoseconds / 1_000_000_000)
        add(nanoseconds % 1_000_000_000)
    }
}
