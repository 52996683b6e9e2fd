internal import HTTPTypes
private import Logging

/// The way in to the external API: whatever server receives a request has it decided here.
///
/// In this order: size; key (form, checksum, known); signature, where there is one or the key requires it; environment;
/// status; expiry; workspace; scope; address; limits; the signature's nonce; and last the credits. Nothing is spent on a
/// refusal: what an earlier check has charged is given back. Every answer that has to do with who asks is the same 401,
/// whichever check failed; the log has the reason.
///
/// Each request of a known key is written to `external_api_audit_logs`, off its path (``ExternalRequestLog``); what
/// comes without one belongs to no workspace, and is counted in `tamm_external_calls`.
public struct ExternalAPI: Sendable {
    let keys: APIKeys
    let log: ExternalRequestLog
    private let limits: RateLimits
    private let limit: PlanLimit
    private let proxies: TrustedProxies
    private let signing: RequestSigning?
    private let maxBodyBytes: Int
    private let drafts: RateLimitFields.Draft
    private let denial = Denial()
    let time: TimeSource
    let entropy: EntropySource
    let clock: SteadyClock
    let metrics = ExternalAPIMetrics()
    private let logger = Logger(label: "tamm.requests")

    /// - Parameters:
    ///   - keys: verifies them; its limiter, where it has one, is asked before `limit`.
    ///   - limit: what a key's requests are counted under, in `limits`.
    ///   - proxies: who may say on whose behalf it asks.
    ///   - signing: nil: signatures are passed over, and a key that requires one is not let in: 503.
    ///   - maxBodyBytes: the largest body, at most ``SignedPayload/maxBodyBytes``: what is larger is refused with 413.
    ///   - fields: in which draft limits are told.
    /// - Throws: `invalidInput` for another size of body.
    public init(
        keys: APIKeys, limits: RateLimits, limit: PlanLimit, proxies: TrustedProxies, signing: RequestSigning?,
        log: ExternalRequestLog, maxBodyBytes: Int = SignedPayload.maxBodyBytes, fields: RateLimitFields.Draft = .draft10,
        clock: SteadyClock = .system
    ) throws(TammError) {
        guard (0...SignedPayload.maxBodyBytes).contains(maxBodyBytes) else {
            throw TammError(
                .invalidInput, "wanted bodies of at most \(SignedPayload.maxBodyBytes) bytes, found \(maxBodyBytes)",
                field: "maxBodyBytes")
        }
        (self.keys, self.limits, self.limit, self.proxies, self.signing) = (keys, limits, limit, proxies, signing)
        (self.log, self.maxBodyBytes, drafts, self.clock) = (log, maxBodyBytes, fields, clock)
        (time, entropy) = (keys.time, keys.entropy)
    }

    /// Lets a request in, or refuses it.
    ///
    /// - Parameters:
    ///   - scope: what the request is about to do; nil where any key may.
    ///   - cost: what it is counted as, 0 to 1,000,000,000.
    ///   - charge: debited last, under its idempotency key.
    public func admit(
        _ call: ExternalCall, requiring scope: APIKeyScope?, cost: Int64 = 1, charging charge: APIKeyCharge? = nil
    ) async -> ExternalAnswer {
        var passage = Passage(call, client: call.client(behind: proxies), in: self)
        do throws(Stop) {
            let (search, signature) = try await identify(&passage, requiring: scope)
            let (key, fields) = try await spend(&passage, search, signature, cost: cost, charge)
            keys.accept(search, at: passage.at)
            metrics.count("admitted")
            return .admitted(
                AdmittedCall(id: passage.id, key: key, signature: signature?.proof, fields: fields, record: passage.record))
        } catch {
            for giveBack in passage.charged.reversed() { await giveBack() }
            let response = answer(to: error, passage)
            metrics.count(error.reason)
            passage.record(response.problem.status, error.detail)
            return .refused(response)
        }
    }

    // MARK: Checks that spend nothing

    private func identify(
        _ passage: inout Passage, requiring scope: APIKeyScope?
    ) async throws(Stop) -> (APIKeys.Search, Signature?) {
        guard passage.call.body.count <= maxBodyBytes else { throw .tooLarge }
        guard let text = passage.call.presentedKey else { throw .refused(keys.refuse(.malformed)) }
        let search: APIKeys.Search
        switch try await trying({ () throws(TammError) in try await keys.find(text) }) {
        case .refused(let refusal): throw .refused(refusal)
        case .found(let found): search = found
        }
        passage.key = search.found.key
        let signature = try await signature(of: passage, search.found.key)
        if let refusal = keys.refusal(of: search, requiring: scope, from: passage.client, at: passage.at) {
            throw .refused(refusal)
        }
        return (search, signature)
    }

    /// A signature that is good, and has perhaps been seen before.
    private struct Signature {
        let scheme: HTTPMessageSignature
        let proof: SignedHTTPRequest
    }

    private func signature(of passage: Passage, _ key: APIKey) async throws(Stop) -> Signature? {
        let isRequired = key.terms.signature == .required
        guard let signing else {
            if isRequired { throw .failed(TammError(.unavailable, "key \(key.id) requires signatures; none are configured")) }
            return nil
        }
        guard isRequired || passage.call.isSigned else { return nil }
        return try await signed { () throws(TammError) in
            let scheme = try await signing.scheme(for: key.place)
            let proof = try scheme.examine(passage.call.delivery, at: passage.at)
            // Most copies are refused here, before they take anything; of those that come at once, at the nonce's turn.
            guard !signing.nonces.holds(proof.nonce, of: proof.keyID, at: passage.at) else { throw .refused(.replayed) }
            return Signature(scheme: scheme, proof: proof)
        }
    }

    // MARK: Checks that leave something behind

    private func spend(
        _ passage: inout Passage, _ search: APIKeys.Search, _ signature: Signature?, cost: Int64, _ charge: APIKeyCharge?
    ) async throws(Stop) -> (AuthenticatedKey, HTTPFields) {
        let (key, now) = (AuthenticatedKey(search.found), passage.at)
        if let limiter = keys.limiter {
            switch try await trying({ () throws(TammError) in try await limiter.ask(key, now) }) {
            case .admitted(let refund): passage.charged.append(refund)
            case .refused(let wait): throw .refused(keys.refuse(.rateLimited(retryAfter: wait)))
            }
        }
        let (policy, subject) = try await trying { () throws(TammError) in try limit.policy(for: key, at: now) }
        let decision = await limits.check(policy, for: subject, cost: cost)
        guard decision.isAdmitted else {
            _ = keys.refuse(.rateLimited(retryAfter: decision.retryAfter ?? .zero))
            throw .limited(decision, policy)
        }
        let limits = limits
        passage.charged.append { await limits.refund(cost, of: decision, policy, for: subject) }
        if let signature {
            try await signed { () throws(TammError) in try signature.scheme.useUp(signature.proof, at: now) }
            let nonces = signing?.nonces
            passage.charged.append { nonces?.takeBack(signature.proof.nonce, of: signature.proof.keyID) }
        }
        let fields = RateLimitFields(decision, of: policy, as: drafts).fields
        guard let charge else { return (key, fields) }
        switch try await trying({ () throws(TammError) in try await keys.debit(charge, for: key.key, at: now) }) {
        case .applied(let receipt), .replayed(let receipt): return (AuthenticatedKey(key, receipt), fields)
        case .refused(let refusal): throw .refused(keys.refuse(.credits(refusal)))
        }
    }

    // MARK: Refusals

    private func trying<Value>(
        _ body: () async throws(TammError) -> Value
    ) async throws(Stop) -> Value {
        do throws(TammError) { return try await body() } catch { throw .failed(error) }
    }

    /// What a signature's check throws is a refusal, but where nobody could check.
    private func signed<Value>(_ body: () async throws(TammError) -> Value) async throws(Stop) -> Value {
        do throws(TammError) { return try await body() } catch {
            switch error.code {
            case .unauthenticated: throw .refused(keys.refuse(.signature(error.signatureRefusal ?? .malformed)))
            case .invalidInput: throw .refused(keys.refuse(.signature(.malformed)))
            default: throw .failed(error)
            }
        }
    }

    private func answer(to stop: Stop, _ passage: Passage) -> ProblemResponse {
        let name = "urn:uuid:\(passage.id)"
        func problem(_ title: String, _ status: Int, after seconds: Int64? = nil) -> ProblemResponse {
            ProblemResponse(
                ProblemDocument(title: title, status: status, instance: name),
                fields: seconds.map { [.retryAfter: String($0)] } ?? [:])
        }
        switch stop {
        case .tooLarge: return problem("Content Too Large", 413)
        case .limited(let decision, let policy):
            return ProblemResponse(decision, of: policy, fields: drafts, instance: name)
                ?? problem("Service Unavailable", 503)
        case .refused(let refusal):
            switch refusal.face {
            case .paymentRequired: return problem("Payment Required", 402)
            case .rateLimited(let wait): return problem("Too Many Requests", 429, after: max(1, wait.wholeSeconds))
            case .unauthenticated:
                let error = TammError(.unauthenticated, "wanted a key that may do this", reason: stop.detail)
                return denial.answer(to: error, request: passage.id.description) ?? problem("Unauthorized", 401)
            }
        case .failed(let error):
            logger.error("a request could not be decided", metadata: ["request": "\(passage.id)", "cause": "\(error)"])
            switch error.code {
            case .unavailable, .overloaded, .cancelled: return problem("Service Unavailable", 503, after: 1)
            case .conflict: return problem("Conflict", 409)
            default: return problem("Internal Server Error", 500)
            }
        }
    }
}
