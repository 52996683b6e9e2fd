private import FoundationEssentials
private import FoundationInternationalization

/// How far one time zone's clocks are ahead of UTC, at every moment.
///
/// The offsets are those of the IANA database that Foundation carries within itself; the machine's own is not read.
final class TimeZoneOffsets: Sendable {
    /// When each offset begins, in microseconds since 1970, ascending; the first holds from the beginning.
    private let starts: [Int64]
    /// Microseconds to add to UTC.
    private let offsets: [Int64]

    /// Nil unless `name` is `UTC` or a name of the IANA database with its area, in its own case: `Africa/Cairo`.
    init?(_ name: String) {
        guard name == "UTC" || Self.hasArea(name), let zone = TimeZone(identifier: name) else { return nil }
        var moment = Date(timeIntervalSince1970: Double(Timestamp.min.seconds))
        var starts = [Timestamp.min.microseconds]
        var offsets = [Int64(zone.secondsFromGMT(for: moment)) * 1_000_000]
        while let next = zone.nextDaylightSavingTimeTransition(after: moment), next > moment,
            next.timeIntervalSince1970 < Double(Self.cycleEnd / 1_000_000)
        {
            moment = next
            let offset = Int64(zone.secondsFromGMT(for: next)) * 1_000_000
            guard offset != offsets.last else { continue }
            starts.append(Int64(next.timeIntervalSince1970) * 1_000_000)
            offsets.append(offset)
        }
        (self.starts, self.offsets) = (starts, offsets)
    }

    private static func hasArea(_ name: String) -> Bool {
        name.utf8.count <= 64 && name.utf8.contains(UInt8(ascii: "/")) && !name.hasPrefix("SystemV/")
            && name.utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
                default: [UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-")].contains($0)
                }
            }
    }

    /// The Gregorian calendar repeats every 400 years, weekdays too, and with it every rule for daylight saving; the
    /// database foresees other changes until 2087. So what is after 2499 is looked up in the years from 2100.
    private static let cycle: Int64 = 146_097 * 86_400_000_000
    private static let cycleStart: Int64 = 4_102_444_800_000_000
    private static let cycleEnd = cycleStart + cycle

    /// More than any offset.
    private static let margin: Int64 = 36 * 3_600_000_000

    /// What the zone's clocks show at `moment`, as microseconds since they showed 1970-01-01T00:00:00.
    func local(at moment: Timestamp) -> Int64 {
        let known = moment.microseconds - Self.cycles(at: moment.microseconds)
        return moment.microseconds + offsets[index(at: known)]
    }

    /// The first instant at which the zone's clocks show `local` or later, in microseconds since 1970: the first of
    /// two for a time that occurs twice, the end of the gap for one that is skipped.
    func firstInstant(of local: Int64) -> Int64 {
        let cycles = Self.cycles(at: local)
        let known = local - cycles
        var index = index(at: known - Self.margin)
        while index + 1 < starts.count, starts[index + 1] + offsets[index] <= known { index += 1 }
        let instant = known - offsets[index]
        return (index == 0 ? instant : max(instant, starts[index])) + cycles
    }

    /// The whole cycles, in microseconds, by which a moment lies behind the years that are known.
    private static func cycles(at microseconds: Int64) -> Int64 {
        microseconds < cycleEnd ? 0 : (microseconds - cycleStart) / cycle * cycle
    }

    /// The last start at or before a moment; the first for what is before all of them.
    private func index(at microseconds: Int64) -> Int {
        var (low, high) = (1, starts.count)
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] <= microseconds { low = middle + 1 } else { high = middle }
        }
        return low - 1
    }
}
