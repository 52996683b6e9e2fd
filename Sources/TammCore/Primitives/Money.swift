/// An amount of money in the currency's minor units, never negative.
///
/// Bounds: 0 to 10¹⁵ minor units. The only way from money to credits is a plan or a price.
public struct Money: Sendable, Hashable {
    public let minorUnits: Int64
    public let currency: Currency

    public static let maxMinorUnits: Int64 = 1_000_000_000_000_000

    /// - Throws: `invalidInput` outside the bounds.
    public init(minorUnits: Int64, _ currency: Currency) throws(TammError) {
        guard minorUnits >= 0, minorUnits <= Self.maxMinorUnits else {
            throw TammError(
                .invalidInput, "money lies between 0 and \(Self.maxMinorUnits) minor units, found \(minorUnits)")
        }
        self.minorUnits = minorUnits
        self.currency = currency
    }

    /// Parses a plain decimal in major units, no finer than the currency's minor unit: `199.50`.
    ///
    /// - Throws: `invalidInput`.
    public init(parsing text: String, _ currency: Currency) throws(TammError) {
        guard let minorUnits = Int64(decimal: text.utf8, decimals: currency.decimals) else {
            throw TammError(
                .invalidInput,
                "wanted an amount of \(currency) with at most \(currency.decimals) decimals, found \(excerpt(text))")
        }
        try self.init(minorUnits: minorUnits, currency)
    }

    /// - Throws: `invalidInput` for another currency or a sum beyond the bounds.
    public func adding(_ other: Money) throws(TammError) -> Money {
        try Money(minorUnits: minorUnits + sameCurrency(other).minorUnits, currency)
    }

    /// - Throws: `invalidInput` for another currency or when `other` is larger.
    public func subtracting(_ other: Money) throws(TammError) -> Money {
        try Money(minorUnits: minorUnits - sameCurrency(other).minorUnits, currency)
    }

    private func sameCurrency(_ other: Money) throws(TammError) -> Money {
        guard other.currency == currency else {
            throw TammError(.invalidInput, "wanted an amount of \(currency), found \(other.currency)")
        }
        return other
    }
}

extension Money: CustomStringConvertible {
    /// Major units with all the currency's decimals: `199.50`.
    public var majorUnits: String {
        guard currency.decimals > 0 else { return String(minorUnits) }
        let scale = (0..<currency.decimals).reduce(Int64(1)) { scale, _ in scale * 10 }
        return "\(minorUnits / scale).\(padded(minorUnits % scale, currency.decimals))"
    }

    /// Major units, then the code: `199.50 EGP`.
    public var description: String { "\(majorUnits) \(currency)" }
}
