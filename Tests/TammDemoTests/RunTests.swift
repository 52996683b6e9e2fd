import Synchronization
import TammCore
import Testing

@testable import tamm_demo

/// Keeps what a run wrote.
final class Page: Sendable {
    private let written = Mutex<[String]>([])
    var lines: [String] { written.withLock { $0 } }
    var text: String { lines.joined(separator: "\n") }

    func terminal(isTerminal: Bool = false, columns: Int? = nil) -> Terminal {
        Terminal(isTerminal: isTerminal, columns: columns) { line in self.written.withLock { $0.append(line) } }
    }
}

let context = DemoContext(seed: 7, now: .epoch)

func demo(_ areas: [ChecklistArea], on terminal: Terminal, environment: [String: String] = [:]) -> Demo {
    Demo(areas: areas, context: context, terminal: terminal, environment: environment)
}

func result(of row: any LaunchRow.Type) async -> RowResult {
    await LaunchRun(context: context).run(.built(row))
}

@Suite struct `A row` {
    @Test func `passes with its steps and evidence in order`() async {
        let result = await result(of: PassingRow.self)
        #expect(result.status == .passed)
        #expect(result.entries == [.step("did the first thing"), .evidence("found 1 of 1, seed 7")])
        #expect(result.evidence == ["found 1 of 1, seed 7"])
        #expect(result.seconds >= 0)
    }

    @Test func `fails at a broken expectation, says what was wanted and found, and goes on`() async {
        let result = await result(of: FailingRow.self)
        #expect(result.status == .failed)
        #expect(
            result.entries == [
                .evidence("found 2"), .failure("the number of things: wanted 1, found 2"),
                .failure("not true: the sky is green"), .step("went on"),
            ])
        #expect(result.evidence.count == 3)
    }

    @Test func `fails with the error it throws`() async {
        let result = await result(of: ThrowingRow.self)
        #expect(result.status == .failed)
        #expect(result.entries == [.step("began"), .failure("stopped by an error: the store is on fire")])
    }

    @Test func `ends at a required value that is missing, with one reason`() async {
        let result = await result(of: RequiringRow.self)
        #expect(result.status == .failed)
        #expect(result.entries == [.evidence("nothing stored"), .failure("missing: the stored value")])
    }

    @Test func `fails when it shows no evidence or checks nothing`() async {
        let result = await result(of: SilentRow.self)
        #expect(result.status == .failed)
        #expect(result.evidence == ["failed: nothing was checked", "failed: no evidence was shown"])
    }

    @Test func `is not built while a part is missing, and shows what it has`() async {
        let result = await result(of: PartialRow.self)
        #expect(result.status == .notBuilt)
        #expect(result.evidence == ["the first process refuses"])
        #expect(result.entries.last == .note("still missing: the second process"))
    }

    @Test func `fails when the part it has is wrong`() async {
        #expect(await result(of: PartialFailingRow.self).status == .failed)
    }

    @Test func `for PostgreSQL is not run in memory`() async {
        let result = await result(of: PostgresRow.self)
        #expect(result.status == .notBuilt)
        #expect(result.title == "a row for the durable store (PostgreSQL only)")
        #expect(result.evidence.isEmpty)
    }

    @Test func `that is not built never passes`() async {
        let result = await LaunchRun(context: context).run(.notBuilt("fake.later", "a row that comes later"))
        #expect(result.status == .notBuilt)
        #expect(result.entries.isEmpty)
    }

    @Test func `records from many tasks at once`() async {
        let recorder = RowRecorder()
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<100 { group.addTask { recorder.expect(index, equals: index, "index") } }
        }
        #expect(recorder.expectations == 100)
        #expect(recorder.entries.isEmpty)
    }
}

@Suite struct `A run` {
    @Test func `shows every row although some fail, and counts them`() async {
        let page = Page()
        let results = await demo(everyFake, on: page.terminal()).run()
        #expect(results.map(\.status) == [.passed, .failed, .failed, .notBuilt])
        #expect("\(Tally(results))" == "1 passed, 2 failed, 1 not built")
        #expect(page.lines.first == "Launch checklist on the in-memory store, seed 7")
        #expect(page.lines.contains("not built  fake.later"))
        #expect(page.lines.contains("    = found 1 of 1, seed 7"))
        #expect(page.lines.contains("    ! stopped by an error: the store is on fire"))
        #expect(page.lines.contains("Failed: fake.fails, fake.throws"))
        #expect(page.lines.last?.hasPrefix("1 passed, 2 failed, 1 not built in ") == true)
    }

    @Test(
        arguments: [
            (true, [:], true), (false, [:], false), (true, ["NO_COLOR": "1"], false), (true, ["NO_COLOR": ""], true),
            (true, ["TERM": "dumb"], false), (false, ["TERM": "xterm"], false),
        ] as [(Bool, [String: String], Bool)])
    func `uses colours only on a terminal that wants them`(
        isTerminal: Bool, environment: [String: String], coloured: Bool
    ) async {
        let page = Page()
        _ = await demo(everyFake, on: page.terminal(isTerminal: isTerminal), environment: environment).run()
        #expect(page.text.contains("\u{1B}[") == coloured)
    }

    @Test(arguments: [20, 40, 79])
    func `fits a narrow terminal`(columns: Int) async {
        let page = Page()
        _ = await demo(LaunchChecklist.areas, on: page.terminal(columns: columns)).run()
        let rows = page.lines.filter { $0.hasPrefix("    ") }
        #expect(!rows.isEmpty)
        #expect(rows.allSatisfy { $0.count <= columns || !$0.dropFirst(6).contains(" ") })
    }

    @Test func `shows nothing that a terminal would act on`() {
        let report = TextReport(colours: false, width: nil)
        #expect(report.wrapped("a\u{1B}[2Jb\u{7}\nc", first: "- ", rest: "  ") == ["- a?[2Jb?", "  c"])
    }

    @Test func `lists the rows without running them`() {
        let page = Page()
        demo(everyFake, on: page.terminal()).list()
        #expect(page.lines.contains("fake.passes"))
        #expect(page.lines.contains("fake.later  (not built)"))
        #expect(!page.text.contains("found 1 of 1"))
    }
}
