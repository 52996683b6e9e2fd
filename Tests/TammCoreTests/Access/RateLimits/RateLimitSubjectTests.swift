import TammTesting
import Testing

@testable import TammCore

@Suite struct RateLimitSubjectTests {
    @Test func `SipHash gives the published output`() {
        // The reference's first vector: the key 00…0f and no bytes.
        let output = SipHash(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908).finish()
        #expect(output.high == 0xe6a8_25ba_047f_81a3)
        #expect(output.low == 0x9302_55c7_1472_f66d)
    }

    @Test func `A client of IPv6 is its network, one of IPv4 itself`() throws {
        func subject(_ text: String, _ prefix: Int = 64) throws -> RateLimitSubject {
            .address(try IPAddress(parsing: text), ipv6Prefix: prefix)
        }
        #expect(try subject("2001:db8:1:2::1") == subject("2001:db8:1:2:ffff::9"))
        #expect(try subject("2001:db8:1:2::1") != subject("2001:db8:1:3::1"))
        #expect(try subject("2001:db8:1:2::1", 56) == subject("2001:db8:1:ff::1", 56))
        #expect(try subject("2001:db8:1:2::1", 56) != subject("2001:db8:1:102::1", 56))
        #expect(try subject("2001:db8::1", 128) != subject("2001:db8::2", 128))
        #expect(try subject("2001:db8::1", 127) == subject("2001:db8::", 127))
        #expect(try subject("192.0.2.1") != subject("192.0.2.2"))
        #expect(try subject("::ffff:192.0.2.1") == subject("192.0.2.1"))
    }

    @Test func `Subjects of different kinds do not meet, and another seed gives other keys`() throws {
        let policy = try RateLimitPolicy("p", [.fixedWindow("q", 1, per: .seconds(1))])
        let id = Identifier<Workspace>(high: 1, low: 2)
        let subjects: [RateLimitSubject] = [
            .workspace(id), .key(id), .other(""), .other("a"), .other("ab"), .other("\(id)"),
            .address(try IPAddress(parsing: "::1")), .address(try IPAddress(parsing: "0.0.0.1")),
        ]
        let seed = RateLimitSeed(entropy: SeededEntropy(seed: 1).source)
        let keys = subjects.map { RateLimitKey($0, policy, seed) }
        #expect(Set(keys).count == subjects.count)
        let other = RateLimitSeed(entropy: SeededEntropy(seed: 2).source)
        #expect(Set(keys + subjects.map { RateLimitKey($0, policy, other) }).count == 2 * subjects.count)
    }

    @Test func `A seed of a secret is the same in every process, and is not shown`() throws {
        let policy = try RateLimitPolicy("p", [.fixedWindow("q", 1, per: .seconds(1))])
        let secret = Secret("sixteen bytes or more")
        let keys = try (0..<2).map { _ in RateLimitKey(.other("a"), policy, try RateLimitSeed(secret)) }
        #expect(keys[0] == keys[1])
        #expect("\(try RateLimitSeed(secret))" == "‹redacted›")
        #expect(failure { () throws(TammError) in try RateLimitSeed(Secret("too short")) }?.field == "seed")
    }
}
