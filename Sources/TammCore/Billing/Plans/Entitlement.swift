/// What a plan lets a workspace do: a feature, a limit, or a metered quantity.
public struct Entitlement: Sendable, Hashable {
    /// What is granted. A name is of one kind in the whole catalogue.
    public enum Kind: Sendable, Hashable {
        /// On or off.
        case feature(Bool)
        /// How many may exist at one time: agents, members, connectors.
        case limit(Allowance)
        /// How much is included in each month of a subscription, and how much is possible at all.
        case metered(Metered)
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

/// A quantity per month: so much is included, more is charged from the price book, up to a hard limit.
public struct Metered: Sendable, Hashable {
    /// What costs nothing beyond the plan.
    public let included: Allowance
    /// Where use is refused; equal to `included` when nothing may be charged beyond it.
    public let hardLimit: Allowance

    /// - Throws: `invalidInput` for a hard limit below what is included.
    public init(included: Allowance, hardLimit: Allowance) throws(TammError) {
        guard hardLimit >= included else {
            throw TammError(
                .invalidInput, "wanted a hard limit of at least the \(included) included, found \(hardLimit)",
                field: "hardLimit")
        }
        (self.included, self.hardLimit) = (included, hardLimit)
    }

    /// What becomes of a quantity that is asked for.
    public enum Decision: Sendable, Hashable {
        /// So much of the quantity is included, so much is to be charged; their sum is the quantity.
        case admitted(included: Int64, charged: Int64)
        /// Above the hard limit, of which so much remains.
        case refused(remaining: Int64)
    }

    /// Decides on `quantity` more after `used` in this period; nothing is taken in part. Below zero counts as zero.
    public func decide(_ quantity: Int64, used: Int64) -> Decision {
        let (quantity, used) = (max(0, quantity), max(0, used))
        if let limit = hardLimit.maximum, quantity > max(0, limit - used) {
            return .refused(remaining: max(0, limit - used))
        }
        guard let includedCount = included.maximum else { return .admitted(included: quantity, charged: 0) }
        let free = min(quantity, max(0, includedCount - used))
        return .admitted(included: free, charged: quantity - free)
    }
}
