/// A tenant: the customer whose data, members and credits are kept apart from everybody else's.
public struct Workspace: Sendable, Hashable {
    public let id: Identifier<Workspace>
    /// 1 to 200 bytes of UTF-8 without control characters.
    public let name: String
    public let createdAt: Timestamp

    /// - Throws: `invalidInput` for a name outside its bounds.
    public init(id: Identifier<Workspace>, name: String, createdAt: Timestamp) throws(TammError) {
        let hasControl = name.unicodeScalars.contains { $0.properties.generalCategory == .control }
        guard (1...200).contains(name.utf8.count), !hasControl else {
            throw TammError(
                .invalidInput, "wanted a workspace name of 1 to 200 bytes, found \(excerpt(name))", field: "name")
        }
        self.id = id
        self.name = name
        self.createdAt = createdAt
    }
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
