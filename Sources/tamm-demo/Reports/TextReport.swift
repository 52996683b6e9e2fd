/// A run as lines for a terminal, a log or a pipe.
struct TextReport: Sendable {
    /// Whether to use the terminal's colours.
    let colours: Bool
    /// Columns to wrap at; nil where lines may be of any length.
    let width: Int?

    func heading(_ title: String) -> String { "\n" + painted(title, .bold) }

    func lines(for result: RowResult) -> [String] {
        let time = result.entries.isEmpty ? "" : "  \(seconds(result.seconds)) s"
        let status = painted(result.status.words, result.status.paint)
        var lines = ["\(status)  \(painted(result.id, .bold))\(time)"]
        lines += wrapped(result.title, first: "    ", rest: "    ")
        for entry in result.entries {
            switch entry {
            case .step(let text): lines += wrapped(text, first: "    - ", rest: "      ")
            case .evidence(let text): lines += wrapped(text, first: "    = ", rest: "      ")
            case .failure(let text):
                lines += wrapped(text, first: "    ! ", rest: "      ").map { painted($0, .red) }
            case .note(let text): lines += wrapped("(\(text))", first: "    ", rest: "    ")
            }
        }
        return lines
    }

    /// What the marks before the lines mean.
    static let legend = "- what was done   = evidence, read back from the store   ! why a row failed"

    func summary(_ results: [RowResult], seconds total: Double) -> [String] {
        let tally = Tally(results)
        let failed = results.filter { $0.status == .failed }.map(\.id)
        var lines = failed.isEmpty ? [] : wrapped("Failed: \(failed.joined(separator: ", "))", first: "", rest: "  ")
        lines.append("\(tally) in \(seconds(total)) s")
        return lines
    }

    /// `text` with each line broken at spaces to fit the width, and with control characters made visible.
    func wrapped(_ text: String, first: String, rest: String) -> [String] {
        var lines: [String] = []
        for paragraph in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            var line = lines.isEmpty ? first : rest
            var isFresh = true
            for word in paragraph.split(separator: " ") {
                let visible = Self.visible(word)
                if let width, !isFresh, line.count + 1 + visible.count > max(width, 20) {
                    lines.append(line)
                    line = rest
                    isFresh = true
                }
                line += isFresh ? visible : " \(visible)"
                isFresh = false
            }
            lines.append(line)
        }
        return lines
    }

    /// What a terminal would act on is shown as `?`.
    private static func visible(_ text: some StringProtocol) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format: shown.append("?")
            default: shown.append(scalar)
            }
        }
        return String(shown)
    }

    private func painted(_ text: String, _ paint: Paint) -> String {
        colours ? "\u{1B}[\(paint.rawValue)m\(text)\u{1B}[0m" : text
    }
}

/// The terminal's codes for the few colours that are used.
private enum Paint: Int {
    case bold = 1
    case red = 31
    case green = 32
    case yellow = 33
}

extension RowResult.Status {
    fileprivate var paint: Paint {
        switch self {
        case .passed: .green
        case .failed: .red
        case .notBuilt: .yellow
        }
    }
}
