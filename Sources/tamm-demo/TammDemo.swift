import ArgumentParser
import Foundation
import Logging
import TammCore

/// The launch dry run: every line of the launch checklist, executed, with its evidence.
@main
struct TammDemo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tamm-demo",
        abstract: "Run the launch checklist and show its evidence.",
        discussion: """
            Each row does what its line claims and reads the evidence back from the store. A row that is not built \
            says so and never passes. The exit code is 1 when a row fails.
            """)

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Run only these rows; ids may also be joined by commas.", valueName: "id"))
    var only: [String] = []

    @Flag(help: "List the rows without running them.")
    var list = false

    @Option(help: ArgumentHelp("Write the results as JSON.", valueName: "file"))
    var json: String?

    @Option(help: ArgumentHelp("Write the results as a Markdown table.", valueName: "file"))
    var markdown: String?

    @Option(help: "Replay a run; a new seed is drawn, and shown, when there is none.")
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "Run on PostgreSQL, each row in a database of its own that is dropped afterwards.",
            discussion: "The login is a member of tamm_runtime, tamm_ledger and tamm_service.", valueName: "url"))
    var postgres: String?

    @Option(
        help: ArgumentHelp(
            "The login that migrates and makes the databases; that of --postgres when there is none.",
            discussion: "A member of tamm_owner with CREATEDB.", valueName: "url"))
    var postgresOwner: String?

    static func main() async {
        // The rows provoke what services warn of; what the demo shows is the evidence.
        LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
        await main(nil)
    }

    func validate() throws {
        guard postgresOwner == nil || postgres != nil else {
            throw ValidationError("--postgres-owner goes with --postgres")
        }
    }

    private func stores() async throws -> any DemoStores {
        guard let postgres else { return InMemoryStores() }
        do {
            return try await PostgresStores(url: postgres, ownerURL: postgresOwner ?? postgres)
        } catch {
            throw ValidationError("--postgres: \(error)")
        }
    }

    func run() async throws {
        let areas: [ChecklistArea]
        do {
            areas = try RowSelection.select(only, from: LaunchChecklist.areas)
        } catch {
            throw ValidationError("\(error)")
        }
        var context = DemoContext(seed: seed ?? EntropySource.system.next(), now: Demo.firstMoment)
        var demo = Demo(
            areas: areas, context: context, terminal: .standardOutput,
            environment: ProcessInfo.processInfo.environment)
        guard !list else { return demo.list() }
        let stores = try await stores()
        context.makeStore = { try await stores.empty() }
        context.makeSecondStore = { try await stores.again() }
        context.isPostgres = stores.isPostgres
        demo = Demo(
            areas: areas, context: context, stores: stores, terminal: demo.terminal,
            environment: demo.environment)
        let results = await demo.run()
        await stores.close()
        var outcome = Demo.exitCode(of: results)
        for report in [json.map(Demo.Report.json), markdown.map(Demo.Report.markdown)].compactMap(\.self) {
            do throws(ReportNotWritten) {
                try demo.write(report, of: results)
            } catch {
                FileHandle.standardError.write(Data("error: \(error)\n".utf8))
                outcome = .failure
            }
        }
        throw outcome
    }
}
