import Foundation
import Synchronization
import TestCommands

/// Stands between a store and its server on a socket of its own, and cuts a connection when it sees a commit.
final class Proxy: Sendable {
    enum Cut {
        /// The server never hears of the commit.
        case before
        /// The server has committed, and its answer is lost.
        case after
        /// The server has committed, and its answer does not come, without anybody closing anything.
        case silent
        /// The server takes nothing more, from here on.
        case deaf
    }

    /// The folder of the socket, as libpq takes it for a host.
    let folder: String
    private let server: String
    private let listener: Int32
    private let armed = Mutex<Cut?>(nil)
    private let cuts = Mutex(0)
    private let closed = DispatchSemaphore(value: 0)

    /// - Parameter server: the folder of the server's socket.
    init(to server: String) throws {
        self.server = "\(server)/.s.PGSQL.5432"
        folder = "\(Command.scratch)/tamm-proxy-\(UUID().uuidString.prefix(13))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        unsafe listener = try LocalSocket.open("\(folder)/.s.PGSQL.5432") { unsafe bind($0, $1, $2) }
        guard listen(listener, 16) == 0 else { throw MissingServer(description: "listen: \(errno)") }
        let thread = Thread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                serve(client)
            }
        }
        thread.start()
    }

    /// Cuts the connection of the next commit.
    func arm(_ cut: Cut) { armed.withLock { $0 = cut } }

    /// How many connections were cut.
    var count: Int { cuts.withLock { $0 } }

    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
        closed.signal()
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func serve(_ client: Int32) {
        guard let upstream = unsafe try? LocalSocket.open(server, { unsafe connect($0, $1, $2) }) else {
            Glibc.close(client)
            return
        }
        let cut = Mutex<Cut?>(nil)
        let up = Thread { [self] in
            // The name of the prepared statement, after that of the unnamed portal.
            let commit = Data("\0commit\0".utf8)
            var tail = Data()
            pass(from: client, to: upstream) { part in
                if case .deaf? = armed.withLock({ $0 }) {
                    cuts.withLock { $0 += 1 }
                    waitUntilClosed()
                    return false
                }
                let seen = tail + part
                tail = seen.suffix(commit.count - 1)
                guard seen.range(of: commit) != nil, let found = armed.withLock({ $0.take() }) else { return true }
                cuts.withLock { $0 += 1 }
                cut.withLock { $0 = found }
                return found != .before
            }
            shutdown(upstream, Int32(SHUT_WR))
            if case .before? = cut.withLock({ $0 }) { shutdown(client, Int32(SHUT_RDWR)) }
        }
        let down = Thread { [self] in
            pass(from: upstream, to: client) { _ in
                switch cut.withLock({ $0 }) {
                case nil, .before, .deaf: return true
                case .after: return false
                case .silent:
                    waitUntilClosed()
                    return false
                }
            }
            shutdown(client, Int32(SHUT_RDWR))
            Glibc.close(upstream)
        }
        up.start()
        down.start()
    }

    private func waitUntilClosed() {
        closed.wait()
        closed.signal()
    }

    /// Passes on what comes until an end, or until `isWanted` says no.
    private func pass(from source: Int32, to target: Int32, while isWanted: (Data) -> Bool) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe read(source, &buffer, buffer.count)
            guard count > 0, isWanted(Data(buffer[..<count])) else { return }
            var sent = 0
            while sent < count {
                let written = unsafe buffer[sent..<count].withUnsafeBytes {
                    unsafe send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard written > 0 else { return }
                sent += written
            }
        }
    }
}
