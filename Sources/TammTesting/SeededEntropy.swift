private import Synchronization
public import TammCore

/// Random bits that one seed always gives in the same order; predictable, so for tests alone.
public struct SeededEntropy: Sendable {
    /// What the sequence began with.
    public let seed: UInt64
    /// Draws on from the seed; copies share one sequence, and concurrent draws never get the same word twice.
    public let source: EntropySource

    /// A sequence of its own from that seed.
    public init(seed: UInt64) {
        self.seed = seed
        let sequence = Sequence(seed: seed)
        source = EntropySource { sequence.next() }
    }

    private final class Sequence: Sendable {
        private let generator: Mutex<SplitMix64>

        init(seed: UInt64) { generator = Mutex(SplitMix64(seed: seed)) }

        func next() -> UInt64 { generator.withLock { $0.next() } }
    }
}

/// The SplitMix64 generator (Steele, Lea, Flood 2014): small, fast, and the same on every machine.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Every seed is good, 0 too.
    public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
