private let unfinished = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
private let machinePaths = ["/wo" + "rk/", "/ho" + "me/", "/ro" + "ot/"]
private let temporary = "/tm" + "p/"
private let longReason = "// Longer than 400 lines because "

extension Check {
    static let text = [
        Check(
            "A file has at most 400 lines, or says in its first line why not",
            bad: [
                SourceFile("Sources/TammCore/A.swift", String(repeating: "let a = 1\n", count: 401)),
                SourceFile("Tests/TidyTests/A.swift", longReason + "\n" + String(repeating: "a\n", count: 401)),
            ],
            good: [
                SourceFile("Sources/TammCore/A.swift", String(repeating: "let a = 1\n", count: 400)),
                SourceFile(
                    "Sources/TammCore/A.swift", longReason + "a table.\n" + String(repeating: "a\n", count: 401)),
            ]
        ) { file in
            guard file.isSwift, file.lines.count > 400 else { return [] }
            let first = file.lines[0]
            if first.hasPrefix(longReason), first.count > longReason.count { return [] }
            return [file.finding(400, "\(file.lines.count) lines: split it, or begin with '\(longReason)…'")]
        },
        Check(
            "Nothing is left unfinished in a comment",
            bad: unfinished.map { SourceFile("README.md", "Words.\n\($0): more\n") },
            good: [SourceFile("README.md", "The word xtodox is no mark.\n")]
        ) { file in
            file.lines.indices.flatMap { index in
                file.lines[index].words.filter { unfinished.contains(String($0)) }.map {
                    file.finding(index, "\($0): do it, or open an issue")
                }
            }
        },
        Check(
            "No file knows the machine it was written on",
            bad: machinePaths.map { SourceFile("CONTRIBUTING.md", "see \($0)tamm\n") }
                + [SourceFile("Tests/TammCoreTests/A.swift", "let path = \"\(temporary)a\"\n")],
            good: [
                SourceFile("README.md", "a framework/library and a homework/task\n"),
                SourceFile("scripts/a", "mkdir -p \(temporary)tamm\n"),
            ]
        ) { file in
            let paths = file.path.hasPrefix("scripts/") ? machinePaths : machinePaths + [temporary]
            return file.lines.indices.flatMap { index in
                paths.filter { file.lines[index].contains($0) }.map { file.finding(index, "the machine's path \($0)") }
            }
        },
        Check(
            "No line ends with a blank, and none is indented by a tab",
            bad: [
                SourceFile("README.md", "words \n"), SourceFile("Sources/TammCore/A.swift", "\tlet a = 1\n"),
                SourceFile("README.md", "words\r\n"),
            ],
            good: [SourceFile("Makefile", "help:\n\t@echo\n"), SourceFile("README.md", "\n\nwords\n")]
        ) { file in
            file.lines.indices.flatMap { index in
                let line = file.lines[index]
                var findings: [Finding] = []
                if line.last?.isWhitespace == true { findings.append(file.finding(index, "a blank at the end")) }
                if line.first == "\t", file.path != "Makefile" { findings.append(file.finding(index, "a tab")) }
                return findings
            }
        },
        Check(
            "A file ends with one newline",
            bad: [SourceFile("README.md", "words"), SourceFile("README.md", "words\n\n"), SourceFile("README.md", "")],
            good: [SourceFile("README.md", "words\n")]
        ) { file in
            if file.isEmpty { return [file.finding(0, "the file is empty")] }
            if !file.endsWithNewline { return [file.finding(file.lines.count - 1, "no newline at the end")] }
            return file.lines.last == "" ? [file.finding(file.lines.count - 1, "blank lines at the end")] : []
        },
    ]
}
