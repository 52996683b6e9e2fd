import TammCore

extension RateLimitLaw {
    static let leaseLaws: [RateLimitLaw] = [
        RateLimitLaw("lease.count", "As many leases are held as the limit says, and one that is given back makes room") {
            store, context in
            let desk = try LeaseDesk(store, context)
            let first = try await desk.take(at: context.base)
            _ = try await desk.take(at: context.base)
            try context.expect(try await desk.take(at: context.base), nil, "a third lease of two")
            try await store.release(try desk.held(first), at: context.base)
            try context.expect(try await desk.take(at: context.base) != nil, true, "whether there is room again")
            try context.expect(try await desk.take(at: context.base), nil, "a fourth lease")
        },
        RateLimitLaw("lease.expiry", "A lease ends by itself, exactly when a refusal says") { store, context in
            let desk = try LeaseDesk(store, context)
            let first = try desk.held(try await desk.take(at: context.base))
            try context.expect(first.expiry, context.at(.seconds(60)), "when the first ends")
            _ = try await desk.take(at: context.at(.seconds(20)))
            let now = context.at(.seconds(30))
            guard case .refused(let wait, _) = try await desk.ask(at: now) else {
                throw context.law.violation("no room for a third", "a lease")
            }
            try context.expect(wait, .seconds(30), "the wait")
            let early = now.advanced(by: wait - .microseconds(1))
            try context.expect(try await desk.take(at: early), nil, "a lease 1 µs before the wait is over")
            try context.expect(try await desk.take(at: now.advanced(by: wait)) != nil, true, "whether there is one at it")
        },
        RateLimitLaw("lease.renew", "A lease that is renewed lasts longer and takes no more room") { store, context in
            let desk = try LeaseDesk(store, context)
            let first = try desk.held(try await desk.take(at: context.base))
            _ = try await desk.take(at: context.base)
            let renewed = try await store.acquire(
                first.id, of: desk.limit, for: desk.key, at: context.at(.seconds(50)))
            guard case .admitted(let lease) = renewed else {
                throw context.law.violation("the lease renewed", "\(renewed)")
            }
            try context.expect(lease.expiry, context.at(.seconds(110)), "when it ends")
            try context.expect(try await desk.take(at: context.at(.seconds(50))), nil, "a third lease")
            try context.expect(
                try await desk.take(at: context.at(.seconds(61))) != nil, true, "whether the one not renewed has ended")
            try context.expect(try await desk.take(at: context.at(.seconds(109))), nil, "a lease beside the renewed one")
        },
        RateLimitLaw("lease.unknown", "Giving back a lease twice, or one that has ended, frees nothing") { store, context in
            let desk = try LeaseDesk(store, context)
            let first = try desk.held(try await desk.take(at: context.base))
            let second = try desk.held(try await desk.take(at: context.base))
            for _ in 0..<3 { try await store.release(first, at: context.base) }
            _ = try await desk.take(at: context.base)
            try context.expect(try await desk.take(at: context.base), nil, "a third lease")
            try await store.release(second, at: context.at(.seconds(61)))
            let later = context.at(.seconds(61))
            for number in 1...3 {
                try context.expect(try await desk.take(at: later) != nil, number < 3, "whether there is lease \(number)")
            }
        },
        RateLimitLaw("lease.subjects", "Subjects do not share leases") { store, context in
            let (one, other) = (try LeaseDesk(store, context), try LeaseDesk(store, context))
            for desk in [one, other] {
                for number in 1...3 {
                    try context.expect(
                        try await desk.take(at: context.base) != nil, number < 3, "whether there is lease \(number)")
                }
            }
        },
        RateLimitLaw("lease.concurrent", "Of many at one instant, exactly as many get a lease as the limit says") {
            store, context in
            let desk = try LeaseDesk(store, context)
            let taken = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<20 { group.addTask { try await desk.take(at: context.base) != nil } }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            try context.expect(taken, 2, "how many of 20 get one")
        },
    ]
}

/// Two leases of a minute for one subject.
private struct LeaseDesk: Sendable {
    let store: any RateLimitStore
    let context: LimitLawContext
    let limit: ConcurrencyLimit
    let key: RateLimitKey

    init(_ store: any RateLimitStore, _ context: LimitLawContext) throws(TammError) {
        (self.store, self.context) = (store, context)
        limit = try ConcurrencyLimit("law.leases", 2, lifetime: .seconds(60))
        key = context.key(limit, context.subject())
    }

    func ask(at now: RateLimitInstant) async throws(TammError) -> ConcurrencyDecision {
        try await store.acquire(context.law.id(), of: limit, for: key, at: now)
    }

    func take(at now: RateLimitInstant) async throws(TammError) -> ConcurrencyLease? {
        guard case .admitted(let lease) = try await ask(at: now) else { return nil }
        return lease
    }

    func held(_ lease: ConcurrencyLease?) throws(LawViolation) -> ConcurrencyLease {
        guard let lease else { throw context.law.violation("a lease", "none") }
        return lease
    }
}
