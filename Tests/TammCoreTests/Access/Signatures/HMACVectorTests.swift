import Crypto
import Testing

@testable import TammCore

/// RFC 4231, section 4; the fifth case is truncated to 128 bits.
@Suite struct HMACVectorTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let number: Int
        let key: [UInt8]
        let message: [UInt8]
        let sha256: String
        let sha512: String

        var testDescription: String { "case \(number)" }
    }

    static let vectors = [
        Vector(
            number: 1, key: [UInt8](repeating: 0x0b, count: 20),
            message: Array("Hi There".utf8),
            sha256: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            sha512: """
                87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4\
                be9d914eeb61f1702e696c203a126854
                """),
        Vector(
            number: 2, key: Array("Jefe".utf8),
            message: Array("what do ya want for nothing?".utf8),
            sha256: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            sha512: """
                164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd\
                caeab1a34d4a6b4b636e070a38bce737
                """),
        Vector(
            number: 3, key: [UInt8](repeating: 0xaa, count: 20),
            message: [UInt8](repeating: 0xdd, count: 50),
            sha256: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            sha512: """
                fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807\
                b946a337bee8942674278859e13292fb
                """),
        Vector(
            number: 4, key: Array(1...25),
            message: [UInt8](repeating: 0xcd, count: 50),
            sha256: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
            sha512: """
                b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc5788063\
                a5f19741120c4f2de2adebeb10a298dd
                """),
        Vector(
            number: 5, key: [UInt8](repeating: 0x0c, count: 20),
            message: Array("Test With Truncation".utf8),
            sha256: "a3b6167473100ee06e0c796c2955552b",
            sha512: "415fad6271580a531d4179bc891d87a6"),
        Vector(
            number: 6, key: [UInt8](repeating: 0xaa, count: 131),
            message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            sha256: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            sha512: """
                80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e52\
                95e64f73f63f0aec8b915a985d786598
                """),
        Vector(
            number: 7, key: [UInt8](repeating: 0xaa, count: 131),
            message: Array(
                """
                This is a test using a larger than block-size key and a larger than block-size data. The key needs to be \
                hashed before being used by the HMAC algorithm.
                """.utf8),
            sha256: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            sha512: """
                e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15\
                134676fb6de0446065c97440fa8c6a58
                """),
    ]

    @Test("HMAC-SHA256 and HMAC-SHA512 give RFC 4231's codes", arguments: vectors)
    func codes(_ vector: Vector) {
        let sha256 = KeyedHMAC<SHA256>(key: Secret(vector.key)).code { $0.absorb(vector.message) }
        #expect(hexadecimal(sha256.bytes(32)).hasPrefix(vector.sha256))
        let sha512 = KeyedHMAC<SHA512>(key: Secret(vector.key)).code { $0.absorb(vector.message) }
        #expect(hexadecimal(sha512.bytes(64)).hasPrefix(vector.sha512))
    }

    @Test("A keyed state serves many messages, in parts or whole")
    func reuse() {
        let keyed = KeyedHMAC<SHA256>(key: Secret(Array("Jefe".utf8)))
        for _ in 0..<3 {
            let whole = keyed.code { $0.absorb("what do ya want for nothing?") }
            let parts = keyed.code {
                $0.absorb("what do ya want ")
                $0.absorb(Array("for nothing?".utf8))
                $0.absorb("")
            }
            #expect(hexadecimal(whole.bytes(32)) == Self.vectors[1].sha256)
            #expect(constantTimeEqual(whole, parts))
        }
    }

    @Test(
        "Keys around the block's length agree with the library's own HMAC",
        arguments: [1, 63, 64, 65, 127, 128, 129, 1024])
    func keyLengths(_ length: Int) {
        let key = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
        let message = Array("message".utf8)
        let code = KeyedHMAC<SHA512>(key: Secret(key)).code { $0.absorb(message) }
        #expect(
            HMAC<SHA512>.isValidAuthenticationCode(
                code.bytes(64), authenticating: message, using: SymmetricKey(data: key)))
    }
}
