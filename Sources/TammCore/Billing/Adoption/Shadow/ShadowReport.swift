/// What the comparisons of a ``Shadow`` have come to so far.
public struct ShadowReport: Sendable, Hashable {
    /// Commands that Tamm has answered.
    public package(set) var compared = 0
    /// Those of them on which both agree.
    public package(set) var agreed = 0
    /// Commands that differ, by kind of difference; one may differ in several.
    public package(set) var byKind: [ShadowDifference.Kind: Int] = [:]
    /// Commands that failed in Tamm.
    public package(set) var failed = 0
    /// Commands that were not compared because too many were under way.
    public package(set) var skipped = 0
    /// The first that differ, as many as the shadow keeps.
    public package(set) var differing: [Case] = []
    /// The first that failed, as many as the shadow keeps.
    public package(set) var failures: [Failure] = []

    /// A command on which the two differ.
    public struct Case: Sendable, Hashable {
        public let workspace: Identifier<Workspace>
        public let key: IdempotencyKey
        public let kind: WalletCommand.Kind
        public let differences: [ShadowDifference]
    }

    /// A command that failed in Tamm.
    public struct Failure: Sendable, Hashable {
        /// Nil where the command could not be made.
        public let workspace: Identifier<Workspace>?
        /// Nil where the command could not be made.
        public let key: IdempotencyKey?
        public let error: TammError
    }

    mutating func note(_ comparison: ShadowComparison, of command: WalletCommand?, keeping maximum: Int) {
        switch comparison {
        case .agrees:
            compared += 1
            agreed += 1
        case .differs(_, let differences):
            compared += 1
            for difference in differences { byKind[difference.kind, default: 0] += 1 }
            guard let command, differing.count < maximum else { return }
            differing.append(
                Case(
                    workspace: command.workspace, key: command.key, kind: command.kind, differences: differences))
        case .failed(let error):
            failed += 1
            guard failures.count < maximum else { return }
            failures.append(Failure(workspace: command?.workspace, key: command?.key, error: error))
        case .skipped: skipped += 1
        }
    }
}
