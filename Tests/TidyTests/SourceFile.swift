import Testing

/// A file of the repository, by its path from the root.
struct SourceFile: Sendable {
    let path: String
    let lines: [Substring]
    /// The lines of a Swift file without comments and text literals, each as long as the line it comes from.
    let code: [Substring]
    let endsWithNewline: Bool
    let isEmpty: Bool

    init(_ path: String, _ text: String) {
        self.path = path
        isEmpty = text.isEmpty
        endsWithNewline = text.utf8.last == UInt8(ascii: "\n")
        lines = Self.lines(of: text)
        code = path.hasSuffix(".swift") ? Self.lines(of: codeOnly(text)) : []
    }

    /// The folder below `Sources/`, or nil for a file elsewhere.
    var target: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    var isSwift: Bool { path.hasSuffix(".swift") }

    func finding(_ index: Int, _ message: String) -> Finding { Finding(path: path, line: index + 1, message: message) }

    private static func lines(of text: String) -> [Substring] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}

/// A place where a file breaks a rule.
struct Finding: Sendable, Equatable, CustomStringConvertible {
    let path: String
    /// Counted from 1.
    let line: Int
    let message: String

    var description: String { "\(path):\(line): \(message)" }
}

/// Fails the test, with one issue that lists the findings, if there are any.
func record(_ findings: [Finding]) {
    guard !findings.isEmpty else { return }
    Issue.record("\(findings.count) found\n\(findings.map(\.description).joined(separator: "\n"))")
}

extension StringProtocol {
    var trimmed: SubSequence {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }

    /// The Swift identifiers and keywords in the text, in order.
    var words: [Substring] {
        String(self).split { !($0.isLetter || $0.isNumber || $0 == "_") }.map { Substring($0) }
    }

    var indentation: Int { prefix { $0 == " " }.count }
}
