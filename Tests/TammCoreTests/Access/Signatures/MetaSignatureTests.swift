import TammTesting
import Testing

@testable import TammCore

@Suite struct MetaSignatureTests {
    let recorded = MetaSignature.Delivery(.whatsApp)
    let scheme: MetaSignature
    let now = Timestamp("2024-10-29T20:00:00Z")!

    init() throws { scheme = try MetaSignature(secrets: [.text(RecordedDelivery.whatsApp.secret, id: "app")]) }

    private func refusal(_ delivery: MetaSignature.Delivery) -> SignatureRefusal? {
        failure { () throws(TammError) in try scheme.verify(delivery, at: now) }?.signatureRefusal
    }

    @Test("The recorded WhatsApp delivery verifies, and the proof says what was verified")
    func recordedDelivery() throws {
        #expect(recorded.body.count == 511)
        let proof = try scheme.verify(recorded, at: now)
        #expect(proof.body == recorded.body)
        #expect(proof.coverage == .everyByte)
        #expect(proof.scheme == "meta")
        #expect(proof.secretID == "app")
        #expect(proof.verifiedAt == now)
        #expect(proof.deliveryID == nil)
        #expect(proof.signedAt == nil)
    }

    @Test("Signing gives the recorded signature")
    func signing() throws {
        #expect(try scheme.signature(for: .init(body: recorded.body, signature: nil)) == recorded.signature)
    }

    @Test("Each byte of the body counts")
    func everyByteOfTheBody() {
        for index in recorded.body.indices {
            for bit in 0..<8 {
                let body = flipped(recorded.body, at: index, mask: 1 << bit)
                #expect(refusal(.init(body: body, signature: recorded.signature)) == .mismatch)
            }
        }
        #expect(refusal(.init(body: recorded.body + [0x20], signature: recorded.signature)) == .mismatch)
        #expect(refusal(.init(body: recorded.body.dropLast(), signature: recorded.signature)) == .mismatch)
        #expect(refusal(.init(body: [], signature: recorded.signature)) == .mismatch)
    }

    @Test("Each character of the signature counts")
    func everyByteOfTheSignature() throws {
        let signature = try #require(recorded.signature)
        for index in 0..<signature.utf8.count {
            let expected: SignatureRefusal = index < 7 ? .malformed : .mismatch
            #expect(refusal(.init(body: recorded.body, signature: changed(signature, at: index))) == expected)
        }
    }

    @Test("An absent or empty signature is missing")
    func missing() {
        #expect(refusal(.init(body: recorded.body, signature: nil)) == .missing)
        #expect(refusal(.init(body: recorded.body, signature: "")) == .missing)
    }

    @Test("A signature in another form is malformed, two in one header as well")
    func malformed() throws {
        let signature = try #require(recorded.signature)
        let digits = String(signature.dropFirst(7))
        for text in [
            digits, "sha1=" + digits, "sha256=", "sha256=" + digits.uppercased(), "SHA256=" + digits, signature + " ",
            " " + signature, signature + "," + signature, signature + ", " + signature, "sha256=" + digits.dropLast(),
            "sha256=" + digits.dropLast(2), signature + "00", "sha256=" + String(repeating: "é", count: 32),
            String(repeating: "a", count: 4096), String(repeating: "a", count: 1 << 20),
        ] {
            #expect(refusal(.init(body: recorded.body, signature: text)) == .malformed)
        }
    }

    @Test("A well-formed signature that was never compared would pass: constants and other keys' do not")
    func wrongSignatures() throws {
        let other = try MetaSignature(secrets: [.letter("x")])
        let signatures = try [
            "sha256=" + String(repeating: "0", count: 64), "sha256=" + String(repeating: "f", count: 64),
            other.signature(for: recorded),
        ]
        for signature in signatures {
            #expect(refusal(.init(body: recorded.body, signature: signature)) == .mismatch)
        }
    }

    @Test("Each of several secrets verifies, the first signs, and the proof names the one that matched")
    func rotation() throws {
        let (old, new, gone) = try (SigningSecret.letter("o"), SigningSecret.letter("n"), SigningSecret.letter("g"))
        let body = Array("{}".utf8)
        let rotating = try MetaSignature(secrets: [new, old])
        for secret in [old, new] {
            let signature = try MetaSignature(secrets: [secret]).signature(for: .init(body: body, signature: nil))
            #expect(try rotating.verify(.init(body: body, signature: signature), at: now).secretID == secret.id)
        }
        let signed = try rotating.signature(for: .init(body: body, signature: nil))
        #expect(try MetaSignature(secrets: [new]).verify(.init(body: body, signature: signed), at: now).secretID == "n")
        let stale = try MetaSignature(secrets: [gone]).signature(for: .init(body: body, signature: nil))
        let error = failure { () throws(TammError) in
            try rotating.verify(.init(body: body, signature: stale), at: now)
        }
        #expect(error?.signatureRefusal == .mismatch)
    }

    @Test("A body at the bound is verified, one above it is refused unhashed")
    func bodyBound() throws {
        let limited = try MetaSignature(secrets: [.letter("k")], maxBodyBytes: 100)
        var delivery = MetaSignature.Delivery(body: [UInt8](repeating: 1, count: 100), signature: nil)
        delivery.signature = try limited.signature(for: delivery)
        _ = try limited.verify(delivery, at: now)
        delivery.body.append(1)
        let error = failure { () throws(TammError) in try limited.verify(delivery, at: now) }
        #expect(error?.code == .invalidInput)
        #expect(error?.field == "body")
        #expect(SignedPayload.maxBodyBytes == 3_145_728)
        let large = [UInt8](repeating: 1, count: SignedPayload.maxBodyBytes + 1)
        #expect(
            failure { () throws(TammError) in
                try scheme.verify(.init(body: large, signature: recorded.signature), at: now)
            }?.field == "body")
    }

    @Test("An empty body can be signed and verified")
    func emptyBody() throws {
        let signature = try scheme.signature(for: .init(body: [], signature: nil))
        #expect(try scheme.verify(.init(body: [], signature: signature), at: now).body.isEmpty)
    }

    @Test("All refusals have one message; the reason is for logs")
    func oneMessage() {
        let errors = SignatureRefusal.allCases.map(TammError.refused)
        #expect(Set(errors.map(\.message)).count == 1)
        for (refusal, error) in zip(SignatureRefusal.allCases, errors) {
            #expect(error.code == .unauthenticated)
            #expect(error.signatureRefusal == refusal)
            #expect(!error.message.contains(refusal.rawValue) || refusal == .missing)
            #expect("\(error)".contains("(\(refusal.rawValue))"))
        }
        #expect(TammError(.invalidInput, "x", reason: "missing").signatureRefusal == nil)
        #expect(TammError(.unauthenticated, "x").signatureRefusal == nil)
    }
}
