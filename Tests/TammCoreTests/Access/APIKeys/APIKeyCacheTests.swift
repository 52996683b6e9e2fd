import Synchronization
import TammInMemory
import TammTesting
import Testing

@testable import TammCore

/// Two processes over one store: one answers from a cache, the other revokes. Time is the test's.
struct APIKeyCacheTests {
    struct World {
        let manual = ManualClock()
        let store = InMemoryStore()
        let cache: APIKeyCache
        /// The process with the cache, and the one without.
        let cached: KeyHouse
        let plain: APIKeys

        init(staleness: Duration = .milliseconds(400), peppers: PepperRing? = nil) async throws {
            cache = try APIKeyCache(
                id: Identifier(high: 5, low: 5), store: store, staleness: staleness, clock: manual.clock)
            cached = try await KeyHouse(over: store, cache: cache, clock: manual.clock)
            plain = APIKeys(
                store: store, time: cached.bank.time.source, entropy: cached.bank.entropy, wallets: cached.bank.wallets,
                environment: .live, peppers: try PepperRing([KeyHouse.pepper(1)]), clock: manual.clock)
        }

        /// Revokes behind the library's back, as one SQL statement does.
        func revokeByHand(_ key: APIKey) async throws {
            try await store.transaction(as: .service) { t throws(TammError) in try t.put(key.with(status: .revoked)) }
        }
    }

    @Test func `Without a lease nothing is answered from the cache`() async throws {
        let world = try await World()
        let (key, text) = try await world.cached.issue()
        #expect(try await world.cached.refusal(text) == nil)
        try await world.revokeByHand(key)
        #expect(try await world.cached.refusal(text) == .revoked)
    }

    @Test func `With one it is, for no longer than its staleness, also when it is renewed all the time`() async throws {
        let world = try await World()
        let (key, text) = try await world.cached.issue()
        try await world.cache.refresh()
        #expect(try await world.cached.refusal(text) == nil)
        try await world.revokeByHand(key)
        #expect(try await world.cached.refusal(text) == nil)
        for _ in 0..<3 {
            world.manual.advance(by: .milliseconds(100))
            try await world.cache.refresh()
        }
        world.manual.advance(by: .milliseconds(99))
        #expect(try await world.cached.refusal(text) == nil)
        world.manual.advance(by: .milliseconds(1))
        #expect(try await world.cached.refusal(text) == .revoked)
    }

    @Test func `A lease that is not renewed runs out`() async throws {
        let world = try await World()
        let (_, text) = try await world.cached.issue()
        try await world.cache.refresh()
        world.manual.advance(by: .milliseconds(300))
        let digests = try PepperRing([KeyHouse.pepper(1)]).digests(of: try #require(PresentedAPIKey(text)))
        #expect(try await world.cached.refusal(text) == nil)
        #expect(world.cache.found(digests) != nil)
        world.manual.advance(by: .milliseconds(100))
        #expect(world.cache.found(digests) == nil)
    }

    /// Every notification is dropped: the process hears nothing, and its lease runs out.
    @Test func `A revocation returns when the lease of a process that hears nothing has run out`() async throws {
        let world = try await World()
        let (key, text) = try await world.cached.issue()
        try await world.cache.refresh()
        #expect(try await world.cached.refusal(text) == nil)
        let before = world.manual.now
        try await world.plain.revoke(key.place, as: world.cached.owner)
        #expect(world.manual.now - before >= .milliseconds(400))
        #expect(world.manual.now - before <= .milliseconds(410))
        #expect(try await world.cached.refusal(text) == .revoked)
        // It is not waited for a second time, until it comes back.
        let (second, _) = try await world.cached.issue()
        let later = world.manual.now
        try await world.plain.revoke(second.place, as: world.cached.owner)
        #expect(world.manual.now == later)
        try await world.cache.refresh()
        let (third, thirdText) = try await world.cached.issue()
        #expect(try await world.cached.refusal(thirdText) == nil)
        let last = world.manual.now
        try await world.plain.revoke(third.place, as: world.cached.owner)
        #expect(world.manual.now - last >= .milliseconds(400))
        #expect(try await world.cached.refusal(thirdText) == .revoked)
    }

    /// The notification comes late: at the third look.
    @Test func `A revocation returns as soon as the process has heard and forgotten`() async throws {
        let world = try await World()
        let (key, text) = try await world.cached.issue()
        try await world.cache.refresh()
        #expect(try await world.cached.refusal(text) == nil)
        let heard = Mutex(false)
        world.manual.atWaits(
            {
                // Not heard yet: until then the old answer stands, and the revocation has not returned.
                #expect((try? await world.cached.refusal(text)) == .some(nil))
            }, {},
            {
                try? await world.cache.refresh()
                heard.withLock { $0 = true }
                #expect((try? await world.cached.refusal(text)) == .revoked)
            })
        let before = world.manual.now
        try await world.plain.revoke(key.place, as: world.cached.owner)
        #expect(heard.withLock { $0 })
        #expect(world.manual.now - before == .milliseconds(15))
        #expect(try await world.cached.refusal(text) == .revoked)
    }

    @Test func `Disabling, suspending and a rotation without overlap wait likewise`() async throws {
        let world = try await World()
        func cachedKey() async throws -> (APIKey, String) {
            let (key, text) = try await world.cached.issue()
            try await world.cache.refresh()
            #expect(try await world.cached.refusal(text) == nil)
            return (key, text)
        }
        let (first, firstText) = try await cachedKey()
        try await world.plain.disable(first.place, as: world.cached.owner)
        #expect(try await world.cached.refusal(firstText) == .disabled)
        let (second, secondText) = try await cachedKey()
        _ = try await world.plain.rotate(second.place, overlap: .zero, expiresAt: nil, as: world.cached.owner).rawKey()
        #expect(try await world.cached.refusal(secondText) == .revoked)
        let (_, thirdText) = try await cachedKey()
        let workspaces = Workspaces(
            store: world.store, time: world.cached.bank.time.source, entropy: world.cached.bank.entropy,
            clock: world.manual.clock)
        try await workspaces.suspend(world.cached.bank.workspace, because: "unpaid", as: .service)
        #expect(try await world.cached.refusal(thirdText) == .workspaceSuspended)
    }

    @Test func `What was read before a process is known, or before it forgets, is not kept`() async throws {
        let world = try await World()
        let (key, text) = try await world.cached.issue()
        let digests = try PepperRing([KeyHouse.pepper(1)]).digests(of: try #require(PresentedAPIKey(text)))
        let found = try #require(try await world.store.apiKey(matching: digests))
        let early = world.cache.ticket()
        try await world.cache.refresh()
        world.cache.keep(found, for: digests, early)
        #expect(world.cache.found(digests) == nil)
        let late = world.cache.ticket()
        try await world.revokeByHand(key)
        _ = try await world.store.transaction(as: .service) { t throws(TammError) in try t.askForRefresh() }
        try await world.cache.refresh()
        world.cache.keep(found, for: digests, late)
        #expect(world.cache.found(digests) == nil)
        world.cache.keep(found, for: digests, world.cache.ticket())
        #expect(world.cache.found(digests) != nil)
        await world.cache.stop()
        #expect(world.cache.found(digests) == nil)
        #expect(try await world.store.transaction(as: .service) { t throws(TammError) in try t.apiKeyReaders() } == [])
    }

    @Test func `Unknown keys are asked for again: a new one is accepted at once`() async throws {
        let world = try await World()
        try await world.cache.refresh()
        let (_, text) = try await world.cached.issue()
        #expect(try await world.cached.refusal(text) == nil)
        #expect(try await world.cached.refusal(PresentedAPIKey(.live, entropy: world.cached.bank.entropy).text) == .unknown)
    }

    @Test func `A full cache forgets, and its bounds are held`() async throws {
        let store = InMemoryStore()
        for staleness in [Duration.zero, .microseconds(-1), .microseconds(1_000_001)] {
            #expect(throws: TammError.self) {
                try APIKeyCache(id: Identifier(high: 1, low: 1), store: store, staleness: staleness)
            }
        }
        #expect(throws: TammError.self) {
            try APIKeyCache(id: Identifier(high: 1, low: 1), store: store, staleness: .seconds(1), capacity: 0)
        }
        let manual = ManualClock()
        let cache = try APIKeyCache(
            id: Identifier(high: 1, low: 1), store: store, staleness: .seconds(1), capacity: 2, clock: manual.clock)
        let house = try await KeyHouse(over: store, cache: cache)
        try await cache.refresh()
        for _ in 0..<5 {
            let (_, text) = try await house.issue()
            for _ in 0..<2 { #expect(try await house.refusal(text) == nil) }
        }
    }

    /// However revocations, notifications and time come: nothing is accepted after the revocation has returned.
    @Test(arguments: 0..<20)
    func `No schedule accepts a key after its revocation`(seed: UInt64) async throws {
        let world = try await World(staleness: .milliseconds(50))
        let random = SeededEntropy(seed: TestSeed.current &+ seed).source
        for _ in 0..<20 {
            let (key, text) = try await world.cached.issue()
            try await world.cache.refresh()
            for _ in 0..<random.next() % 6 {
                switch random.next() % 3 {
                case 0: world.manual.advance(by: .milliseconds(Int64(random.next() % 40)))
                case 1: try await world.cache.refresh()
                default: #expect(try await world.cached.refusal(text) == nil)
                }
            }
            if random.next() % 2 == 0 {
                let late = Int(random.next() % 4)
                let hooks: [@Sendable () async -> Void] = Array(repeating: {}, count: late) + [{ try? await world.cache.refresh() }]
                world.manual.atWaits(hooks)
            } else {
                world.manual.atWaits()
            }
            let busy = Task { for _ in 0..<50 { _ = try await world.cached.refusal(text) } }
            try await world.plain.revoke(key.place, as: world.cached.owner)
            #expect(try await world.cached.refusal(text) == .revoked, "seed \(TestSeed.current &+ seed)")
            try await busy.value
            #expect(try await world.cached.refusal(text) == .revoked, "seed \(TestSeed.current &+ seed)")
        }
    }
}
