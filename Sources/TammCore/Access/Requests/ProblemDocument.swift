public import HTTPTypes

/// What is told of a request that was not done: a problem document (RFC 9457).
///
/// It is written for whoever sent the request: it holds nothing that is not theirs to know.
public struct ProblemDocument: Sendable, Hashable {
    /// A URI that says what kind of problem it is.
    public let type: String
    /// The kind, in words that do not change from one occurrence to the next.
    public let title: String
    /// The status of the answer, 400 to 599.
    public let status: Int
    /// This occurrence, in words.
    public let detail: String?
    /// A URI of this occurrence, such as `urn:uuid:` and a request's identifier.
    public let instance: String?
    /// The policies that leave no room, for ``quotaExceeded``.
    public let violatedPolicies: [String]

    /// Nothing more than the status says.
    public static let blank = "about:blank"
    /// Too many requests.
    public static let quotaExceeded = "https://iana.org/assignments/http-problem-types#quota-exceeded"

    /// What the body is.
    public static let mediaType = "application/problem+json"

    /// A status outside 400 to 599 becomes 500.
    public init(
        type: String = Self.blank, title: String, status: Int, detail: String? = nil, instance: String? = nil
    ) {
        self.init(type: type, title: title, status: status, detail: detail, instance: instance, violatedPolicies: [])
    }

    init(
        type: String, title: String, status: Int, detail: String?, instance: String?, violatedPolicies: [String]
    ) {
        self.type = type
        self.title = title
        self.status = (400...599).contains(status) ? status : 500
        self.detail = detail
        self.instance = instance
        self.violatedPolicies = violatedPolicies
    }

    /// The body, in UTF-8.
    public var json: [UInt8] {
        var members = [
            StrictJSON.Member("type", .text(type)), StrictJSON.Member("title", .text(title)),
            StrictJSON.Member("status", .integer(Int64(status))),
        ]
        if let detail { members.append(StrictJSON.Member("detail", .text(detail))) }
        if let instance { members.append(StrictJSON.Member("instance", .text(instance))) }
        if !violatedPolicies.isEmpty {
            members.append(StrictJSON.Member("violated-policies", .array(violatedPolicies.map { .text($0) })))
        }
        return StrictJSON.object(members).bytes
    }
}

/// An answer that refuses: its head, and a problem document for a body.
public struct ProblemResponse: Sendable, Hashable {
    public let problem: ProblemDocument
    /// The status and the fields, with those of the body.
    public let head: HTTPResponse

    /// The bytes of the body.
    public var body: [UInt8] { problem.json }

    /// With the fields of the body added to `fields`; what was refused is not to be kept by caches.
    public init(_ problem: ProblemDocument, fields: HTTPFields = [:]) {
        self.problem = problem
        var fields = fields
        fields[.contentType] = ProblemDocument.mediaType
        fields[.cacheControl] = "no-store"
        fields[.contentLength] = String(problem.json.count)
        head = HTTPResponse(status: HTTPResponse.Status(code: problem.status), headerFields: fields)
    }
}
