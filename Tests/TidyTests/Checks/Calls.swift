extension Check {
    static let calls = [
        Check(
            "TammCore asks neither clock nor randomness nor the outside, and does not trap",
            bad: bannedCalls.map { SourceFile("Sources/TammCore/A.swift", "let a = \($0.example)\n") },
            good: [
                SourceFile(
                    "Sources/TammCore/A.swift", "/// Not `Date()` nor `print(`.\nlet a = \"Date() as! fatalError(\"\n"),
                SourceFile(
                    "Sources/TammCore/A.swift", "blueprint(a)\nlet b = CivilDate(year: 1)\nlet c = fingerprint(b)\n"),
                SourceFile(systemSources, "var generator = SystemRandomNumberGenerator()\n"),
            ]
        ) { file in
            guard file.target == "TammCore", file.path != systemSources else { return [] }
            return file.code.indices.flatMap { index in
                bannedCalls.filter { file.code[index].holds($0.text) }.map { banned in
                    file.finding(index, "'\(banned.text)': \(banned.instead)")
                }
            }
        },
        Check(
            "Nothing in Sources unwraps, casts or tries by force, unless a comment on the line says why: // Forced: …",
            bad: [
                SourceFile("Sources/TammServer/A.swift", "let a = b!\n"),
                SourceFile("Sources/tamm-demo/A.swift", "let a = try! b()\n"),
                SourceFile("Sources/TammCore/A.swift", "let a = b[0]!.c\n"),
                SourceFile("Sources/TammCore/A.swift", "let a = \"\\(b!)\"\n"),
                SourceFile("Sources/TammCore/A.swift", "var a: String!\n"),
                SourceFile("Sources/TammCore/A.swift", "let a = b as! C\n"),
                SourceFile("Sources/TammCore/A.swift", "let a = b!  // Forced:\n"),
            ],
            good: [
                SourceFile("Sources/TammCore/A.swift", "if !a, b != c, d!=e { print(\"stop!\") } // now!\n"),
                SourceFile("Sources/TammCore/A.swift", "let a = b!  // Forced: set in the initializer.\n"),
                SourceFile("Tests/TammCoreTests/A.swift", "let a = b!\n"),
            ]
        ) { file in
            guard file.target != nil else { return [] }
            return file.code.indices.filter { index in
                file.code[index].hasForcedValue && !file.lines[index].contains("// Forced: ")
            }.map { file.finding($0, "a forced value traps; unwrap it and say what was wanted") }
        },
    ]
}

/// A text that may not stand in the core's code, with an example of it and what to do.
private struct BannedCall: Sendable {
    let text: String
    let example: String
    let instead: String
}

private let bannedCalls: [BannedCall] = {
    let time = "take `at now:` or a TimeSource"
    let entropy = "take an EntropySource"
    let failure = "throw, or make the state impossible"
    let output = "return it, or log it through swift-log"
    let outside = "take it as a parameter"
    return [
        BannedCall(text: "Date()", example: "Date()", instead: time),
        BannedCall(text: "Date.now", example: "Date.now", instead: time),
        BannedCall(text: "ContinuousClock", example: "ContinuousClock.now", instead: time),
        BannedCall(text: "SuspendingClock", example: "SuspendingClock()", instead: time),
        BannedCall(text: "clock_gettime", example: "clock_gettime(0, &t)", instead: time),
        BannedCall(text: "gettimeofday", example: "gettimeofday(&t, nil)", instead: time),
        BannedCall(text: "Task.sleep", example: "Task.sleep(for: .seconds(1))", instead: time),
        BannedCall(text: ".random(", example: "Int.random(in: 0..<9)", instead: entropy),
        BannedCall(text: ".randomElement()", example: "b.randomElement()", instead: entropy),
        BannedCall(text: ".shuffled()", example: "b.shuffled()", instead: entropy),
        BannedCall(text: ".shuffle()", example: "b.shuffle()", instead: entropy),
        BannedCall(text: "SystemRandomNumberGenerator", example: "SystemRandomNumberGenerator()", instead: entropy),
        BannedCall(text: "UUID()", example: "UUID()", instead: entropy),
        BannedCall(text: "print(", example: "print(b)", instead: output),
        BannedCall(text: "debugPrint(", example: "debugPrint(b)", instead: output),
        BannedCall(text: "fatalError(", example: "fatalError()", instead: failure),
        BannedCall(text: "try!", example: "try! b()", instead: failure),
        BannedCall(text: "as!", example: "b as! C", instead: failure),
        BannedCall(text: "ProcessInfo", example: "ProcessInfo.processInfo", instead: outside),
        BannedCall(text: "getenv(", example: "getenv(b)", instead: outside),
        BannedCall(text: "FileManager", example: "FileManager.default", instead: outside),
        BannedCall(text: "FileHandle", example: "FileHandle.standardError", instead: outside),
    ]
}()

extension Character {
    fileprivate var isPartOfName: Bool { isLetter || isNumber || self == "_" }
}

extension Substring {
    /// Whether `text` stands here on its own: a name is not the end or the beginning of a longer one.
    fileprivate func holds(_ text: String) -> Bool {
        ranges(of: text).contains { range in
            let before = self[..<range.lowerBound].last
            let after = self[range.upperBound...].first
            let isCutBefore = text.first?.isPartOfName == true && before?.isPartOfName == true
            let isCutAfter = text.last?.isPartOfName == true && after?.isPartOfName == true
            return !isCutBefore && !isCutAfter
        }
    }

    /// Whether a `!` stands behind a value, type, `try` or `as`.
    fileprivate var hasForcedValue: Bool {
        guard contains("!") else { return false }
        return zip(zip(self, dropFirst()), Array(dropFirst(2)) + [" "]).contains { pair, after in
            let (before, mark) = pair
            return mark == "!" && after != "=" && (before.isPartOfName || ")]}`?!".contains(before))
        }
    }
}
