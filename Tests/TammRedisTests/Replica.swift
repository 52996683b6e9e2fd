import Foundation
import Synchronization
import TestCommands

/// Stands before the real server on a socket of its own. A connection that is made while it refuses is answered an error
/// for every script, for as long as it lasts: what a client finds whose server has become a replica.
final class Replica: Sendable {
    let path: String
    private let server: String
    private let listener: Int32
    private let refusal = Mutex<String?>(nil)
    private let accepted = Mutex(0)

    /// - Parameter server: the path of the server's socket.
    init(of server: String) throws {
        self.server = server
        path = FileManager.default.temporaryDirectory.appending(path: "tamm-\(UInt32.random(in: 0 ... .max)).sock").path
        unsafe listener = try LocalSocket.open(path) { unsafe bind($0, $1, $2) }
        guard listen(listener, 16) == 0 else { throw MissingServer(description: "listen: \(errno)") }
        let thread = Thread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                accepted.withLock { $0 += 1 }
                let refusal = refusal.withLock { $0 }
                Thread.detachNewThread { self.serve(client, refusal) }
            }
        }
        thread.start()
    }

    /// What connections that are made from now on are told; nil: they lead to the server.
    func refuse(_ reason: String?) { refusal.withLock { $0 = reason } }

    /// How many connections were made.
    var connections: Int { accepted.withLock { $0 } }

    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
        try? FileManager.default.removeItem(atPath: path)
    }

    private func serve(_ client: Int32, _ refusal: String?) {
        guard let upstream = try? unsafe LocalSocket.open(server, { unsafe connect($0, $1, $2) }) else {
            Glibc.close(client)
            return
        }
        // Its number is another's once it is closed: not before nobody uses it.
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            while let bytes = Self.read(upstream) { Self.write(client, bytes) }
            shutdown(client, Int32(SHUT_RDWR))
            done.signal()
        }
        var input: [UInt8] = []
        while let bytes = Self.read(client) {
            input += bytes
            while let (command, isScript) = Self.command(&input) {
                if let refusal, isScript {
                    Self.write(client, Array("-\(refusal)\r\n".utf8))
                } else {
                    Self.write(upstream, command)
                }
            }
        }
        shutdown(upstream, Int32(SHUT_RDWR))
        done.wait()
        Glibc.close(upstream)
        Glibc.close(client)
    }

    /// Takes the first whole command: its bytes, and whether it runs a script.
    private static func command(_ input: inout [UInt8]) -> ([UInt8], isScript: Bool)? {
        var place = 0
        func number() -> Int? {
            guard let end = input[place...].firstIndex(of: 0x0d), end + 1 < input.count else { return nil }
            defer { place = end + 2 }
            return Int(String(decoding: input[(place + 1)..<end], as: UTF8.self))
        }
        guard let words = number() else { return nil }
        var first = ""
        for index in 0..<words {
            guard let length = number(), place + length + 2 <= input.count else { return nil }
            if index == 0 { first = String(decoding: input[place..<place + length], as: UTF8.self) }
            place += length + 2
        }
        let command = Array(input[..<place])
        input.removeFirst(place)
        return (command, first.hasPrefix("EVAL"))
    }

    private static func read(_ descriptor: Int32) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    private static func write(_ descriptor: Int32, _ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe send(descriptor, $0.baseAddress.map { unsafe $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }
}
