/// The outcome of one row.
struct RowResult: Sendable, Equatable {
    enum Status: String, Sendable, CaseIterable {
        case passed
        case failed
        case notBuilt = "not-built"

        /// As people read it.
        var words: String { self == .notBuilt ? "not built" : rawValue }
    }

    let id: String
    let title: String
    let status: Status
    let entries: [RowEntry]
    let seconds: Double

    /// What was read back from the store, then why the row failed if it did.
    var evidence: [String] {
        let facts = entries.compactMap { entry in if case .evidence(let fact) = entry { fact } else { nil } }
        let failures = entries.compactMap { entry in if case .failure(let why) = entry { "failed: \(why)" } else { nil }
        }
        return facts + failures
    }
}

/// Runs rows one after the other; a row that fails does not stop the others.
struct LaunchRun: Sendable {
    let context: DemoContext

    func run(_ line: ChecklistRow) async -> RowResult {
        guard let row = line.row else { return result(of: line, .notBuilt, [], seconds: 0) }
        if line.store == .postgres, !context.isPostgres {
            return result(of: line, .notBuilt, [.note("needs PostgreSQL; this run is in memory")], seconds: 0)
        }
        let recorder = RowRecorder()
        let start = ContinuousClock.now
        do {
            try await row.init().run(recorder, in: context)
        } catch is RowStopped {
        } catch {
            recorder.fail("stopped by an error: \(error)")
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        return judged(line, row, recorder, seconds: seconds)
    }

    private func judged(
        _ line: ChecklistRow, _ row: any LaunchRow.Type, _ recorder: RowRecorder, seconds: Double
    ) -> RowResult {
        var entries = recorder.entries
        if case .partial(let missing) = row.completeness {
            entries.append(.note("still missing: \(missing)"))
        } else if !entries.contains(where: \.isFailure) {
            if recorder.expectations == 0 { entries.append(.failure("nothing was checked")) }
            if !entries.contains(where: \.isEvidence) { entries.append(.failure("no evidence was shown")) }
        }
        let status: RowResult.Status
        switch row.completeness {
        case _ where entries.contains(where: \.isFailure): status = .failed
        case .complete: status = .passed
        case .partial: status = .notBuilt
        }
        return result(of: line, status, entries, seconds: seconds)
    }

    private func result(
        of line: ChecklistRow, _ status: RowResult.Status, _ entries: [RowEntry], seconds: Double
    ) -> RowResult {
        RowResult(id: line.id, title: line.title, status: status, entries: entries, seconds: seconds)
    }
}

extension RowEntry {
    fileprivate var isFailure: Bool { if case .failure = self { true } else { false } }
    fileprivate var isEvidence: Bool { if case .evidence = self { true } else { false } }
}

/// How many rows ended in each way.
struct Tally: Sendable, Equatable, CustomStringConvertible {
    var passed = 0
    var failed = 0
    var notBuilt = 0

    init(_ results: [RowResult]) {
        for result in results {
            switch result.status {
            case .passed: passed += 1
            case .failed: failed += 1
            case .notBuilt: notBuilt += 1
            }
        }
    }

    var description: String { "\(passed) passed, \(failed) failed, \(notBuilt) not built" }
}
