import Testing

@testable import TammCore

@Suite struct ContentDigestTests {
    static let hello = #"{"hello": "world"}"#

    /// RFC 9530, appendices B and D; RFC 9421, appendix B.2.
    @Test(arguments: [
        (hello + "\n", "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"),
        (hello, "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"),
        (hello, "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"),
        (hello + "\n", "sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:"),
        ("", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"),
    ])
    func `Published digests match their bodies and no others`(_ body: String, _ text: String) throws {
        let digest = try ContentDigest(text)
        let bytes = Array(body.utf8)
        #expect(digest.matches(bytes))
        #expect(!digest.matches(bytes + [0x20]))
        for index in bytes.indices { #expect(!digest.matches(flipped(bytes, at: index))) }
        if text.hasPrefix("sha-256") { #expect(ContentDigest.text(for: bytes) == text) }
    }

    @Test func `Of two digests both count, of an unknown algorithm's none`() throws {
        let body = Array(Self.hello.utf8)
        let good = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
        let long = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
        let wrong = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
        #expect(try ContentDigest("\(good), \(long)").matches(body))
        #expect(try ContentDigest("\(long), \(good)").matches(body))
        #expect(try !ContentDigest("\(wrong), \(long)").matches(body))
        #expect(try ContentDigest("md5=:AAAA:, \(good), unixsum=12").matches(body))
        for text in ["md5=:Sd/dVLAcvNLSq16eXua5uQ==:", "sha=:AAAA:", "sha-384=:AAAA:"] {
            #expect(failure { () throws(TammError) in try ContentDigest(text) }?.signatureRefusal == .missingDigest)
        }
    }

    @Test(arguments: [
        "sha-256", "sha-256=1", "sha-256=:AAAA:", "sha-256=\"X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=\"",
        "sha-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=", "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE:",
        "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPF=:", "SHA-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:",
        "sha-256=(:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:)", "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:,",
    ])
    func `A digest in another form is refused`(text: String) {
        #expect(failure { () throws(TammError) in try ContentDigest(text) }?.signatureRefusal == .malformed)
    }
}
