public import TammCore

/// Where the server is, and how the store uses it.
public struct RedisConfiguration: Sendable {
    /// How long the store waits for each thing.
    public struct Timeouts: Sendable, Hashable {
        /// For a connection to the server.
        public var connect: Duration = .seconds(1)
        /// For an answer; the connection is given up then.
        public var command: Duration = .seconds(1)

        public init() {}
    }

    /// How the server is reached; without TLS, so over a network that is trusted.
    public enum Endpoint: Sendable, Hashable {
        case tcp(host: String, port: UInt16)
        case unix(path: String)
    }

    public let endpoint: Endpoint
    /// For a server with users; nil is its default user.
    public var username: String?
    public var password: Secret?
    /// The number of the database.
    public var database = 0
    /// What every key begins with; no braces, for a key's hash tag is its subject.
    public var prefix = "tamm:limit:"
    public var timeouts = Timeouts()
    /// How many calls may wait for the server at the same time; more are refused as `overloaded`.
    public var waiting = 10_000

    public init(_ endpoint: Endpoint) { self.endpoint = endpoint }

    /// Reads `redis://[username][:password@]host[:port][/database]` or `unix:/path/to/socket`; a secret, for it may hold
    /// a password. A password is taken as it stands: without `@`, `/` and percent-encoding.
    ///
    /// - Throws: `invalidInput` for another form; for `rediss:`, since there is no TLS.
    public init(url: Secret) throws(TammError) {
        let text = url.reveal { String(decoding: copy $0, as: UTF8.self) }
        if text.hasPrefix("unix:"), text.utf8.count > 5 {
            let path = text.dropFirst(5)
            self.init(.unix(path: String(path.hasPrefix("///") ? path.dropFirst(2) : path)))
            return
        }
        guard !text.hasPrefix("rediss:") else {
            throw TammError(.invalidInput, "wanted redis: or unix:, found rediss:; there is no TLS", field: "url")
        }
        guard text.hasPrefix("redis://") else { throw Self.malformed }
        var rest = text.dropFirst(8)
        var login: Substring?
        if let at = rest.lastIndex(of: "@") {
            login = rest[..<at]
            rest = rest[rest.index(after: at)...]
        }
        let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var (host, port) = (parts[0], UInt16(6379))
        if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
            guard let number = UInt16(host[host.index(after: colon)...]) else { throw Self.malformed }
            (host, port) = (host[..<colon], number)
        }
        guard !host.isEmpty else { throw Self.malformed }
        self.init(.tcp(host: String(host.trimmingPrefix("[").prefix { $0 != "]" }), port: port))
        if parts.count == 2, !parts[1].isEmpty {
            guard let number = Int(parts[1]), number >= 0 else { throw Self.malformed }
            database = number
        }
        guard let login else { return }
        let words = login.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard words.count == 2, !words[1].isEmpty else { throw Self.malformed }
        username = words[0].isEmpty ? nil : String(words[0])
        password = Secret(String(words[1]))
    }

    /// Without the text, which may hold a password.
    private static let malformed = TammError(
        .invalidInput, "wanted redis://[username][:password@]host[:port][/database] or unix:/path", field: "url")
}
