/// A moment in UTC as whole microseconds since 1970, the resolution of PostgreSQL's `timestamptz`.
///
/// Bounds: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999Z.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Microseconds since 1970-01-01T00:00:00Z; negative before it.
    public let microseconds: Int64

    public static let min = Timestamp(unchecked: -62_135_596_800_000_000)
    public static let max = Timestamp(unchecked: 253_402_300_799_999_999)
    public static let epoch = Timestamp(unchecked: 0)

    @inline(__always)
    package init(unchecked microseconds: Int64) { self.microseconds = microseconds }

    /// - Throws: `invalidInput` outside `min ... max`.
    public init(microseconds: Int64) throws(TammError) {
        guard microseconds >= Self.min.microseconds, microseconds <= Self.max.microseconds else {
            throw TammError(.invalidInput, "a timestamp lies in the years 1 to 9999, found \(microseconds) µs")
        }
        self.microseconds = microseconds
    }

    /// - Throws: `invalidInput` outside `min ... max`.
    public init(seconds: Int64) throws(TammError) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else {
            throw TammError(.invalidInput, "a timestamp lies in the years 1 to 9999, found \(seconds) s")
        }
        try self.init(microseconds: product)
    }

    /// Whole seconds since 1970, rounded down.
    public var seconds: Int64 { microseconds.flooredDivision(by: 1_000_000).quotient }

    public static func < (a: Self, b: Self) -> Bool { a.microseconds < b.microseconds }

    /// This moment moved by `duration`, held at `min` and `max`; parts of a microsecond are dropped.
    public func advanced(by duration: Duration) -> Timestamp {
        let (whole, attoseconds) = duration.components
        let (scaled, overflow) = whole.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return whole < 0 ? .min : .max }
        let (offset, overflow2) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        guard !overflow2 else { return whole < 0 ? .min : .max }
        let (sum, overflow3) = microseconds.addingReportingOverflow(offset)
        guard !overflow3 else { return offset < 0 ? .min : .max }
        return Timestamp(unchecked: Swift.min(Swift.max(sum, Self.min.microseconds), Self.max.microseconds))
    }

    /// The time from `earlier` to this moment; negative when `earlier` is later.
    public func duration(since earlier: Timestamp) -> Duration {
        .microseconds(microseconds - earlier.microseconds)
    }
}

extension Timestamp: CustomStringConvertible, LosslessStringConvertible {
    /// RFC 3339 in UTC; six decimals, or none when they are zero.
    public var description: String {
        let (day, timeOfDay) = microseconds.flooredDivision(by: 86_400_000_000)
        let date = CivilDate(daysSinceEpoch: day)
        let (second, fraction) = timeOfDay.flooredDivision(by: 1_000_000)
        var text = date.description
        text += "T\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
        if fraction != 0 { text += ".\(padded(fraction, 6))" }
        return text + "Z"
    }

    /// The inverse of ``init(parsing:)`` for callers that only want to know whether it parses.
    public init?(_ text: String) {
        do { try self.init(parsing: text) } catch { return nil }
    }

    /// Parses RFC 3339 strictly: `2026-01-31T23:59:59[.ffffff](Z|±hh:mm)`, upper case, at most six decimals,
    /// no leap second, a date that exists.
    ///
    /// - Throws: `invalidInput`.
    public init(parsing text: String) throws(TammError) {
        guard let parsed = Self.parse(text.utf8) else {
            throw TammError(.invalidInput, "wanted a time such as 2026-01-31T23:59:59Z, found \(excerpt(text))")
        }
        try self.init(microseconds: parsed)
    }

    private static func parse(_ text: String.UTF8View) -> Int64? {
        guard text.count <= 32 else { return nil }
        var rest = text[...]
        guard let year = rest.takeDigits(4), rest.take("-"), let month = rest.takeDigits(2), rest.take("-"),
            let day = rest.takeDigits(2), rest.take("T"), let hour = rest.takeDigits(2), rest.take(":"),
            let minute = rest.takeDigits(2), rest.take(":"), let second = rest.takeDigits(2),
            let date = CivilDate(year: Int64(year), month: Int64(month), day: Int64(day)),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var fraction = 0
        if rest.take(".") {
            let digits = rest.prefix { (48...57).contains($0) }.count
            guard (1...6).contains(digits), let value = rest.takeDigits(digits) else { return nil }
            fraction = (digits..<6).reduce(value) { value, _ in value * 10 }
        }
        var offset = 0
        if !rest.take("Z") {
            let sign = rest.take("+") ? 1 : rest.take("-") ? -1 : 0
            guard sign != 0, let hours = rest.takeDigits(2), rest.take(":"), let minutes = rest.takeDigits(2),
                hours < 24, minutes < 60
            else { return nil }
            offset = sign * (hours * 60 + minutes)
        }
        guard rest.isEmpty else { return nil }
        let seconds = date.daysSinceEpoch * 86_400 + Int64(hour * 3600 + minute * 60 + second - offset * 60)
        return seconds * 1_000_000 + Int64(fraction)
    }
}

extension Timestamp: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        try self.init(parsing: text)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
