import Foundation

/// Runs programs.
///
/// Foundation's `Process` notices an exit by the end of a socket that all later children inherit, and so waits for
/// servers that stay.
package enum Command {
    /// Where folders of a test's own are; sockets in them need a short name.
    package static let scratch = URL(fileURLWithPath: NSTemporaryDirectory()).path

    /// Closes what is inherited beyond the usual three, then becomes the program.
    private static let alone = [
        "bash", "-c",
        #"for fd in /proc/self/fd/*; do n=${fd##*/}; if ((n > 2)); then eval "exec $n>&-"; fi; done; exec "$@""#, "bash",
    ]

    /// Runs a program to its end; what it starts beyond that holds nothing of ours.
    ///
    /// - Parameter input: what it reads; nothing where it is nil.
    /// - Returns: its output, without white space around it.
    @discardableResult
    package static func run(_ command: [String], input: String? = nil) throws -> String {
        let folder = "\(scratch)/tamm-\(UUID().uuidString)"
        defer { for file in ["in", "out", "err"] { unsafe unlink("\(folder).\(file)") } }
        if let input { try Data(input.utf8).write(to: URL(fileURLWithPath: "\(folder).in")) }
        let pid = try spawn(command) { actions in
            unsafe posix_spawn_file_actions_addopen(
                &actions, 0, input == nil ? "/dev/null" : "\(folder).in", O_RDONLY, 0)
            for (descriptor, name) in [(Int32(1), "out"), (2, "err")] {
                unsafe posix_spawn_file_actions_addopen(
                    &actions, descriptor, "\(folder).\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
            }
        }
        let status = end(of: pid)
        func text(_ name: String) -> String {
            let data = (try? Data(contentsOf: URL(fileURLWithPath: "\(folder).\(name)"))) ?? Data()
            return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        guard status == 0 else {
            throw CommandFailure(description: "\(command[0]): status \(status): \(text("out")) \(text("err"))")
        }
        return text("out")
    }

    /// Starts a program that holds nothing of ours but what is set up.
    static func spawn(
        _ command: [String], _ setUp: (inout posix_spawn_file_actions_t) -> Void
    ) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
        }
        unsafe setUp(&actions)
        // The threads of a pool block signals by which children are ended.
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe (alone + command).map { unsafe strdup($0) } + [nil]
        defer { for index in unsafe arguments.indices { unsafe free(arguments[index]) } }
        var pid: pid_t = 0
        let error = unsafe posix_spawnp(&pid, "bash", &actions, &attributes, &arguments, environ)
        guard error == 0 else { throw CommandFailure(description: "bash does not start: \(error)") }
        return pid
    }

    /// Waits until it has ended; returns how.
    @discardableResult
    static func end(of pid: pid_t) -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) == -1, errno == EINTR {}
        return status
    }
}

package struct CommandFailure: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}
