import Testing

@testable import TammCore

struct CivilDateTests {
    @Test func `Every month of every year lies where counting puts it`() {
        var day: Int64 = -719_162  // 0001-01-01
        for year: Int64 in 1...9999 {
            let isLeap = year.isMultiple(of: 400) || (year.isMultiple(of: 4) && !year.isMultiple(of: 100))
            let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            for (index, length) in lengths.enumerated() {
                let month = Int64(index + 1)
                guard let first = CivilDate(year: year, month: month, day: 1),
                    let last = CivilDate(year: year, month: month, day: length)
                else {
                    Issue.record("\(year)-\(month) is missing")
                    return
                }
                if first.daysSinceEpoch != day || last.daysSinceEpoch != day + length - 1
                    || CivilDate(daysSinceEpoch: day) != first || CivilDate(daysSinceEpoch: day + length - 1) != last
                    || CivilDate(year: year, month: month, day: length + 1) != nil
                {
                    Issue.record("\(first) … \(last) against day \(day)")
                    return
                }
                day += length
            }
        }
        #expect(day == 2_932_897)  // 10000-01-01
    }

    @Test(
        arguments: [
            (0, 1, 1), (10_000, 1, 1), (2026, 0, 1), (2026, 13, 1), (2026, 1, 0), (2026, 1, 32), (2023, 2, 29),
            (1900, 2, 29), (.min, .min, .min), (.max, .max, .max), (2026, 1, -1),
        ] as [(Int64, Int64, Int64)])
    func `A day that does not exist is nil`(year: Int64, month: Int64, day: Int64) {
        #expect(CivilDate(year: year, month: month, day: day) == nil)
    }

    @Test func `A date prints as ISO 8601`() {
        #expect(CivilDate(year: 7, month: 2, day: 3)?.description == "0007-02-03")
        #expect(CivilDate(year: 2000, month: 2, day: 29)?.description == "2000-02-29")
    }
}
