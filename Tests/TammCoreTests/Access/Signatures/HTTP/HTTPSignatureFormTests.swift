import TammTesting
import Testing

@testable import TammCore

/// What is in order as a signature, made with the right key, and refused for its form.
@Suite struct HTTPSignatureFormTests {
    let recorded = RecordedRequest.wholeURI
    static let components = #"("@method" "@target-uri" "content-digest")"#

    private func refusal(replacing old: String, with new: String) -> SignatureRefusal? {
        let delivery = recorded.resigned(replacing: old, with: new)
        return recorded.refusal { $0 = delivery }
    }

    @Test func `Signing a changed input anew is what the other tests do, and works`() {
        #expect(recorded.resigned(replacing: "", with: "").signature == recorded.delivery.signature)
        #expect(refusal(replacing: "created=1767225600", with: "created=1767225601") == nil)
        #expect(refusal(replacing: Self.components, with: #"("content-digest" "@authority" "@target-uri" "@method")"#) == nil)
    }

    @Test(arguments: [
        "()", #"("@method")"#, #"("@method" "@target-uri")"#, #"("@target-uri" "content-digest")"#,
        #"("@method" "content-digest")"#, #"("@method" "@path" "content-digest")"#,
        #"("@method" "@query" "content-digest")"#, #"("@method" "@authority" "content-digest")"#,
        #"("@method" "@target-uri" "@path" "@query" "content-digest")"#,
    ])
    func `A signature that covers too little, or the target twice, is refused`(components: String) {
        #expect(refusal(replacing: Self.components, with: components) == .insufficientCoverage)
    }

    @Test(arguments: [
        #"("@method" "@target-uri" "content-digest" "date")"#, #"("@method" "@target-uri" "content-digest" "@scheme")"#,
        #"("@method" "@target-uri" "content-digest" "@request-target")"#, #"("@method" "@target-uri" "content-digest" "@status")"#,
        #"("@method" "@target-uri" "content-digest" "@query-param";name="a")"#,
        #"("@method" "@target-uri" "content-digest";req)"#, #"("@method" "@target-uri" "content-digest";sf)"#,
        #"("@method" "@target-uri" "content-digest";bs)"#, #"("@method" "@target-uri" "content-digest";tr)"#,
        #"("@method" "@target-uri" "content-digest";key="sha-256")"#, #"("@method";req "@target-uri" "content-digest")"#,
        #"("@method" "@target-uri" "content-digest" "@method")"#, #"("@method" "@target-uri" "Content-Digest")"#,
        #"("@method" "@target-uri" content-digest)"#, #"("@method" "@target-uri" 1)"#,
        #"("@method" "@target-uri" "content-digest" "@signature-params")"#,
    ])
    func `Components and parameters of components that are unknown here are refused`(components: String) {
        #expect(refusal(replacing: Self.components, with: components) == .malformed)
    }

    @Test(arguments: [
        ";tag=\"a\"", ";x", ";created=1", ";alg=\"hmac-sha256\"", ";Created=1", "; x=1", ";", ";nonce=\"m\"",
    ])
    func `Parameters that are unknown, or twice there, are refused`(parameter: String) {
        #expect(refusal(replacing: #"nonce="5bfa6a1e9c0d4f7f""#, with: #"nonce="5bfa6a1e9c0d4f7f""# + parameter) == .malformed)
    }

    @Test(
        arguments: [
            ("created=1767225600;", "", SignatureRefusal.malformedTimestamp), (";keyid=\"workspace-key-1\"", "", .malformed),
            (";alg=\"hmac-sha256\"", "", .malformed), (";nonce=\"5bfa6a1e9c0d4f7f\"", "", .malformedNonce),
            ("\"hmac-sha256\"", "hmac-sha256", .malformed), ("hmac-sha256", "HMAC-SHA256", .unsupportedVersion),
            ("hmac-sha256", "ed25519", .unsupportedVersion), ("hmac-sha256", "none", .unsupportedVersion),
            ("\"5bfa6a1e9c0d4f7f\"", "\"\"", .malformedNonce), ("\"5bfa6a1e9c0d4f7f\"", "5", .malformedNonce),
            ("5bfa6a1e9c0d4f7f", "a b", .malformedNonce), ("5bfa6a1e9c0d4f7f", String(repeating: "n", count: 129), .malformedNonce),
            ("workspace-key-1", "", .malformed), ("workspace-key-1", String(repeating: "k", count: 65), .malformed),
            ("workspace-key-1", "workspace-key-2", .mismatch), ("workspace-key-1", "Workspace-key-1", .mismatch),
        ] as [(String, String, SignatureRefusal)])
    func `Each parameter has to be there in its form`(_ old: String, _ new: String, _ expected: SignatureRefusal) {
        let old = old.hasPrefix("created") ? ";" + old.dropLast() : old
        #expect(refusal(replacing: old, with: new) == expected)
    }

    @Test(arguments: [
        "-1767225600", "-1", "\"1767225600\"", "1767225600.0", "999999999999999", "253402300800", "@1767225600", "?0",
        "NaN", "Infinity", "nan", ":AAAA:",
    ])
    func `A created that is no time is refused`(text: String) {
        #expect(refusal(replacing: "created=1767225600", with: "created=\(text)") == .malformedTimestamp)
        #expect(refusal(replacing: "created=1767225600", with: "created=1767225600;expires=\(text)") == .malformedTimestamp)
    }

    @Test(arguments: [
        "01767225600", "1e9", "+1767225600", "0x60", "9999999999999999", "99999999999999999999999999", "", " 1767225600",
        "1767225600.", "1767225600.0000", "-0", "١٧٦٧٢٢٥٦٠٠",
    ])
    func `A number that is no structured field, or has a shorter text, is refused`(text: String) {
        #expect(refusal(replacing: "created=1767225600", with: "created=\(text)") == .malformed)
    }

    @Test(arguments: [0, 1, 1_767_225_299, 1_767_225_901, 253_402_300_799] as [Int64])
    func `A created that is too old or too new is refused`(seconds: Int64) {
        let expected: SignatureRefusal = seconds < 1_767_225_600 ? .tooOld : .tooEarly
        #expect(refusal(replacing: "created=1767225600", with: "created=\(seconds)") == expected)
    }

    @Test func `An unknown key is answered as a wrong signature is`() throws {
        let other = try HTTPMessageSignature(
            secrets: [SigningSecret(id: "unknown", Secret(recorded.secret))], nonces: .fresh())
        let unknown = try other.signed(recorded.delivery, created: recorded.signedAt, nonce: "n")
        let errors = [
            recorded.error { $0 = unknown }, recorded.error { $0.signature = "sig1=:\(encodeBase64([UInt8](repeating: 0, count: 32))):" },
        ]
        #expect(errors[0] == errors[1])
        #expect(errors[0]?.signatureRefusal == .mismatch)
    }

    @Test func `A key's signature under another key's name is refused`() throws {
        let a = try SigningSecret.letter("a")
        let b = try SigningSecret.letter("b")
        let signed = try HTTPMessageSignature(secrets: [a], nonces: .fresh())
            .signed(recorded.delivery, created: recorded.signedAt, nonce: "n")
        let both = try HTTPMessageSignature(secrets: [b, a], nonces: .fresh())
        #expect(try both.verify(signed, at: recorded.signedAt).keyID == "a")
        let renamed = try HTTPMessageSignature(
            secrets: [SigningSecret(id: "b", a.secret)], nonces: .fresh()
        ).signed(recorded.delivery, created: recorded.signedAt, nonce: "n")
        let error = failure { () throws(TammError) in try both.verify(renamed, at: recorded.signedAt) }
        #expect(error?.signatureRefusal == .mismatch)
    }

    @Test func `Of several signatures the one whose key is known is verified, or the one with the label`() throws {
        let sent = recorded.delivery
        let (input, signature) = try (#require(sent.signatureInput), #require(sent.signature))
        let other = (
            input: #"proxy=("@method" "@status";req "x");created=1;keyid="proxy";alg="ed25519""#, signature: "proxy=:AAAA:"
        )
        var both = sent
        both.signatureInput = "\(other.input), \(input)"
        both.signature = "\(other.signature), \(signature)"
        let delivery = both
        _ = try recorded.scheme().verify(delivery, at: recorded.signedAt)
        _ = try recorded.scheme(label: "sig1").verify(delivery, at: recorded.signedAt)
        #expect(try HTTPMessageSignature.claimedKeyIDs(of: delivery) == ["proxy", "workspace-key-1"])
        for (label, expected) in [("proxy", SignatureRefusal.malformed), ("sig2", .missing)] {
            let error = failure { () throws(TammError) in
                try recorded.scheme(label: label).verify(delivery, at: recorded.signedAt)
            }
            #expect(error?.signatureRefusal == expected)
        }
        #expect(recorded.refusal { $0.signature = "other=:AAAA:" } == .missing)
        #expect(recorded.refusal { $0.signatureInput = "sig1=1" } == .malformed)
    }

    @Test func `More than four signatures, and fields above their bound, are refused`() throws {
        let sent = recorded.delivery
        let (input, signature) = try (#require(sent.signatureInput), #require(sent.signature))
        for count in [3, 4] {
            let expected: SignatureRefusal? = count == 3 ? nil : .malformed
            let more = (0..<count).map { "a\($0)=1, " }.joined()
            #expect(recorded.refusal { $0.signatureInput = more + input } == expected)
            #expect(recorded.refusal { $0.signature = more + signature } == expected)
        }
        for long in [
            "a=\"\(String(repeating: "x", count: 4096))\"", String(repeating: ";", count: 65), "a" + String(repeating: ";b", count: 65),
        ] {
            #expect(recorded.refusal { $0.signatureInput = long } == .malformed)
            #expect(recorded.refusal { $0.signature = long } == .malformed)
            #expect(recorded.refusal { $0.contentDigest = long } == .malformed)
        }
    }

    @Test func `A field in another than its canonical text is refused`() throws {
        let sent = recorded.delivery
        let (input, signature, digest) = try (
            #require(sent.signatureInput), #require(sent.signature), #require(sent.contentDigest)
        )
        for text in [" \(input)", "\(input) ", input.replacing(" ", with: "  "), input.replacing(";", with: "; "), "\(input),\(input)"] {
            #expect(recorded.refusal { $0.signatureInput = text } == .malformed)
        }
        for text in [
            " \(signature)", "\(signature),", "\(signature), \(signature)", "\(signature);a", signature.replacing("=:", with: ":"), "sig1",
            "sig1=\"c+Q0iT7Mmu9KrWKOYvdqKS7+BzNkAKDB0S26OLXCw4E=\"", "sig1=:AAAA:", "sig1=::",
            signature.replacing("=:", with: ":").replacing("sig1:", with: "sig1=:"),
        ] {
            #expect(recorded.refusal { $0.signature = text } == .malformed, "\(text)")
        }
        for text in ["\(digest) ", "\(digest);a=1", digest.uppercased(), "sha-256=:AAAA:", "sha-256", "sha-256=::", "\(digest), \(digest)"]
        {
            #expect(recorded.refusal { $0.contentDigest = text } == .malformed, "\(text)")
        }
    }

    @Test(arguments: [
        ("method", ""), ("method", "PO ST"), ("method", "POST\n"), ("method", "\u{e9}"), ("method", String(repeating: "A", count: 33)),
        ("scheme", ""), ("scheme", "ftp"), ("scheme", "https\n"), ("authority", ""), ("authority", "a b"), ("authority", "user@host"),
        ("authority", "host/path"), ("authority", "host\n"), ("authority", String(repeating: "a", count: 256)), ("target", ""),
        ("target", "v1"), ("target", "*"), ("target", "https://a/"), ("target", "/a b"), ("target", "/a\n\"@method\": GET"),
        ("target", "/\u{e9}"), ("target", "/a#b"), ("target", "/" + String(repeating: "a", count: 8192)),
    ])
    func `A request line that could not have been sent is refused`(_ field: String, _ text: String) {
        let error = recorded.error { delivery in
            switch field {
            case "method": delivery.method = text
            case "scheme": delivery.scheme = text
            case "authority": delivery.authority = text
            default: delivery.target = text
            }
        }
        #expect(error?.code == .invalidInput)
        #expect(error?.field == field)
    }
}
