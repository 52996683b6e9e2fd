import TammTesting
import Testing

@testable import GuardAPI

@Test func `a key opens the door from where it may, as long as its budget lasts, until it is revoked`() async throws {
    let lines = try await GuardAPI.lines(
        time: ManualTime(.epoch).source, entropy: SeededEntropy(seed: 1).source)
    #expect(
        lines == [
            "a key of 68 characters, printed as Optional(‹redacted›)",
            "from the shop: 200 for workspace Nile Books",
            "from elsewhere: 401",
            "with a typing error: 401",
            "message 2: 200 for workspace Nile Books",
            "message 3: 402",
            "96 credits left",
            "the old key: 200 for workspace Nile Books, the new one: 200 for workspace Nile Books",
            "revoked: 401, the new one: 200 for workspace Nile Books",
            "found in public: revoked, then 401",
        ])
}
