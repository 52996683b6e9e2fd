import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where the text of a run goes, and what it can show.
struct Terminal: Sendable {
    let isTerminal: Bool
    /// Columns, where they are known.
    let columns: Int?
    let write: @Sendable (String) -> Void

    /// Standard output.
    static var standardOutput: Terminal {
        let isTerminal = isatty(STDOUT_FILENO) == 1
        var size = winsize()
        let isKnown = isTerminal && (unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size)) == 0 && size.ws_col > 0
        return Terminal(isTerminal: isTerminal, columns: isKnown ? Int(size.ws_col) : nil) { line in
            try? FileHandle.standardOutput.write(contentsOf: Data("\(line)\n".utf8))
        }
    }

    /// The report that suits it: colours only on a terminal whose user did not set `NO_COLOR` to something.
    func report(environment: [String: String]) -> TextReport {
        let refused = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        return TextReport(colours: isTerminal && !refused && environment["TERM"] != "dumb", width: columns)
    }
}
