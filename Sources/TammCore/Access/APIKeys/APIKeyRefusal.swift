/// Why a key was not accepted, in the order of the checks. What the caller of the API is told is ``face``.
public enum APIKeyRefusal: Error, Sendable, Hashable {
    /// No key's form, or a checksum that is wrong.
    case malformed
    case unknown
    /// Not signed although it has to be, or signed wrongly: decided by ``ExternalAPI`` alone.
    case signature(SignatureRefusal)
    /// A test key where live ones are wanted, or the other way about.
    case wrongEnvironment
    case revoked
    case disabled
    case expired
    case workspaceSuspended
    case workspaceClosing
    case missingScope(APIKeyScope)
    /// From an address that is not on its list, or nobody knows from where.
    case addressNotAllowed
    case rateLimited(retryAfter: Duration)
    /// The wallet or the key's budget has not what is asked.
    case credits(WalletRefusal)

    /// What a stranger may know of it.
    public enum Face: Sendable, Hashable {
        /// One answer for every reason that has to do with the key itself: who tries keys learns nothing.
        case unauthenticated
        case rateLimited(retryAfter: Duration)
        case paymentRequired
    }

    public var face: Face {
        switch self {
        case .malformed, .unknown, .signature, .wrongEnvironment, .revoked, .disabled, .expired, .workspaceSuspended,
            .workspaceClosing, .missingScope, .addressNotAllowed:
            .unauthenticated
        case .rateLimited(let wait): .rateLimited(retryAfter: wait)
        case .credits: .paymentRequired
        }
    }

    /// The reason for logs and metrics, without what varies.
    public var reason: String { Self.reasons[index] }

    static let reasons = [
        "malformed", "unknown", "signature", "wrong-environment", "revoked", "disabled", "expired", "workspace-suspended",
        "workspace-closing", "missing-scope", "address-not-allowed", "rate-limited", "credits",
    ]

    var index: Int {
        switch self {
        case .malformed: 0
        case .unknown: 1
        case .signature: 2
        case .wrongEnvironment: 3
        case .revoked: 4
        case .disabled: 5
        case .expired: 6
        case .workspaceSuspended: 7
        case .workspaceClosing: 8
        case .missingScope: 9
        case .addressNotAllowed: 10
        case .rateLimited: 11
        case .credits: 12
        }
    }
}

/// The rule: whether a key that was found may be used, as far as its rows decide.
enum APIKeyRule {
    /// The first check that fails; nil where all are passed. Expiry is over at its own instant.
    @inline(__always)
    static func refusal(
        of found: FoundAPIKey, in environment: APIKeyEnvironment, requiring scope: APIKeyScope?,
        from address: IPAddress?, at now: Timestamp
    ) -> APIKeyRefusal? {
        guard found.gate.environment == environment else { return .wrongEnvironment }
        switch found.gate.status {
        case .active: break
        case .revoked: return .revoked
        case .disabled: return .disabled
        }
        if found.gate.expiresAt <= now { return .expired }
        switch found.gate.workspace {
        case .active: break
        case .suspended: return .workspaceSuspended
        case .closing: return .workspaceClosing
        }
        if let scope, !found.gate.scopes.contains(scope) { return .missingScope(scope) }
        let allowed = found.gate.addresses
        guard allowed.isEmpty || allowed.contains(where: { range in address.map { range.contains($0) } ?? false }) else {
            return .addressNotAllowed
        }
        return nil
    }
}
