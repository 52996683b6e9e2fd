import Foundation
import TammCore
import TammRedis
import Testing

@Suite("A store of rate limits on Redis", .timeLimit(.minutes(15)))
struct RedisStoreTests {
    @Test func `goes by the server's clock, and a wait it names is long enough`() async throws {
        let store = try RedisRateLimitStore(SharedServer.configuration())
        let (desk, policy) = (Desk(), try Desk.policy(1, per: .milliseconds(200)))
        let first = try await store.decide([desk.request(policy)], at: anyMoment)[0]
        #expect(first.isAdmitted && first.status.basis == .shared)
        var second = first
        // A machine without time for this test may let the first one's interval pass.
        while second.isAdmitted { second = try await store.decide([desk.request(policy)], at: anyMoment)[0] }
        let now = TimeSource.system.now().microseconds / 1_000_000
        #expect(abs(second.status.decidedAt.nanoseconds / 1_000_000_000 - now) < 60)
        let wait = try #require(second.retryAfter)
        #expect(wait > .zero && wait <= .milliseconds(200))
        // The two clocks do not tick alike.
        try await Task.sleep(for: wait + .milliseconds(10))
        #expect(try await store.decide([desk.request(policy)], at: anyMoment)[0].isAdmitted)
        await store.shutdown()
    }

    @Test func `keeps one key for a subject and policy, with a hash tag, which expires with what it says`() async throws {
        let server = try await OwnServer()
        let store = try RedisRateLimitStore(server.configuration)
        let policy = try RateLimitPolicy(
            "p", [.gcra("q", 10, per: .seconds(10), burst: 10), .slidingWindow("r", 10, per: .seconds(100))])
        _ = try await store.decide([Desk().request(policy)], at: anyMoment)
        let keys = try server.command("KEYS", "*").split(separator: "\n")
        #expect(keys.count == 1)
        let key = String(try #require(keys.first))
        #expect(key.wholeMatch(of: /tamm:limit:\{[0-9a-f]{32}\}:[0-9a-f]{16}/) != nil, "\(key)")
        let left = try #require(Int(try server.command("PTTL", key)))
        #expect((50_000...200_001).contains(left))
        #expect(!server.configuration.prefix.isEmpty && !key.contains("somebody"))
        await store.shutdown()
    }

    @Test func `sends a script whole where the server has forgotten it`() async throws {
        let server = try await OwnServer()
        let store = try RedisRateLimitStore(server.configuration)
        let (desk, policy) = (Desk(), try Desk.policy(2))
        #expect(try await store.decide([desk.request(policy)], at: anyMoment)[0].isAdmitted)
        try server.command("SCRIPT", "FLUSH")
        let found = try await store.decide([desk.request(policy), desk.request(policy)], at: anyMoment)
        #expect(found.map(\.isAdmitted) == [true, false])
        await store.shutdown()
    }

    @Test func `gives its password, and tells it nobody`() async throws {
        let server = try await OwnServer("--requirepass", "hunter2")
        let policy = try Desk.policy(2)
        for (password, isRight) in [("hunter2", true), ("hunter3", false)] {
            var configuration = server.configuration
            configuration.password = Secret(password)
            let store = try RedisRateLimitStore(configuration)
            do {
                let found = try await store.decide([Desk().request(policy)], at: anyMoment)
                #expect(isRight && found[0].isAdmitted)
            } catch {
                #expect(!isRight && error.code == .unavailable && error.reason == "WRONGPASS", "\(error)")
                #expect(!"\(error)".contains("hunter"))
            }
            await store.shutdown()
        }
        let silent = try RedisRateLimitStore(server.configuration)
        await #expect {
            _ = try await silent.decide([Desk().request(policy)], at: anyMoment)
        } throws: { ($0 as? TammError)?.reason == "NOAUTH" }
        await silent.shutdown()
    }

    @Test func `admits exactly a burst to two clients with many callers each`() async throws {
        let stores = try (0..<2).map { _ in try RedisRateLimitStore(SharedServer.configuration()) }
        let policy = try RateLimitPolicy(
            "p",
            [.gcra("q", 300, per: .seconds(31_622_400), burst: 300), .fixedWindow("r", 1000, per: .seconds(31_622_400))])
        let request = Desk().request(policy)
        let admitted = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<64 {
                group.addTask {
                    var admitted = 0
                    for _ in 0..<10 {
                        if try await stores[number % 2].decide([request], at: anyMoment)[0].isAdmitted { admitted += 1 }
                    }
                    return admitted
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(admitted == 300)
        for store in stores { await store.shutdown() }
    }

    @Test func `gives every caller its own answer, one after the other and many at once`() async throws {
        let store = try RedisRateLimitStore(SharedServer.configuration())
        let desk = Desk()
        let policies = try (1...50).map { try RateLimitPolicy("p", [.fixedWindow("q", $0, per: .seconds(31_622_400))]) }
        for (round, callers) in [1, 50, 1].enumerated() {
            try await withThrowingTaskGroup { group in
                for caller in 0..<callers {
                    group.addTask {
                        for index in policies.indices {
                            let policy = policies[(index + caller) % policies.count]
                            let subject = RateLimitSubject.other("\(round) \(caller) \(index)")
                            let found = try await store.decide(
                                [desk.request(policy, subject), desk.request(policy, cost: 0, subject)], at: anyMoment)
                            #expect(found.map(\.status.remaining) == [policy.quotas[0].count - 1, policy.quotas[0].count - 1])
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        await store.shutdown()
    }

    @Test(arguments: ["short", String(repeating: "x", count: 24)])
    func `takes nothing for a state that no script has written`(bytes: String) async throws {
        let server = try await OwnServer()
        let store = try RedisRateLimitStore(server.configuration)
        let (desk, policy) = (Desk(), try Desk.policy(2))
        _ = try await store.decide([desk.request(policy)], at: anyMoment)
        try server.command("SET", server.command("KEYS", "*"), bytes)
        await #expect {
            _ = try await store.decide([desk.request(policy)], at: anyMoment)
        } throws: { ["TAMMSTATE", "state"].contains(($0 as? TammError)?.reason) }
        await store.shutdown()
    }

    @Test func `refuses more callers than may wait, and gives up on a server that does not answer`() async throws {
        let server = try await OwnServer()
        var configuration = server.configuration
        configuration.waiting = 3
        configuration.timeouts.command = .milliseconds(500)
        let store = try RedisRateLimitStore(configuration)
        let (desk, policy) = (Desk(), try Desk.policy(100))
        _ = try await store.decide([desk.request(policy)], at: anyMoment)
        server.freeze()
        let codes = await withTaskGroup(of: TammError.Code?.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    do throws(TammError) { _ = try await store.decide([desk.request(policy)], at: anyMoment) } catch {
                        return error.code
                    }
                    return nil
                }
            }
            return await group.reduce(into: [TammError.Code?]()) { $0.append($1) }
        }
        #expect(codes.allSatisfy { $0 == .overloaded || $0 == .unavailable }, "\(codes)")
        #expect(codes.contains(.overloaded) && codes.contains(.unavailable), "\(codes)")
        server.thaw()
        // It connects again by itself, not before a moment of its own.
        var isBack = false
        for _ in 0..<200 where !isBack {
            isBack = (try? await store.decide([desk.request(policy)], at: anyMoment)) != nil
            if !isBack { try await Task.sleep(for: .milliseconds(50)) }
        }
        #expect(isBack)
        await store.shutdown()
        await #expect {
            _ = try await store.decide([desk.request(policy)], at: anyMoment)
        } throws: { ($0 as? TammError)?.code == .unavailable }
    }

    @Test func `says at once that nobody listens`() async throws {
        let store = try RedisRateLimitStore(RedisConfiguration(.unix(path: "/nowhere/socket")))
        for _ in 0..<20 {
            await #expect {
                _ = try await store.decide([Desk().request(Desk.policy(1))], at: anyMoment)
            } throws: { ($0 as? TammError)?.code == .unavailable }
        }
        await store.shutdown()
    }
}

@Suite struct `The configuration of Redis` {
    @Test func `is read from a URL`() throws {
        func read(_ text: String) throws(TammError) -> RedisConfiguration { try RedisConfiguration(url: Secret(text)) }
        #expect(try read("redis://cache.example").endpoint == .tcp(host: "cache.example", port: 6379))
        #expect(try read("redis://[::1]:7000/3").endpoint == .tcp(host: "::1", port: 7000))
        #expect(try read("redis://[::1]:7000/3").database == 3)
        #expect(try read("unix:/run/redis/socket").endpoint == .unix(path: "/run/redis/socket"))
        #expect(try read("unix:///run/redis/socket").endpoint == .unix(path: "/run/redis/socket"))
        let full = try read("redis://limits:hunter2@cache.example:6380/1")
        #expect(full.endpoint == .tcp(host: "cache.example", port: 6380))
        #expect(full.username == "limits" && full.password == Secret("hunter2") && full.database == 1)
        #expect(try read("redis://:a:b@h").password == Secret("a:b"))
        #expect(try read("redis://:a:b@h").username == nil)
        #expect(!"\(full)".contains("hunter2"))
    }

    @Test(arguments: [
        "", "redis:", "redis://", "http://a", "redis://a:b:c", "redis://a:70000", "redis://a/x", "redis://a/-1", "unix:",
        "redis://hunter2@a", "redis://u:@a", "rediss://u:hunter2@a",
    ])
    func `is refused in any other form, without being shown`(text: String) {
        #expect {
            _ = try RedisConfiguration(url: Secret(text))
        } throws: { ($0 as? TammError)?.code == .invalidInput && !"\($0)".contains("hunter2") }
    }

    @Test func `has bounds`() throws {
        for change: (inout RedisConfiguration) -> Void in [
            { $0.prefix = "{a}" }, { $0.prefix = "a b" }, { $0.prefix = String(repeating: "a", count: 65) }, { $0.waiting = 0 },
            { $0.timeouts.command = .zero },
        ] {
            var configuration = RedisConfiguration(.unix(path: "/a"))
            change(&configuration)
            #expect(throws: TammError.self) { _ = try RedisRateLimitStore(configuration) }
        }
    }
}
