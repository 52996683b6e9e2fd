import Foundation
import Testing

/// The plain-text accounting program, as an outside judge of journals.
struct Hledger {
    struct Missing: Error, CustomStringConvertible {
        var description: String { "hledger is not on the PATH; scripts/setup installs it" }
    }

    struct Answer {
        let status: Int32
        let output: String
    }

    private let program: URL

    init() throws {
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        let paths = folders.map { "\($0)/hledger" }
        guard let path = paths.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw Missing()
        }
        program = URL(fileURLWithPath: path)
    }

    /// Runs the program on the journal with these arguments.
    func run(_ arguments: String..., journal: String) throws -> Answer {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("tamm-\(UUID().uuidString).journal")
        try journal.write(to: file, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        let pipe = Pipe()
        process.executableURL = program
        process.arguments = ["-f", file.path] + arguments
        process.environment = ["LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"]
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Answer(status: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
    }

    /// The balance of every account with postings, in micro-credits.
    func balances(of journal: String) throws -> [String: Int64] {
        let answer = try run("balance", "--flat", "--empty", "--no-total", "-O", "csv", journal: journal)
        try #require(answer.status == 0, "\(answer.output)")
        var balances: [String: Int64] = [:]
        for line in answer.output.split(separator: "\n").dropFirst() {
            let cells = line.split(separator: ",").map { $0.trimmingCharacters(in: ["\""]) }
            try #require(cells.count == 2, "\(line)")
            balances[cells[0]] = try Self.micro(cells[1])
        }
        return balances
    }

    private static func micro(_ amount: String) throws -> Int64 {
        if amount == "0" { return 0 }
        try #require(amount.hasPrefix("CR "), "\(amount)")
        var digits = amount.dropFirst(3)
        let isNegative = digits.first == "-"
        if isNegative { digits.removeFirst() }
        let parts = digits.split(separator: ".", maxSplits: 1).map(String.init)
        let fraction = parts.count > 1 ? parts[1] : ""
        try #require(parts.count >= 1 && fraction.count <= 6, "\(amount)")
        let text = parts[0] + fraction + String(repeating: "0", count: 6 - fraction.count)
        let micro = try #require(Int64(text), "\(amount)")
        return isNegative ? -micro : micro
    }
}
