import Dispatch
import Foundation

/// A program that runs beside the tests and answers a line with a line.
package final class Program: Sendable {
    private let pid: pid_t
    /// Its standard input and output.
    private let line: Int32
    private let queue = DispatchQueue(label: "tamm.program")
    /// What has come beyond the last line; used on the queue alone.
    private nonisolated(unsafe) var rest: [UInt8] = []

    /// Starts the program of that name that was built beside the tests.
    package convenience init(builtBeside name: String, _ arguments: [String]) throws {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let folder = URL(fileURLWithPath: tests).deletingLastPathComponent()
        try self.init([folder.appending(path: name).path] + arguments)
    }

    package init(_ command: [String]) throws {
        var ends: [Int32] = [0, 0]
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else {
            throw CommandFailure(description: "no pair of sockets: \(errno)")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[1]) }
        let theirs = ends[1]
        let pid = try Command.spawn(command) { actions in
            for standard in Int32(0)...1 { unsafe posix_spawn_file_actions_adddup2(&actions, theirs, standard) }
        }
        (self.pid, line) = (pid, ends[0])
    }

    /// Sends a line and waits for one, without holding a thread of the tests.
    package func ask(_ question: String) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try self.exchange(question) }) }
        }
    }

    private func exchange(_ question: String) throws -> String {
        let bytes = Array("\(question)\n".utf8)
        let sent = unsafe bytes.withUnsafeBytes { unsafe send(line, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard sent == bytes.count else { throw CommandFailure(description: "the program takes no line: \(errno)") }
        while true {
            if let end = unsafe rest.firstIndex(of: 0x0a) {
                defer { unsafe rest.removeSubrange(...end) }
                return unsafe String(decoding: rest[..<end], as: UTF8.self)
            }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(line, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw CommandFailure(description: "the program ended instead of answering: \(question)") }
            unsafe rest += buffer[..<count]
        }
    }

    /// Stops it in its tracks.
    package func freeze() { kill(pid, SIGSTOP) }
    package func thaw() { kill(pid, SIGCONT) }

    /// Ends it.
    package func end() {
        kill(pid, SIGKILL)
        Command.end(of: pid)
        close(line)
    }
}
