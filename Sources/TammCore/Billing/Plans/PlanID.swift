/// A plan by its lasting name: `growth`.
///
/// 1 to 64 characters a–z, 0–9, `.`, `-`, `_`, beginning with a letter.
public struct PlanID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The name itself.
    public let text: String

    /// - Throws: `invalidInput` for another form.
    public init(_ text: String) throws(TammError) { self.text = try checkedName(text, "a plan id") }

    public var description: String { text }

    /// By the bytes of the text.
    public static func < (a: Self, b: Self) -> Bool { a.text.utf8.lexicographicallyPrecedes(b.text.utf8) }
}

/// One version of one plan; its text is `growth@2`.
public struct PlanVersionReference: Sendable, Hashable, Comparable {
    /// The plan, of which this is one version.
    public let plan: PlanID
    /// 1 to 1,000,000.
    public let version: Int64

    static let versions: ClosedRange<Int64> = 1...1_000_000

    /// - Throws: `invalidInput` for a version outside 1 to 1,000,000.
    public init(_ plan: PlanID, version: Int64) throws(TammError) {
        guard Self.versions.contains(version) else {
            throw TammError(.invalidInput, "a plan's version lies between 1 and 1000000, found \(version)")
        }
        (self.plan, self.version) = (plan, version)
    }

    /// By plan, then by version.
    public static func < (a: Self, b: Self) -> Bool { (a.plan, a.version) < (b.plan, b.version) }
}

extension PlanVersionReference: CustomStringConvertible, LosslessStringConvertible {
    public var description: String { "\(plan)@\(version)" }

    /// As ``init(parsing:)``, nil for what that refuses.
    public init?(_ text: String) {
        do { try self.init(parsing: text) } catch { return nil }
    }

    /// Parses exactly what ``description`` prints: one `@`, a version without sign or leading zero.
    ///
    /// - Throws: `invalidInput`.
    public init(parsing text: String) throws(TammError) {
        let parts = text.split(separator: "@", maxSplits: 2, omittingEmptySubsequences: false)
        guard text.utf8.count <= 72, parts.count == 2, parts[1].utf8.first != UInt8(ascii: "0"),
            let version = Int64(decimal: String(parts[1]).utf8, decimals: 0)
        else {
            throw TammError(.invalidInput, "wanted a plan's version such as growth@2, found \(excerpt(text))")
        }
        try self.init(PlanID(String(parts[0])), version: version)
    }
}

extension PlanID: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension PlanVersionReference: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(parsing: decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
