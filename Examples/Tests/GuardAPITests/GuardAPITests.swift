import TammTesting
import Testing

@testable import GuardAPI

@Test func `a key opens the door from where it may, signed once, as long as its budget lasts, until it is revoked`() async throws {
    let lines = try await GuardAPI.lines(
        time: ManualTime(.epoch).source, entropy: SeededEntropy(seed: 1).source)
    #expect(
        lines == [
            "a key of 68 characters, printed as Optional(‹redacted›)",
            "from the shop: 200, 98 credits left",
            "from elsewhere: 401",
            "with a typing error: 401",
            "signed: 200, 96 credits left",
            "the same again: 401",
            "over its budget: 402",
            "the old key: 200, the new one: 200",
            "revoked: 401, the new one: 200",
            "found in public: revoked, then 401",
            "logged: 200 answered",
            "logged: 401 address-not-allowed",
            "logged: 200 answered",
            "logged: 401 signature.replayed",
            "logged: 402 credits",
            "logged: 200 answered",
            "logged: 200 answered",
            "logged: 401 revoked",
            "logged: 200 answered",
            "logged: 401 revoked",
            "0 requests lost",
        ])
}
