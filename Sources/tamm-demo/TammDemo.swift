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

    @Option(help: ArgumentHelp("Run on PostgreSQL; not in this version.", valueName: "url"))
    var postgres: String?

    static func main() async {
        // The rows provoke what services warn of; what the demo shows is the evidence.
        LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
        await main(nil)
    }

    func validate() throws {
        guard postgres == nil else {
            throw ValidationError(
                "this version has no PostgreSQL store; without --postgres the rows run on the in-memory store")
        }
    }

    func run() async throws {
        let areas: [ChecklistArea]
        do {
            areas = try RowSelection.select(only, from: LaunchChecklist.areas)
        } catch {
            throw ValidationError("\(error)")
        }
        let demo = Demo(
            areas: areas, context: DemoContext(seed: seed ?? EntropySource.system.next(), now: Demo.firstMoment),
            terminal: .standardOutput, environment: ProcessInfo.processInfo.environment)
        guard !list else { return demo.list() }
        let results = await demo.run()
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
