#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

extension TimeSource {
    /// The machine's clock, in microseconds.
    public static let system = TimeSource {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        let microseconds = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
        return max(.min, min(.max, Timestamp(unchecked: microseconds)))
    }
}

extension EntropySource {
    /// The machine's cryptographic random source.
    public static let system = EntropySource {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}

extension SteadyClock {
    /// The machine's.
    public static let system = SteadyClock(
        uptime: { steadyUptime() },
        pause: { duration in
            // In a task of its own, which the caller's cancellation does not reach.
            await Task { try? await Task.sleep(for: duration) }.value
        })
}

/// How long the process has run, on a clock that nobody sets: to bound a wait, never to date anything.
func steadyUptime() -> Duration { ContinuousClock.now - processStart }

private let processStart = ContinuousClock.now
