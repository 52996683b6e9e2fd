/// A failure that stops an operation; a refusal (out of credits, rate limited) is a value, not an error.
public struct TammError: Error, Sendable, Hashable {
    /// What kind of failure it is: the part a caller can act on.
    public struct Code: RawRepresentable, Sendable, Hashable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The input breaks a documented bound or form; the same input fails again.
        public static let invalidInput = Code(rawValue: "invalid-input")
        /// What was named does not exist, or the principal may not see it.
        public static let notFound = Code(rawValue: "not-found")
        /// It exists already with other content, or changed meanwhile.
        public static let conflict = Code(rawValue: "conflict")
        /// The principal may not do this.
        public static let forbidden = Code(rawValue: "forbidden")
        /// A bounded queue, pool or page is full; try again later.
        public static let overloaded = Code(rawValue: "overloaded")
        /// The store or a provider does not answer; try again later with the same idempotency key.
        public static let unavailable = Code(rawValue: "unavailable")
        /// A signature or token is missing, malformed, expired or wrong.
        public static let unauthenticated = Code(rawValue: "unauthenticated")
        /// Stored data breaks an invariant; stop and look.
        public static let corrupted = Code(rawValue: "corrupted")
        /// The caller's task was cancelled before the operation began.
        public static let cancelled = Code(rawValue: "cancelled")
    }

    public let code: Code
    /// What was wanted and what was found, in one sentence; holds no secret.
    public let message: String
    /// The field of the input that is at fault, where one is (`prices[0].amount`).
    public let field: String?
    /// Which check failed, for logs and metrics: the raw value of an enumeration such as ``SignatureRefusal``.
    ///
    /// Not for the one who sent the request; nil where the code says it all.
    public let reason: String?

    public init(_ code: Code, _ message: String, field: String? = nil, reason: String? = nil) {
        self.code = code
        self.message = message
        self.field = field
        self.reason = reason
    }
}

extension TammError: CustomStringConvertible {
    /// For logs: the code, the field, the reason and the message. An answer to a request uses ``message``.
    public var description: String {
        let place = field.map { " at \($0)" } ?? ""
        let cause = reason.map { " (\($0))" } ?? ""
        return "\(code.rawValue)\(place)\(cause): \(message)"
    }
}
