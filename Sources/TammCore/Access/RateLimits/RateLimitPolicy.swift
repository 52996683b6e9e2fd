/// How often something may be done: every quota must have room, or none is charged.
public struct RateLimitPolicy: Sendable, Hashable {
    /// 1 to 64 characters a–z, 0–9, `.`, `-`, `_`, beginning with a letter: `api.requests`.
    public let name: String
    /// 1 to 8, each with a name of its own.
    public let quotas: [RateLimitQuota]

    /// Tells the states of this policy from those of any other; the same in every process.
    package let tag: UInt64

    /// The most quotas of a policy.
    public static let maximumQuotas = 8

    /// - Throws: `invalidInput` for another form of name, no quota or more than 8, or two of one name.
    public init(_ name: String, _ quotas: [RateLimitQuota]) throws(TammError) {
        self.name = try checkedName(name, "a policy's name", field: "name")
        guard (1...Self.maximumQuotas).contains(quotas.count) else {
            throw TammError(
                .invalidInput, "policy \(name): wanted 1 to \(Self.maximumQuotas) quotas, found \(quotas.count)",
                field: "quotas")
        }
        if let index = firstRepeated(quotas, by: \.name) {
            throw TammError(
                .invalidInput, "policy \(name): wanted one quota a name, found two of \(quotas[index].name)",
                field: "quotas[\(index)]")
        }
        self.quotas = quotas
        tag = Self.tag(name, quotas)
    }

    /// What a quota is called outside: `api.requests.burst`.
    public func name(ofQuota index: Int) -> String { "\(name).\(quotas[index].name)" }

    /// Whether a request of that cost is above some quota by itself, so that no waiting helps.
    package func neverAdmits(_ cost: Int64) -> Bool { quotas.contains { $0.burst < cost } }

    /// A policy that is changed begins anew: a state is of no use to a quota of another length.
    private static func tag(_ name: String, _ quotas: [RateLimitQuota]) -> UInt64 {
        var hash = SipHash(0x7461_6d6d_2d6c_696d, 0x6974_2d70_6f6c_6963)
        hash.absorb(name.utf8)
        for quota in quotas {
            hash.absorb(quota.name.utf8)
            for word in [Int64(quota.algorithm.rawValue), quota.count, quota.periodNanoseconds, quota.burst] {
                hash.absorb(UInt64(bitPattern: word))
            }
        }
        return hash.finish().high
    }
}
