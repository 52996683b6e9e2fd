import Testing

/// A code block of a document that claims to be compiled: `<!-- snippet: PATH#NAME -->`, then a block of Swift.
struct Snippet: Equatable {
    let path: String
    let name: String
    let code: [String]
    /// The index of the line with the claim.
    let line: Int

    static func all(in document: SourceFile) -> [Snippet] {
        let opening = "<!-- snippet: "
        return document.lines.indices.compactMap { index in
            let line = document.lines[index]
            guard line.hasPrefix(opening), line.hasSuffix(" -->") else { return nil }
            let place = line.dropFirst(opening.count).dropLast(4).split(separator: "#", maxSplits: 1)
            let block = document.lines[(index + 1)...].drop { $0 != "```swift" }.dropFirst().prefix { $0 != "```" }
            return Snippet(
                path: String(place.first ?? ""), name: place.count > 1 ? String(place[1]) : "",
                code: block.map(String.init), line: index)
        }
    }

    /// The lines between `// snippet: NAME` and `// end snippet`, unindented; nil when there are none.
    static func region(_ name: String, of source: SourceFile) -> [String]? {
        guard let start = source.lines.firstIndex(where: { $0.trimmed == "// snippet: \(name)" }) else { return nil }
        let indentation = source.lines[start].indentation
        return source.lines[(start + 1)...].prefix { $0.trimmed != "// end snippet" }
            .map { String($0.dropFirst(min(indentation, $0.indentation))) }
    }
}

/// Blocks of documents that differ from the compiled code that they name.
func snippetFindings(_ files: [SourceFile]) -> [Finding] {
    files.filter { $0.path.hasSuffix(".md") }.flatMap { document in
        Snippet.all(in: document).compactMap { snippet in
            guard let source = files.first(where: { $0.path == snippet.path }),
                let region = Snippet.region(snippet.name, of: source)
            else { return document.finding(snippet.line, "no snippet '\(snippet.name)' in \(snippet.path)") }
            return region == snippet.code
                ? nil : document.finding(snippet.line, "differs from '\(snippet.name)' in \(snippet.path)")
        }
    }
}

@Suite struct `Code in documents` {
    @Test func `is the compiled code that it names`() {
        record(snippetFindings(SourceTree.files))
    }

    @Test(arguments: [("let a = 1", "one", true), ("let a = 2", "one", false), ("let a = 1", "two", false)])
    func `is compared line by line`(code: String, name: String, isSame: Bool) {
        let source = SourceFile(
            "Examples/Sources/A/A.swift", "f {\n    // snippet: one\n    let a = 1\n    // end snippet\n}\n")
        let document = SourceFile(
            "README.md", "<!-- snippet: Examples/Sources/A/A.swift#\(name) -->\n```swift\n\(code)\n```\n")
        #expect(snippetFindings([source, document]).isEmpty == isSame)
    }
}
