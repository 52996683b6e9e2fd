/// The plan that a workspace is on, and until when: at most one for each workspace, revived when it has ended.
public struct Subscription: Sendable, Hashable {
    /// Where it stands, as people and databases name it.
    public enum Status: String, Sendable, Hashable, CaseIterable {
        case trialing, active
        /// A period has begun that is not paid; the plan is kept for the days of grace.
        case pastDue = "past_due"
        /// Ended by decision.
        case canceled
        /// Ended by time: unpaid, or a trial that nobody paid for.
        case expired
    }

    /// Where it stands, with what belongs to it.
    public enum State: Sendable, Hashable {
        /// Active without payment: a plan without a price, or one that an administrator gave.
        case complimentary
        /// Tried until the end of the range; `next` is the period after it, where that is paid for.
        case trialing(Range<Timestamp>, next: PaidPeriod?)
        /// Paid for this range; `next` is the period after it, where that is paid for too.
        case paid(Range<Timestamp>, next: PaidPeriod?)
        /// Unpaid since the end of the last period or trial, and kept until the end of the days of grace.
        case pastDue(since: Timestamp, until: Timestamp)
        case canceled(at: Timestamp)
        case expired(at: Timestamp)
    }

    /// A period that is paid for ahead.
    public struct PaidPeriod: Sendable, Hashable {
        public package(set) var plan: PlanVersionReference
        public let range: Range<Timestamp>

        public init(plan: PlanVersionReference, range: Range<Timestamp>) {
            self.plan = plan
            self.range = range
        }
    }

    /// How it is paid for.
    public struct Terms: Sendable, Hashable {
        public let interval: BillingInterval
        public let currency: Currency
        /// Who is asked for the money at renewal.
        public let provider: PaymentProviderName

        public init(interval: BillingInterval, currency: Currency, provider: PaymentProviderName) {
            self.interval = interval
            self.currency = currency
            self.provider = provider
        }
    }

    /// What happens when what is paid for ends.
    public enum Ending: Sendable, Hashable {
        case cancel
        /// On to another plan, or another version of this one.
        case move(to: PlanVersionReference)
    }

    public let workspace: Identifier<Workspace>
    public package(set) var plan: PlanVersionReference
    public package(set) var state: State
    /// Nil for one that was never paid for.
    public package(set) var terms: Terms?
    /// Its months and periods are counted from here.
    public package(set) var anchor: Timestamp
    /// The credits of every month that begins before this moment are given, or were paid for and are scheduled.
    public package(set) var creditedThrough: Timestamp
    public package(set) var ending: Ending?
    /// A workspace tries once.
    public package(set) var hadTrial: Bool
    /// How often the next period's payment has been asked for: an index into ``BillingPolicy/collectionDays``.
    public package(set) var collections: Int
    public package(set) var topUp: TopUp?
    public let createdAt: Timestamp

    /// A subscription as a store has kept it.
    public init(
        workspace: Identifier<Workspace>, plan: PlanVersionReference, state: State, terms: Terms?, anchor: Timestamp,
        creditedThrough: Timestamp, ending: Ending?, hadTrial: Bool, collections: Int, topUp: TopUp?,
        createdAt: Timestamp
    ) {
        self.workspace = workspace
        self.plan = plan
        self.state = state
        self.terms = terms
        self.anchor = anchor
        self.creditedThrough = creditedThrough
        self.ending = ending
        self.hadTrial = hadTrial
        self.collections = collections
        self.topUp = topUp
        self.createdAt = createdAt
    }

    /// The identifier that the workspace's subscription always has.
    public var id: Identifier<Subscription> { Identifier(derivedFrom: workspace, label: "subscription") }

    public var status: Status {
        switch state {
        case .complimentary, .paid: .active
        case .trialing: .trialing
        case .pastDue: .pastDue
        case .canceled: .canceled
        case .expired: .expired
        }
    }

    /// Until when it is tried or paid for, what is paid ahead included; nil where it is neither.
    public var paidThrough: Timestamp? {
        switch state {
        case .trialing(let period, let next), .paid(let period, let next): next?.range.upperBound ?? period.upperBound
        case .complimentary, .pastDue, .canceled, .expired: nil
        }
    }
}
