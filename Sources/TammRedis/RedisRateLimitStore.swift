public import TammCore

/// Limits that processes share, in Redis 6 or later: a script decides all quotas of a policy in one step, by the
/// server's clock.
///
/// A key is `prefix{subject}:policy`, all of it hashes; it expires when its states say nothing any more. A key is one
/// hash slot's, but redirections of a cluster are not followed.
///
/// The store connects when it is first used, and again by itself, at most a second later each time. What was under way
/// when a connection is lost fails as `unavailable` and may have been charged.
public final class RedisRateLimitStore: Sendable {
    /// Whose time decides.
    package enum Clock: Sendable {
        case server
        /// The moments that are given, in whole microseconds: for laws.
        case caller
    }

    private let pipe: RedisPipe
    private let prefix: String
    private let clock: Clock
    private let decideScript: Script
    private let leaseScript: Script

    /// The text of the script that decides, as the server is given it: to read, or to measure.
    public static let script = RedisScript.decide

    /// - Throws: `invalidInput` for a prefix of more than 64 bytes or with braces, or bounds below 1.
    public convenience init(_ configuration: RedisConfiguration) throws(TammError) {
        try self.init(configuration, clock: .server)
    }

    package init(_ configuration: RedisConfiguration, clock: Clock) throws(TammError) {
        let prefix = configuration.prefix.utf8
        guard prefix.count <= 64, prefix.allSatisfy({ (0x21...0x7e).contains($0) && $0 != 0x7b && $0 != 0x7d }) else {
            throw TammError(
                .invalidInput, "wanted a prefix of at most 64 visible characters without braces", field: "prefix")
        }
        guard configuration.waiting >= 1, configuration.timeouts.connect > .zero, configuration.timeouts.command > .zero
        else { throw TammError(.invalidInput, "wanted room to wait and times above zero", field: "timeouts") }
        self.prefix = configuration.prefix
        self.clock = clock
        decideScript = Script(RedisScript.decide)
        leaseScript = Script(RedisScript.lease)
        pipe = RedisPipe(configuration, scripts: [RedisScript.decide, RedisScript.lease])
    }

    /// Answers what waits and closes the connection. The store is of no use afterwards.
    public func shutdown() async { await pipe.close() }

    // MARK: Scripts

    private func add(
        _ request: RateLimitRequest, _ mode: RateLimitRequest.Mode, chargedAt moment: RateLimitInstant,
        at now: RateLimitInstant, isWhole: Bool, to commands: inout RedisCommands
    ) {
        begin(decideScript, 3 + 5 * request.policy.quotas.count, request.key, isWhole, &commands)
        commands.add(mode.rawValue)
        addTime(now, &commands)
        request.add(mode, chargedAt: moment, to: &commands)
    }

    /// A script is sent by its hash, or where the server does not know that, whole.
    private func begin(
        _ script: Script, _ arguments: Int, _ key: RateLimitKey, _ isWhole: Bool, _ commands: inout RedisCommands
    ) {
        commands.begin(4 + arguments)
        commands.add(isWhole ? "EVAL" : "EVALSHA")
        commands.add(isWhole ? script.text : script.hash)
        commands.add(Int64(1))
        commands.add(bytes: prefix.utf8.count + 51) { bytes in
            bytes.append(contentsOf: prefix.utf8)
            bytes.append(UInt8(ascii: "{"))
            bytes.append(hexadecimal: key.high)
            bytes.append(hexadecimal: key.low)
            bytes.append(UInt8(ascii: "}"))
            bytes.append(UInt8(ascii: ":"))
            bytes.append(hexadecimal: key.policy)
        }
    }

    private func addTime(_ now: RateLimitInstant, _ commands: inout RedisCommands) {
        switch clock {
        case .server:
            commands.add("")
            commands.add(Int64(1))
        case .caller:
            commands.add(now.nanoseconds / 1000)
            // The server's own time has nothing to do with it: the key outlasts whatever is asked about it.
            commands.add(Int64(3_600_000))
        }
    }

    /// Runs so many calls, each by its index, and those whose script the server does not know a second time.
    private func run(
        _ count: Int, _ add: (_ index: Int, _ isWhole: Bool, inout RedisCommands) -> Void
    ) async throws(TammError) -> [RedisReply] {
        var commands = RedisCommands()
        for index in 0..<count { add(index, false, &commands) }
        var replies = try await pipe.submit(commands)
        for index in replies.indices {
            guard case .error(let reason) = replies[index], reason.hasPrefix("NOSCRIPT") else { continue }
            var whole = RedisCommands()
            add(index, true, &whole)
            replies[index] = try await pipe.submit(whole)[0]
        }
        return replies
    }
}

extension RedisRateLimitStore: RateLimitStore {
    public func decide(
        _ requests: [RateLimitRequest], at now: RateLimitInstant
    ) async throws(TammError) -> [RateLimitDecision] {
        let replies = try await run(requests.count) { index, isWhole, commands in
            let request = requests[index]
            let isLook = request.cost == 0 || request.policy.neverAdmits(request.cost)
            add(request, isLook ? .look : .charge, chargedAt: now, at: now, isWhole: isWhole, to: &commands)
        }
        var decisions: [RateLimitDecision] = []
        decisions.reserveCapacity(requests.count)
        for (request, reply) in zip(requests, replies) { decisions.append(try decision(request, reply)) }
        return decisions
    }

    /// The rule, from what the script has found; it must come to what the script came to.
    private func decision(_ request: RateLimitRequest, _ reply: RedisReply) throws(TammError) -> RateLimitDecision {
        let answer = try Answer(reply)
        let decision = request.policy.decision(
            request.cost, from: try request.states(answer.rest), at: answer.now, by: .shared)
        guard decision.isAdmitted == answer.isAdmitted || request.policy.neverAdmits(request.cost) else {
            throw TammError(.corrupted, "Redis: script and rule disagree about \(request.policy.name)", reason: "script")
        }
        return decision
    }

    public func refund(_ refunds: [RateLimitRefund], at now: RateLimitInstant) async throws(TammError) {
        let refunds = refunds.filter { $0.request.cost > 0 }
        let replies = try await run(refunds.count) { index, isWhole, commands in
            let refund = refunds[index]
            add(refund.request, .giveBack, chargedAt: refund.chargedAt, at: now, isWhole: isWhole, to: &commands)
        }
        for reply in replies { _ = try Answer(reply) }
    }

    public func acquire(
        _ lease: Identifier<ConcurrencyLease>, of limit: ConcurrencyLimit, for key: RateLimitKey,
        at now: RateLimitInstant
    ) async throws(TammError) -> ConcurrencyDecision {
        let answer = try await leaseAnswer("a", lease, limit, key, now)
        guard answer.rest.count == 8 else { throw RateLimitRequest.corrupted }
        let end = try wholeNumber(answer.rest)
        let (nanoseconds, overflow) = end.multipliedReportingOverflow(by: 1000)
        guard !overflow else { throw RateLimitRequest.corrupted }
        let expiry = RateLimitInstant(nanoseconds: nanoseconds)
        guard answer.isAdmitted else {
            return .refused(
                retryAfter: .nanoseconds(max(0, expiry.nanoseconds - answer.now.nanoseconds)), .shared)
        }
        return .admitted(ConcurrencyLease(id: lease, key: key, limit: limit, expiry: expiry, basis: .shared))
    }

    public func release(_ lease: ConcurrencyLease, at now: RateLimitInstant) async throws(TammError) {
        _ = try await leaseAnswer("r", lease.id, lease.limit, lease.key, now)
    }

    private func leaseAnswer(
        _ mode: String, _ lease: Identifier<ConcurrencyLease>, _ limit: ConcurrencyLimit, _ key: RateLimitKey,
        _ now: RateLimitInstant
    ) async throws(TammError) -> Answer {
        let (seconds, attoseconds) = limit.lifetime.components
        let replies = try await run(1) { _, isWhole, commands in
            begin(leaseScript, 6, key, isWhole, &commands)
            commands.add(mode)
            addTime(now, &commands)
            commands.add(lease.description)
            commands.add(Int64(limit.count))
            commands.add(seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
        }
        return try Answer(replies[0])
    }
}

/// What a script answers: whether, when by the server's clock, and what else.
private struct Answer {
    let isAdmitted: Bool
    let now: RateLimitInstant
    let rest: ArraySlice<UInt8>

    init(_ reply: RedisReply) throws(TammError) {
        if case .error(let reason) = reply { throw RedisWire.refused(reason) }
        guard case .bytes(let bytes) = reply, bytes.count >= 24 else { throw RateLimitRequest.corrupted }
        isAdmitted = try wholeNumber(bytes[..<8]) == 1
        let (seconds, micros) = (try wholeNumber(bytes[8..<16]), try wholeNumber(bytes[16..<24]))
        guard (0...(1 << 33)).contains(seconds), (0..<1_000_000).contains(micros) else {
            throw RateLimitRequest.corrupted
        }
        now = RateLimitInstant(nanoseconds: seconds * 1_000_000_000 + micros * 1000)
        rest = bytes[24...]
    }
}
