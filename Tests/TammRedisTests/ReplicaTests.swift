import TammCore
import Testing

@testable import TammRedis

@Suite("A server that is of no use any more", .timeLimit(.minutes(15)))
struct ReplicaTests {
    private func world() throws -> (Replica, RedisRateLimitStore) {
        guard case .unix(let path) = try SharedServer.configuration().endpoint else {
            throw MissingServer(description: "wanted a server on a socket")
        }
        let replica = try Replica(of: path)
        var configuration = RedisConfiguration(.unix(path: replica.path))
        // A busy machine takes its time, also for a server that is there.
        (configuration.timeouts.connect, configuration.timeouts.command) = (.seconds(60), .seconds(60))
        return (replica, try RedisRateLimitStore(configuration))
    }

    /// Asked again until it has let the time between two tries pass.
    private func answer(_ store: RedisRateLimitStore, _ request: RateLimitRequest) async throws -> RateLimitDecision {
        while true {
            do throws(TammError) { return try await store.decide([request], at: anyMoment)[0] } catch {
                guard error.code == .unavailable else { throw error }
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test(arguments: [
        "READONLY You can't write against a read only replica. script: f1, on @user_script:1.",
        "ERR Error running script (call to f_1): @user_script:9: -READONLY You can't write against a read only replica.",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        "LOADING Redis is loading the dataset in memory", "NOAUTH Authentication required.",
    ])
    func `is left for a connection that leads elsewhere`(reason: String) async throws {
        let (replica, store) = try world()
        let (desk, policy) = (Desk(), try Desk.policy(2))
        replica.refuse(reason)
        await #expect { _ = try await store.decide([desk.request(policy)], at: anyMoment) } throws: {
            ($0 as? TammError)?.code == .unavailable
        }
        #expect(replica.connections == 1)
        replica.refuse(nil)
        #expect(try await answer(store, desk.request(policy)).isAdmitted)
        #expect(replica.connections == 2)
        #expect(try await store.decide([desk.request(policy)], at: anyMoment)[0].isAdmitted)
        #expect(try await store.decide([desk.request(policy)], at: anyMoment)[0].isAdmitted == false)
        #expect(replica.connections == 2, "one that leads there is kept")
        await store.shutdown()
        replica.close()
    }

    @Test func `fails all that waits for it at once, and is asked again later each time`() async throws {
        let (replica, store) = try world()
        let (desk, policy) = (Desk(), try Desk.policy(100))
        replica.refuse("READONLY You can't write against a read only replica.")
        let failures = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    do throws(TammError) { _ = try await store.decide([desk.request(policy)], at: anyMoment) } catch {
                        return error.code == .unavailable
                    }
                    return false
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(failures == 200)
        let before = replica.connections
        for _ in 0..<1000 { _ = try? await store.decide([desk.request(policy)], at: anyMoment) }
        // Had each been a connection of its own, there were a thousand.
        #expect(replica.connections < before + 500)
        replica.refuse(nil)
        #expect(try await answer(store, desk.request(policy)).isAdmitted)
        await store.shutdown()
        replica.close()
    }

    @Test func `leaves nobody waiting whose answer came with the farewell`() async throws {
        let (replica, store) = try world()
        let (desk, policy) = (Desk(), try Desk.policy(2))
        replica.refuse("OOM first\r\n-READONLY You can't write against a read only replica.")
        for _ in 0..<3 {
            await #expect(throws: TammError.self) { _ = try await store.decide([desk.request(policy)], at: anyMoment) }
        }
        replica.refuse(nil)
        #expect(try await answer(store, desk.request(policy)).isAdmitted)
        await store.shutdown()
        replica.close()
    }

    @Test func `is not one that has an error of another kind`() async throws {
        let (replica, store) = try world()
        let (desk, policy) = (Desk(), try Desk.policy(2))
        replica.refuse("OOM command not allowed when used memory > 'maxmemory'.")
        for _ in 0..<3 {
            await #expect { _ = try await store.decide([desk.request(policy)], at: anyMoment) } throws: {
                ($0 as? TammError)?.reason == "OOM"
            }
        }
        #expect(replica.connections == 1)
        await store.shutdown()
        replica.close()
        for reason in ["ERR unknown command -READONLY", "ERR", "", "READONLYISH", "NOSCRIPT No matching script."] {
            #expect(!RedisWire.isFarewell(reason), "\(reason)")
        }
    }

    @Test func `The limits of this process decide meanwhile, and the server again by itself`() async throws {
        let (replica, store) = try world()
        let limits = RateLimits(
            store: store, seed: RateLimitSeed(entropy: .system),
            patience: try RateLimitPatience(failuresToOpen: 2, firstPause: .milliseconds(1), longestPause: .milliseconds(20)),
            local: try LocalRateLimitStore(), time: .system, entropy: .system)
        let policy = try Desk.policy(1_000_000)
        replica.refuse("READONLY You can't write against a read only replica.")
        for _ in 0..<20 { #expect(await limits.check(policy, for: .other("a")).status.basis == .floor) }
        replica.refuse(nil)
        while await limits.check(policy, for: .other("a")).status.basis != .shared { try await Task.sleep(for: .milliseconds(2)) }
        await store.shutdown()
        replica.close()
    }

    @Test func `A login is made in one piece: no copy of a part of it is left behind`() {
        var commands = RedisCommands(capacity: 4200)
        func address() -> UInt? { unsafe commands.bytes.withUnsafeBytes { unsafe $0.baseAddress.map { UInt(bitPattern: $0) } } }
        commands.begin(2)
        commands.add("AUTH")
        let before = address()
        commands.add([UInt8](repeating: 0x5a, count: 4096))
        #expect(address() == before)
        commands.forget()
        #expect(commands.bytes.isEmpty && commands.count == 0)
    }
}
