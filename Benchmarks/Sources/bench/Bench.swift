import CAllocations

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What every group of benchmarks shares: interleaved rounds, medians, one line per figure.
enum Bench {
    /// What a round is measured in.
    enum Clock {
        /// Time of the processors used by this process, whatever else the machine does.
        case processor
        /// Time on the wall: for what waits, or runs on several threads.
        case wall

        fileprivate var nanoseconds: Double {
            var time = timespec()
            unsafe clock_gettime(self == .processor ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time)
            return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
        }
    }

    /// One of the things compared: runs `operations` operations in a row.
    typealias Side = (_ operations: Int) async throws -> Void

    /// Nanoseconds per operation of each side in each round: `[side][round]`.
    ///
    /// The sides take turns, so that a change of the machine's speed meets all of them; a round beforehand warms up.
    static func interleave(
        rounds: Int, operations: Int, clock: Clock, _ sides: Side...
    ) async throws -> [[Double]] {
        var results = sides.map { _ in [Double]() }
        for round in 0...rounds {
            for (index, side) in sides.enumerated() {
                let start = clock.nanoseconds
                try await side(operations)
                let time = clock.nanoseconds - start
                if round > 0 { results[index].append(time / Double(operations)) }
            }
        }
        return results
    }

    /// Prints `name.ns`, `name.<peer>.ns` and `name.vs-<peer>`, the median of the rounds' ratios.
    static func compare(
        _ name: String, with peer: String, rounds: Int = 41, operations: Int, clock: Clock = .processor,
        ours: @escaping Side, theirs: @escaping Side
    ) async throws {
        let times = try await interleave(rounds: rounds, operations: operations, clock: clock, ours, theirs)
        line("\(name).ns", median(times[0]), "ns")
        line("\(name).\(peer).ns", median(times[1]), "ns")
        line("\(name).vs-\(peer)", median(zip(times[0], times[1]).map { $0 / $1 }), "ratio")
    }

    /// Allocations per operation on this thread, after one run that fills caches.
    static func allocations(operations: Int = 1000, _ operation: () throws -> Void) rethrows -> Double {
        try operation()
        let before = allocations_of_this_thread()
        for _ in 0..<operations { try operation() }
        return Double(allocations_of_this_thread() - before) / Double(operations)
    }

    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// Prints `name value unit`: three decimals below 10, one from there on.
    static func line(_ name: String, _ value: Double, _ unit: String) {
        let scale = value < 10 ? 1000.0 : 10.0
        print("\(name) \((value * scale).rounded() / scale) \(unit)")
        unsafe fflush(nil)  // Seen when it is known, also in a pipe.
    }
}
