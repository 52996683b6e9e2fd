import Foundation
import Testing

@testable import tamm_demo

/// A folder that is removed with the last reference to it.
final class Scratch {
    let path = NSTemporaryDirectory() + "/tamm-demo-" + UUID().uuidString

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct `A report` {
    private func results() async -> [RowResult] { await demo(everyFake, on: Page().terminal()).run() }

    @Test func `in JSON has exactly the promised shape`() async throws {
        let text = try JSONReport(store: "in-memory", results: await results()).text()
        let parsed = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(Set(parsed.keys) == ["store", "rows"])
        #expect(parsed["store"] as? String == "in-memory")
        let rows = try #require(parsed["rows"] as? [[String: Any]])
        #expect(rows.allSatisfy { Set($0.keys) == ["id", "title", "status", "evidence", "seconds"] })
        #expect(rows.map { $0["id"] as? String } == ["fake.passes", "fake.fails", "fake.throws", "fake.later"])
        #expect(rows.map { $0["status"] as? String } == ["passed", "failed", "failed", "not-built"])
        #expect(rows[0]["evidence"] as? [String] == ["found 1 of 1, seed 7"])
        #expect(rows[2]["evidence"] as? [String] == ["failed: stopped by an error: the store is on fire"])
        #expect(rows.allSatisfy { ($0["seconds"] as? Double).map { $0 >= 0 } == true })
    }

    @Test func `in JSON keeps any text as it is`() throws {
        let odd = "a/b \"c\" \u{1B} ‹é› \\ \n <&> |"
        let row = RowResult(id: "a.b", title: odd, status: .passed, entries: [.evidence(odd)], seconds: 0.123456)
        let text = try JSONReport(store: "in-memory", results: [row]).text()
        let read = try JSONDecoder().decode(JSONReport.self, from: Data(text.utf8))
        #expect(read == JSONReport(store: "in-memory", results: [row]))
        #expect(read.rows[0].evidence == [odd])
        #expect(read.rows[0].seconds == 0.123)
    }

    @Test func `in Markdown is one table row a row, whatever the text`() {
        let odd = "a|b\nc `d` *e* _f_ [g](h) <script> \\| &amp;"
        let row = RowResult(
            id: "a.b", title: odd, status: .failed, entries: [.evidence("one"), .failure("two")], seconds: 1.25)
        let lines = MarkdownReport(store: "in-memory", results: [row]).text.split(separator: "\n")
        let table = lines.filter { $0.hasPrefix("|") }
        #expect(table.count == 3)
        let cell = #"a\|b<br>c \`d\` \*e\* \_f\_ \[g\](h) &lt;script&gt; \\\| &amp;amp;"#
        #expect(table.last == "| a.b | \(cell) | failed | one<br>failed: two | 1.25 |")
        #expect(lines.last == "0 passed, 1 failed, 0 not built")
    }

    @Test(arguments: [(0, "0.00"), (0.004, "0.00"), (0.25, "0.25"), (12.5, "12.50"), (59.999, "60.00")])
    func `writes seconds plainly`(value: Double, text: String) {
        #expect(seconds(value) == text)
    }

    @Test func `is written where it was asked for, over what was there`() async throws {
        let scratch = try Scratch()
        let page = Page()
        let path = scratch.path + "/rows.json"
        try Data(repeating: 0x78, count: 100_000).write(to: URL(fileURLWithPath: path))
        try demo(everyFake, on: page.terminal()).write(.json(path), of: await results())
        let written = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(try JSONDecoder().decode(JSONReport.self, from: written).rows.count == 4)
        #expect(page.lines == ["Wrote \(path)"])
    }

    @Test func `that cannot be written is an error with path and reason`() async throws {
        let scratch = try Scratch()
        let path = scratch.path + "/missing/rows.md"
        let results = await results()
        let error = #expect(throws: ReportNotWritten.self) {
            try demo(everyFake, on: Page().terminal()).write(.markdown(path), of: results)
        }
        let text = try #require(error).description
        #expect(text == "could not write \(path): No such file or directory")
    }
}
