import HTTPTypes
import Synchronization
import TammInMemory
import TammTesting
import Testing

@testable import TammCore

/// A store that does not answer while it is told not to.
final class SwitchedStore: TammStore {
    let base = InMemoryStore()
    private let isDown = Mutex(false)
    /// Whether only wallets do not answer.
    private let isLedgerDown = Mutex(false)

    func set(isDown: Bool) { self.isDown.withLock { $0 = isDown } }
    func set(isLedgerDown: Bool) { self.isLedgerDown.withLock { $0 = isLedgerDown } }

    func transaction<Value: Sendable>(
        as principal: Principal,
        _ body: @escaping @Sendable (borrowing any StoreTransaction & ~Copyable) throws(TammError) -> Value
    ) async throws(TammError) -> Value {
        if isDown.withLock({ $0 }) || (principal == .ledger && isLedgerDown.withLock { $0 }) {
            throw TammError(.unavailable, "down")
        }
        return try await base.transaction(as: principal, body)
    }
}

/// A shared store of limits that is gone.
struct LostLimitStore: RateLimitStore {
    private static let lost = TammError(.unavailable, "gone")

    func decide(_ requests: [RateLimitRequest], at now: RateLimitInstant) async throws(TammError) -> [RateLimitDecision] {
        throw Self.lost
    }
    func refund(_ refunds: [RateLimitRefund], at now: RateLimitInstant) async throws(TammError) { throw Self.lost }
    func acquire(
        _ lease: Identifier<ConcurrencyLease>, of limit: ConcurrencyLimit, for key: RateLimitKey, at now: RateLimitInstant
    ) async throws(TammError) -> ConcurrencyDecision { throw Self.lost }
    func release(_ lease: ConcurrencyLease, at now: RateLimitInstant) async throws(TammError) { throw Self.lost }
}

/// A bank whose workspace is on a plan and has keys, and the way in to it.
struct APIHouse: Sendable {
    static let host = "api.example.com"
    /// For those without a plan: 5 at once, one a minute.
    static let otherwise = Result { try PlanRateLimit("api.requests", windows: [.init(count: 1, periodSeconds: 60, burst: 5)]) }

    let store = SwitchedStore()
    let bank: Bank
    let tamm: Tamm
    let keys: APIKeys
    let limits: RateLimits
    let log: ExternalRequestLog
    let signing: RequestSigning
    let nonces: NonceCache
    let api: ExternalAPI

    var owner: Principal { .user(Bank.ownerID, in: bank.workspace) }

    init(
        _ environment: APIKeyEnvironment = .live, isSigning: Bool = true, limiter: APIKeyLimiter? = nil,
        shared: (any RateLimitStore)? = nil, maxBodyBytes: Int = 1024
    ) async throws {
        bank = try await Bank(over: store)
        tamm = Tamm(
            store: store, time: bank.time.source, entropy: bank.entropy, catalogue: .example, prices: .example)
        keys = tamm.apiKeys(environment, peppers: try PepperRing([KeyHouse.pepper(1)]), limiter: limiter)
        let local = try LocalRateLimitStore(capacity: 1024)
        limits =
            if let shared {
                RateLimits(
                    store: shared, seed: RateLimitSeed(entropy: bank.entropy), failure: .closed(retryAfter: .seconds(2)),
                    local: local, time: bank.time.source, entropy: bank.entropy)
            } else {
                RateLimits(local: local, time: bank.time.source, entropy: bank.entropy)
            }
        nonces = try NonceCache(lifetime: .seconds(600), capacity: 1000, perKey: 500)
        signing = try .derived(from: Secret([UInt8](repeating: 9, count: 32)), nonces: nonces)
        log = try ExternalRequestLog(store: store.base)
        api = try tamm.externalAPI(
            keys, limits: limits, otherwise: Self.otherwise.get(),
            proxies: TrustedProxies([AddressRange(parsing: "10.0.0.0/8")]), signing: isSigning ? signing : nil, log: log,
            maxBodyBytes: maxBodyBytes)
    }

    func issue(
        scopes: [String] = ["messages.write"], addresses: [String] = [], limit: Int64? = nil, budget: APIKeyBudget? = nil,
        signature: APIKeySignature = .optional, expiresIn lifetime: Duration? = nil
    ) async throws -> (key: APIKey, text: String) {
        let own = try limit.map {
            [try PlanRateLimit("api.requests", windows: [.init(count: $0, periodSeconds: 3600, burst: $0)])]
        }
        let terms = try APIKeyTerms(
            name: "Shop", scopes: scopes.map { try APIKeyScope($0) }, addresses: addresses.map { try AddressRange(parsing: $0) },
            rateLimits: own ?? [], budget: budget, signature: signature)
        let issued = try await keys.issue(
            terms, .live, in: bank.workspace, expiresAt: lifetime.map { bank.time.now.advanced(by: $0) }, as: owner)
        let key = issued.key
        return (key, issued.rawKey())
    }

    /// A request from behind the proxy.
    func call(_ text: String?, from client: String = "203.0.113.9", path: String = "/v1/messages?a=b", body: String = "{}") throws
        -> ExternalCall
    {
        var fields = HTTPFields()
        if let text { fields[.authorization] = "Bearer \(text)" }
        fields[.forwardedFor] = client
        return ExternalCall(
            head: HTTPRequest(method: .post, scheme: "http", authority: Self.host, path: path, headerFields: fields),
            body: Array(body.utf8), peer: try IPAddress(parsing: "10.0.0.1"), requestID: "gateway-1")
    }

    /// The call, signed by the key's secret.
    func signed(
        _ call: ExternalCall, by key: APIKey, nonce: String = "nonce-1", created: Timestamp? = nil
    ) async throws -> ExternalCall {
        let secret = try #require(try await signing.secret(of: key.place))
        let scheme = try HTTPMessageSignature(secrets: [SigningSecret(id: key.id.description, secret)], nonces: .fresh())
        let delivery = try scheme.signed(call.delivery, created: created ?? bank.time.now, nonce: nonce)
        var call = call
        call.head.headerFields[.contentDigest] = delivery.contentDigest
        call.head.headerFields[.signatureInput] = delivery.signatureInput
        call.head.headerFields[.signature] = delivery.signature
        return call
    }

    func charge(_ credits: Int64, _ name: String = "charge") throws -> APIKeyCharge {
        APIKeyCharge(try Credits(credits), key: try IdempotencyKey(name))
    }

    /// The status of the answer, 200 where it is admitted, and answers that.
    func status(
        _ call: ExternalCall, _ scope: String? = nil, charging charge: APIKeyCharge? = nil
    ) async throws -> Int {
        switch await api.admit(call, requiring: try scope.map { try APIKeyScope($0) }, charging: charge) {
        case .admitted(let admitted):
            admitted.answered(with: 200)
            return 200
        case .refused(let response): return response.problem.status
        }
    }

    /// What the log has, once it is written: status and refusal of each, in order.
    func logged() async throws -> [String] {
        #expect(await log.flush())
        let records = try await tamm.audit.records(in: .requests, of: bank.workspace, limit: 1000, as: .service)
        return records.compactMap {
            guard case .request(let request) = $0.record else { return nil }
            return request.refusal.map { "\(request.status) \($0)" } ?? "\(request.status)"
        }
    }

    /// How much room the workspace's limit has.
    func room(_ key: APIKey? = nil) async throws -> Int64 {
        let limit = try key?.terms.rateLimit("api.requests") ?? Self.otherwise.get()
        let subject = key.map { RateLimitSubject.key($0.lineage) } ?? .workspace(bank.workspace)
        return await limits.peek(try limit.policy(), for: subject).status.remaining
    }

    func credits() async throws -> Credits {
        try await bank.wallets.balance(of: bank.wallet, as: .service).available
    }
}
