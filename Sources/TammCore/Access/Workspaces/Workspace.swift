/// A tenant: the customer whose data, members and credits are kept apart from everybody else's.
public struct Workspace: Sendable, Hashable {
    public let id: Identifier<Workspace>
    /// 1 to 200 bytes of UTF-8 without control characters.
    public let name: String
    public let createdAt: Timestamp
    public package(set) var status: WorkspaceStatus

    /// - Throws: `invalidInput` for a name outside its bounds.
    public init(
        id: Identifier<Workspace>, name: String, createdAt: Timestamp, status: WorkspaceStatus = .active
    ) throws(TammError) {
        let hasControl = name.unicodeScalars.contains { $0.properties.generalCategory == .control }
        guard (1...200).contains(name.utf8.count), !hasControl else {
            throw TammError(
                .invalidInput, "wanted a workspace name of 1 to 200 bytes, found \(excerpt(name))", field: "name")
        }
        self.id = id
        self.name = name
        self.createdAt = createdAt
        self.status = status
    }
}

extension Workspace {
    /// The platform's own place: the audit logs have there what belongs to no workspace. It is in every store from the
    /// beginning, has no members, and takes neither keys nor guests.
    public static let platform = Workspace(
        unchecked: Identifier(high: 0, low: 0), name: "The platform", createdAt: .epoch, status: .closing)

    private init(unchecked id: Identifier<Workspace>, name: String, createdAt: Timestamp, status: WorkspaceStatus) {
        (self.id, self.name, self.createdAt, self.status) = (id, name, createdAt, status)
    }
}

extension Identifier<Workspace> {
    /// Refuses to change ``Workspace/platform``, or to give it members.
    ///
    /// - Throws: `forbidden`.
    package func requireNotPlatform() throws(TammError) {
        guard self != Workspace.platform.id else { throw TammError(.forbidden, "the platform is no workspace") }
    }
}

/// Whether a workspace works; its rows stay, whatever it is.
public enum WorkspaceStatus: String, Sendable, Hashable, CaseIterable {
    case active
    /// Stopped by the platform until it is resumed: its API keys are refused.
    case suspended
    /// Leaving the platform: refused like a suspended one, until it is resumed or gone.
    case closing
}

/// A person or program that signs in; only its identifier is known here.
public enum User {}

/// A user's place in a workspace.
public struct Member: Sendable, Hashable {
    public let workspace: Identifier<Workspace>
    public let user: Identifier<User>
    public var role: Role
    public let joinedAt: Timestamp

    public init(workspace: Identifier<Workspace>, user: Identifier<User>, role: Role, joinedAt: Timestamp) {
        self.workspace = workspace
        self.user = user
        self.role = role
        self.joinedAt = joinedAt
    }
}
