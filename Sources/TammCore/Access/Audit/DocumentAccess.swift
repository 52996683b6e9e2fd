/// Which channel or agent read or changed which ingested document.
public struct DocumentAccess: Sendable, Hashable {
    /// What was done with the document.
    public enum Act: UInt8, Sendable, Hashable, CaseIterable {
        case read = 1
        case created, changed, deleted
    }

    /// Distinct within the workspace.
    public let id: Identifier<DocumentAccess>
    public let workspace: Identifier<Workspace>
    /// In which channel it was done; nil outside one. One of channel and agent is named, or both: an agent that answers
    /// in a channel.
    public let channel: String?
    /// By which agent; nil without one.
    public let agent: String?
    /// The ingested document, as it is called among the workspace's.
    public let document: String
    public let act: Act
    /// When it was done.
    public let at: Timestamp

    static let maximumName = 255

    /// - Parameters:
    ///   - channel: as the others, 1 to 255 bytes of UTF-8 without control characters or line breaks.
    /// - Throws: `invalidInput` naming the field, for another form or where neither channel nor agent is named.
    public init(
        id: Identifier<DocumentAccess>, workspace: Identifier<Workspace>, channel: String? = nil, agent: String? = nil,
        document: String, _ act: Act, at: Timestamp
    ) throws(TammError) {
        guard channel != nil || agent != nil else {
            throw TammError(.invalidInput, "wanted the channel or the agent that had the document", field: "channel")
        }
        for (name, field) in [(channel, "channel"), (agent, "agent"), (document, "document")] {
            if let name { try requireLine(name, 1...Self.maximumName, "a \(field)", field: field) }
        }
        (self.id, self.workspace, self.channel, self.agent) = (id, workspace, channel, agent)
        (self.document, self.act, self.at) = (document, act, at)
    }
}

extension DocumentAccess.Act: CustomStringConvertible {
    /// `read`, `created`, `changed` or `deleted`.
    public var description: String {
        switch self {
        case .read: "read"
        case .created: "created"
        case .changed: "changed"
        case .deleted: "deleted"
        }
    }

    /// Nil for another word.
    package init?(_ description: String) {
        guard let act = Self.allCases.first(where: { $0.description == description }) else { return nil }
        self = act
    }
}
