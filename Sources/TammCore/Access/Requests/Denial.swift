internal import HTTPTypes
public import Logging

/// Refuses a request for who sent it: whichever check failed, the answer is the same, byte for byte; the log says which.
public struct Denial: Sendable {
    /// What a client is told of how to say who it is: `Bearer`.
    public let challenge: String
    private let logger: Logger

    /// - Parameter challenge: the value of `WWW-Authenticate`.
    public init(challenge: String = "Bearer", logger: Logger = Logger(label: "tamm.requests")) {
        self.challenge = challenge
        self.logger = logger
    }

    /// 401 for `unauthenticated`, 403 for `forbidden`, with neither message, field nor reason of the error; nil for an
    /// error of another code, which is no denial.
    ///
    /// - Parameter request: an identifier of the request, for the log and the answer's `instance`.
    public func answer(to error: TammError, request: String? = nil) -> ProblemResponse? {
        let response: ProblemResponse
        let instance = request.map { "urn:uuid:\($0)" }
        switch error.code {
        case .unauthenticated:
            response = ProblemResponse(
                ProblemDocument(title: "Unauthorized", status: 401, instance: instance),
                fields: [.wwwAuthenticate: challenge])
        case .forbidden:
            response = ProblemResponse(ProblemDocument(title: "Forbidden", status: 403, instance: instance))
        default: return nil
        }
        logger.notice(
            "request denied",
            metadata: [
                "status": "\(response.problem.status)", "code": "\(error.code.rawValue)",
                "reason": "\(error.reason ?? "none")", "message": "\(singleLine(error.message, atMost: 500))",
                "request": "\(singleLine(request ?? "none", atMost: 100))",
            ])
        return response
    }
}
