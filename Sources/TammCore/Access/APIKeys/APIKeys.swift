private import Logging

/// API keys: made, verified at every request, switched off and on, rotated, revoked.
///
/// Without a cache, which is the default, a verification reads the store once: a key that was revoked or disabled, and a
/// workspace that was suspended, by this library or by SQL, is refused by the next verification in every process.
public struct APIKeys: Sendable {
    /// How many keys of a workspace may be not revoked.
    public static let maximumKeys = 1000

    let store: any TammStore
    let time: TimeSource
    let entropy: EntropySource
    let peppers: PepperRing
    let fence: APIKeyFence
    let uses = APIKeyUses()
    let metrics = APIKeyMetrics()
    private let environment: APIKeyEnvironment
    private let wallets: Wallets
    private let limiter: APIKeyLimiter?
    private let cache: APIKeyCache?
    private let logger = Logger(label: "tamm.keys")

    /// - Parameters:
    ///   - environment: whose keys are accepted here.
    ///   - peppers: what keys are digested with.
    ///   - limiter: asked after every check but the credits; nil: nothing is limited.
    ///   - cache: opt-in; its staleness is the price.
    public init(
        store: any TammStore, time: TimeSource, entropy: EntropySource, wallets: Wallets,
        environment: APIKeyEnvironment, peppers: PepperRing, limiter: APIKeyLimiter? = nil, cache: APIKeyCache? = nil,
        clock: SteadyClock = .system
    ) {
        self.store = store
        self.time = time
        self.entropy = entropy
        self.wallets = wallets
        self.environment = environment
        self.peppers = peppers
        self.limiter = limiter
        self.cache = cache
        fence = APIKeyFence(store: store, clock: clock)
    }

    /// Decides about a text that was presented as a key, in this order: form and checksum, known, environment, status,
    /// expiry, workspace, scope, address, rate limit, and last the credits. A refusal has spent no credits.
    ///
    /// - Parameters:
    ///   - scope: what the request is about to do; nil where any key may.
    ///   - address: the client's, see ``TrustedProxies``; nil where nobody knows: then keys with a list are refused.
    ///   - charge: debited last, under its idempotency key.
    /// - Throws: `unavailable` when the store cannot be reached, and what a debit throws.
    public func verify(
        _ text: String, requiring scope: APIKeyScope?, from address: IPAddress?, charging charge: APIKeyCharge? = nil
    ) async throws(TammError) -> APIKeyDecision {
        guard let presented = PresentedAPIKey(text) else { return refuse(.malformed) }
        let digests = peppers.digests(of: presented)
        var read = cache?.found(digests)
        if read == nil {
            let ticket = cache?.ticket()
            do throws(TammError) { read = try await store.apiKey(matching: digests) } catch {
                metrics.countFailure()
                throw error
            }
            if let read, let cache, let ticket { cache.keep(read, for: digests, ticket) }
        }
        guard let found = read, digests.contains(found.digest) else { return refuse(.unknown) }
        let now = time.now()
        let refusal = APIKeyRule.refusal(of: found, in: environment, requiring: scope, from: address, at: now)
        if let refusal {
            logger.debug("API key refused", metadata: ["key": "\(found.key.id)", "reason": "\(refusal.reason)"])
            return refuse(refusal)
        }
        var authenticated = AuthenticatedKey(found)
        if limiter != nil || charge != nil {
            do throws(TammError) {
                if let refusal = try await spend(charge, for: &authenticated, at: now) { return refuse(refusal) }
            } catch {
                metrics.countFailure()
                throw error
            }
        }
        uses.note(found, at: now, digest: found.digest.version == digests.current.version ? nil : digests.current)
        metrics.countAccepted()
        return .accepted(authenticated)
    }

    private func refuse(_ refusal: APIKeyRefusal) -> APIKeyDecision {
        metrics.count(refusal)
        return .refused(refusal)
    }

    /// The two checks that leave something behind.
    private func spend(
        _ charge: APIKeyCharge?, for authenticated: inout AuthenticatedKey, at now: Timestamp
    ) async throws(TammError) -> APIKeyRefusal? {
        if let limiter, case .refused(let wait) = try await limiter.ask(authenticated, now) {
            return .rateLimited(retryAfter: wait)
        }
        guard let charge else { return nil }
        switch try await debit(charge, for: authenticated.key, at: now) {
        case .applied(let receipt), .replayed(let receipt):
            authenticated = AuthenticatedKey(authenticated, receipt)
            return nil
        case .refused(let refusal): return .credits(refusal)
        }
    }

    private func debit(
        _ charge: APIKeyCharge, for key: APIKey, at now: Timestamp
    ) async throws(TammError) -> WalletOutcome {
        let command = try WalletCommand(
            .debit(charge.amount, shortfall: .refuse),
            wallet: charge.wallet ?? Wallet.main(of: key.workspace, at: now).id, in: key.workspace, key: charge.key,
            quota: key.claim(charge.amount, at: now))
        return try await wallets.submit(command, as: .service)
    }
}

/// What a request costs, and under which key it is charged once.
public struct APIKeyCharge: Sendable, Hashable {
    public let amount: Credits
    public let key: IdempotencyKey
    /// Nil: the workspace's main one.
    public let wallet: Identifier<Wallet>?

    public init(_ amount: Credits, key: IdempotencyKey, from wallet: Identifier<Wallet>? = nil) {
        (self.amount, self.key, self.wallet) = (amount, key, wallet)
    }
}

/// What became of a text that was presented as a key.
public enum APIKeyDecision: Sendable {
    case accepted(AuthenticatedKey)
    case refused(APIKeyRefusal)
}

/// A key that was verified for one request: holding one proves it.
public struct AuthenticatedKey: Sendable {
    private final class Charged: Sendable {
        let receipt: WalletReceipt

        init(_ receipt: WalletReceipt) { self.receipt = receipt }
    }

    private let found: FoundAPIKey
    private let charged: Charged?

    init(_ found: FoundAPIKey) { (self.found, charged) = (found, nil) }

    init(_ key: AuthenticatedKey, _ receipt: WalletReceipt) { (found, charged) = (key.found, Charged(receipt)) }

    /// Of the debit, where something was charged.
    public var receipt: WalletReceipt? { charged?.receipt }
    public var key: APIKey { found.key }
    public var workspace: Identifier<Workspace> { found.key.workspace }
    /// What the workspace has bought; its plan at a moment is decided by ``Plans``.
    public var subscription: Subscription? { found.subscription }
}

/// Who says whether a key's request comes too soon. It is asked about keys that have passed every other check.
public struct APIKeyLimiter: Sendable {
    /// What it says.
    public enum Answer: Sendable, Hashable {
        case admitted
        case refused(retryAfter: Duration)
    }

    let ask: @Sendable (AuthenticatedKey, Timestamp) async throws(TammError) -> Answer

    /// - Parameter ask: answers for one request of the key's, now; its error is the verification's.
    public init(_ ask: @escaping @Sendable (AuthenticatedKey, Timestamp) async throws(TammError) -> Answer) {
        self.ask = ask
    }
}
