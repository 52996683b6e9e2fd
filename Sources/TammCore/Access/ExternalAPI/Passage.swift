internal import HTTPTypes

/// A request on its way through the checks.
struct Passage: Sendable {
    let call: ExternalCall
    let client: IPAddress?
    let id: Identifier<ExternalRequest>
    let at: Timestamp
    /// Known from the look-up on.
    var key: APIKey?
    /// What gives back what was charged so far.
    var charged: [@Sendable () async -> Void] = []
    private let began: Duration
    private let api: ExternalAPI

    init(_ call: ExternalCall, client: IPAddress?, in api: ExternalAPI) {
        (self.call, self.client, self.api) = (call, client, api)
        (at, began) = (api.time.now(), api.clock.uptime())
        id = Identifier(at: at, entropy: api.entropy)
    }

    /// Writes the request down, where its workspace is known.
    var record: @Sendable (_ status: Int, _ refusal: String?) -> Void {
        guard let key else { return { _, _ in } }
        let (id, method, target, requestID) = (id, call.head.method.rawValue, call.head.path ?? "/", call.requestID)
        let (client, at, began, api) = (client, at, began, api)
        return { status, refusal in
            let request = try? ExternalRequest(
                id: id, workspace: key.workspace, key: key.id, method: method, target: target,
                status: (100...599).contains(status) ? status : 500, refusal: refusal, address: client,
                duration: api.clock.uptime() - began, requestID: requestID, at: at)
            // Without one the refusal has no name, which none of them lacks.
            guard let request else { return api.metrics.count("unlogged") }
            api.log.note(request)
        }
    }
}

/// Why a request is not let in.
enum Stop: Error, Sendable {
    case refused(APIKeyRefusal)
    case limited(RateLimitDecision, RateLimitPolicy)
    case tooLarge
    /// Nobody could decide.
    case failed(TammError)

    /// For metrics, without what varies.
    var reason: String {
        switch self {
        case .refused(let refusal): refusal.reason
        case .limited(let decision, _): decision.status.basis == .closed ? "failed" : "rate-limited"
        case .tooLarge: "too-large"
        case .failed: "failed"
        }
    }

    /// For the log.
    var detail: String {
        switch self {
        case .refused(.signature(let refusal)): "signature.\(refusal.rawValue)"
        case .failed(let error): "failed.\(error.code.rawValue)"
        default: reason
        }
    }
}
