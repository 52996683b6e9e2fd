/// An amount of credits in whole micro-credits, never negative: direction lives in the entry, not in a sign.
///
/// Bounds: 0 to 1,000,000,000,000 credits (10¹⁸ micro-credits), so that two amounts always add without overflow.
public struct Credits: Sendable, Hashable, Comparable {
    /// Millionths of a credit.
    public let micro: Int64

    public static let zero = Credits(unchecked: 0)
    public static let max = Credits(unchecked: 1_000_000_000_000_000_000)
    /// The smallest amount above zero.
    public static let one = Credits(unchecked: 1_000_000)

    @inline(__always)
    package init(unchecked micro: Int64) { self.micro = micro }

    /// - Throws: `invalidInput` outside `zero ... max`.
    public init(micro: Int64) throws(TammError) {
        guard micro >= 0, micro <= Self.max.micro else {
            throw TammError(.invalidInput, "credits lie between 0 and \(Self.max), found \(micro) micro-credits")
        }
        self.micro = micro
    }

    /// Whole credits.
    ///
    /// - Throws: `invalidInput` outside `zero ... max`.
    public init(_ whole: Int64) throws(TammError) {
        let (micro, overflow) = whole.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else {
            throw TammError(.invalidInput, "credits lie between 0 and \(Self.max), found \(whole)")
        }
        try self.init(micro: micro)
    }

    public var isZero: Bool { micro == 0 }

    @inline(__always)
    public static func < (a: Self, b: Self) -> Bool { a.micro < b.micro }

    /// - Throws: `invalidInput` when the sum is above ``max``.
    @inline(__always)
    public func adding(_ other: Credits) throws(TammError) -> Credits { try Credits(micro: micro + other.micro) }

    /// - Throws: `invalidInput` when `other` is larger.
    @inline(__always)
    public func subtracting(_ other: Credits) throws(TammError) -> Credits { try Credits(micro: micro - other.micro) }

    /// `quantity × self ÷ unit`, rounded up, so that nothing metered is free.
    ///
    /// - Throws: `invalidInput` when the result is above ``max``, or `unit` is zero.
    public func scaledUp(by quantity: UInt64, per unit: UInt64) throws(TammError) -> Credits {
        let (high, low) = UInt64(micro).multipliedFullWidth(by: quantity)
        guard high < unit else {
            throw TammError(.invalidInput, "\(quantity) × \(self) per \(unit) is above \(Self.max)")
        }
        let (quotient, remainder) = unit.dividingFullWidth((high, low))
        guard quotient < UInt64(Self.max.micro) || (quotient == UInt64(Self.max.micro) && remainder == 0) else {
            throw TammError(.invalidInput, "\(quantity) × \(self) per \(unit) is above \(Self.max)")
        }
        return Credits(unchecked: Int64(quotient) + (remainder == 0 ? 0 : 1))
    }
}

extension Credits: CustomStringConvertible, LosslessStringConvertible {
    /// Decimal without trailing zeros: `12.5`.
    public var description: String {
        let (whole, fraction) = micro.quotientAndRemainder(dividingBy: 1_000_000)
        guard fraction != 0 else { return String(whole) }
        var digits = padded(fraction, 6)
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(whole).\(digits)"
    }

    public init?(_ text: String) {
        do { try self.init(parsing: text) } catch { return nil }
    }

    /// Parses a plain decimal with at most six decimals: `12`, `0.000001`; no sign, exponent, blank or separator.
    ///
    /// - Throws: `invalidInput`.
    public init(parsing text: String) throws(TammError) {
        guard let micro = Int64(decimal: text.utf8, decimals: 6) else {
            throw TammError(.invalidInput, "wanted credits such as 12.5 (at most 6 decimals), found \(excerpt(text))")
        }
        try self.init(micro: micro)
    }
}

extension Credits: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        try self.init(parsing: text)
    }

    /// Encoded as decimal text: a JSON number would be a Double to most readers.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Int64 {
    /// `12.5` with two decimals is 1250; nil unless plain digits, at most `decimals` after the point, within Int64.
    init?(decimal text: String.UTF8View, decimals: Int) {
        guard text.count <= 32 else { return nil }
        var value: Int64 = 0
        var seen = 0
        var point: Int?
        for byte in text {
            if byte == UInt8(ascii: "."), point == nil, seen > 0, decimals > 0 {
                point = seen
                continue
            }
            guard (48...57).contains(byte), let shifted = value.shiftedIn(Int64(byte - 48)) else { return nil }
            value = shifted
            seen += 1
        }
        let fractionDigits = point.map { seen - $0 } ?? 0
        guard seen > 0, fractionDigits <= decimals, point == nil || fractionDigits > 0 else { return nil }
        for _ in fractionDigits..<decimals {
            guard let shifted = value.shiftedIn(0) else { return nil }
            value = shifted
        }
        self = value
    }

    private func shiftedIn(_ digit: Int64) -> Int64? {
        let (product, overflow) = multipliedReportingOverflow(by: 10)
        let (sum, overflow2) = product.addingReportingOverflow(digit)
        return overflow || overflow2 ? nil : sum
    }
}
