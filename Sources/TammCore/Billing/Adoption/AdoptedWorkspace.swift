/// What the existing platform knows of one workspace, so that Tamm goes on where it stops.
///
/// Members are kept by user and lots in the order in which they are booked: the same content is equal however it was
/// written down.
public struct AdoptedWorkspace: Sendable, Hashable {
    /// Under the identifier that it has there: what refers to it goes on referring to it.
    public let workspace: Workspace
    /// 1 to ``maximumMembers``, each user once, one of them an owner at least.
    public let members: [Member]
    /// The plan that it is on; nil: none, or one that has ended.
    public let plan: AdoptedPlan?
    /// What is left of its credits, at most ``maximumLots``: booked one by one, a grant each.
    public let lots: [GrantTerms]

    /// How many members a workspace may bring.
    public static let maximumMembers = 1000
    /// How many lots a workspace may bring: half of what a wallet may have open.
    public static let maximumLots = 500

    /// - Throws: `invalidInput`, naming the field, for no member, too many, one of another workspace or given twice, or
    ///   no owner; for too many lots, or lots of more than ``Credits/max`` together.
    public init(
        _ workspace: Workspace, members: [Member], plan: AdoptedPlan?, lots: [GrantTerms]
    ) throws(TammError) {
        guard (1...Self.maximumMembers).contains(members.count) else {
            throw TammError(
                .invalidInput, "wanted 1 to \(Self.maximumMembers) members, found \(members.count)", field: "members")
        }
        if let index = members.firstIndex(where: { $0.workspace != workspace.id }) {
            throw TammError(
                .invalidInput, "wanted a member of \(workspace.id), found one of \(members[index].workspace)",
                field: "members[\(index)].workspace")
        }
        if let index = firstRepeated(members, by: \.user) {
            throw TammError(
                .invalidInput, "wanted each member once, found \(members[index].user) again",
                field: "members[\(index)].user")
        }
        guard members.contains(where: { $0.role == .owner }) else {
            throw TammError(.invalidInput, "wanted an owner among the members, found none", field: "members")
        }
        guard lots.count <= Self.maximumLots else {
            throw TammError(
                .invalidInput, "wanted at most \(Self.maximumLots) lots, found \(lots.count)", field: "lots")
        }
        var total = Credits.zero
        for (index, lot) in lots.enumerated() {
            do throws(TammError) { total = try total.adding(lot.amount) } catch {
                throw error.within("lots[\(index)].amount")
            }
        }
        self.workspace = workspace
        self.members = members.sorted { $0.user < $1.user }
        self.plan = plan
        self.lots = lots.sorted(by: GrantTerms.isBookedBefore)
    }

    /// All lots together, those to come included.
    public var credits: Credits { Credits(unchecked: lots.reduce(0) { $0 + $1.amount.micro }) }
}

/// The plan that a workspace is on at the existing platform.
public struct AdoptedPlan: Sendable, Hashable {
    /// What keeps the workspace on the plan.
    public enum Standing: Sendable, Hashable {
        /// Nobody pays: a plan without a price, or one that an administrator gave.
        case complimentary
        /// Tried until the period ends.
        case trial
        /// The period is paid for; the next is asked for in the same way, or the plan ends with the period.
        case paid(Subscription.Terms, renews: Bool)
    }

    public let version: PlanVersionReference
    /// What was paid for, or the trial, or the month whose credits were given. The existing platform has given the
    /// credits of a paid period and of a month: what is left of them is among the lots, with those of a paid year's
    /// months to come. Of a trial it has given those of the month in which it is adopted.
    public let period: Range<Timestamp>
    public let standing: Standing
    /// From where months are counted; nil: found from the period.
    public let anchor: Timestamp?
    /// Whether the workspace has tried a plan, and so does not try again.
    public let hadTrial: Bool

    /// - Throws: `invalidInput`, naming the field, for a period that is empty or an anchor after its beginning.
    public init(
        _ version: PlanVersionReference, _ standing: Standing, from start: Timestamp, through end: Timestamp,
        anchor: Timestamp? = nil, hadTrial: Bool
    ) throws(TammError) {
        guard start < end else {
            throw TammError(.invalidInput, "wanted a period that ends after \(start), found \(end)", field: "through")
        }
        if let anchor, anchor > start {
            throw TammError(
                .invalidInput, "wanted an anchor at or before \(start), found \(anchor)", field: "anchor")
        }
        self.version = version
        self.period = start..<end
        self.standing = standing
        self.anchor = anchor
        self.hadTrial = hadTrial || standing == .trial
    }
}

extension GrantTerms {
    /// The order in which lots are booked, and numbered: by their beginning, then their end.
    static func isBookedBefore(_ a: GrantTerms, _ b: GrantTerms) -> Bool { a.place < b.place }

    private var place: (Timestamp, Timestamp, UInt8, Int, String, Int64) {
        (effectiveAt ?? .min, expiresAt ?? .max, category.rawValue, priority, source?.text ?? "", amount.micro)
    }

    /// The first field in which two lots differ, with what stands there.
    func firstDifference(from other: GrantTerms) -> (field: String, found: String, other: String)? {
        let pairs: [(String, String, String)] = [
            ("amount", amount.description, other.amount.description),
            ("category", "\(category)", "\(other.category)"),
            ("priority", "\(priority)", "\(other.priority)"),
            ("effectiveAt", effectiveAt?.description ?? "none", other.effectiveAt?.description ?? "none"),
            ("expiresAt", expiresAt?.description ?? "none", other.expiresAt?.description ?? "none"),
            ("source", source?.text ?? "none", other.source?.text ?? "none"),
        ]
        return pairs.first { $0.1 != $0.2 }
    }
}
