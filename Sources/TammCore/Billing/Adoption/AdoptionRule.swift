extension Subscription {
    /// The subscription that goes on where the existing platform's stops.
    ///
    /// The period may have ended meanwhile: then time does what it does to any other.
    ///
    /// - Throws: `notFound` at `plan.version` for one that the catalogue lacks; `invalidInput`, naming the field, for a
    ///   period that is still to begin, an end that no months from the anchor reach, or a renewal that has no price.
    init(
        adopting adopted: AdoptedPlan, in workspace: Identifier<Workspace>, at now: Timestamp, rules: BillingRules
    ) throws(TammError) {
        let version: PlanVersion
        do throws(TammError) { version = try rules.catalogue.version(adopted.version) } catch {
            throw TammError(error.code, error.message, field: "plan.version")
        }
        let period = adopted.period
        guard period.lowerBound <= now else {
            throw TammError(
                .invalidInput, "wanted a period that has begun by \(now), found \(period.lowerBound)", field: "plan.from")
        }
        let anchor = try adopted.anchor(rules.policy.calendar)
        var (terms, ending): (Terms?, Ending?) = (nil, nil)
        var creditedThrough = period.upperBound
        let state: State
        switch adopted.standing {
        case .complimentary: state = .complimentary
        case .trial:
            state = .trialing(period, next: nil)
            creditedThrough = min(period.upperBound, rules.policy.calendar.month(at: now, anchor: anchor).upperBound)
        case .paid(let paid, let renews):
            if renews, version.price(in: paid.currency, per: paid.interval) == nil {
                throw TammError(
                    .invalidInput,
                    "wanted a price to renew \(adopted.version) for, found none in \(paid.currency) per \(paid.interval)",
                    field: "plan.renews")
            }
            (state, terms, ending) = (.paid(period, next: nil), paid, renews ? nil : .cancel)
        }
        self.init(
            workspace: workspace, plan: adopted.version, state: state, terms: terms, anchor: anchor,
            creditedThrough: creditedThrough, ending: ending, hadTrial: adopted.hadTrial, collections: 0, topUp: nil,
            createdAt: now)
    }
}

extension AdoptedPlan {
    /// From where the months are counted, so that the period ends where one of them does: the next month's credits are
    /// then a whole month's. Where no anchor is given it is the beginning of the period, or the same day of an earlier
    /// year: a month that is too short has not shifted it.
    ///
    /// - Throws: `invalidInput` at `plan.anchor`, or at `plan.through` where none is found.
    func anchor(_ calendar: BillingCalendar) throws(TammError) -> Timestamp {
        let end = period.upperBound
        func reachesEnd(_ anchor: Timestamp) -> Bool {
            standing == .trial || calendar.month(at: end, anchor: anchor).lowerBound == end
        }
        if let anchor {
            guard reachesEnd(anchor) else {
                throw TammError(
                    .invalidInput, "wanted an anchor from which months end at \(end), found \(anchor)",
                    field: "plan.anchor")
            }
            return anchor
        }
        let years = [-1, -4, -8].map { calendar.boundary($0 * 12, after: end) }
        guard let found = ([period.lowerBound] + years).first(where: reachesEnd) else {
            throw TammError(
                .invalidInput, "wanted an end that is a whole number of months from an anchor, found \(end)",
                field: "plan.through")
        }
        return found
    }
}
