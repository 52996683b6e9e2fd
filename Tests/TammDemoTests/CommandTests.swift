import ArgumentParser
import Foundation
import Testing

@testable import tamm_demo

@Suite struct `The command` {
    private func command(_ arguments: String...) throws -> TammDemo {
        try #require(try TammDemo.parseAsRoot(arguments) as? TammDemo)
    }

    /// The exit code that the process would end with.
    private func exitCode(_ arguments: String...) async throws -> Int32 {
        do {
            let command = try #require(try TammDemo.parseAsRoot(arguments) as? TammDemo)
            try await command.run()
            return 0
        } catch {
            return TammDemo.exitCode(for: error).rawValue
        }
    }

    @Test func `takes several ids after --only, before other options`() throws {
        let command = try command("--only", "keys.hash-only", "limits.429", "--seed", "9", "--json", "a.json")
        #expect(command.only == ["keys.hash-only", "limits.429"])
        #expect(command.seed == 9)
        #expect(command.json == "a.json")
    }

    @Test func `says that the server of --postgres is not there, without repeating its password`() async throws {
        let command = try command("--postgres", "postgres://user:hunter2@/tamm?host=/nowhere", "--only", "keys.hash-only")
        let error = await #expect(throws: (any Error).self) { try await command.run() }
        let message = error.map { TammDemo.fullMessage(for: $0) } ?? ""
        #expect(message.contains("--postgres: unavailable"))
        #expect(!message.contains("hunter2"))
    }

    @Test func `takes --postgres-owner beside --postgres alone`() {
        #expect(throws: (any Error).self) { try command("--postgres-owner", "postgres://owner@/tamm") }
    }

    @Test func `ends with 0 when nothing failed, although rows are not built`() async throws {
        #expect(try await exitCode("--only", "restore.drill", "--seed", "1") == 0)
    }

    @Test func `refuses an unknown id`() async throws {
        #expect(try await exitCode("--only", "restore.dril") == ExitCode.validationFailure.rawValue)
    }

    @Test func `ends with 1 when a report cannot be written`() async throws {
        let scratch = try Scratch()
        #expect(try await exitCode("--only", "restore.drill", "--json", scratch.path + "/missing/rows.json") == 1)
    }

    @Test func `ends with 1 when a row fails`() async {
        let results = await demo(everyFake, on: Page().terminal()).run()
        #expect(Demo.exitCode(of: results) == .failure)
        #expect(Demo.exitCode(of: results.filter { $0.status != .failed }) == .success)
    }
}
