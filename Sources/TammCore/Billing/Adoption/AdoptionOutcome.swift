/// What became of one workspace.
public enum AdoptionOutcome: Sendable, Hashable {
    /// Done now: workspace, members, plan, wallet and lots, all together.
    case adopted
    /// Done before, with the same content; nothing has changed.
    case alreadyAdopted
    /// Done before with other content, or the identifier is another workspace's; nothing has changed.
    case differs([AdoptionDifference])
}

/// A field in which what is asked differs from what was adopted.
public struct AdoptionDifference: Sendable, Hashable, CustomStringConvertible {
    /// The path in the workspace's JSON, lots in the order in which they are booked: `lots[2].amount`. `id` for a
    /// workspace that is there and was not adopted.
    public let field: String
    /// What was adopted; for what is long, how much and its SHA-256.
    public let adopted: String
    /// What is asked now, likewise.
    public let asked: String

    public init(field: String, adopted: String, asked: String) {
        self.field = field
        self.adopted = adopted
        self.asked = asked
    }

    public var description: String { "\(field): adopted \(adopted), asked \(asked)" }
}

/// What the adoption of many workspaces did.
public struct AdoptionReport: Sendable, Hashable {
    /// Done now.
    public package(set) var adopted = 0
    /// Done before, with the same content.
    public package(set) var alreadyAdopted = 0
    /// Those that differ from what was adopted, also beyond ``differences``.
    public package(set) var differing = 0
    /// Those that could not be read or adopted, also beyond ``failures``.
    public package(set) var failed = 0
    /// The first that differ, at most ``maximumListed``.
    public package(set) var differences: [Differing] = []
    /// The first that failed, at most ``maximumListed``.
    public package(set) var failures: [Failure] = []
    /// Whether it ended before its input did, because the task was cancelled; asked again it goes on.
    public package(set) var isIncomplete = false

    /// How many of each kind are listed.
    public static let maximumListed = 1000

    /// A workspace that was adopted with other content.
    public struct Differing: Sendable, Hashable {
        /// Its place in the input, from 1; of an export, its line.
        public let position: Int
        public let workspace: Identifier<Workspace>
        public let differences: [AdoptionDifference]
    }

    /// A workspace that was not adopted.
    public struct Failure: Sendable, Hashable {
        /// Its place in the input, from 1; of an export, its line.
        public let position: Int
        /// Nil where the line could not be read.
        public let workspace: Identifier<Workspace>?
        public let error: TammError
    }

    mutating func note(_ outcome: AdoptionOutcome, of workspace: Identifier<Workspace>, at position: Int) {
        switch outcome {
        case .adopted: adopted += 1
        case .alreadyAdopted: alreadyAdopted += 1
        case .differs(let found):
            differing += 1
            guard differences.count < Self.maximumListed else { return }
            differences.append(Differing(position: position, workspace: workspace, differences: found))
        }
    }

    mutating func note(_ error: TammError, of workspace: Identifier<Workspace>?, at position: Int) {
        failed += 1
        guard failures.count < Self.maximumListed else { return }
        failures.append(Failure(position: position, workspace: workspace, error: error))
    }
}
