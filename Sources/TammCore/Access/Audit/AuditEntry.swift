/// Who did what to what, and why: one record that is never changed and never taken back.
///
/// What a wallet's commands do is not recorded here: a ``LedgerEntry`` is its own record.
public struct AuditEntry: Sendable, Hashable {
    /// Distinct within the workspace; a drawn one puts the entries in the order in which they were made.
    public let id: Identifier<AuditEntry>
    public let workspace: Identifier<Workspace>
    /// Who did it.
    public let actor: AuditActor
    /// What was done.
    public let action: AuditAction
    /// What it was done to.
    public let subject: AuditSubject
    /// Why, in the actor's words: at most 500 bytes of UTF-8 without control characters or line breaks; may be empty.
    public let reason: String
    /// What else there is to know, in the order in which it was given: at most 16, each name once; no secret.
    public let details: [AuditDetail]
    /// When it was done.
    public let at: Timestamp

    static let maximumReason = 500
    static let maximumDetails = 16

    /// - Throws: `invalidInput` naming the field, for a reason or details beyond their bounds or a repeated name.
    public init(
        id: Identifier<AuditEntry>, workspace: Identifier<Workspace>, actor: AuditActor, action: AuditAction,
        subject: AuditSubject, reason: String = "", details: [AuditDetail] = [], at: Timestamp
    ) throws(TammError) {
        try requireLine(reason, 0...Self.maximumReason, "a reason", field: "reason")
        guard details.count <= Self.maximumDetails else {
            throw TammError(
                .invalidInput, "an audit entry has at most \(Self.maximumDetails) details, found \(details.count)",
                field: "details")
        }
        if let index = firstRepeated(details, by: \.name) {
            throw TammError(
                .invalidInput, "wanted each detail once, found \(details[index].name) again",
                field: "details[\(index)].name")
        }
        self.id = id
        self.workspace = workspace
        self.actor = actor
        self.action = action
        self.subject = subject
        self.reason = reason
        self.details = details
        self.at = at
    }

    /// What an entry shows of a reason, whatever it is: cut, on one line, and without API keys.
    static func shownReason(_ text: String) -> String {
        cutLine(PresentedAPIKey.redacted(text), atMost: maximumReason)
    }
}

/// Who did something: every principal but the ledger, whose entries are their own record, and keys, which change nothing.
public enum AuditActor: Sendable, Hashable {
    /// A member of the entry's workspace.
    case user(Identifier<User>)
    /// One of the platform's own administrators.
    case platformAdmin(Identifier<User>)
    /// One of the platform's own processes.
    case service

    /// The actor that a principal is; nil for the ledger and for keys.
    public init?(_ principal: Principal) {
        switch principal {
        case .user(let user, in: _): self = .user(user)
        case .platformAdmin(let user): self = .platformAdmin(user)
        case .service: self = .service
        case .key, .ledger: return nil
        }
    }

    /// Who it is where it acts in that workspace.
    func principal(in workspace: Identifier<Workspace>) -> Principal {
        switch self {
        case .user(let user): .user(user, in: workspace)
        case .platformAdmin(let user): .platformAdmin(user)
        case .service: .service
        }
    }
}

/// The name of something that is recorded when it is done: `payment.confirmed`.
///
/// 1 to 64 characters a–z, 0–9, `.`, `-`, `_`, beginning with a letter. Each area has names of its own.
public struct AuditAction: Sendable, Hashable, CustomStringConvertible {
    public let name: String

    /// - Throws: `invalidInput` at `action` for another form.
    public init(_ name: String) throws(TammError) {
        self.name = try checkedName(name, "an audit action", field: "action")
    }

    public var description: String { name }
}

/// What something was done to: a kind of thing, and which one.
public struct AuditSubject: Sendable, Hashable {
    /// 1 to 64 characters a–z, 0–9, `.`, `-`, `_`, beginning with a letter: `payment`.
    public let kind: String
    /// Which one, as it is called among its kind: 1 to 255 bytes of UTF-8 without control characters or line breaks.
    public let id: String

    static let maximumID = 255

    /// - Throws: `invalidInput` at `subject.kind` or `subject.id` for another form.
    public init(kind: String, id: String) throws(TammError) {
        self.kind = try checkedName(kind, "a kind of subject", field: "subject.kind")
        try requireLine(id, 1...Self.maximumID, "a subject", field: "subject.id")
        self.id = id
    }

    /// - Throws: `invalidInput` at `subject.kind` for another form.
    public init(kind: String, id: Identifier<some Any>) throws(TammError) {
        try self.init(kind: kind, id: id.description)
    }
}

/// One thing more to know about what was done, by its name.
public struct AuditDetail: Sendable, Hashable {
    /// 1 to 64 characters a–z, 0–9, `.`, `-`, `_`, beginning with a letter: `amount`.
    public let name: String
    /// At most 255 bytes of UTF-8 without control characters or line breaks; may be empty.
    public let value: String

    static let maximumValue = 255

    /// - Throws: `invalidInput` at `details.name` or `details.value` for another form.
    public init(_ name: String, _ value: String) throws(TammError) {
        self.name = try checkedName(name, "a detail's name", field: "details.name")
        try requireLine(value, 0...Self.maximumValue, "a detail", field: "details.value")
        self.value = value
    }

    /// What an entry shows of any text: cut, on one line, and without API keys.
    init(_ name: String, showing text: String) throws(TammError) {
        try self.init(name, singleLine(PresentedAPIKey.redacted(text), atMost: Self.maximumValue))
    }
}

/// - Throws: `invalidInput` unless `text` is one line of so many bytes, without control characters.
func requireLine(
    _ text: String, _ bytes: ClosedRange<Int>, _ what: String, field: String
) throws(TammError) {
    guard bytes.contains(text.utf8.count),
        text.unicodeScalars.allSatisfy({
            ![.control, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
        })
    else {
        throw TammError(
            .invalidInput,
            "wanted \(what) of \(bytes.lowerBound) to \(bytes.upperBound) bytes without control characters, "
                + "found \(excerpt(text))", field: field)
    }
}

/// The beginning of `text` as ``requireLine(_:_:_:field:)`` takes it: at most `maxBytes` bytes, with a question mark for
/// each control character and line break.
func cutLine(_ text: String, atMost maxBytes: Int) -> String {
    var line = ""
    for scalar in text.unicodeScalars {
        let isLine = ![.control, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
        let next = isLine ? scalar : "?"
        guard line.utf8.count + UTF8.width(next) <= maxBytes else { break }
        line.unicodeScalars.append(next)
    }
    return line
}
