import TammCore
import Testing

@testable import TammPostgres

@Suite struct `Connections to PostgreSQL` {
    @Test func `refuse a login that sees around the policies`() async throws {
        await #expect {
            _ = try await PostgresStore(Server.configuration("TAMM_POSTGRES_ADMIN_URL"))
        } throws: { ($0 as? TammError)?.code == .forbidden }
    }

    @Test func `refuse a login that lacks a role, and name it`() async throws {
        await #expect {
            _ = try await PostgresStore(Server.configuration("TAMM_POSTGRES_OWNER_URL"))
        } throws: {
            ($0 as? TammError)?.code == .forbidden && ($0 as? TammError)?.message.contains("tamm_ledger") == true
        }
    }

    @Test(arguments: [
        "postgresql://u:hunter2@/tamm?host=/nowhere", "postgresql://u:hunter2@", "host=/nowhere password=hunter2 x",
        // Passwords without their escapes, parts of which libpq takes for something else.
        "postgresql://u:hunter2%et@h/db", "postgresql://u:hunter2/f2@h/db", "postgresql://u:7/hunter2@h/db",
        "postgresql://u:s3@hunter2@h/db", "host=/nowhere password=my hunter2=x",
    ])
    func `that fail tell no password`(url: String) async throws {
        await #expect {
            _ = try await PostgresStore(PostgresConfiguration(Secret(url)))
        } throws: { ($0 as? TammError)?.code == .unavailable && !"\($0)".contains("hunter2") }
    }

    @Test func `refuse a login that has a role's rights without taking it`() async throws {
        let name = "tamm_bad_\(UInt64.random(in: 0..<(1 << 60)))"
        try await Admin.run("CREATE ROLE \(name) LOGIN INHERIT IN ROLE tamm_runtime, tamm_ledger, tamm_service")
        _ = try await Server.shared
        let url = try Server.url("TAMM_POSTGRES_URL").replacing("tamm_app@", with: "\(name)@")
        await #expect {
            _ = try await PostgresStore(PostgresConfiguration(Secret(url)))
        } throws: {
            ($0 as? TammError)?.code == .forbidden && "\($0)".contains("NOINHERIT")
        }
        try await Admin.run("DROP ROLE \(name)")
    }

    @Test func `refuse numbers beyond their bounds`() async throws {
        for change: (inout PostgresConfiguration) -> Void in [
            { $0.connections = 0 }, { $0.connections = 201 }, { $0.retries = -1 }, { $0.timeouts.statement = .seconds(100_000) },
            { $0.timeouts.silence = .zero }, { $0.cachedWallets = -1 }, { $0.cachedWallets = 1_000_001 },
        ] {
            var configuration = try Server.configuration()
            change(&configuration)
            await #expect {
                _ = try await PostgresStore(configuration)
            } throws: { ($0 as? TammError)?.code == .invalidInput && ($0 as? TammError)?.field != nil }
        }
    }

    @Test func `include one for the operator, which comes back by itself`() async throws {
        let server = try await FaultServer()
        defer { server.remove() }
        var configuration = server.configuration()
        configuration.reservedUpkeep = .milliseconds(20)
        let store = try await PostgresStore(configuration)
        try server.kill()
        try server.recover()
        while try server.query("SELECT count(*) FROM pg_stat_activity WHERE usename = 'tamm_app'") == "0" {
            try await Task.sleep(for: .milliseconds(20))
        }
        await store.shutdown()
        #expect(try server.query("SELECT count(*) FROM pg_stat_activity WHERE usename = 'tamm_app'") == "0")
    }

    @Test func `are lent in turn, and too many who wait are refused`() async throws {
        let store = try await Server.store {
            $0.connections = 1
            $0.waiting = 2
        }
        let gate = Gate()
        let codes = await withTaskGroup(of: TammError.Code?.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    do throws(TammError) {
                        try await store.transaction(as: .service) { _ throws(TammError) in gate.pass() }
                        return nil
                    } catch { return error.code }
                }
            }
            // One has the connection, two wait for it, and the others are told at once.
            var codes: [TammError.Code?] = []
            for _ in 0..<5 { if let code = await group.next() { codes.append(code) } }
            gate.open()
            return await group.reduce(into: codes) { $0.append($1) }
        }
        #expect(codes.prefix(5).allSatisfy { $0 == .overloaded })
        #expect(codes.dropFirst(5).allSatisfy { $0 == nil })
        #expect(codes.count == 8)
        await store.shutdown()
    }

    @Test func `that do not become free in time are given up, and a cancelled task waits no longer`() async throws {
        let store = try await Server.store {
            $0.connections = 1
            $0.timeouts.acquire = .milliseconds(100)
        }
        let gate = Gate()
        defer { gate.open() }
        let long = Task { try await store.transaction(as: .service) { _ throws(TammError) in gate.pass() } }
        await gate.arrivals(1)
        await #expect {
            try await store.transaction(as: .service) { _ throws(TammError) in }
        } throws: { ($0 as? TammError)?.code == .overloaded }
        let waiting = Task { try await store.transaction(as: .service) { _ throws(TammError) in } }
        waiting.cancel()
        await #expect {
            try await waiting.value
        } throws: { [.cancelled, .overloaded].contains(($0 as? TammError)?.code) }
        // The operator's own connection is free all the time.
        try await store.reservedTransaction(as: .service) { _ throws(TammError) in }
        gate.open()
        try await long.value
        await store.shutdown()
        await #expect {
            try await store.transaction(as: .service) { _ throws(TammError) in }
        } throws: { ($0 as? TammError)?.code == .unavailable }
    }

    @Test func `are left by a cancelled task that waits for one`() async throws {
        let store = try await Server.store { $0.connections = 1 }
        let gate = Gate()
        defer { gate.open() }
        let long = Task { try await store.transaction(as: .service) { _ throws(TammError) in gate.pass() } }
        await gate.arrivals(1)
        let waiting = Task { try await store.transaction(as: .service) { _ throws(TammError) in } }
        waiting.cancel()
        await #expect { try await waiting.value } throws: { ($0 as? TammError)?.code == .cancelled }
        gate.open()
        try await long.value
        await store.shutdown()
    }

    @Test func `time out in a statement, and stop one at the end of the grace of a shutdown`() async throws {
        let store = try await Server.store { $0.timeouts.statement = .milliseconds(200) }
        await #expect {
            try await store.unitOfWork(as: .service) { t throws(TammError) in try t.execute("SELECT pg_sleep(5)") }
        } throws: { ($0 as? TammError)?.code == .unavailable && ($0 as? TammError)?.reason == "57014" }
        await store.shutdown()
        let other = try await Server.store()
        let gate = Gate(opensAt: 1)
        let long = Task {
            try await other.unitOfWork(as: .service) { t throws(TammError) in
                gate.pass()
                // Stopped in whichever of these it is then.
                for _ in 0..<20 { try t.execute("SELECT pg_sleep(1)") }
            }
        }
        await gate.arrivals(1)
        await other.shutdown(within: .milliseconds(100))
        await #expect { try await long.value } throws: { ($0 as? TammError)?.code == .unavailable }
    }

    @Test func `that the server has closed are replaced`() async throws {
        let store = try await Server.store { $0.connections = 2 }
        let pid = try await store.unitOfWork(as: .service) { t throws(TammError) in
            try t.execute("SELECT pg_backend_pid()") { row throws(TammError) in try row.next(Int32.self) }[0]
        }
        try await Admin.run("SELECT pg_terminate_backend(\(pid))")
        try await Task.sleep(for: .milliseconds(100))
        for _ in 0..<4 { try await store.transaction(as: .service) { _ throws(TammError) in } }
        let found = try await store.unitOfWork(as: .service) { t throws(TammError) in
            try t.execute("SELECT 1::int8") { row throws(TammError) in try row.next(Int64.self) }
        }
        #expect(found == [1])
        await store.shutdown()
    }
}
