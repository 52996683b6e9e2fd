internal import Crypto

/// An invitation into a workspace: whoever presents its token takes the role, once, before it expires.
///
/// How the token reaches the one invited is the caller's; here nobody's address is known.
public struct Invitation: Sendable, Hashable {
    /// Where it stands.
    public enum Status: String, Sendable, Hashable, CaseIterable {
        case open, accepted, revoked
    }

    public let id: Identifier<Invitation>
    public let workspace: Identifier<Workspace>
    public let role: Role
    /// Of the token, which is nowhere else.
    public let digest: InvitationDigest
    /// Who has made it, and must still be allowed to when it is accepted; nil where nobody knows, and then nobody accepts
    /// it.
    public let invitedBy: AuditActor?
    public package(set) var status: Status
    public let createdAt: Timestamp
    public let expiresAt: Timestamp
    /// Who has accepted it.
    public package(set) var acceptedBy: Identifier<User>?

    /// An invitation as a store has kept it.
    public init(
        id: Identifier<Invitation>, workspace: Identifier<Workspace>, role: Role, digest: InvitationDigest,
        invitedBy: AuditActor?, status: Status = .open, createdAt: Timestamp, expiresAt: Timestamp,
        acceptedBy: Identifier<User>? = nil
    ) {
        self.id = id
        self.workspace = workspace
        self.role = role
        self.digest = digest
        self.invitedBy = invitedBy
        self.status = status
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.acceptedBy = acceptedBy
    }

    /// Whether it can be accepted at `now`: it is over at its own instant.
    public func isOpen(at now: Timestamp) -> Bool { status == .open && now < expiresAt }
}

/// SHA-256 of an invitation's token, whose 256 random bits need no more.
public struct InvitationDigest: Sendable, Hashable {
    public let bytes: [UInt8]

    /// - Throws: `invalidInput` unless there are 32 bytes.
    public init(_ bytes: [UInt8]) throws(TammError) {
        guard bytes.count == 32 else { throw TammError(.invalidInput, "wanted 32 bytes of digest, found \(bytes.count)") }
        self.bytes = bytes
    }

    init(of token: InvitationToken) {
        bytes = token.secret.reveal { secret in Array(SHA256.hash(data: copy secret)) }
    }

    public static func == (a: Self, b: Self) -> Bool { constantTimeEqual(a.bytes, b.bytes) }
}

/// The text that accepts an invitation: `tamm_invite_`, then workspace, invitation, 256 random bits and a checksum in
/// base62. It prints as redacted and is not Codable.
public struct InvitationToken: Sendable {
    static let prefix = Array("tamm_invite_".utf8)
    private static let (idWidth, secretWidth, checkWidth) = (22, 43, 6)

    public let workspace: Identifier<Workspace>
    public let invitation: Identifier<Invitation>
    /// The whole text.
    let secret: Secret

    /// Reads a token, and refuses a typing error by its checksum.
    ///
    /// - Throws: `invalidInput`, saying nothing of what was found.
    public init(parsing text: String) throws(TammError) {
        let bytes = Array(text.utf8)
        let (start, half) = (Self.prefix.count, Self.idWidth)
        guard bytes.count == start + 2 * half + Self.secretWidth + Self.checkWidth, bytes.starts(with: Self.prefix),
            Self.check(bytes.dropLast(Self.checkWidth)) == Array(bytes.suffix(Self.checkWidth)),
            let workspace = Base62.decode(bytes[start..<start + half], words: 2),
            let invitation = Base62.decode(bytes[start + half..<start + 2 * half], words: 2),
            Base62.decode(bytes.dropFirst(start + 2 * half).prefix(Self.secretWidth), words: 5) != nil
        else { throw TammError(.invalidInput, "wanted the token of an invitation", field: "token") }
        self.workspace = Identifier(high: workspace[0], low: workspace[1])
        self.invitation = Identifier(high: invitation[0], low: invitation[1])
        secret = Secret(bytes)
    }

    init(_ workspace: Identifier<Workspace>, _ invitation: Identifier<Invitation>, entropy: EntropySource) {
        var bytes = Self.prefix
        bytes += Base62.encode(words: [workspace.high, workspace.low], width: Self.idWidth)
        bytes += Base62.encode(words: [invitation.high, invitation.low], width: Self.idWidth)
        bytes += Base62.encode(words: (0..<4).map { _ in entropy.next() }, width: Self.secretWidth)
        bytes += Self.check(bytes[...])
        (self.workspace, self.invitation, secret) = (workspace, invitation, Secret(bytes))
    }

    private static func check(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        Base62.encode(UInt64(unsafe bytes.withUnsafeBytes { unsafe CRC32.checksum($0) }), width: checkWidth)
    }

    /// The text, for the one who is invited and nobody else.
    var text: String { secret.reveal { bytes in String(decoding: copy bytes, as: UTF8.self) } }
}

extension InvitationToken: CustomStringConvertible, CustomReflectable {
    public var description: String { "‹redacted›" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// An invitation that was just made, with its token: to be read once.
public struct IssuedInvitation: ~Copyable, Sendable {
    public let invitation: Invitation
    private let token: InvitationToken

    init(_ invitation: Invitation, _ token: InvitationToken) { (self.invitation, self.token) = (invitation, token) }

    /// The token's text. Nothing else ever shows it: the store has its digest alone.
    public consuming func rawToken() -> String { token.text }
}

/// What a store does for invitations.
public protocol InvitationRecords: ~Copyable {
    /// Adds the invitation, or writes it with another status.
    ///
    /// - Throws: `notFound` without the workspace, `forbidden` unless the principal is the service.
    borrowing func put(_ invitation: Invitation) throws(TammError)

    /// The invitation; nil where there is none or the principal does not see it.
    borrowing func invitation(
        _ id: Identifier<Invitation>, of workspace: Identifier<Workspace>
    ) throws(TammError) -> Invitation?

    /// The invitations in the order of their identifiers, at most `limit` after `cursor`.
    borrowing func invitations(
        of workspace: Identifier<Workspace>, after cursor: Identifier<Invitation>?, limit: Int
    ) throws(TammError) -> [Invitation]

    /// Takes out every invitation of the workspace that is accepted, revoked or over at `moment`, so that the number of
    /// rows stays bounded.
    ///
    /// - Throws: as ``put(_:)``.
    borrowing func removeClosedInvitations(
        of workspace: Identifier<Workspace>, at moment: Timestamp
    ) throws(TammError)
}
