import Synchronization
import TammInMemory
import TammTesting
import Testing

@testable import TammCore

/// A bank whose workspace has API keys.
struct KeyHouse: Sendable {
    let bank: Bank
    let keys: APIKeys

    var owner: Principal { .user(Bank.ownerID, in: bank.workspace) }

    static func pepper(_ version: Int) throws -> Pepper {
        try Pepper(version: version, Secret([UInt8](repeating: UInt8(version), count: 32)))
    }

    init(
        over store: any TammStore = InMemoryStore(), _ environment: APIKeyEnvironment = .live, limiter: APIKeyLimiter? = nil,
        cache: APIKeyCache? = nil, peppers: PepperRing? = nil, clock: SteadyClock = .system
    ) async throws {
        bank = try await Bank(over: store)
        keys = APIKeys(
            store: bank.store, time: bank.time.source, entropy: bank.entropy, wallets: bank.wallets,
            environment: environment, peppers: try peppers ?? PepperRing([Self.pepper(1)]), limiter: limiter, cache: cache,
            clock: clock)
    }

    /// A key and its text.
    func issue(
        _ environment: APIKeyEnvironment = .live, scopes: [String] = ["messages.write"], addresses: [String] = [],
        budget: APIKeyBudget? = nil, lifetime: Duration? = nil
    ) async throws -> (key: APIKey, text: String) {
        let terms = try APIKeyTerms(
            name: "Shop", scopes: scopes.map { try APIKeyScope($0) },
            addresses: addresses.map { try AddressRange(parsing: $0) }, budget: budget)
        let issued = try await keys.issue(
            terms, environment, in: bank.workspace, expiresAt: lifetime.map { bank.time.now.advanced(by: $0) }, as: owner)
        let key = issued.key
        return (key, issued.rawKey())
    }

    /// The refusal, or nil where it is accepted.
    func refusal(
        _ text: String, _ scope: String? = nil, from address: String? = nil, charging amount: Credits? = nil,
        _ charge: String = "charge"
    ) async throws -> APIKeyRefusal? {
        let decision = try await keys.verify(
            text, requiring: scope.map { try APIKeyScope($0) }, from: address.map { try IPAddress(parsing: $0) },
            charging: amount.map { APIKeyCharge($0, key: try IdempotencyKey(charge)) })
        if case .refused(let refusal) = decision { return refusal }
        return nil
    }

    func audit(_ action: String) async throws -> [AuditEntry] {
        try await AuditTrail(store: bank.store).entries(of: bank.workspace, limit: 1000, as: .service)
            .filter { $0.action.name == action }
    }
}

/// A steady clock that stands still until somebody waits or moves it; a wait moves it.
final class ManualClock: Sendable {
    private let uptime = Mutex(Duration.seconds(100))
    private let hooks = Mutex<[@Sendable () async -> Void]>([])

    var now: Duration { uptime.withLock { $0 } }

    func advance(by duration: Duration) { uptime.withLock { $0 += duration } }

    /// What happens at the next waits, one at each.
    func atWaits(_ hooks: (@Sendable () async -> Void)...) { atWaits(hooks) }

    func atWaits(_ hooks: [@Sendable () async -> Void]) { self.hooks.withLock { $0 = hooks } }

    var clock: SteadyClock {
        SteadyClock(
            uptime: { self.now },
            pause: { duration in
                self.advance(by: duration)
                let hook = self.hooks.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                await hook?()
            })
    }
}
