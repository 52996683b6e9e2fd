public import Logging
public import Metrics

/// Limits on how often and on how much at a time, decided in this process or in a store that processes share.
///
/// A check never fails and never waits for a shared store longer than ``RateLimitPatience/deadline``: what the store does
/// not answer is decided by the failure policy, counted and logged, and the store is asked again by itself.
public struct RateLimits: Sendable {
    private let local: LocalRateLimitStore
    private let shared: SharedLimits?
    private let failure: RateLimitFailurePolicy
    private let time: TimeSource
    private let entropy: EntropySource
    private let seed: RateLimitSeed
    private let metrics: RateLimitMetrics

    /// Limits of this process alone.
    ///
    /// - Parameter metrics: where to count, the system's factory where it is nil.
    public init(
        local: LocalRateLimitStore, time: TimeSource, entropy: EntropySource,
        metrics: (any MetricsFactory)? = nil
    ) {
        (self.local, shared, failure) = (local, nil, .openWithFloor)
        (self.time, self.entropy) = (time, entropy)
        seed = RateLimitSeed(entropy: entropy)
        self.metrics = RateLimitMetrics(metrics)
    }

    /// Limits that processes share.
    ///
    /// - Parameters:
    ///   - seed: the same in all of these processes.
    ///   - local: decides while the store does not answer.
    ///   - metrics: where to count, the system's factory where it is nil.
    public init(
        store: any RateLimitStore, seed: RateLimitSeed, failure: RateLimitFailurePolicy = .openWithFloor,
        patience: RateLimitPatience = .standard, local: LocalRateLimitStore, time: TimeSource,
        entropy: EntropySource, metrics: (any MetricsFactory)? = nil, logger: Logger = Logger(label: "tamm.limits")
    ) {
        self.init(
            store: store, seed: seed, failure: failure, patience: patience, local: local, time: time,
            entropy: entropy, metrics: metrics, logger: logger, machine: SharedLimits.Machine())
    }

    init(
        store: any RateLimitStore, seed: RateLimitSeed, failure: RateLimitFailurePolicy, patience: RateLimitPatience,
        local: LocalRateLimitStore, time: TimeSource, entropy: EntropySource, metrics: (any MetricsFactory)?,
        logger: Logger, machine: SharedLimits.Machine
    ) {
        (self.local, self.failure, self.time, self.entropy, self.seed) = (local, failure, time, entropy, seed)
        let metrics = RateLimitMetrics(metrics)
        self.metrics = metrics
        shared = SharedLimits(store, patience, machine, metrics, logger)
    }

    /// The request for ``decide(_:)``: its subject is hashed here.
    public func request(_ policy: RateLimitPolicy, for subject: RateLimitSubject, cost: Int64 = 1) -> RateLimitRequest {
        RateLimitRequest(policy, RateLimitKey(subject, policy, seed), cost: cost)
    }

    /// Admits and charges, or refuses.
    ///
    /// - Parameter cost: 0 to 1,000,000,000, held there; 0 is ``peek(_:for:)``.
    public func check(
        _ policy: RateLimitPolicy, for subject: RateLimitSubject, cost: Int64 = 1
    ) async -> RateLimitDecision {
        guard let shared else {
            let key = RateLimitKey(subject, policy, seed)
            return counted(local.decide(policy, key, cost: cost, at: RateLimitInstant(time.now())))
        }
        return await decide([request(policy, for: subject, cost: cost)], shared)[0]
    }

    /// How the policy stands, without a charge.
    public func peek(_ policy: RateLimitPolicy, for subject: RateLimitSubject) async -> RateLimitDecision {
        await check(policy, for: subject, cost: 0)
    }

    /// Decides each in its order, with one question to a shared store.
    public func decide(_ requests: [RateLimitRequest]) async -> [RateLimitDecision] {
        guard !requests.isEmpty else { return [] }
        if let shared { return await decide(requests, shared) }
        let now = RateLimitInstant(time.now())
        return requests.map { counted(local.decide($0, at: now)) }
    }

    private func decide(_ requests: [RateLimitRequest], _ shared: SharedLimits) async -> [RateLimitDecision] {
        let now = RateLimitInstant(time.now())
        let answers = await shared.ask { store throws(TammError) in
            let answers = try await store.decide(requests, at: now)
            guard answers.count == requests.count else {
                throw TammError(.corrupted, "wanted \(requests.count) decisions, found \(answers.count)")
            }
            return answers
        }
        if let answers {
            if failure == .openWithFloor {
                // So that the floor, should it be needed, knows what this process has admitted.
                for (request, answer) in zip(requests, answers) where answer.isAdmitted {
                    _ = local.decide(request, at: now)
                }
            }
            return answers.map { counted($0.decided(by: .shared)) }
        }
        return requests.map { counted(fallback($0, at: now)) }
    }

    private func fallback(_ request: RateLimitRequest, at now: RateLimitInstant) -> RateLimitDecision {
        switch failure {
        case .openWithFloor: return local.decide(request, at: now).decided(by: .floor)
        case .open: return request.policy.decision(request.cost, from: [], at: now, by: .open)
        case .closed(let wait):
            let status = RateLimitStatus(
                quota: 0, room: 0, unit: 1, resetNanoseconds: wait.nanoseconds, decidedAt: now, basis: .closed)
            return .refused(retryAfter: request.policy.neverAdmits(request.cost) ? nil : wait, status)
        }
    }

    /// Gives back what a decision has charged: the work failed, or cost less.
    ///
    /// Time may have given it back already; a quota never holds more than its burst. A shared store that does not
    /// answer loses it.
    public func refund(
        _ cost: Int64, of decision: RateLimitDecision, _ policy: RateLimitPolicy, for subject: RateLimitSubject
    ) async {
        guard decision.isAdmitted else { return }
        let refund = RateLimitRefund(
            request(policy, for: subject, cost: cost), chargedAt: decision.status.decidedAt)
        let now = RateLimitInstant(time.now())
        switch decision.status.basis {
        case .local, .floor: local.refund(refund, at: now)
        case .shared:
            _ = await shared?.ask { store throws(TammError) in try await store.refund([refund], at: now) }
            if failure == .openWithFloor { local.refund(refund, at: now) }
        case .open, .closed: break
        }
    }

    // MARK: At the same time

    /// Takes a lease for something that is about to begin.
    public func acquire(_ limit: ConcurrencyLimit, for subject: RateLimitSubject) async -> ConcurrencyDecision {
        let id = Identifier<ConcurrencyLease>(at: time.now(), entropy: entropy)
        return await acquire(id, limit, RateLimitKey(subject, limit, seed))
    }

    /// Has a lease last its whole lifetime from now on; one that had ended is taken anew where there is room.
    public func renew(_ lease: ConcurrencyLease) async -> ConcurrencyDecision {
        await acquire(lease.id, lease.limit, lease.key)
    }

    /// Gives a lease back; a shared store that does not answer has it end by itself.
    public func release(_ lease: ConcurrencyLease) async {
        let now = RateLimitInstant(time.now())
        if lease.basis == .shared {
            _ = await shared?.ask { store throws(TammError) in try await store.release(lease, at: now) }
        }
        local.releaseNow(lease)
    }

    private func acquire(
        _ id: Identifier<ConcurrencyLease>, _ limit: ConcurrencyLimit, _ key: RateLimitKey
    ) async -> ConcurrencyDecision {
        let now = RateLimitInstant(time.now())
        guard let shared else { return counted(acquireLocally(id, limit, key, now), .local) }
        let answer = await shared.ask { store throws(TammError) in
            try await store.acquire(id, of: limit, for: key, at: now)
        }
        if let answer {
            if case .admitted = answer, failure == .openWithFloor { _ = acquireLocally(id, limit, key, now) }
            return counted(answer, .shared)
        }
        switch failure {
        case .openWithFloor: return counted(acquireLocally(id, limit, key, now), .floor)
        case .open: return counted(.admitted(lease(id, limit, key, now)), .open)
        case .closed(let wait): return counted(.refused(retryAfter: wait, .closed), .closed)
        }
    }

    /// Too many leases in this process admit: the limit is there to protect, not to stop.
    private func acquireLocally(
        _ id: Identifier<ConcurrencyLease>, _ limit: ConcurrencyLimit, _ key: RateLimitKey, _ now: RateLimitInstant
    ) -> ConcurrencyDecision {
        do throws(TammError) { return try local.acquireNow(id, of: limit, for: key, at: now) } catch {
            return .admitted(lease(id, limit, key, now))
        }
    }

    private func lease(
        _ id: Identifier<ConcurrencyLease>, _ limit: ConcurrencyLimit, _ key: RateLimitKey, _ now: RateLimitInstant
    ) -> ConcurrencyLease {
        ConcurrencyLease(id: id, key: key, limit: limit, expiry: now.advanced(by: limit.lifetime), basis: .open)
    }

    private func counted(_ decision: RateLimitDecision) -> RateLimitDecision {
        metrics.count(isAdmitted: decision.isAdmitted, decision.status.basis)
        return decision
    }

    private func counted(
        _ decision: ConcurrencyDecision, _ basis: RateLimitStatus.Basis
    ) -> ConcurrencyDecision {
        switch decision {
        case .admitted(var lease):
            lease.basis = basis
            metrics.count(isAdmitted: true, basis)
            return .admitted(lease)
        case .refused(let wait, _):
            metrics.count(isAdmitted: false, basis)
            return .refused(retryAfter: wait, basis)
        }
    }
}
