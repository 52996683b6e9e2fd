import HTTPTypes
import Logging
import TammTesting
import Testing

@testable import TammCore

@Suite struct ProblemTests {
    private let policy = Result {
        try RateLimitPolicy(
            "api.requests",
            [
                .gcra("burst", 100, per: .seconds(60), burst: 2), .fixedWindow("daily", 1000, per: .seconds(86_400)),
            ])
    }

    /// Two admitted at once and a third refused.
    private func decisions() throws -> [RateLimitDecision] {
        let policy = try policy.get()
        let store = try LocalRateLimitStore(capacity: 1024)
        let key = RateLimitKey(.other("a"), policy, RateLimitSeed(entropy: SeededEntropy(seed: 1).source))
        let now = RateLimitInstant(Timestamp("2026-01-01T00:00:00Z")!)
        return [1, 1, 1, 3].map { store.decide(RateLimitRequest(policy, key, cost: $0), at: now) }
    }

    @Test func `Too many requests is 429 with a whole number of seconds, rounded up, and a problem document`() throws {
        let policy = try policy.get()
        let decisions = try decisions()
        #expect(decisions[2].retryAfter == .milliseconds(600))
        let found = try #require(ProblemResponse(decisions[2], of: policy, fields: .draft10, instance: "urn:uuid:1"))
        #expect(found.head.status == .tooManyRequests)
        #expect(found.head.headerFields[.retryAfter] == "1")
        #expect(found.head.headerFields[.contentType] == "application/problem+json")
        #expect(found.head.headerFields[.cacheControl] == "no-store")
        #expect(found.head.headerFields[.contentLength] == "\(found.body.count)")
        #expect(
            String(decoding: found.body, as: UTF8.self)
                == #"{"type":"https://iana.org/assignments/http-problem-types#quota-exceeded","#
                + #""title":"Too Many Requests","status":429,"detail":"Try again in 1 s.","instance":"urn:uuid:1","#
                + #""violated-policies":["api.requests.burst"]}"#)
        #expect(ProblemResponse(decisions[0], of: policy, fields: .draft10) == nil)
    }

    @Test(arguments: [(0, 1), (1, 1), (1_000_000_000, 1), (1_000_000_001, 2), (59_999_999_999, 60)] as [(Int64, Int)])
    func `The wait is never told shorter than it is`(nanoseconds: Int64, seconds: Int) throws {
        let status = try decisions()[2].status
        let found = ProblemResponse(
            .refused(retryAfter: .nanoseconds(nanoseconds), status), of: try policy.get(), fields: .none)
        #expect(found?.head.headerFields[.retryAfter] == "\(seconds)")
    }

    @Test func `A cost that is never admitted is a bad request, and an undecided one a service that is unavailable`() throws {
        let policy = try policy.get()
        let never = try #require(ProblemResponse(try decisions()[3], of: policy, fields: .draft10))
        #expect(never.head.status.code == 400)
        #expect(never.head.headerFields[.retryAfter] == nil)
        #expect(never.problem.violatedPolicies == ["api.requests.burst"])
        let status = RateLimitStatus(
            quota: 0, room: 0, unit: 1, resetNanoseconds: 2_000_000_000, decidedAt: RateLimitInstant(nanoseconds: 0), basis: .closed)
        let closed = try #require(
            ProblemResponse(.refused(retryAfter: .seconds(2), status), of: policy, fields: .draft10))
        #expect(closed.head.status.code == 503)
        #expect(closed.head.headerFields[.retryAfter] == "2")
        #expect(closed.head.headerFields[.rateLimit] == nil)
    }

    @Test func `Each draft has its fields`() throws {
        let policy = try policy.get()
        let first = try decisions()[0]
        func fields(_ draft: RateLimitFields.Draft) -> [String: String] {
            let fields = RateLimitFields(first, of: policy, as: draft).fields
            return Dictionary(uniqueKeysWithValues: fields.map { ($0.name.rawName, $0.value) })
        }
        #expect(fields(.none) == [:])
        #expect(
            fields(.draft06) == [
                "RateLimit-Policy": "100;w=60, 1000;w=86400", "RateLimit-Limit": "100", "RateLimit-Remaining": "1",
                "RateLimit-Reset": "1",
            ])
        #expect(
            fields(.draft07) == [
                "RateLimit-Policy": "100;w=60, 1000;w=86400", "RateLimit": "limit=100, remaining=1, reset=1",
            ])
        #expect(
            fields(.draft10) == [
                "RateLimit-Policy": #""api.requests.burst";q=100;w=60, "api.requests.daily";q=1000;w=86400"#,
                "RateLimit": #""api.requests.burst";r=1;t=1"#,
            ])
    }

    @Test func `A problem document is JSON whatever its words are, and no success`() throws {
        let problem = ProblemDocument(title: "a \"b\"\\\n\u{1}", status: 200, detail: "وقت")
        #expect(problem.status == 500)
        let json = try StrictJSON(parsing: problem.json)
        #expect(
            json
                == .object([
                    .init("type", .text("about:blank")), .init("title", .text("a \"b\"\\\n\u{1}")), .init("status", .integer(500)),
                    .init("detail", .text("وقت")),
                ]))
    }

    @Test func `Whichever check failed, who is denied reads the same, and the log reads which`() throws {
        let log = RecordedLog()
        let denial = Denial(logger: Logger(label: "test") { _ in log })
        var answers: Set<ProblemResponse> = []
        let reasons = SignatureRefusal.allCases.map(\.rawValue) + ["revoked", "unknown-key"]
        for reason in reasons {
            let error = TammError(.unauthenticated, "of \(reason)", field: "key", reason: reason)
            let answer = try #require(denial.answer(to: error, request: "1"))
            answers.insert(answer)
            #expect(!String(decoding: answer.body, as: UTF8.self).contains(reason))
        }
        #expect(answers.count == 1)
        #expect(answers.first?.head.status == .unauthorized)
        #expect(answers.first?.head.headerFields[.wwwAuthenticate] == "Bearer")
        #expect(log.messages.count == reasons.count)
        for (line, reason) in zip(log.messages, reasons) { #expect(line.contains("reason=\(reason)")) }

        let forbidden = ["role", "workspace"].compactMap { (reason: String) in
            denial.answer(to: TammError(.forbidden, "of \(reason)", reason: reason))
        }
        #expect(Set(forbidden).count == 1)
        #expect(
            String(decoding: forbidden[0].body, as: UTF8.self)
                == #"{"type":"about:blank","title":"Forbidden","status":403}"#)
        #expect(denial.answer(to: TammError(.conflict, "of another kind")) == nil)
    }
}
