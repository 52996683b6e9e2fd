import Testing

/// A rule that each file keeps by itself, with code that breaks it and code that only looks as if it did.
struct Check: Sendable, CustomTestStringConvertible {
    /// A sentence.
    let rule: String
    let find: @Sendable (SourceFile) -> [Finding]
    let bad: [SourceFile]
    let good: [SourceFile]

    init(
        _ rule: String, bad: [SourceFile], good: [SourceFile] = [], find: @escaping @Sendable (SourceFile) -> [Finding]
    ) {
        self.rule = rule
        self.find = find
        self.bad = bad
        self.good = good
    }

    var testDescription: String { rule }

    static let all: [Check] = layers + calls + text + documentation
}

@Suite struct `Every file` {
    @Test(arguments: Check.all)
    func `keeps the rule`(check: Check) {
        record(SourceTree.files.flatMap(check.find))
    }

    @Test(arguments: Check.all)
    func `is found out by the check when it does not`(check: Check) {
        #expect(!check.bad.isEmpty)
        for file in check.bad { #expect(!check.find(file).isEmpty, "\(file.path): \(file.lines)") }
    }

    @Test(arguments: Check.all)
    func `is left alone by the check when it only looks wrong`(check: Check) {
        for file in check.good { #expect(check.find(file) == []) }
    }

    @Test func `is looked at`() {
        let paths = Set(SourceTree.files.map(\.path))
        #expect(paths.isSuperset(of: ["Package.swift", "README.md", "Makefile", "scripts/test", ".ci/run"]))
        #expect(paths.contains("Sources/TammCore/Primitives/SystemSources.swift"))
        #expect(!paths.contains { $0.contains(".build/") })
    }
}
