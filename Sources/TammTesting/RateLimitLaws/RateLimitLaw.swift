public import TammCore

/// One promise that every store of rate limits keeps: a sentence, and the check that holds a store to it.
///
/// ```swift
/// @Test(arguments: RateLimitLaw.all)
/// func law(_ law: RateLimitLaw) async throws { try await law.check(makeStore()) }
/// ```
/// The store goes by the moments it is given; one with a clock of its own is told to for this. Laws make subjects of their
/// own, so that they can share one store, run at once and in any order.
public struct RateLimitLaw: Sendable, Identifiable {
    /// Short and stable: `decide.exact`.
    public let id: String
    /// The requirement, as a sentence.
    public let name: String
    private let body: @Sendable (any RateLimitStore, LimitLawContext) async throws -> Void

    init(
        _ id: String, _ name: String,
        check: @escaping @Sendable (any RateLimitStore, LimitLawContext) async throws -> Void
    ) {
        self.id = id
        self.name = name
        body = check
    }

    /// Every law.
    public static let all: [RateLimitLaw] = decisionLaws + stepLaws + refundLaws + leaseLaws

    /// Holds the store to this law.
    ///
    /// - Parameter seed: makes the subjects; a violation names it.
    /// - Throws: the violation; an error of the store is one too.
    public func check(
        _ store: any RateLimitStore, seed: UInt64 = EntropySource.system.next()
    ) async throws(LawViolation) {
        let context = LimitLawContext(LawContext(law: id, name: name, seed: seed))
        do {
            try await body(store, context)
        } catch let violation as LawViolation {
            throw violation
        } catch {
            throw context.law.violation("no error", "\(error)")
        }
    }
}

/// What a law of rate limits is given: subjects that nobody else uses, and comparison.
struct LimitLawContext: Sendable {
    let law: LawContext
    /// On a second of its own: windows begin where they are expected.
    let base = RateLimitInstant(nanoseconds: 1_767_225_600_000_000_000)
    private let seed: RateLimitSeed

    init(_ law: LawContext) {
        self.law = law
        seed = RateLimitSeed(entropy: law.entropy)
    }

    func at(_ duration: Duration) -> RateLimitInstant { base.advanced(by: duration) }

    func subject() -> RateLimitSubject { .key(law.id() as Identifier<LimitLawContext>) }

    func request(_ policy: RateLimitPolicy, _ subject: RateLimitSubject, cost: Int64 = 1) -> RateLimitRequest {
        RateLimitRequest(policy, RateLimitKey(subject, policy, seed), cost: cost)
    }

    func key(_ limit: ConcurrencyLimit, _ subject: RateLimitSubject) -> RateLimitKey {
        RateLimitKey(subject, limit, seed)
    }

    func expect<Value: Equatable>(_ found: Value, _ wanted: Value, _ what: String) throws(LawViolation) {
        try law.expect(found, wanted, what)
    }

    /// A policy of one quota of each algorithm: 6 in 60 s.
    func policy(_ algorithm: RateLimitQuota.Algorithm, count: Int64 = 6) throws(TammError) -> RateLimitPolicy {
        let quota =
            switch algorithm {
            case .gcra: try RateLimitQuota.gcra("q", count, per: .seconds(60), burst: count)
            case .tokenBucket: try RateLimitQuota.tokenBucket("q", count, per: .seconds(60), burst: count)
            case .slidingWindow: try RateLimitQuota.slidingWindow("q", count, per: .seconds(60))
            case .fixedWindow: try RateLimitQuota.fixedWindow("q", count, per: .seconds(60))
            }
        return try RateLimitPolicy("law", [quota])
    }
}

extension RateLimitStore {
    func decide(_ request: RateLimitRequest, at now: RateLimitInstant) async throws(TammError) -> RateLimitDecision {
        let decisions = try await decide([request], at: now)
        guard decisions.count == 1 else {
            throw TammError(.corrupted, "wanted one decision, found \(decisions.count)")
        }
        return decisions[0]
    }
}

extension RateLimitDecision {
    /// What two stores must agree about.
    var facts: [String] {
        let wait = retryAfter.map { "\($0)" } ?? "none"
        return [
            isAdmitted ? "admitted" : "refused", "wait \(wait)", "quota \(status.quota)",
            "remaining \(status.remaining)", "reset \(status.resetAfter)", "violated \(status.violatedQuotas)",
        ]
    }
}
