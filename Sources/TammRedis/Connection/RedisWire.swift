internal import CHiredis
import TammCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// One connection to the server, which never waits but where it says so; used by one thread at a time.
@safe final class RedisWire {
    private let raw: UnsafeMutablePointer<redisContext>
    private let descriptor: Int32
    /// What is still to be sent, from `sent` on.
    private var output: [UInt8] = []
    private var sent = 0
    /// Whether what is sent may hold a password.
    private var isGreeting = true
    private var input = [UInt8](repeating: 0, count: 65_536)

    /// Connects, says who it is, and has the scripts loaded; waits for it.
    init(_ configuration: RedisConfiguration, scripts: [String]) throws(TammError) {
        let (seconds, attoseconds) = configuration.timeouts.connect.components
        let patience = timeval(
            tv_sec: .init(seconds), tv_usec: .init(max(1, attoseconds / 1_000_000_000_000)))
        let raw =
            switch configuration.endpoint {
            case .tcp(let host, let port): unsafe redisConnectWithTimeout(host, Int32(port), patience)
            case .unix(let path): unsafe redisConnectUnixWithTimeout(path, patience)
            }
        guard let raw = unsafe raw else { throw Self.lost("hiredis has no memory for a connection") }
        unsafe self.raw = raw
        unsafe descriptor = raw.pointee.fd
        guard unsafe raw.pointee.err == 0 else { throw Self.lost(unsafe Self.reason(raw)) }
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) >= 0 else {
            throw Self.lost("the socket cannot be set not to block")
        }
        #if canImport(Darwin)
            var on: Int32 = 1
            unsafe setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
        #endif
        try greet(configuration, scripts)
        isGreeting = false
    }

    deinit {
        wipe()
        unsafe redisFree(raw)
    }

    private func greet(_ configuration: RedisConfiguration, _ scripts: [String]) throws(TammError) {
        let deadline = ContinuousClock.now + configuration.timeouts.connect
        if let password = configuration.password {
            // By itself and in one piece: what grows leaves copies behind.
            var login = RedisCommands(capacity: password.count + (configuration.username?.utf8.count ?? 0) + 128)
            login.begin(configuration.username == nil ? 2 : 3)
            login.add("AUTH")
            if let username = configuration.username { login.add(username) }
            password.reveal { login.add(copy $0) }
            append(login.bytes)
            login.forget()
            try exchange(1, until: deadline)
        }
        var commands = RedisCommands()
        if configuration.database != 0 {
            commands.begin(2)
            commands.add("SELECT")
            commands.add(Int64(configuration.database))
        }
        for script in scripts {
            commands.begin(3)
            commands.add("SCRIPT")
            commands.add("LOAD")
            commands.add(script)
        }
        append(commands.bytes)
        try exchange(commands.count, until: deadline)
    }

    /// Sends what is to be sent and takes so many answers; then nothing is left of what was sent.
    private func exchange(_ answers: Int, until deadline: ContinuousClock.Instant) throws(TammError) {
        var left = answers
        while left > 0 {
            try flush()
            guard wait(until: deadline) else { throw Self.lost("the server has not answered") }
            try receive()
            while left > 0, let reply = try next() {
                left -= 1
                if case .error(let reason) = reply { throw Self.refused(reason) }
            }
        }
    }

    /// Overwrites what was to be sent, a password among it.
    private func wipe() {
        for index in output.indices { output[index] = 0 }
        output = []
    }

    /// Whether the server says by it that this connection is of no use any more: it leads to a replica, to a server that
    /// is loading, or to one that does not know who asks. Another may lead elsewhere.
    static func isFarewell(_ reason: String) -> Bool {
        let words = reason.prefix(500).split(separator: " ")
        guard let first = words.first else { return false }
        // Before Redis 7 a script's error stands within another, behind a dash.
        let isScripts = first == "ERR" && reason.contains("running script")
        return farewells.contains(String(first))
            || isScripts && words.contains { $0.first == "-" && farewells.contains(String($0.dropFirst())) }
    }

    private static let farewells: Set<String> = ["READONLY", "MASTERDOWN", "LOADING", "NOAUTH", "WRONGPASS", "CLUSTERDOWN"]

    /// What an error of the server's means for who asked.
    static func refused(_ reason: String) -> TammError {
        let word = String(reason.prefix { $0 != " " })
        return TammError(.unavailable, "Redis: \(reason.prefix(200))", reason: word)
    }

    static func lost(_ reason: String) -> TammError { TammError(.unavailable, "Redis: \(reason)") }

    private static func reason(_ raw: UnsafeMutablePointer<redisContext>) -> String {
        unsafe withUnsafeBytes(of: &raw.pointee.errstr) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    // MARK: Sending and receiving

    /// Adds to what is to be sent.
    func append(_ bytes: [UInt8]) { output += bytes }

    /// Whether everything is sent.
    var isFlushed: Bool { output.isEmpty }

    /// Sends as much as the socket takes.
    func flush() throws(TammError) {
        #if canImport(Glibc)
            let flags = Int32(MSG_NOSIGNAL)
        #else
            let flags: Int32 = 0
        #endif
        while sent < output.count {
            let count = unsafe output.withUnsafeBytes { bytes in
                unsafe send(descriptor, bytes.baseAddress.map { unsafe $0 + sent }, bytes.count - sent, flags)
            }
            if count < 0 {
                if errno == EINTR { continue }
                guard errno == EAGAIN || errno == EWOULDBLOCK else { throw Self.lost("the connection is closed") }
                return
            }
            sent += count
        }
        if isGreeting { wipe() }
        output.removeAll(keepingCapacity: output.capacity <= 1 << 20)
        sent = 0
    }

    /// Waits until there is something to read, or room to send what is left; false at the deadline.
    func wait(until deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let left = max(0, (deadline - .now) / .milliseconds(1))
            let events = Int16(POLLIN) | (isFlushed ? 0 : Int16(POLLOUT))
            var entry = pollfd(fd: descriptor, events: events, revents: 0)
            let ready = unsafe poll(&entry, 1, Int32(left.rounded(.up)))
            if ready > 0 { return true }
            if ready == 0 { return false }
            guard errno == EINTR else { return true }
        }
    }

    /// Takes in what has come.
    func receive() throws(TammError) {
        while true {
            let capacity = input.count
            let count = unsafe input.withUnsafeMutableBytes { bytes in unsafe recv(descriptor, bytes.baseAddress, capacity, 0) }
            if count < 0 {
                if errno == EINTR { continue }
                guard errno == EAGAIN || errno == EWOULDBLOCK else { throw Self.lost("the connection is closed") }
                return
            }
            guard count > 0 else { throw Self.lost("the server has closed the connection") }
            let isFed = unsafe input.withUnsafeBytes { bytes in
                unsafe redisReaderFeed(
                    raw.pointee.reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), count)
            }
            guard isFed == REDIS_OK else { throw Self.lost("the answers cannot be held") }
            if count < capacity { return }
        }
    }

    /// The next answer that is there as a whole.
    func next() throws(TammError) -> RedisReply? {
        var found: UnsafeMutableRawPointer?
        guard unsafe redisReaderGetReply(raw.pointee.reader, &found) == REDIS_OK else {
            throw Self.lost("the server does not speak its protocol")
        }
        guard let found = unsafe found else { return nil }
        defer { unsafe freeReplyObject(found) }
        return unsafe RedisReply(UnsafePointer(found.assumingMemoryBound(to: redisReply.self)))
    }
}
