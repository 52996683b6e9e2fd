/// How far a signed time may lie before or after the time of receipt, bounds included.
struct SignatureTolerance: Sendable {
    let duration: Duration

    /// - Throws: `invalidInput` unless above zero and at most a day.
    init(_ duration: Duration) throws(TammError) {
        guard duration > .zero, duration <= .seconds(86_400) else {
            throw TammError(
                .invalidInput, "a tolerance is above zero and at most a day, found \(duration)", field: "tolerance")
        }
        self.duration = duration
    }

    /// - Throws: `unauthenticated` (tooOld, tooEarly).
    func check(_ signedAt: Timestamp, at now: Timestamp) throws(TammError) {
        let age = now.duration(since: signedAt)
        guard age <= duration else { throw .refused(.tooOld) }
        guard age >= .zero - duration else { throw .refused(.tooEarly) }
    }
}

extension Timestamp {
    /// Whole seconds since 1970: digits only, no zero before others, within the years of ``Timestamp``; nil for
    /// anything else.
    init?(canonicalSeconds text: String.UTF8View) {
        guard let seconds = Int64(canonicalDecimal: text), let time = try? Timestamp(seconds: seconds) else {
            return nil
        }
        self = time
    }
}
