import Crypto
import TammTesting
import Testing

@testable import TammCore

@Suite struct HTTPMessageSignatureTests {
    let recorded = RecordedRequest.wholeURI
    static let all = [RecordedRequest.wholeURI, .hostAndPath, .path, .emptyBody]

    /// RFC 9421, appendix B.2.5: other components than this scheme accepts, so the base is made of its parts.
    @Test func `The RFC's example of hmac-sha256 gives the published signature`() throws {
        let secret = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="
        var key: [UInt8] = []
        #expect(decodeBase64(secret[...].utf8) { key.append($0) })
        let parameters = #"("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret""#
        let base = httpSignatureBase(
            [
                (name: "date", value: "Tue, 20 Apr 2021 02:07:55 GMT"), (name: "@authority", value: "example.com"),
                (name: "content-type", value: "application/json"),
            ], parameters: parameters)
        #expect(
            base == #"""
                "date": Tue, 20 Apr 2021 02:07:55 GMT
                "@authority": example.com
                "content-type": application/json
                "@signature-params": \#(parameters)
                """#)
        let code = KeyedHMAC<SHA256>(key: Secret(key)).code { $0.absorb(base) }
        #expect(encodeBase64(code.bytes(32)) == "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=")
        let fields = try #require(StructuredDictionary("sig-b25=\(parameters)"))
        #expect(fields.innerList("sig-b25")?.canonicalText == parameters)
    }

    @Test(arguments: all.indices) func `What another language's client signed verifies`(index: Int) throws {
        let recorded = Self.all[index]
        let proof = try recorded.scheme().verify(recorded.delivery, at: recorded.signedAt)
        #expect(proof.keyID == recorded.keyID)
        #expect(proof.created == recorded.signedAt)
        #expect(proof.method == recorded.delivery.method)
        #expect(proof.target == recorded.delivery.target)
        #expect(proof.payload.body == recorded.delivery.body)
        #expect(proof.payload.coverage == .everyByte)
        #expect(proof.payload.scheme == "http-message-signature")
        #expect(proof.payload.secretID == recorded.keyID)
        #expect(proof.payload.signedAt == recorded.signedAt)
        #expect(proof.payload.verifiedAt == recorded.signedAt)
        #expect(try recorded.scheme().signature(for: recorded.delivery) == recorded.delivery.signature)
    }

    @Test func `The proof names nonce and host, and no host that is not covered`() throws {
        let wholeURI = try recorded.scheme().verify(recorded.delivery, at: recorded.signedAt)
        #expect(wholeURI.nonce == "5bfa6a1e9c0d4f7f")
        #expect(wholeURI.authority == "api.tamm.test")
        let empty = RecordedRequest.emptyBody
        #expect(try empty.scheme().verify(empty.delivery, at: empty.signedAt).authority == "api.tamm.test")
        let path = RecordedRequest.path
        #expect(try path.scheme().verify(path.delivery, at: path.signedAt).authority == nil)
    }

    @Test(arguments: [HTTPMessageSignature.CoveredTarget.wholeURI, .hostAndPath, .path])
    func `What is signed verifies, for each way to cover the target`(
        covering: HTTPMessageSignature.CoveredTarget
    ) throws {
        let scheme = try recorded.scheme()
        for (index, target) in ["/", "/a", "/a?", "/a?b=c&d=%20", "/%D9%85?x"].enumerated() {
            let request = HTTPMessageSignature.Delivery(
                method: "PUT", scheme: "https", authority: "Host.example:8443", target: target, body: Array("body".utf8))
            let signed = try scheme.signed(
                request, created: recorded.signedAt, nonce: "n-\(index)",
                expires: recorded.signedAt.advanced(by: .seconds(10)), covering: covering)
            let proof = try scheme.verify(signed, at: recorded.signedAt)
            #expect(proof.target == target)
            #expect(proof.authority == (covering == .path ? nil : "host.example:8443"))
        }
    }

    @Test(arguments: all.indices) func `Each byte of the request and of its three fields counts`(index: Int) throws {
        let recorded = Self.all[index]
        let sent = recorded.delivery
        for at in sent.body.indices {
            #expect(recorded.refusal { $0.body = flipped(sent.body, at: at) } == .digestMismatch)
        }
        #expect(recorded.refusal { $0.body.append(0) } == .digestMismatch)
        for at in 0..<sent.method.utf8.count { #expect(recorded.refusal { $0.method = changed(sent.method, at: at) } == .mismatch) }
        for at in 1..<sent.target.utf8.count { #expect(recorded.refusal { $0.target = changed(sent.target, at: at) } == .mismatch) }
        #expect(recorded.error { $0.target = changed(sent.target, at: 0) }?.field == "target")
        if sent.signatureInput?.contains("@path") != true {
            #expect(recorded.refusal { $0.scheme = "http" } == .mismatch)
        }
        if sent.signatureInput?.contains("@authority") == true || sent.signatureInput?.contains("@target-uri") == true {
            for at in 0..<8 {
                #expect(recorded.refusal { $0.authority = changed(sent.authority, at: at) } == .mismatch)
            }
        }
        let (digest, input, signature) = try (
            #require(sent.contentDigest), #require(sent.signatureInput), #require(sent.signature)
        )
        for at in 0..<digest.utf8.count { #expect(recorded.refusal { $0.contentDigest = changed(digest, at: at) } != nil) }
        for at in 0..<input.utf8.count { #expect(recorded.refusal { $0.signatureInput = changed(input, at: at) } != nil) }
        for at in 0..<signature.utf8.count { #expect(recorded.refusal { $0.signature = changed(signature, at: at) } != nil) }
    }

    @Test func `Whatever bit of a signed request turns over, it is refused`() throws {
        var generator = SplitMix64(seed: TestSeed.current)
        let fields: [WritableKeyPath<HTTPMessageSignature.Delivery, String>] = [\.method, \.authority, \.target]
        let headers: [WritableKeyPath<HTTPMessageSignature.Delivery, String?>] = [
            \.contentDigest, \.signatureInput, \.signature,
        ]
        for round in 0..<2000 {
            let request = HTTPMessageSignature.Delivery(
                method: ["GET", "POST", "DELETE"][round % 3], scheme: "https", authority: "api\(round).test",
                target: "/v1/\(generator.next())?a=\(round)",
                body: (0...Int.random(in: 0..<40, using: &generator)).map { _ in UInt8(truncatingIfNeeded: generator.next()) })
            var delivery = try recorded.scheme().signed(
                request, created: recorded.signedAt, nonce: "\(generator.next())")
            switch Int.random(in: 0..<7, using: &generator) {
            case let field where field < 3: delivery[keyPath: fields[field]] = flipped(request[keyPath: fields[field]], &generator)
            case let field where field < 6:
                let text = try #require(delivery[keyPath: headers[field - 3]])
                delivery[keyPath: headers[field - 3]] = flipped(text, &generator)
            default:
                delivery.body[Int.random(in: 0..<delivery.body.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            }
            let changed = delivery
            #expect(recorded.error { $0 = changed } != nil, "\(changed)")
        }
    }

    @Test func `The host in the covered authority has one form, the one in the target URI is as sent`() {
        let covered = RecordedRequest.hostAndPath
        for authority in ["API.tamm.test", "api.tamm.test:443", "Api.Tamm.Test:443"] {
            #expect(covered.error { $0.authority = authority } == nil)
            #expect(recorded.refusal { $0.authority = authority } == .mismatch)
        }
        #expect(covered.refusal { $0.authority = "api.tamm.test:80" } == .mismatch)
        #expect(recorded.error { $0.scheme = "HTTPS" } == nil)
        #expect(RecordedRequest.path.error { $0.authority = "other.test" } == nil)
    }

    @Test func `A request without one of the three fields is refused`() {
        for absent in [nil, ""] {
            #expect(recorded.refusal { $0.signature = absent } == .missing)
            #expect(recorded.refusal { $0.signatureInput = absent } == .missing)
            #expect(recorded.refusal { $0.contentDigest = absent } == .missingDigest)
        }
    }

    @Test func `The digest of another body is refused, be it signed or not`() throws {
        let other = ContentDigest.text(for: Array("other".utf8))
        #expect(recorded.refusal { $0.contentDigest = other } == .mismatch)
        var request = recorded.delivery
        request.body = Array("other".utf8)
        var signed = try recorded.scheme().signed(request, created: recorded.signedAt, nonce: "n")
        signed.body = recorded.delivery.body
        let forged = signed
        #expect(recorded.refusal { $0 = forged } == .digestMismatch)
        #expect(failure { () throws(TammError) in try recorded.scheme().signature(for: forged) }?.code == .invalidInput)
    }

    @Test func `A request is accepted once, a second one with its own nonce as well`() throws {
        let scheme = try recorded.scheme()
        _ = try scheme.verify(recorded.delivery, at: recorded.signedAt)
        for seconds in [0, 1, 300] as [Int64] {
            let now = recorded.signedAt.advanced(by: .seconds(seconds))
            let error = failure { () throws(TammError) in try scheme.verify(recorded.delivery, at: now) }
            #expect(error?.signatureRefusal == .replayed)
        }
        let other = RecordedRequest.hostAndPath
        _ = try scheme.verify(other.delivery, at: recorded.signedAt)
        _ = try recorded.scheme().verify(recorded.delivery, at: recorded.signedAt)
    }

    @Test func `A request that is refused does not use up its nonce`() throws {
        let scheme = try recorded.scheme()
        for change in [
            { $0.body = [] }, { $0.method = "PUT" }, { $0.contentDigest = nil },
        ] as [(inout HTTPMessageSignature.Delivery) -> Void] {
            var delivery = recorded.delivery
            change(&delivery)
            let changed = delivery
            #expect(failure { () throws(TammError) in try scheme.verify(changed, at: recorded.signedAt) } != nil)
        }
        _ = try scheme.verify(recorded.delivery, at: recorded.signedAt)
    }

    @Test func `Of many tasks that bring one request at the same time, one is served`() async throws {
        let scheme = try recorded.scheme()
        let accepted = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<64 {
                group.addTask { (try? scheme.verify(recorded.delivery, at: recorded.signedAt)) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(accepted == 1)
    }

    @Test func `When no more nonces can be held a request is refused for now`() throws {
        let scheme = try recorded.scheme(nonces: .fresh(capacity: 1, perKey: 1))
        _ = try scheme.verify(recorded.delivery, at: recorded.signedAt)
        let other = RecordedRequest.hostAndPath
        let error = failure { () throws(TammError) in try scheme.verify(other.delivery, at: other.signedAt) }
        #expect(error?.code == .overloaded)
    }

    @Test(
        arguments: [
            (300_000_000, nil), (300_000_001, SignatureRefusal.tooOld), (-300_000_000, nil), (-300_000_001, .tooEarly),
            (0, nil), (86_400_000_000, .tooOld),
        ] as [(Int64, SignatureRefusal?)])
    func `The tolerance holds to the microsecond on both sides`(_ microseconds: Int64, _ expected: SignatureRefusal?) throws {
        let now = try Timestamp(microseconds: recorded.signedAt.microseconds + microseconds)
        #expect(recorded.refusal(at: now) { _ in } == expected)
    }

    @Test func `A request that expires is refused from then on`() throws {
        let expiring = try recorded.scheme().signed(
            recorded.delivery, created: recorded.signedAt, nonce: "n",
            expires: recorded.signedAt.advanced(by: .seconds(2)))
        #expect(recorded.refusal(at: recorded.signedAt.advanced(by: .seconds(2))) { $0 = expiring } == nil)
        let late = recorded.signedAt.advanced(by: .microseconds(2_000_001))
        #expect(recorded.refusal(at: late) { $0 = expiring } == .expired)
    }

    @Test func `Bounds of scheme, signer and delivery are kept`() throws {
        let secret = try SigningSecret(id: "k", Secret(String(repeating: "k", count: 32)))
        let fields: [(String, () throws(TammError) -> Void)] = [
            (
                "nonces",
                { () throws(TammError) in _ = try HTTPMessageSignature(secrets: [secret], nonces: .fresh(lifetime: .seconds(599))) }
            ),
            ("tolerance", { () throws(TammError) in _ = try HTTPMessageSignature(secrets: [secret], nonces: .fresh(), tolerance: .zero) }),
            ("secrets", { () throws(TammError) in _ = try HTTPMessageSignature(secrets: [], nonces: .fresh()) }),
            ("label", { () throws(TammError) in _ = try HTTPMessageSignature(secrets: [secret], nonces: .fresh(), label: "Sig 1") }),
            ("label", { () throws(TammError) in _ = try HTTPMessageSignature(secrets: [secret], nonces: .fresh(), label: "a=1, b") }),
        ]
        for (field, body) in fields { #expect(failure(body)?.field == field) }
        let limited = try HTTPMessageSignature(secrets: [secret], nonces: .fresh(), maxBodyBytes: 35)
        #expect(failure { () throws(TammError) in try limited.verify(recorded.delivery, at: recorded.signedAt) }?.field == "body")
        let scheme = try recorded.scheme()
        for nonce in ["", "ü", "a b", "a\n", String(repeating: "n", count: 129)] {
            let error = failure { () throws(TammError) in
                try scheme.signed(recorded.delivery, created: recorded.signedAt, nonce: nonce)
            }
            #expect(error?.code == .invalidInput)
        }
        let early = try Timestamp(seconds: -1)
        #expect(failure { () throws(TammError) in try scheme.signed(recorded.delivery, created: early, nonce: "n") }?.code == .invalidInput)
    }
}
