/// What was asked of the external API and what became of it: no header, no body, no query and no key's text.
public struct ExternalRequest: Sendable, Hashable {
    /// Distinct within the workspace.
    public let id: Identifier<ExternalRequest>
    /// The workspace that the key belongs to; what is asked without a known key is counted, not kept.
    public let workspace: Identifier<Workspace>
    /// Nil where it was not decided which.
    public let key: Identifier<APIKey>?
    /// 1 to 16 visible characters of ASCII.
    public let method: String
    /// Without query and fragment: 1 to 1,024 visible characters of ASCII.
    public let path: String
    /// The status of the answer: 100 to 599.
    public let status: Int
    /// Why it was refused, by its name: `rate-limited`; nil where it was not.
    public let refusal: String?
    /// Where it came from; nil where nobody knows.
    public let address: IPAddress?
    /// How long it took, up to a day.
    public let microseconds: Int64
    /// What it is called in other logs: 1 to 128 visible characters of ASCII.
    public let requestID: String?
    /// When it came.
    public let at: Timestamp

    static let (maximumMethod, maximumPath, maximumRequestID) = (16, 1024, 128)
    static let longest: Int64 = 86_400_000_000

    public var duration: Duration { .microseconds(microseconds) }

    /// What a request says, which may be anything: what is too long is cut, a character that is not visible ASCII is
    /// written as `%XX`, query and fragment are left out, and `[key]` stands where a path or request id holds anything of
    /// an API key's shape.
    ///
    /// - Parameters:
    ///   - target: the path, or the whole target of the request.
    ///   - duration: taken as between nothing and a day.
    /// - Throws: `invalidInput` at `status` or `refusal`, which the platform itself chooses.
    public init(
        id: Identifier<ExternalRequest>, workspace: Identifier<Workspace>, key: Identifier<APIKey>?, method: String,
        target: String, status: Int, refusal: String? = nil, address: IPAddress? = nil, duration: Duration,
        requestID: String? = nil, at: Timestamp
    ) throws(TammError) {
        let path = target.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        let name = requestID.map(PresentedAPIKey.redacted) ?? ""
        let visible = visibleASCII(
            PresentedAPIKey.redacted(String(decoding: path, as: UTF8.self)), atMost: Self.maximumPath)
        let shownMethod = visibleASCII(method, atMost: Self.maximumMethod)
        try self.init(
            id: id, workspace: workspace, key: key, method: shownMethod.isEmpty ? "-" : shownMethod,
            path: visible.isEmpty ? "/" : visible, status: status, refusal: refusal, address: address,
            microseconds: Self.microseconds(of: duration),
            requestID: name.isEmpty ? nil : visibleASCII(name, atMost: Self.maximumRequestID), at: at)
    }

    private static func microseconds(of duration: Duration) -> Int64 {
        let (seconds, attoseconds) = max(.zero, min(duration, .microseconds(longest))).components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }

    /// What a store has kept.
    ///
    /// - Throws: `invalidInput` naming the field that is in another form.
    package init(
        id: Identifier<ExternalRequest>, workspace: Identifier<Workspace>, key: Identifier<APIKey>?, method: String,
        path: String, status: Int, refusal: String?, address: IPAddress?, microseconds: Int64, requestID: String?,
        at: Timestamp
    ) throws(TammError) {
        for (text, most, field) in [
            (method, Self.maximumMethod, "method"), (path, Self.maximumPath, "path"),
            (requestID ?? "-", Self.maximumRequestID, "requestID"),
        ] where !(1...most).contains(text.utf8.count) || !text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) {
            throw TammError(
                .invalidInput, "wanted 1 to \(most) visible characters of ASCII, found \(excerpt(text))", field: field)
        }
        guard (100...599).contains(status) else {
            throw TammError(.invalidInput, "wanted a status between 100 and 599, found \(status)", field: "status")
        }
        guard (0...Self.longest).contains(microseconds) else {
            throw TammError(.invalidInput, "wanted a duration of up to a day, found \(microseconds) µs", field: "duration")
        }
        self.refusal = try refusal.map { name throws(TammError) in
            try checkedName(name, "a refusal", field: "refusal")
        }
        (self.id, self.workspace, self.key, self.method, self.path) = (id, workspace, key, method, path)
        (self.status, self.address, self.microseconds) = (status, address, microseconds)
        (self.requestID, self.at) = (requestID, at)
    }
}

/// The beginning of `text`, at most `maxBytes` bytes: what is not visible ASCII as `%XX` for each byte of UTF-8.
private func visibleASCII(_ text: String, atMost maxBytes: Int) -> String {
    var shown: [UInt8] = []
    for byte in text.utf8 {
        let next = (0x21...0x7e).contains(byte) ? [byte] : Array("%\(hexadecimal([byte]).uppercased())".utf8)
        guard shown.count + next.count <= maxBytes else { break }
        shown += next
    }
    return String(decoding: shown, as: UTF8.self)
}
