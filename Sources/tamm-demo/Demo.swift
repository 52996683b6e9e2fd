import ArgumentParser
import Foundation
import TammCore

/// One run of the checklist: its rows, where its text goes and the reports it writes.
struct Demo: Sendable {
    /// When every run begins, so that the same seed gives the same evidence: 2026-02-02T08:00:00Z.
    static let firstMoment = Timestamp.epoch.advanced(by: .seconds(1_770_019_200))

    let areas: [ChecklistArea]
    let context: DemoContext
    /// Where the rows' stores come from.
    var stores: any DemoStores = InMemoryStores()
    let terminal: Terminal
    let environment: [String: String]

    /// Shows each row as it ends, then the summary.
    func run() async -> [RowResult] {
        let report = terminal.report(environment: environment)
        let start = ContinuousClock.now
        terminal.write("Launch checklist on the \(stores.name) store, seed \(context.seed)")
        terminal.write(TextReport.legend)
        var results: [RowResult] = []
        for area in areas {
            terminal.write(report.heading(area.title))
            for line in area.rows {
                let result = await LaunchRun(context: context).run(line)
                await stores.endRow()
                for text in report.lines(for: result) { terminal.write(text) }
                results.append(result)
            }
        }
        terminal.write("")
        for text in report.summary(results, seconds: (ContinuousClock.now - start) / .seconds(1)) {
            terminal.write(text)
        }
        return results
    }

    /// Shows the rows without running them.
    func list() {
        let report = terminal.report(environment: environment)
        for area in areas {
            terminal.write(report.heading(area.title))
            for row in area.rows {
                terminal.write(row.row == nil ? "\(row.id)  (not built)" : row.id)
                for text in report.wrapped(row.title, first: "    ", rest: "    ") { terminal.write(text) }
            }
        }
    }

    static func exitCode(of results: [RowResult]) -> ExitCode {
        results.contains { $0.status == .failed } ? .failure : .success
    }

    enum Report: Sendable {
        /// The path to write to.
        case json(String)
        case markdown(String)
    }

    func write(_ report: Report, of results: [RowResult]) throws(ReportNotWritten) {
        let path =
            switch report {
            case .json(let path), .markdown(let path): path
            }
        do {
            let text =
                switch report {
                case .json: try JSONReport(store: stores.name, results: results).text()
                case .markdown: MarkdownReport(store: stores.name, results: results).text
                }
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        } catch {
            throw ReportNotWritten(path: path, reason: ReportNotWritten.reason(error))
        }
        terminal.write("Wrote \(path)")
    }
}

/// A report that could not be written.
struct ReportNotWritten: Error, CustomStringConvertible {
    let path: String
    let reason: String

    var description: String { "could not write \(path): \(reason)" }

    /// The system's own words where the error carries them.
    static func reason(_ error: any Error) -> String {
        let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error
        let text = ((cause ?? error) as NSError).localizedDescription
        return text.replacingOccurrences(of: "The operation could not be completed. ", with: "")
    }
}
