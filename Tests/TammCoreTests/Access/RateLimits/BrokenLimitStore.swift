import Synchronization
import TammCore

/// One way in which a store of rate limits is broken.
enum LimitFlaw: String, CaseIterable, Sendable {
    case admitsOneMore, chargesRefused, looksAtFirstQuota, chargesLooks, roundsWaits, waitsForTheImpossible
    case mintsWhenClocksGoBack, sharesSubjects, sharesPolicies, reversesBatches, readsStale
    case countsInWholeWindows, forgetsBursts, refundsNothing, refundsWithoutBound, refundsToAnyWindow
    case leasesOneMore, keepsGivenBackLeases, leasesForEver, renewalsTakeRoom, freesByGivingBackTwice, sharesLeases
    case leasesStale

    /// The law that must refuse it; others may too.
    var law: String {
        switch self {
        case .admitsOneMore: "decide.burst.gcra"
        case .chargesRefused: "decide.nothing"
        case .looksAtFirstQuota: "steps.policy"
        case .chargesLooks: "decide.peek.tokenBucket"
        case .roundsWaits: "decide.exact.slidingWindow"
        case .waitsForTheImpossible: "decide.never"
        case .mintsWhenClocksGoBack: "decide.back"
        case .sharesSubjects, .sharesPolicies: "decide.subjects"
        case .reversesBatches: "decide.batch"
        case .readsStale: "decide.concurrent"
        case .countsInWholeWindows: "steps.slidingWindow"
        case .forgetsBursts: "steps.gcra"
        case .refundsNothing: "refund.fixedWindow"
        case .refundsWithoutBound: "refund.most"
        case .refundsToAnyWindow: "refund.late"
        case .leasesOneMore: "lease.count"
        case .keepsGivenBackLeases: "lease.count"
        case .leasesForEver: "lease.expiry"
        case .renewalsTakeRoom: "lease.renew"
        case .freesByGivingBackTwice: "lease.unknown"
        case .sharesLeases: "lease.subjects"
        case .leasesStale: "lease.concurrent"
        }
    }
}

/// A plain store over the rule, right but for its flaw.
final class BrokenLimitStore: RateLimitStore {
    private struct Place: Hashable {
        let high: UInt64, low: UInt64, policy: UInt64
    }

    private struct Leases {
        var held: [Identifier<ConcurrencyLease>: RateLimitInstant] = [:]
        var freed = 0
    }

    private struct State {
        var quotas: [Place: [RateLimitState?]] = [:]
        var latest: [Place: RateLimitInstant] = [:]
        var leases: [Place: Leases] = [:]
        /// How many have read and not written yet.
        var stale = 0
    }

    /// Between reading and writing: until ten others are there too, or nobody else comes.
    private func lag() async {
        state.withLock { $0.stale += 1 }
        var tries = 0
        while tries < 2000, state.withLock({ $0.stale < 10 }) {
            tries += 1
            await Task.yield()
        }
    }

    private let state = Mutex(State())
    private let flaw: LimitFlaw?

    init(_ flaw: LimitFlaw?) { self.flaw = flaw }

    private func place(_ key: RateLimitKey) -> Place {
        Place(
            high: flaw == .sharesSubjects ? 0 : key.high, low: flaw == .sharesSubjects ? 0 : key.low,
            policy: flaw == .sharesPolicies ? 0 : key.policy)
    }

    func decide(_ requests: [RateLimitRequest], at now: RateLimitInstant) async throws(TammError) -> [RateLimitDecision] {
        var decisions: [RateLimitDecision] = []
        for request in flaw == .reversesBatches ? requests.reversed() : requests {
            decisions.append(await decide(request, now))
        }
        return flaw == .reversesBatches ? decisions.reversed() : decisions
    }

    private func decide(_ request: RateLimitRequest, _ now: RateLimitInstant) async -> RateLimitDecision {
        guard flaw == .readsStale else { return state.withLock { decide(request, now, &$0) } }
        var copy = state.withLock { $0 }
        await lag()
        let decision = decide(request, now, &copy)
        state.withLock { [copy] in $0 = copy }
        return decision
    }

    private func decide(_ request: RateLimitRequest, _ now: RateLimitInstant, _ state: inout State) -> RateLimitDecision {
        let (policy, place) = (request.policy, place(request.key))
        var moment = now
        if flaw == .countsInWholeWindows {
            let length = policy.quotas[0].period.components.seconds * 1_000_000_000
            moment = RateLimitInstant(nanoseconds: now.nanoseconds / length * length)
        }
        var before = state.quotas[place] ?? policy.quotas.map { _ in nil }
        if flaw == .sharesPolicies { before += Array(repeating: nil, count: 8) }
        if flaw == .mintsWhenClocksGoBack, let latest = state.latest[place], now < latest { before = [] }
        if flaw == .forgetsBursts, let latest = state.latest[place], now > latest { before = [] }
        state.latest[place] = now
        let cost = flaw == .chargesLooks ? max(1, request.cost) : request.cost
        let states = policy.quotas.indices.map { $0 < before.count ? before[$0] : nil }
        let looked = flaw == .looksAtFirstQuota ? 1 : policy.quotas.count
        let verdicts = zip(policy.quotas, states).prefix(looked).map { $0.decide(cost, from: $1, at: moment) }
        let isAdmitted = verdicts.allSatisfy(\.isAdmitted)
        if cost > 0, isAdmitted || flaw == .chargesRefused {
            for (index, verdict) in verdicts.enumerated() where flaw != .admitsOneMore || states[index] != nil {
                while before.count <= index { before.append(nil) }
                before[index] = verdict.state
            }
            if flaw == .admitsOneMore, states[0] == nil { before[0] = RateLimitState(expiry: 0, detail: 0) }
            state.quotas[place] = before
        }
        let shown = policy.decision(cost, from: flaw == .looksAtFirstQuota ? [states[0]] : states, at: moment, by: .local)
        guard case .refused(let wait, let status) = shown else { return shown }
        if flaw == .looksAtFirstQuota, isAdmitted { return .admitted(status) }
        if flaw == .waitsForTheImpossible, wait == nil { return .refused(retryAfter: .seconds(60), status) }
        guard flaw == .roundsWaits, let wait else { return shown }
        return .refused(retryAfter: .seconds(wait.components.seconds + 1), status)
    }

    func refund(_ refunds: [RateLimitRefund], at now: RateLimitInstant) async throws(TammError) {
        guard flaw != .refundsNothing else { return }
        state.withLock { state in
            for refund in refunds {
                let place = place(refund.request.key)
                let cost = refund.request.cost
                var states = state.quotas[place] ?? refund.request.policy.quotas.map { _ in nil }
                for (index, quota) in refund.request.policy.quotas.enumerated() {
                    let moment = flaw == .refundsToAnyWindow ? now : refund.chargedAt
                    if flaw == .refundsWithoutBound {
                        states[index] = RateLimitState(expiry: now.nanoseconds + 60_000_000_000, detail: 0)
                    } else {
                        states[index] = quota.refund(cost, chargedAt: moment, from: states[index], at: now)
                    }
                }
                state.quotas[place] = states
            }
        }
    }

    func acquire(
        _ lease: Identifier<ConcurrencyLease>, of limit: ConcurrencyLimit, for key: RateLimitKey,
        at now: RateLimitInstant
    ) async throws(TammError) -> ConcurrencyDecision {
        let place = flaw == .sharesLeases ? Place(high: 0, low: 0, policy: 0) : place(key)
        var leases = state.withLock { $0.leases[place] ?? Leases() }
        if flaw == .leasesStale { await lag() }
        return state.withLock { state in
            if flaw != .leasesStale { leases = state.leases[place] ?? Leases() }
            if flaw != .leasesForEver { leases.held = leases.held.filter { $0.value > now } }
            let room = limit.count + (flaw == .leasesOneMore ? 1 : 0) + leases.freed
            let taken = leases.held.count
            let isRenewal = leases.held[lease] != nil && flaw != .renewalsTakeRoom
            guard isRenewal || taken < room else {
                let first = leases.held.values.min() ?? now
                return .refused(retryAfter: .nanoseconds(first.nanoseconds - now.nanoseconds), .local)
            }
            let expiry = now.advanced(by: limit.lifetime)
            leases.held[lease] = expiry
            state.leases[place] = leases
            return .admitted(ConcurrencyLease(id: lease, key: key, limit: limit, expiry: expiry, basis: .local))
        }
    }

    func release(_ lease: ConcurrencyLease, at now: RateLimitInstant) async throws(TammError) {
        guard flaw != .keepsGivenBackLeases else { return }
        let place = flaw == .sharesLeases ? Place(high: 0, low: 0, policy: 0) : place(lease.key)
        state.withLock { state in
            let removed = state.leases[place]?.held.removeValue(forKey: lease.id)
            if removed == nil, flaw == .freesByGivingBackTwice { state.leases[place]?.freed += 1 }
        }
    }
}
