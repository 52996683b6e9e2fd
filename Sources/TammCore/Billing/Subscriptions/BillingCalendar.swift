/// The calendar in which subscriptions are counted: months from an anchor, days and months of one time zone.
///
/// Every answer lies in the years 1 to 9999: what would be earlier or later is held at ``Timestamp/min`` and
/// ``Timestamp/max``, and the very last microsecond is counted with the one before it. No range is empty.
///
/// Making one reads the zone's whole history and takes about a millisecond: make it once and keep it.
public struct BillingCalendar: Sendable {
    /// UTC: no daylight saving, no history.
    public static let utc = BillingCalendar("UTC", TimeZoneOffsets("UTC")!)  // Forced: Foundation carries it.
    /// Egypt: UTC+2, and since 2023 UTC+3 from the last Friday of April to the last Thursday of October.
    public static let cairo = BillingCalendar(
        "Africa/Cairo", TimeZoneOffsets("Africa/Cairo")!)  // Forced: Foundation carries it.

    /// The zone's name in the IANA database.
    public let timeZone: String
    private let offsets: TimeZoneOffsets

    /// - Parameter timeZone: `UTC`, or a name of the IANA database with its area, in its own case: `Africa/Cairo`. The
    ///   database is the one within Foundation; the machine needs none.
    /// - Throws: `invalidInput` for another name.
    public init(timeZone: String) throws(TammError) {
        guard let offsets = TimeZoneOffsets(timeZone) else {
            throw TammError(
                .invalidInput, "wanted a time zone such as Africa/Cairo, found \(excerpt(timeZone))", field: "timeZone")
        }
        self.init(timeZone, offsets)
    }

    private init(_ timeZone: String, _ offsets: TimeZoneOffsets) {
        self.timeZone = timeZone
        self.offsets = offsets
    }

    /// The boundary `months` months after `anchor`, or before it where `months` is negative; the anchor itself for 0.
    ///
    /// It has the anchor's local day of the month and time of day. A month that is too short has it on its last day:
    /// 31 January, 28 or 29 February, 31 March, for it is counted from the anchor and not from the boundary before. A
    /// time that daylight saving skips is the first instant after the gap; one that occurs twice is the first.
    ///
    /// Boundaries increase strictly with `months`, until they are held at the ends of time.
    public func boundary(_ months: Int64, after anchor: Timestamp) -> Timestamp {
        months == 0 ? anchor : boundary(months, after: LocalTime(offsets.local(at: anchor)))
    }

    /// The month of `anchor` in which `moment` lies, from one ``boundary(_:after:)`` to before the next; the first for
    /// a moment before the anchor.
    public func month(at moment: Timestamp, anchor: Timestamp) -> Range<Timestamp> {
        locate(moment, anchor).range
    }

    /// The number of ``month(at:anchor:)``, from 0.
    public func monthIndex(at moment: Timestamp, anchor: Timestamp) -> Int64 { locate(moment, anchor).index }

    /// The calendar day in which `moment` lies: from the first instant of the date to the first of the next.
    ///
    /// It has 23 to 25 hours where clocks change by one. Where they are set back over midnight, the time that they
    /// repeat belongs to the new day.
    public func day(of moment: Timestamp) -> Range<Timestamp> {
        let moment = min(moment, Self.last)
        var day = offsets.local(at: moment).flooredDivision(by: LocalTime.day).quotient
        while startOfDay(day + 1) <= moment { day += 1 }
        return startOfDay(day)..<startOfDay(day + 1)
    }

    /// The calendar month in which `moment` lies: from the first instant of its first day to that of the next month's.
    public func calendarMonth(of moment: Timestamp) -> Range<Timestamp> {
        let moment = min(moment, Self.last)
        let date = LocalTime(offsets.local(at: moment)).date
        var month = min(max(date.monthNumber, CivilDate.firstMonth), CivilDate.lastMonth)
        while startOfMonth(month + 1) <= moment { month += 1 }
        return startOfMonth(month)..<startOfMonth(month + 1)
    }

    /// The last moment that a range can contain.
    private static let last = Timestamp(unchecked: Timestamp.max.microseconds - 1)

    private func locate(_ moment: Timestamp, _ anchor: Timestamp) -> (index: Int64, range: Range<Timestamp>) {
        let anchor = min(anchor, Self.last)
        let moment = min(max(moment, anchor), Self.last)
        let start = LocalTime(offsets.local(at: anchor))
        let now = LocalTime(offsets.local(at: moment)).date
        func boundary(_ months: Int64) -> Timestamp {
            months == 0 ? anchor : self.boundary(months, after: start)
        }
        var index = max(0, now.monthNumber - start.date.monthNumber)
        let near = boundary(index)
        guard near <= moment else { return (index - 1, boundary(index - 1)..<near) }
        var (lower, upper) = (near, boundary(index + 1))
        while upper <= moment {
            index += 1
            (lower, upper) = (upper, boundary(index + 1))
        }
        return (index, lower..<upper)
    }

    private func boundary(_ months: Int64, after start: LocalTime) -> Timestamp {
        let (number, overflow) = start.date.monthNumber.addingReportingOverflow(months)
        guard !overflow else { return months < 0 ? .min : .max }
        return instant(month: number, day: start.date.day, timeOfDay: start.timeOfDay)
    }

    /// The first instant of a local time, the day being the month's last where it has none; held at the ends of time.
    private func instant(month number: Int64, day: Int64, timeOfDay: Int64) -> Timestamp {
        let (year, month) = number.flooredDivision(by: 12)
        let length = CivilDate.length(ofMonth: month + 1, year: year)
        guard let date = CivilDate(year: year, month: month + 1, day: min(day, length)) else {
            return number < CivilDate.firstMonth ? .min : .max
        }
        return held(offsets.firstInstant(of: date.midnight.microseconds + timeOfDay))
    }

    private func startOfDay(_ day: Int64) -> Timestamp { held(offsets.firstInstant(of: day * LocalTime.day)) }

    private func startOfMonth(_ number: Int64) -> Timestamp {
        number == CivilDate.firstMonth ? .min : instant(month: number, day: 1, timeOfDay: 0)
    }

    private func held(_ microseconds: Int64) -> Timestamp {
        Timestamp(unchecked: min(max(microseconds, Timestamp.min.microseconds), Timestamp.max.microseconds))
    }
}

extension BillingCalendar: Hashable {
    public static func == (a: Self, b: Self) -> Bool { a.timeZone == b.timeZone }
    public func hash(into hasher: inout Hasher) { hasher.combine(timeZone) }
}

/// A date and a time of day, as the clocks of a place show them.
private struct LocalTime {
    static let day: Int64 = 86_400_000_000

    let date: CivilDate
    /// Microseconds since midnight on the clock.
    let timeOfDay: Int64

    /// - Parameter microseconds: since the clocks showed 1970-01-01T00:00:00.
    init(_ microseconds: Int64) {
        let (days, timeOfDay) = microseconds.flooredDivision(by: Self.day)
        date = CivilDate(daysSinceEpoch: days)
        self.timeOfDay = timeOfDay
    }
}

extension CivilDate {
    /// January of the year 1 and December of the year 9999, as ``monthNumber`` counts.
    fileprivate static let firstMonth: Int64 = 12
    fileprivate static let lastMonth: Int64 = 119_999

    /// Months since January of the year 0.
    fileprivate var monthNumber: Int64 { year * 12 + month - 1 }
}
