/// A day of the proleptic Gregorian calendar, years 1 to 9999.
public struct CivilDate: Sendable, Hashable {
    public let year: Int64
    /// 1 to 12.
    public let month: Int64
    /// 1 to the length of the month.
    public let day: Int64

    /// Nil for a day that does not exist.
    public init?(year: Int64, month: Int64, day: Int64) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1,
            day <= Self.length(ofMonth: month, year: year)
        else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// The day that many days after 1970-01-01, for days of the years 1 to 9999.
    init(daysSinceEpoch days: Int64) {
        // Years are counted from March, so that the leap day comes last; 719,468 days lie between
        // 0000-03-01 and 1970-01-01, 146,097 in 400 years.
        let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSinceEpoch: Int64 {
        let fromMarch = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = fromMarch.flooredDivision(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The day in UTC on which `moment` lies.
    public init(of moment: Timestamp) {
        self.init(daysSinceEpoch: moment.microseconds.flooredDivision(by: 86_400_000_000).quotient)
    }

    /// The first instant of the day in UTC.
    public var midnight: Timestamp { Timestamp(unchecked: daysSinceEpoch * 86_400_000_000) }

    /// The same day of the month that many months on, or the month's last day where it has none; held at the years
    /// 1 and 9999.
    public func adding(months: Int64) -> CivilDate {
        let (sum, overflow) = (year * 12 + month - 1).addingReportingOverflow(months)
        let index = overflow ? (months < 0 ? 12 : 119_999) : min(max(sum, 12), 119_999)
        let (year, month) = index.quotientAndRemainder(dividingBy: 12)
        let length = Self.length(ofMonth: month + 1, year: year)
        return CivilDate(unchecked: year, month + 1, min(day, length))
    }

    private init(unchecked year: Int64, _ month: Int64, _ day: Int64) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    static func length(ofMonth month: Int64, year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }
}

extension CivilDate: CustomStringConvertible {
    /// ISO 8601: `2026-01-31`.
    public var description: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }
}
