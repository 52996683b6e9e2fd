/// What a plan lets a workspace do: a feature, a limit, or a metered quantity.
public struct Entitlement: Sendable, Hashable {
    /// What is granted. A name is of one kind in the whole catalogue.
    public enum Kind: Sendable, Hashable {
        /// On or off.
        case feature(Bool)
        /// How many may exist at one time: agents, members, connectors.
        case limit(Allowance)
        /// How much is possible in each month of a subscription; what it costs is the price book's, in credits.
        case metered(Allowance)
    }

    /// 1 to 64 characters a–z, 0–9, `.`, `-`, `_`, beginning with a letter: `feature.webchat`.
    public let name: String
    /// What is granted under that name.
    public let kind: Kind

    /// - Throws: `invalidInput` for another form of name.
    public init(_ name: String, _ kind: Kind) throws(TammError) {
        self.name = try checkedName(name, "an entitlement's name")
        self.kind = kind
    }
}

/// A count that must not be exceeded, or none.
public struct Allowance: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// 0 to 10¹⁵; nil is unlimited.
    public let maximum: Int64?

    /// No limit.
    public static let unlimited = Allowance(unchecked: nil)
    /// Not even one.
    public static let none = Allowance(unchecked: 0)

    static let counts: ClosedRange<Int64> = 0...1_000_000_000_000_000

    private init(unchecked maximum: Int64?) { self.maximum = maximum }

    /// - Throws: `invalidInput` outside 0 to 10¹⁵.
    public init(atMost maximum: Int64) throws(TammError) {
        guard Self.counts.contains(maximum) else {
            throw TammError(.invalidInput, "an allowance lies between 0 and 10^15, found \(maximum)")
        }
        self.maximum = maximum
    }

    /// Whether that many are within the allowance.
    public func admits(_ count: Int64) -> Bool { maximum.map { count <= $0 } ?? true }

    /// Unlimited is the largest.
    public static func < (a: Self, b: Self) -> Bool {
        guard let limit = a.maximum else { return false }
        return b.maximum.map { limit < $0 } ?? true
    }

    public var description: String { maximum.map(String.init) ?? "unlimited" }
}
