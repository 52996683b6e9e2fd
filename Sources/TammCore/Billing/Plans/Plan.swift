/// A plan with every version of it that was ever published.
public struct Plan: Sendable, Hashable {
    /// The lasting name.
    public let id: PlanID
    /// For people: 1 to 200 bytes in any script.
    public let name: String
    /// The plan's place among the others, 0 to 1,000,000; a move to a higher rank raises the plan. It never changes.
    public let rank: Int64
    /// Whether new subscribers may take it; a published plan is withdrawn, never removed.
    public let isOffered: Bool
    /// 1 to 100, by number.
    public let versions: [PlanVersion]

    static let ranks: ClosedRange<Int64> = 0...1_000_000

    /// - Throws: `invalidInput`, with the field, outside the bounds above; for a version of another plan, or numbers
    ///   that do not increase; for a version that leaves out an entitlement, a rate limit or a retention of the one
    ///   before (to leave one out silently would lift a limit or drop a right: say `false`, 0 or `unlimited`).
    public init(
        _ id: PlanID, name: String, rank: Int64, isOffered: Bool, versions: [PlanVersion]
    ) throws(TammError) {
        do throws(TammError) { self.name = try checkedTitle(name, "a plan's name") } catch {
            throw error.within("name")
        }
        guard Self.ranks.contains(rank) else {
            throw TammError(.invalidInput, "wanted a rank of 0 to 1000000, found \(rank)", field: "rank")
        }
        guard (1...100).contains(versions.count) else {
            throw TammError(.invalidInput, "wanted 1 to 100 versions, found \(versions.count)", field: "versions")
        }
        for (index, version) in versions.enumerated() {
            do throws(TammError) {
                guard version.reference.plan == id else {
                    throw TammError(.invalidInput, "wanted a version of \(id), found \(version.reference)")
                }
                if index > 0 { try version.check(follows: versions[index - 1]) }
            } catch { throw error.within("versions[\(index)]") }
        }
        (self.id, self.rank, self.isOffered, self.versions) = (id, rank, isOffered, versions)
    }

    /// The version that new subscribers get.
    public var current: PlanVersion { versions[versions.count - 1] }
}

extension PlanVersion {
    fileprivate func check(follows earlier: PlanVersion) throws(TammError) {
        guard reference.version > earlier.reference.version else {
            throw TammError(
                .invalidInput, "wanted a version above \(earlier.reference.version), found \(reference.version)",
                field: "version")
        }
        let names = [
            ("entitlements", earlier.entitlements.map(\.name), Set(entitlements.map(\.name))),
            ("rateLimits", earlier.rateLimits.map(\.name), Set(rateLimits.map(\.name))),
            ("retentionDays", earlier.retentionDays.keys.sorted(), Set(retentionDays.keys)),
        ]
        for (field, wanted, found) in names {
            guard let missing = wanted.first(where: { !found.contains($0) }) else { continue }
            throw TammError(
                .invalidInput, "wanted \(missing), which \(earlier.reference) names, found none", field: field)
        }
    }
}
