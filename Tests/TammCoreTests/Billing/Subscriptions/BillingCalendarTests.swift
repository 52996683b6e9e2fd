import TammTesting
import Testing

@testable import TammCore

/// Instants in these tests come from Python's `zoneinfo` and version 2025b of the IANA database.
struct BillingCalendarTests {
    private static let names = [
        "UTC", "Africa/Cairo", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Africa/Casablanca", "America/St_Johns",
    ]

    @Test(
        arguments: [
            ("Africa/Cairo", "2026-01-23T22:00:00Z", 0, "2026-01-23T22:00:00Z"),
            ("Africa/Cairo", "2026-01-23T22:00:00Z", 1, "2026-02-23T22:00:00Z"),
            ("Africa/Cairo", "2026-01-23T22:00:00Z", 3, "2026-04-23T22:00:00Z"),
            ("Africa/Cairo", "2026-01-23T22:00:00Z", 4, "2026-05-23T21:00:00Z"),
            ("Africa/Cairo", "2026-01-23T22:00:00Z", 9, "2026-10-23T21:00:00Z"),
            ("Africa/Cairo", "2026-01-23T22:00:00Z", 10, "2026-11-23T22:00:00Z"),
            ("Africa/Cairo", "2026-01-23T22:00:00Z", 12, "2027-01-23T22:00:00Z"),
            ("Africa/Cairo", "2026-01-30T22:30:00Z", 1, "2026-02-27T22:30:00Z"),
            ("Africa/Cairo", "2026-01-30T22:30:00Z", 2, "2026-03-30T22:30:00Z"),
            ("Africa/Cairo", "2026-01-30T22:30:00Z", 3, "2026-04-29T21:30:00Z"),
            ("Africa/Cairo", "2026-01-30T22:30:00Z", 13, "2027-02-27T22:30:00Z"),
            ("Africa/Cairo", "2026-01-30T22:30:00Z", 25, "2028-02-28T22:30:00Z"),
            ("Africa/Cairo", "2026-08-29T20:30:00Z", 1, "2026-09-29T20:30:00Z"),
            ("Africa/Cairo", "2026-08-29T20:30:00Z", 2, "2026-10-29T20:30:00Z"),
            ("Africa/Cairo", "2026-08-29T20:30:00Z", 3, "2026-11-29T21:30:00Z"),
            ("Africa/Cairo", "2023-03-27T22:00:00Z", 1, "2023-04-27T22:00:00Z"),
            ("Africa/Cairo", "2023-03-27T22:00:00Z", 7, "2023-10-27T22:00:00Z"),
            ("Africa/Cairo", "2014-05-15T10:00:00Z", -60, "2009-05-15T09:00:00Z"),
            ("Africa/Cairo", "2014-05-15T10:00:00Z", 12, "2015-05-15T10:00:00Z"),
            ("Africa/Cairo", "2014-05-15T10:00:00Z", 120, "2024-05-15T09:00:00Z"),
            ("America/New_York", "2026-02-08T07:30:00Z", 1, "2026-03-08T07:00:00Z"),
            ("America/New_York", "2026-02-08T07:30:00Z", 2, "2026-04-08T06:30:00Z"),
            ("America/New_York", "2026-10-01T05:30:00Z", 1, "2026-11-01T05:30:00Z"),
            ("America/New_York", "2026-10-01T05:30:00Z", 2, "2026-12-01T06:30:00Z"),
            ("Asia/Kolkata", "2023-12-30T18:30:00Z", 1, "2024-01-30T18:30:00Z"),
            ("Asia/Kolkata", "2023-12-30T18:30:00Z", 2, "2024-02-28T18:30:00Z"),
            ("Asia/Kolkata", "2023-12-30T18:30:00Z", 3, "2024-03-30T18:30:00Z"),
            ("Pacific/Apia", "2011-10-30T19:00:00Z", 1, "2011-11-30T19:00:00Z"),
            ("Pacific/Apia", "2011-10-30T19:00:00Z", 2, "2011-12-30T10:00:00Z"),
            ("Pacific/Apia", "2011-10-30T19:00:00Z", 3, "2012-01-29T19:00:00Z"),
            ("Africa/Casablanca", "2026-01-14T23:00:00Z", 1, "2026-02-14T23:00:00Z"),
            ("Africa/Casablanca", "2026-01-14T23:00:00Z", 2, "2026-03-15T00:00:00Z"),
            ("Africa/Casablanca", "2025-12-22T01:30:00Z", 1, "2026-01-22T01:30:00Z"),
            ("Africa/Casablanca", "2025-12-22T01:30:00Z", 2, "2026-02-22T02:30:00Z"),
            ("Africa/Casablanca", "2025-12-22T01:30:00Z", 3, "2026-03-22T02:00:00Z"),
            ("Africa/Casablanca", "2086-12-31T11:00:00Z", 4, "2087-04-30T12:00:00Z"),
            ("Africa/Casablanca", "2086-12-31T11:00:00Z", 12, "2087-12-31T11:00:00Z"),
            ("Africa/Casablanca", "2086-12-31T11:00:00Z", 240, "2106-12-31T11:00:00Z"),
            ("America/New_York", "2490-07-04T04:00:00Z", 5, "2490-12-04T05:00:00Z"),
            ("America/New_York", "2490-07-04T04:00:00Z", 120, "2500-07-04T04:00:00Z"),
            ("America/New_York", "2490-07-04T04:00:00Z", 12000, "3490-07-04T04:00:00Z"),
            ("Africa/Cairo", "9989-04-25T22:00:00Z", 12, "9990-04-25T22:00:00Z"),
            ("Africa/Cairo", "9989-04-25T22:00:00Z", -95976, "1991-04-25T22:00:00Z"),
        ] as [(String, String, Int64, String)])
    func `A boundary keeps the anchor's day and time on the clocks of the zone`(
        zone: String, anchor: String, months: Int64, boundary: String
    ) throws {
        let calendar = try BillingCalendar(timeZone: zone)
        let found = calendar.boundary(months, after: try Timestamp(parsing: anchor))
        #expect(found.description == boundary)
    }

    @Test(arguments: [
        ("Africa/Cairo", "2026-04-23T21:59:59.999999Z", "2026-04-22T22:00:00Z", "2026-04-23T22:00:00Z"),
        ("Africa/Cairo", "2026-04-23T22:00:00Z", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"),
        ("Africa/Cairo", "2026-10-29T20:30:00Z", "2026-10-28T21:00:00Z", "2026-10-29T22:00:00Z"),
        ("Africa/Cairo", "2026-10-29T21:30:00Z", "2026-10-28T21:00:00Z", "2026-10-29T22:00:00Z"),
        ("Africa/Cairo", "2026-10-29T22:00:00Z", "2026-10-29T22:00:00Z", "2026-10-30T22:00:00Z"),
        ("America/New_York", "2026-03-08T12:00:00Z", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"),
        ("America/New_York", "2026-11-01T12:00:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
        ("Asia/Kolkata", "2026-11-01T18:30:00Z", "2026-11-01T18:30:00Z", "2026-11-02T18:30:00Z"),
        ("Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"),
        ("America/St_Johns", "2009-11-01T02:15:00Z", "2009-10-31T02:30:00Z", "2009-11-01T02:30:00Z"),
        ("America/St_Johns", "2009-11-01T02:45:00Z", "2009-11-01T02:30:00Z", "2009-11-02T03:30:00Z"),
        ("Africa/Casablanca", "2026-02-15T12:00:00Z", "2026-02-14T23:00:00Z", "2026-02-16T00:00:00Z"),
    ])
    func `A day runs from the first instant of its date to that of the next`(
        zone: String, moment: String, start: String, end: String
    ) throws {
        let day = try BillingCalendar(timeZone: zone).day(of: Timestamp(parsing: moment))
        #expect([day.lowerBound.description, day.upperBound.description] == [start, end])
    }

    @Test(arguments: [
        ("Africa/Cairo", "2026-04-30T20:59:59Z", "2026-03-31T22:00:00Z", "2026-04-30T21:00:00Z"),
        ("Africa/Cairo", "2026-04-30T21:00:00Z", "2026-04-30T21:00:00Z", "2026-05-31T21:00:00Z"),
        ("Africa/Cairo", "2026-12-31T22:00:00Z", "2026-12-31T22:00:00Z", "2027-01-31T22:00:00Z"),
        ("America/New_York", "2026-11-01T03:59:59Z", "2026-10-01T04:00:00Z", "2026-11-01T04:00:00Z"),
        ("America/St_Johns", "2009-11-01T02:45:00Z", "2009-11-01T02:30:00Z", "2009-12-01T03:30:00Z"),
        ("Pacific/Apia", "2011-12-15T00:00:00Z", "2011-12-01T10:00:00Z", "2011-12-31T10:00:00Z"),
        ("Asia/Kolkata", "2024-02-29T18:29:59Z", "2024-01-31T18:30:00Z", "2024-02-29T18:30:00Z"),
    ])
    func `A calendar month runs from the first instant of its first day to that of the next`(
        zone: String, moment: String, start: String, end: String
    ) throws {
        let month = try BillingCalendar(timeZone: zone).calendarMonth(of: Timestamp(parsing: moment))
        #expect([month.lowerBound.description, month.upperBound.description] == [start, end])
    }

    @Test func `In Cairo the last Friday of April begins at one o'clock`() throws {
        let friday = try Timestamp(parsing: "2026-04-23T22:00:00Z")
        let before = friday.advanced(by: .microseconds(-1))
        let anchor = try Timestamp(parsing: "2026-01-23T22:00:00Z")
        let cairo = BillingCalendar.cairo
        #expect(cairo.day(of: friday).lowerBound == friday && cairo.day(of: before).upperBound == friday)
        #expect(cairo.month(at: friday, anchor: anchor).lowerBound == friday)
        #expect(cairo.month(at: before, anchor: anchor).upperBound == friday)
        #expect(cairo.monthIndex(at: before, anchor: anchor) == 2 && cairo.monthIndex(at: friday, anchor: anchor) == 3)
        let day = cairo.day(of: friday)
        #expect(day.upperBound.duration(since: day.lowerBound) == .seconds(23 * 3600))
    }

    @Test func `The first month begins with its anchor, in the second of two equal hours too`() throws {
        let second = try Timestamp(parsing: "2026-11-01T06:30:00Z")
        let calendar = try BillingCalendar(timeZone: "America/New_York")
        #expect(calendar.boundary(0, after: second) == second)
        for moment in [Timestamp.min, second.advanced(by: .seconds(-1)), second] {
            #expect(calendar.month(at: moment, anchor: second).lowerBound == second)
            #expect(calendar.monthIndex(at: moment, anchor: second) == 0)
        }
        #expect(calendar.boundary(1, after: second).description == "2026-12-01T06:30:00Z")
    }

    @Test(arguments: names)
    func `Months follow each other without a gap, and every moment lies in its own`(zone: String) throws {
        let calendar = try BillingCalendar(timeZone: zone)
        var random = SplitMix64(seed: TestSeed.current &+ 3)
        for _ in 0..<2000 {
            let anchor = Timestamp(unchecked: .random(in: -3_000_000_000...4_000_000_000, using: &random) * 1_000_000)
            let months = Int64.random(in: -600...5000, using: &random)
            let boundaries = (0...3).map { calendar.boundary(months + $0, after: anchor) }
            for (a, b) in zip(boundaries, boundaries.dropFirst()) {
                let hours = b.duration(since: a) / .seconds(3600)
                #expect((27 * 24...32 * 24).contains(hours), "\(anchor), \(months)")
            }
            let moment = Timestamp(
                unchecked: anchor.microseconds + .random(in: 0...20_000_000_000, using: &random) * 1_000_000)
            let month = calendar.month(at: moment, anchor: anchor)
            let index = calendar.monthIndex(at: moment, anchor: anchor)
            #expect(month.contains(moment), "\(anchor), \(moment)")
            #expect(month.lowerBound == calendar.boundary(index, after: anchor))
            #expect(month.upperBound == calendar.boundary(index + 1, after: anchor))
            for range in [calendar.day(of: moment), calendar.calendarMonth(of: moment)] {
                #expect(range.contains(moment), "\(moment)")
            }
            let day = calendar.day(of: moment)
            #expect(calendar.day(of: day.lowerBound) == day && calendar.day(of: day.upperBound) != day)
            #expect(calendar.day(of: day.upperBound).lowerBound == day.upperBound)
            let full = calendar.calendarMonth(of: moment)
            #expect(calendar.calendarMonth(of: day.lowerBound) == full)
            #expect(calendar.calendarMonth(of: full.upperBound).lowerBound == full.upperBound)
        }
    }

    @Test(arguments: names)
    func `At the ends of time nothing is passed and no range is empty`(zone: String) throws {
        let calendar = try BillingCalendar(timeZone: zone)
        let week = Duration.seconds(7 * 86_400)
        let moments = [
            Timestamp.min, .min.advanced(by: .microseconds(1)), .min.advanced(by: week), .epoch,
            .max.advanced(by: week * -1), .max.advanced(by: .seconds(-7200)), .max.advanced(by: .microseconds(-1)), .max,
        ]
        for anchor in moments {
            for months in [Int64.min, -120_000, 120_000, .max] {
                #expect(calendar.boundary(months, after: anchor) == (months < 0 ? .min : .max))
            }
            for moment in moments {
                let counted = max(moment, anchor)
                let month = calendar.month(at: moment, anchor: anchor)
                #expect(month.contains(counted) || counted == .max && month.upperBound == .max)
                #expect(!month.isEmpty)
            }
            for range in [calendar.day(of: anchor), calendar.calendarMonth(of: anchor)] {
                #expect(range.contains(anchor) || anchor == .max && range.upperBound == .max)
                #expect(!range.isEmpty)
            }
        }
    }

    @Test(arguments: [
        "", "Cairo", "africa/cairo", "Africa/Cairo ", "Africa/Nowhere", "GMT+3", "EST", "Etc/Unknown", "SystemV/EST5EDT", "../UTC",
        "Africa/Cairo\0", String(repeating: "a/", count: 40),
    ])
    func `A name that the database has not is refused`(name: String) {
        let error = caught { () throws(TammError) in _ = try BillingCalendar(timeZone: name) }
        #expect(error?.code == .invalidInput && error?.field == "timeZone")
    }

    @Test func `Calendars are equal by their zone`() throws {
        #expect(try BillingCalendar(timeZone: "Africa/Cairo") == .cairo && BillingCalendar(timeZone: "UTC") == .utc)
        #expect(Set([BillingCalendar.utc, .cairo, .cairo]).count == 2)
        #expect(BillingCalendar.cairo.timeZone == "Africa/Cairo")
    }
}
