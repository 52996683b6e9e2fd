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
    let environment: APIKeyEnvironment
    private let wallets: Wallets
    let limiter: APIKeyLimiter?
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
    /// expiry, workspace, scope, address, rate limit, and last the credits. Nothing is spent on a refusal: what the limiter has
    /// charged is given back where there are no credits.
    ///
    /// - Parameters:
    ///   - scope: what the request is about to do; nil where any key may.
    ///   - address: the client's, see ``TrustedProxies``; nil where nobody knows: then keys with a list are refused.
    ///   - charge: debited last, under its idempotency key.
    /// - Throws: `unavailable` when the store cannot be reached, and what a debit throws.
    public func verify(
        _ text: String, requiring scope: APIKeyScope?, from address: IPAddress?, charging charge: APIKeyCharge? = nil
    ) async throws(TammError) -> APIKeyDecision {
        guard let digests = peppers.digests(of: text) else { return .refused(refuse(.malformed)) }
        guard let search = try await find(digests) else { return .refused(refuse(.unknown)) }
        let now = time.now()
        if let refusal = refusal(of: search, requiring: scope, from: address, at: now) { return .refused(refusal) }
        guard limiter != nil || charge != nil else {
            accept(search, at: now)
            return .accepted(AuthenticatedKey(search.found))
        }
        var authenticated = AuthenticatedKey(search.found)
        do throws(TammError) {
            if let refusal = try await spend(charge, for: &authenticated, at: now) { return .refused(refuse(refusal)) }
        } catch {
            metrics.countFailure()
            throw error
        }
        accept(search, at: now)
        return .accepted(authenticated)
    }

    /// The two checks that leave something behind; the later one gives back what the earlier has charged.
    private func spend(
        _ charge: APIKeyCharge?, for authenticated: inout AuthenticatedKey, at now: Timestamp
    ) async throws(TammError) -> APIKeyRefusal? {
        var giveBack: (@Sendable () async -> Void)?
        if let limiter {
            switch try await limiter.ask(authenticated, now) {
            case .refused(let wait): return .rateLimited(retryAfter: wait)
            case .admitted(let refund): giveBack = refund
            }
        }
        guard let charge else { return nil }
        let outcome: WalletOutcome
        do throws(TammError) { outcome = try await debit(charge, for: authenticated.key, at: now) } catch {
            await giveBack?()
            throw error
        }
        switch outcome {
        case .applied(let receipt), .replayed(let receipt):
            authenticated = AuthenticatedKey(authenticated, receipt)
            return nil
        case .refused(let refusal):
            await giveBack?()
            return .credits(refusal)
        }
    }

    // MARK: Parts, which ``ExternalAPI`` makes its checks of

    /// A key that was found, as of one reading.
    struct Search: Sendable {
        let found: FoundAPIKey
        /// The digest under the current pepper, where it was found by another.
        fileprivate let digest: APIKeyDigest?
    }

    enum Finding: Sendable {
        case found(Search)
        case refused(APIKeyRefusal)
    }

    /// Form, checksum, and one read of the store.
    func find(_ text: String) async throws(TammError) -> Finding {
        guard let digests = peppers.digests(of: text) else { return .refused(refuse(.malformed)) }
        guard let search = try await find(digests) else { return .refused(refuse(.unknown)) }
        return .found(search)
    }

    @inline(__always)
    private func find(_ digests: APIKeyDigests) async throws(TammError) -> Search? {
        let found: FoundAPIKey
        // With a cache the store is asked for what goes into it.
        if let known = cache.map({ $0.found(digests) }) ?? store.apiKeyAtHand(matching: digests) {
            found = known
        } else {
            guard let read = try await read(digests) else { return nil }
            found = read
        }
        guard digests.contains(found.digest) else { return nil }
        let isOld = found.digest.version != digests.current.version
        return Search(found: found, digest: isOld ? digests.current : nil)
    }

    private func read(_ digests: APIKeyDigests) async throws(TammError) -> FoundAPIKey? {
        let ticket = cache?.ticket()
        do throws(TammError) {
            let found = try await store.apiKey(matching: digests)
            if let found, let cache, let ticket { cache.keep(found, for: digests, ticket) }
            return found
        } catch {
            metrics.countFailure()
            throw error
        }
    }

    /// What the key's rows decide.
    @inline(__always)
    func refusal(
        of search: Search, requiring scope: APIKeyScope?, from address: IPAddress?, at now: Timestamp
    ) -> APIKeyRefusal? {
        let refusal = APIKeyRule.refusal(
            of: search.found, in: environment, requiring: scope, from: address, at: now)
        guard let refusal else { return nil }
        logger.debug("API key refused", metadata: ["key": "\(search.found.key.id)", "reason": "\(refusal.reason)"])
        return refuse(refusal)
    }

    func debit(
        _ charge: APIKeyCharge, for key: APIKey, at now: Timestamp
    ) async throws(TammError) -> WalletOutcome {
        let command = try WalletCommand(
            .debit(charge.amount, shortfall: .refuse),
            wallet: charge.wallet ?? Wallet.main(of: key.workspace, at: now).id, in: key.workspace, key: charge.key,
            quota: key.claim(charge.amount, at: now))
        return try await wallets.submit(command, as: .service)
    }

    @inline(__always)
    func accept(_ search: Search, at now: Timestamp) {
        uses.note(search.found, at: now, digest: search.digest)
        metrics.countAccepted()
    }

    func refuse(_ refusal: APIKeyRefusal) -> APIKeyRefusal {
        metrics.count(refusal)
        return refusal
    }
}

/// What a request costs, and under which key it is charged once.
public struct APIKeyCharge: Sendable, Hashable {
    public let amount: Credits
    /// The client's own name for the request, so that one that is sent again is charged once: also after a failure that
    /// leaves open whether it was charged.
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

/// Who says whether a key's request comes too soon. It is asked about keys that have passed every other check but the
/// credits.
public struct APIKeyLimiter: Sendable {
    /// What it says.
    public enum Answer: Sendable {
        /// With what gives back what the request was charged: called where it is refused after all, once at most.
        case admitted(refund: @Sendable () async -> Void = {})
        case refused(retryAfter: Duration)
    }

    let ask: @Sendable (AuthenticatedKey, Timestamp) async throws(TammError) -> Answer

    /// - Parameter ask: answers for one request of the key's, now; its error is the verification's.
    public init(_ ask: @escaping @Sendable (AuthenticatedKey, Timestamp) async throws(TammError) -> Answer) {
        self.ask = ask
    }
}
