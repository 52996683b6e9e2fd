/// Every plan and every version of it: what may be bought, and what earlier buyers keep.
///
/// Editing a plan means publishing a new version. A subscriber keeps the version subscribed to until moved.
public struct PlanCatalogue: Sendable, Hashable {
    /// 1 to 100, lowest rank first.
    public let plans: [Plan]
    private let positions: [PlanID: Int]

    /// - Throws: `invalidInput`, with the field, for no plan or more than 100; an id or a rank given twice; an
    ///   entitlement that is of one kind in one version and of another elsewhere.
    public init(plans: [Plan]) throws(TammError) {
        guard (1...100).contains(plans.count) else {
            throw TammError(.invalidInput, "wanted 1 to 100 plans, found \(plans.count)", field: "plans")
        }
        if let index = firstRepeated(plans, by: \.id) {
            throw TammError(
                .invalidInput, "plan \(plans[index].id): wanted every plan once, found it twice",
                field: "plans[\(index)].id")
        }
        if let index = firstRepeated(plans, by: \.rank) {
            throw TammError(
                .invalidInput, "plan \(plans[index].id): wanted a rank of its own, found \(plans[index].rank) again",
                field: "plans[\(index)].rank")
        }
        try Self.checkKinds(plans)
        self.plans = plans.sorted { $0.rank < $1.rank }
        positions = Dictionary(uniqueKeysWithValues: self.plans.enumerated().map { ($1.id, $0) })
    }

    private static func checkKinds(_ plans: [Plan]) throws(TammError) {
        var first: [String: (kind: String, version: PlanVersionReference)] = [:]
        for (planIndex, plan) in plans.enumerated() {
            for (versionIndex, version) in plan.versions.enumerated() {
                for entitlement in version.entitlements {
                    guard let known = first[entitlement.name] else {
                        first[entitlement.name] = (entitlement.kind.name, version.reference)
                        continue
                    }
                    guard known.kind == entitlement.kind.name else {
                        throw TammError(
                            .invalidInput,
                            """
                            plan \(plan.id): wanted \(entitlement.name) as a \(known.kind), which it is in \
                            \(known.version), found a \(entitlement.kind.name)
                            """,
                            field: "plans[\(planIndex)].versions[\(versionIndex)].entitlements")
                    }
                }
            }
        }
    }

    /// The plan of that id.
    ///
    /// - Throws: `notFound`.
    public func plan(_ id: PlanID) throws(TammError) -> Plan {
        guard let position = positions[id] else { throw TammError(.notFound, "no plan \(id) in the catalogue") }
        return plans[position]
    }

    /// The version of a plan that new subscribers get.
    ///
    /// - Throws: `notFound`.
    public func current(of id: PlanID) throws(TammError) -> PlanVersion { try plan(id).current }

    /// The version, current or earlier, that a subscription names.
    ///
    /// - Throws: `notFound`.
    public func version(_ reference: PlanVersionReference) throws(TammError) -> PlanVersion {
        guard let position = positions[reference.plan],
            let version = plans[position].versions.first(where: { $0.reference == reference })
        else { throw TammError(.notFound, "no plan version \(reference) in the catalogue") }
        return version
    }

    /// Where a move from one plan to another leads.
    public enum Move: Sendable, Hashable { case raise, lower, same }

    /// Decides by rank alone; versions of one plan are the same plan.
    ///
    /// - Throws: `notFound` for a plan that is not in the catalogue.
    public func move(from source: PlanID, to target: PlanID) throws(TammError) -> Move {
        let (from, to) = (try plan(source).rank, try plan(target).rank)
        return from < to ? .raise : from > to ? .lower : .same
    }
}

extension PlanCatalogue {
    /// The catalogue with one more version of a plan it has; unchanged where that very version is published already.
    ///
    /// - Throws: `notFound` for another plan; `conflict` where the version is published with other content, or is not
    ///   above the last; `invalidInput` where it breaks a rule of ``Plan`` or of the catalogue.
    public func publishing(_ version: PlanVersion) throws(TammError) -> PlanCatalogue {
        let plan = try plan(version.reference.plan)
        if let published = plan.versions.first(where: { $0.reference == version.reference }) {
            try published.checkUnchanged(in: version)
            return self
        }
        guard version.reference.version > plan.current.reference.version else {
            throw TammError(
                .conflict, "wanted a version above \(plan.current.reference), found \(version.reference)",
                field: "version")
        }
        let grown = try Plan(
            plan.id, name: plan.name, rank: plan.rank, isOffered: plan.isOffered, versions: plan.versions + [version])
        return try PlanCatalogue(plans: plans.map { $0.id == plan.id ? grown : $0 })
    }

    /// `newer`, if it may follow this catalogue: all that is published is in it, unchanged.
    ///
    /// Plans and versions may be added, a plan renamed, withdrawn or offered again.
    ///
    /// - Throws: `conflict` where `newer` lacks a published plan or version, changes one, moves a plan's rank, or
    ///   puts a version below one that is published. The field is the place in the version's own JSON, its lists in
    ///   the order of ``json()``.
    public func merging(_ newer: PlanCatalogue) throws(TammError) -> PlanCatalogue {
        for plan in plans {
            guard let position = newer.positions[plan.id] else {
                throw TammError(
                    .conflict,
                    "plan \(plan.id): wanted the published plan, found none; a plan is withdrawn, not removed")
            }
            let counterpart = newer.plans[position]
            guard counterpart.rank == plan.rank else {
                throw TammError(
                    .conflict, "plan \(plan.id): wanted the published rank \(plan.rank), found \(counterpart.rank)",
                    field: "rank")
            }
            for (index, version) in plan.versions.enumerated() {
                guard let candidate = counterpart.versions.first(where: { $0.reference == version.reference }) else {
                    throw TammError(.conflict, "wanted the published version \(version.reference), found none")
                }
                try version.checkUnchanged(in: candidate)
                let found = counterpart.versions[index].reference
                guard found == version.reference else {
                    throw TammError(
                        .conflict,
                        "wanted versions above \(plan.current.reference), found \(found)"
                    )
                }
            }
        }
        return newer
    }
}

extension PlanVersion {
    fileprivate func checkUnchanged(in candidate: PlanVersion) throws(TammError) {
        guard self != candidate else { return }
        let difference = candidate.strictJSON.firstDifference(from: strictJSON)
        throw TammError(
            .conflict,
            """
            \(reference) is published and does not change: wanted \(difference?.other ?? "it"), found \
            \(difference?.found ?? "another")
            """,
            field: difference?.path)
    }
}

extension Entitlement.Kind {
    /// `feature`, `limit` or `metered`.
    var name: String {
        switch self {
        case .feature: "feature"
        case .limit: "limit"
        case .metered: "metered"
        }
    }
}
