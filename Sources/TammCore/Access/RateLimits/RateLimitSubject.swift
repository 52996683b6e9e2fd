/// Whom a limit counts.
public struct RateLimitSubject: Sendable, Hashable {
    private enum Kind: UInt64 {
        case workspace = 1
        case key, address, other
    }

    private let kind: Kind
    private let high: UInt64, low: UInt64
    /// For ``other(_:)`` alone.
    private let text: String

    /// A workspace, whoever acts in it: what a plan limits.
    public static func workspace(_ id: Identifier<Workspace>) -> RateLimitSubject {
        RateLimitSubject(kind: .workspace, high: id.high, low: id.low, text: "")
    }

    /// An API key, by its identifier.
    public static func key(_ id: Identifier<some Any>) -> RateLimitSubject {
        RateLimitSubject(kind: .key, high: id.high, low: id.low, text: "")
    }

    /// The network of a client's address: all of an IPv4 address, the first `ipv6Prefix` bits of an IPv6 one.
    ///
    /// - Parameter ipv6Prefix: held between 1 and 128. A customer has a /64 at least, often a /56.
    public static func address(_ address: IPAddress, ipv6Prefix: Int = 64) -> RateLimitSubject {
        let network = address.network(ofIPv6: ipv6Prefix)
        return RateLimitSubject(kind: .address, high: network.high, low: network.low, text: "")
    }

    /// Anything else with a name of its own: a user, a widget's session, a phone number.
    public static func other(_ name: String) -> RateLimitSubject {
        RateLimitSubject(kind: .other, high: 0, low: 0, text: name)
    }

    @inline(__always)
    func hash(with seed: RateLimitSeed) -> (high: UInt64, low: UInt64) {
        var hash = SipHash(seed.high, seed.low)
        hash.absorb(kind.rawValue)
        if kind == .other {
            hash.absorb(text.utf8)
        } else {
            hash.absorb(high)
            hash.absorb(low)
        }
        return hash.finish()
    }
}

/// What subjects are hashed with, so that nobody outside can make two of them meet, or read an address in a shared
/// store. Processes that share a store have the same seed.
public struct RateLimitSeed: Sendable {
    let high: UInt64, low: UInt64

    /// A seed of this process's own.
    public init(entropy: EntropySource) { (high, low) = (entropy.next(), entropy.next()) }

    /// The seed that every process makes of the same secret.
    ///
    /// - Throws: `invalidInput` for less than 16 bytes.
    public init(_ secret: Secret) throws(TammError) {
        guard secret.count >= 16 else {
            throw TammError(.invalidInput, "wanted a seed of 16 bytes or more, found \(secret.count)", field: "seed")
        }
        var hash = SipHash(0x7461_6d6d_2d72_6174, 0x652d_6c69_6d69_7473)
        secret.reveal { bytes in hash.absorb(bytes) }
        (high, low) = hash.finish()
    }
}

extension RateLimitSeed: CustomStringConvertible, CustomReflectable {
    public var description: String { "‹redacted›" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A subject under a policy, as 192 bits: what a store knows of them.
public struct RateLimitKey: Sendable, Hashable {
    /// The subject's hash.
    public let high: UInt64, low: UInt64
    /// The policy's.
    public let policy: UInt64

    /// Hashes the subject once; the key serves for as long as policy and seed are the same.
    public init(_ subject: RateLimitSubject, _ policy: RateLimitPolicy, _ seed: RateLimitSeed) {
        (high, low) = subject.hash(with: seed)
        self.policy = policy.tag
    }

    /// The key of a limit on what goes on at the same time.
    public init(_ subject: RateLimitSubject, _ limit: ConcurrencyLimit, _ seed: RateLimitSeed) {
        (high, low) = subject.hash(with: seed)
        policy = limit.tag
    }
}
