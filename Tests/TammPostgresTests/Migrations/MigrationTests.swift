import TammCore
import Testing

@testable import TammPostgres

@Suite struct `Migrations` {
    /// A database without the schema, and the owner's way to it.
    private func empty() async throws -> (Scratch, PostgresConfiguration) {
        let scratch = try await Scratch()
        await scratch.store.shutdown(within: .zero)
        var owner = try Server.configuration("TAMM_POSTGRES_OWNER_URL")
        owner.database = scratch.name
        try await Admin.run("GRANT CREATE ON DATABASE \(scratch.name) TO tamm_owner")
        try await PostgresMigrations(owner).revert(to: nil)
        return (scratch, owner)
    }

    private func dump(_ name: String) async throws -> String {
        let url = try Server.url("TAMM_POSTGRES_ADMIN_URL").replacing("/tamm?", with: "/\(name)?")
        let text = try await Admin.run("pg_dump", ["--schema-only", url])
        return text.split(separator: "\n").filter { !$0.hasPrefix("\\") && !$0.hasPrefix("--") }.joined(separator: "\n")
    }

    /// Databases have these: a text that changes is refused by every one of them. What is wrong in one, the next mends.
    @Test func `keep the texts that databases were made with`() {
        let known = [
            "0001-access f1e8e3c4",
            "0002-ledger 8c0aab42",
            "0003-purchases 0878da1b",
            "0004-isolation 4235f1f1",
            "0005-workspace-control 26712d43",
            "0006-api-keys a49b7380",
            "0007-subscription-control 3245a904",
            "0008-audit-chains 9ae524a5",
            "0009-access-writes c599c4dc",
            "0010-api-key-standing fbfefbb4",
            "0011-wallet-versions d6c20941",
        ]
        let found = Migration.all.map { migration in
            "\(migration.id) \(migration.digest.prefix(4).map { String(Int($0) + 0x100, radix: 16).dropFirst() }.joined())"
        }
        #expect(Array(found.prefix(known.count)) == known, "\(found)")
    }

    @Test func `go up, down and up again to the same catalogue, each step by itself too`() async throws {
        let (scratch, owner) = try await empty()
        let migrations = PostgresMigrations(owner)
        let bare = try await dump(scratch.name)
        #expect(try await migrations.apply() == Migration.all.map(\.id))
        let full = try await dump(scratch.name)
        #expect(try await migrations.apply() == [])
        var dumps: [String] = []
        for index in Migration.all.indices.reversed() {
            let last = index == 0 ? nil : Migration.all[index - 1].id
            #expect(try await migrations.revert(to: last) == [Migration.all[index].id])
            dumps.insert(try await dump(scratch.name), at: 0)
        }
        #expect(dumps[0] == bare)
        for index in Migration.all.indices {
            #expect(try await dump(scratch.name) == dumps[index])
            try await PostgresMigrations(owner, Array(Migration.all.prefix(index + 1))).apply()
        }
        #expect(try await dump(scratch.name) == full)
        await scratch.close()
    }

    @Test func `refuse a text that has changed, and what a later version has done`() async throws {
        let (scratch, owner) = try await empty()
        try await PostgresMigrations(owner).apply()
        var changed = Migration.all
        changed[1] = Migration(id: changed[1].id, up: changed[1].up + " ", down: changed[1].down)
        await #expect { try await PostgresMigrations(owner, changed).apply() } throws: {
            ($0 as? TammError)?.code == .conflict && "\($0)".contains(changed[1].id)
        }
        await #expect { try await PostgresMigrations(owner, Array(Migration.all.dropLast())).apply() } throws: {
            ($0 as? TammError)?.code == .conflict
        }
        await scratch.close()
    }

    @Test func `that fail leave nothing of themselves`() async throws {
        let (scratch, owner) = try await empty()
        let bad = Migration(
            id: "9999-bad", up: "CREATE TABLE tamm.half (id uuid); SELECT 1 / 0", down: .impossible(because: "it is bad"))
        await #expect(throws: TammError.self) { try await PostgresMigrations(owner, Migration.all + [bad]).apply() }
        let status = try await PostgresMigrations(owner, Migration.all + [bad]).status()
        #expect(status.applied == Migration.all.map(\.id))
        #expect(status.pending == ["9999-bad"])
        #expect(try await Admin.run("SELECT to_regclass('tamm.half') IS NULL", database: scratch.name) == "t")
        await scratch.close()
    }

    @Test func `without a way back say why`() async throws {
        let (scratch, owner) = try await empty()
        let oneWay = Migration(id: "9998-one-way", up: "SELECT 1", down: .impossible(because: "rows would be lost"))
        let migrations = PostgresMigrations(owner, Migration.all + [oneWay])
        try await migrations.apply()
        await #expect { try await migrations.revert(to: nil) } throws: {
            ($0 as? TammError)?.code == .forbidden && "\($0)".contains("rows would be lost")
        }
        await scratch.close()
    }

    @Test func `run once although two processes begin them`() async throws {
        let (scratch, owner) = try await empty()
        let done = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<4 { group.addTask { try await PostgresMigrations(owner).apply() } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(done.sorted() == Migration.all.map(\.id))
        await scratch.close()
    }

    @Test func `are asked for by a store that does not find them`() async throws {
        let (scratch, _) = try await empty()
        var configuration = try Server.configuration()
        configuration.database = scratch.name
        await #expect { _ = try await PostgresStore(configuration) } throws: {
            ($0 as? TammError)?.code == .unavailable && "\($0)".contains(Migration.all[0].id)
        }
        await scratch.close()
    }
}
