import TammCore
import TammTesting
import Testing

struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("2026-01-31T23:59:59Z", 1_769_903_999_000_000),
        ("2026-01-31T23:59:59.5Z", 1_769_903_999_500_000),
        ("2000-02-29T12:00:00Z", 951_825_600_000_000),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
        ("1970-01-01T02:00:00+02:00", 0),
        ("1969-12-31T18:30:00-05:30", 0),
        ("1970-01-01T23:59:00+23:59", 0),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
    ])
    func `A time of RFC 3339 is read to the microsecond`(text: String, microseconds: Int64) throws {
        #expect(try Timestamp(parsing: text).microseconds == microseconds)
        #expect(try Timestamp(microseconds: microseconds).microseconds == microseconds)
    }

    @Test(arguments: [
        "", "Z", "2026-01-31", "2026-01-31T23:59:59", "2026-01-31 23:59:59Z", "2026-01-31t23:59:59Z",
        "2026-01-31T23:59:59z", "2026-1-31T23:59:59Z", "2026-01-31T23:59Z", "2026-01-31T24:00:00Z",
        "2026-01-31T23:60:00Z", "2026-12-31T23:59:60Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-00-10T00:00:00Z", "2026-13-10T00:00:00Z",
        "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z",
        "+2026-01-31T23:59:59Z", "-2026-01-31T23:59:59Z", "2026-01-31T23:59:59.Z", "2026-01-31T23:59:59.1234567Z",
        "2026-01-31T23:59:59,5Z", "2026-01-31T23:59:59+0200", "2026-01-31T23:59:59+24:00",
        "2026-01-31T23:59:59+02:60", "2026-01-31T23:59:59+02", "2026-01-31T23:59:59Z ", " 2026-01-31T23:59:59Z",
        "2026-01-31T23:59:59ZZ", "2026-01-31T23:59:59\u{661}Z", "\u{662}026-01-31T23:59:59Z",
        "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
    ])
    func `Anything else is refused`(text: String) {
        #expect(caught { () throws(TammError) in _ = try Timestamp(parsing: text) }?.code == .invalidInput)
        #expect(Timestamp(text) == nil)
    }

    @Test func `What is printed is read back, over the whole range`() throws {
        var generator = SplitMix64(seed: TestSeed.current)
        let range = Timestamp.min.microseconds...Timestamp.max.microseconds
        for round in 0..<20_000 {
            var microseconds = Int64.random(in: range, using: &generator)
            if round % 3 == 0 { microseconds -= microseconds % 1_000_000 }
            let moment = try Timestamp(microseconds: microseconds)
            let text = moment.description
            #expect(try Timestamp(parsing: text) == moment)
            #expect(text.utf8.count == (microseconds % 1_000_000 == 0 ? 20 : 27))
        }
    }

    @Test func `Text sorts as the moments do`() throws {
        var generator = SplitMix64(seed: TestSeed.current &+ 1)
        let range = Timestamp.min.seconds...Timestamp.max.seconds
        for _ in 0..<2_000 {
            let a = try Timestamp(seconds: .random(in: range, using: &generator))
            let b = try Timestamp(seconds: .random(in: range, using: &generator))
            #expect((a < b) == (a.description < b.description))
        }
    }

    @Test func `Bounds are kept, never passed`() throws {
        for microseconds in [Int64.min, Timestamp.min.microseconds - 1, Timestamp.max.microseconds + 1, .max] {
            #expect(caught { () throws(TammError) in _ = try Timestamp(microseconds: microseconds) } != nil)
        }
        for seconds in [Int64.min, Timestamp.min.seconds - 1, Timestamp.max.seconds + 1, .max] {
            #expect(caught { () throws(TammError) in _ = try Timestamp(seconds: seconds) } != nil)
        }
        let longest = Duration(secondsComponent: .max, attosecondsComponent: 0)
        let least = Duration(secondsComponent: .min, attosecondsComponent: 0)
        for start in [Timestamp.min, .epoch, .max] {
            #expect(start.advanced(by: longest) == .max)
            #expect(start.advanced(by: least) == .min)
            #expect(start.advanced(by: .zero) == start)
        }
        #expect(Timestamp.max.advanced(by: .microseconds(1)) == .max)
        #expect(Timestamp.min.advanced(by: .microseconds(-1)) == .min)
    }

    @Test func `Moving by a duration and measuring it are inverse, to the microsecond`() throws {
        var generator = SplitMix64(seed: TestSeed.current &+ 2)
        for _ in 0..<2_000 {
            let a = try Timestamp(microseconds: .random(in: -1 << 55...1 << 55, using: &generator))
            let b = try Timestamp(microseconds: .random(in: -1 << 55...1 << 55, using: &generator))
            #expect(a.advanced(by: b.duration(since: a)) == b)
        }
        #expect(Timestamp.max.advanced(by: Timestamp.min.duration(since: .max)) == .min)
        #expect(Timestamp.epoch.advanced(by: .nanoseconds(1999)).microseconds == 1)
        #expect(Timestamp.epoch.advanced(by: .nanoseconds(-1999)).microseconds == -1)
    }

    @Test func `Whole seconds are rounded down, before 1970 too`() throws {
        #expect(try Timestamp(microseconds: -1).seconds == -1)
        #expect(try Timestamp(microseconds: 1_999_999).seconds == 1)
        #expect(try Timestamp(seconds: -5).seconds == -5)
    }
}
