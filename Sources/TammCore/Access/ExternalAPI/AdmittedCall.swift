public import HTTPTypes
private import Synchronization

/// A request that may be answered: holding one proves that every check was passed.
///
/// Say with which status it was answered (``answered(with:)``). One that is let go of without is logged as 500,
/// `unanswered`: nothing that was admitted is missing from the log.
public final class AdmittedCall: Sendable {
    /// Its name in the log.
    public let id: Identifier<ExternalRequest>
    /// The key, as it was found.
    public let key: AuthenticatedKey
    /// The proof of its signature; nil where it has none.
    public let signature: SignedHTTPRequest?
    /// What the answer tells of the limits.
    public let fields: HTTPFields
    private let record: @Sendable (_ status: Int, _ refusal: String?) -> Void
    private let isAnswered = Mutex(false)

    init(
        id: Identifier<ExternalRequest>, key: AuthenticatedKey, signature: SignedHTTPRequest?, fields: HTTPFields,
        record: @escaping @Sendable (Int, String?) -> Void
    ) {
        (self.id, self.key, self.signature, self.fields, self.record) = (id, key, signature, fields, record)
    }

    deinit { note(500, "unanswered") }

    /// On whose behalf the store is read.
    public var principal: Principal { .key(key.key.id, in: key.workspace) }
    public var workspace: Identifier<Workspace> { key.workspace }
    public var environment: APIKeyEnvironment { key.key.environment }
    public var scopes: [APIKeyScope] { key.key.terms.scopes }
    /// What may be spent through the key; put ``APIKey/claim(_:at:)`` on whatever the service spends for it.
    public var budget: APIKeyBudget? { key.key.terms.budget }

    /// Writes down how it was answered, the first time.
    public func answered(with status: Int) { note(status, nil) }

    private func note(_ status: Int, _ refusal: String?) {
        let isFirst = isAnswered.withLock { isAnswered in
            defer { isAnswered = true }
            return !isAnswered
        }
        if isFirst { record(status, refusal) }
    }
}

/// Whether a request may be answered.
public enum ExternalAnswer: Sendable {
    case admitted(AdmittedCall)
    /// With what is to be sent instead.
    case refused(ProblemResponse)
}
