private let documentedTargets: Set<String> = ["TammCore", "TammInMemory", "TammTesting"]

extension Check {
    static let documentation = [
        Check(
            """
            A public type, function, subscript and fallible initializer, and what a public protocol requires, is \
            documented; members of a conformance are documented by their protocol
            """,
            bad: [
                "public struct A {}", "    public func a() {}", "public protocol A {\n    func b()\n}",
                "    public static func a<T>(_ b: T) throws(E) -> C {", "    public init(a: Int) throws(E) {",
                "    public init?(a: Int) {", "public typealias A = B", "    public subscript(a: Int) -> Int {",
                "// A.\npublic enum A {}", "/// A.\n\npublic enum A {}",
                "/// A.\npublic protocol A: ~Copyable {\n    borrowing func b()\n}",
                "extension A {\n    public func a() {}\n}", "    public\n    func a() {}",
            ].map { SourceFile("Sources/TammCore/A.swift", $0 + "\n") },
            good: [
                "/// A.\npublic struct A {}", "/// A.\n@frozen\n@available(macOS 15, *)\npublic struct A {}",
                "public let a: Int", "    public init(a: Int) {", "    public func hash(into hasher: inout Hasher) {",
                "    public static func < (a: A, b: A) -> Bool {",
                "extension A: B {\n    public func a() {}\n}", "extension A {\n    /// A.\n    public func a() {}\n}",
                "/// A.\npublic protocol A {\n    /// B.\n    func b()\n    var c: Int { get }\n}",
                "public extension A {", "    public var funcs: Int", "/// A.\n@Sendable public func a() {}",
                "    public init(a: Int) { self.a = a.map { throws } }",
            ].map { SourceFile("Sources/TammCore/A.swift", $0 + "\n") }
                + [SourceFile("Sources/tamm-demo/A.swift", "public struct A {}\n")]
        ) { file in
            guard let target = file.target, documentedTargets.contains(target), file.isSwift else { return [] }
            return undocumented(in: file)
        }
    ]
}

private func undocumented(in file: SourceFile) -> [Finding] {
    var findings: [Finding] = []
    var block = Block.other
    for (index, line) in file.code.enumerated() where !line.trimmed.isEmpty {
        if line.indentation == 0, !line.hasPrefix("}"), !line.hasPrefix(")") { block = Block(line) }
        let isRequirement = block == .publicProtocol && line.indentation == 4
        let isDeclaration = block != .conformance && line.words.contains("public")
        guard isDeclaration || isRequirement, let what = Declaration.read(file.code[index...]),
            what.needsDocumentation
        else { continue }
        if !isDocumented(file, index) { findings.append(file.finding(index, "\(what.kind) without documentation")) }
    }
    return findings
}

/// What stands at the outermost level around a line.
private enum Block {
    case publicProtocol
    case conformance
    case other

    init(_ line: Substring) {
        let words = line.words
        if words.contains("public"), words.contains("protocol") {
            self = .publicProtocol
        } else if words.contains("extension"), line.contains(":") {
            self = .conformance
        } else {
            self = .other
        }
    }
}

/// A declaration by its first keyword.
private struct Declaration {
    let kind: String
    let needsDocumentation: Bool

    /// Nil when the lines begin with something else. An initializer's head may take several lines.
    static func read(_ lines: ArraySlice<Substring>) -> Declaration? {
        let modifiers: Set<Substring> = [
            "public", "static", "class", "final", "indirect", "nonisolated", "borrowing", "consuming", "mutating",
            "override", "convenience", "required", "package", "sending", "unsafe", "async", "isolated", "rethrows",
        ]
        let types: Set<Substring> = ["struct", "enum", "protocol", "actor", "typealias", "associatedtype"]
        let first = lines[lines.startIndex].drop { $0 == " " }
        var words = first.split(whereSeparator: { " (<:{".contains($0) })[...]
        while let word = words.first, word.hasPrefix("@") || word.hasSuffix(")") || modifiers.contains(word) {
            let isClass = word == "class" && words.dropFirst().first.map { $0.first?.isUppercase == true } == true
            if isClass { break }
            words.removeFirst()
        }
        // `public` may stand alone on its line, before the keyword.
        if words.isEmpty, lines.count > 1 { return read(lines.dropFirst()) }
        guard let keyword = words.first else { return nil }
        switch keyword {
        case "class", "subscript", "func", "macro",
            _ where types.contains(keyword):
            let name = first.firstRange(of: "func ").map { first[$0.upperBound...] } ?? "name"
            let isOperator = name.first.map { $0.isLetter || $0 == "_" || $0 == "`" } == false
            let isKnown = ["hash(into", "encode(to"].contains { name.hasPrefix($0) }
            return Declaration(kind: String(keyword), needsDocumentation: !isOperator && !isKnown)
        case "init", "init?":
            var head = ""
            for line in lines {
                head += line.prefix { $0 != "{" } + " "
                if line.contains("{") { break }
            }
            let isFallible = keyword == "init?" || head.words.contains("throws")
            return Declaration(kind: String(keyword), needsDocumentation: isFallible)
        default: return nil
        }
    }
}

/// Whether a doc comment stands right above the line, with nothing but attributes between.
private func isDocumented(_ file: SourceFile, _ index: Int) -> Bool {
    var above = index - 1
    while above >= 0 {
        let line = file.lines[above].trimmed
        if line.hasPrefix("///") { return true }
        guard line.hasPrefix("@") || line == "public" else { return false }
        above -= 1
    }
    return false
}
