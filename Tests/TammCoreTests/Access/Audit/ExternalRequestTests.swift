import TammTesting
import Testing

@testable import TammCore

struct ExternalRequestTests {
    private func request(
        method: String = "GET", target: String = "/", status: Int = 200, refusal: String? = nil,
        duration: Duration = .zero, requestID: String? = nil
    ) throws(TammError) -> ExternalRequest {
        try ExternalRequest(
            id: Identifier(high: 1, low: 2), workspace: Bank.workspaceID, key: nil, method: method, target: target,
            status: status, refusal: refusal, duration: duration, requestID: requestID, at: Bank.start)
    }

    @Test(arguments: [
        ("/v1/a?token=secret", "/v1/a"), ("/v1/a#secret", "/v1/a"), ("?secret", "/"), ("", "/"), ("/é\n", "/%C3%A9%0A"),
        ("/%zz", "/%zz"), (String(repeating: "é", count: 1000), String(repeating: "%C3%A9", count: 170) + "%C3"),
    ])
    func `A path is kept without query, visible and bounded`(target: String, path: String) throws {
        #expect(try request(target: target).path == path)
    }

    @Test func `A key in a path or a request id is not kept`() throws {
        let key = PresentedAPIKey(.live, entropy: SeededEntropy(seed: 1).source).text
        let found = try request(target: "/v1/keys/\(key)/uses?\(key)", requestID: key)
        #expect(found.path == "/v1/keys/[key]/uses" && found.requestID == "[key]")
        #expect(!"\(found)".contains(key))
        let (within, cut) = ("id=\(key)&x", String(key.dropLast(20)))
        let more = try request(target: "/v1/\(within)/\(cut)~\(key)\(key)", requestID: "req:\(within)")
        #expect(more.path == "/v1/id=[key]&x/[key]~[key]" && more.requestID == "req:id=[key]&x")
        #expect(try request(target: "/tamm_lives/tamm_test/tamm_invite_1").path == "/tamm_lives/tamm_test/tamm_invite_1")
    }

    @Test func `What a request says is cut, and what the platform says is checked`() throws {
        let hostile = try request(
            method: String(repeating: "\u{0}", count: 99), duration: .seconds(-5), requestID: String(repeating: "r", count: 999))
        #expect(hostile.method == "%00%00%00%00%00" && hostile.microseconds == 0 && hostile.requestID?.utf8.count == 128)
        #expect(try request(method: "", duration: .seconds(1_000_000), requestID: "").method == "-")
        #expect(try request(duration: .seconds(1_000_000)).duration == .seconds(86_400))
        #expect(try request(duration: .milliseconds(1500)).microseconds == 1_500_000)
        for status in [99, 600, -1] {
            let error = caught { () throws(TammError) in _ = try request(status: status) }
            #expect(error?.code == .invalidInput && error?.field == "status")
        }
        let error = caught { () throws(TammError) in _ = try request(refusal: "Too many") }
        #expect(error?.field == "refusal")
    }

    @Test func `An access names a channel or an agent, and a document`() throws {
        func access(_ channel: String?, _ agent: String?, _ document: String) -> String? {
            caught { () throws(TammError) in
                _ = try DocumentAccess(
                    id: Identifier(high: 1, low: 1), workspace: Bank.workspaceID, channel: channel, agent: agent,
                    document: document, .read, at: Bank.start)
            }?.field
        }
        #expect(access("c", nil, "d") == nil && access(nil, "a", "d") == nil && access("c", "a", "d") == nil)
        #expect(access(nil, nil, "d") == "channel" && access("", "a", "d") == "channel")
        #expect(access("c", "a\nb", "d") == "agent" && access("c", nil, "") == "document")
        #expect(access("c", nil, String(repeating: "d", count: 256)) == "document")
    }
}
