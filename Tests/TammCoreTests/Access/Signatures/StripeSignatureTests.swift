import TammTesting
import Testing

@testable import TammCore

@Suite struct StripeSignatureTests {
    let recorded = StripeSignature.Delivery(.stripe)
    let signedAt = Timestamp("2026-01-01T00:00:00Z")!
    let secret: SigningSecret
    let scheme: StripeSignature
    /// The recorded body and time under `whsec_tamm_test_old_0123456789abcdef`.
    static let old = "0a7a2e9d89686a4e62700642147dd6c8d82c3c8c9e7ca217b3cd6be3ed895d1f"
    static let good = "81b860e294de32e536114d85d6132ed07ca2dd3280d8b077240935b69ff5e825"

    init() throws {
        secret = try .text(RecordedDelivery.stripe.secret)
        scheme = try StripeSignature(secrets: [secret])
    }

    private func refusal(at now: Timestamp? = nil, _ change: (inout StripeSignature.Delivery) -> Void) -> SignatureRefusal? {
        var delivery = recorded
        change(&delivery)
        let changed = delivery
        return failure { () throws(TammError) in try scheme.verify(changed, at: now ?? signedAt) }?.signatureRefusal
    }

    private func refusal(header: String?) -> SignatureRefusal? { refusal { $0.header = header } }

    @Test func `A signature that another program made verifies, and the proof carries the time`() throws {
        let proof = try scheme.verify(recorded, at: signedAt)
        #expect(proof.body == recorded.body)
        #expect(proof.coverage == .everyByte)
        #expect(proof.scheme == "stripe")
        #expect(proof.secretID == "test")
        #expect(proof.deliveryID == nil)
        #expect(proof.signedAt == signedAt)
        #expect(try scheme.signature(for: recorded) == recorded.header)
        #expect(try scheme.signature(for: .init(body: recorded.body, signedAt: signedAt)) == recorded.header)
    }

    /// Computed with Python's hmac at the time 1.
    @Test(
        arguments: [
            ([], "abdc7dfa841039aab4ba7ecdf526984109115733e2a53fc17e6785284d98ea17"),
            (Array("{}".utf8), "f81cddba7ab762c45f88ecf55c5e53bae94634d0bba9eb07ea932bfa1460f211"),
            (Array(#"{"م":"☃"}"#.utf8), "d3cbbc74e8dce44b978f236b2456cef14bcb3daa174fcd95e3cbd19ba63f3a9a"),
            (Array(UInt8.min...UInt8.max), "48e7e0df7b7b01ac45821fb94fb6962dc0c05c77221f6ec7ba6af5277a0840a8"),
        ] as [([UInt8], String)])
    func `Signatures of other bodies are those of another program`(_ body: [UInt8], _ code: String) throws {
        let second = try Timestamp(seconds: 1)
        let header = "t=1,v1=\(code)"
        #expect(try scheme.signature(for: .init(body: body, signedAt: second)) == header)
        _ = try scheme.verify(.init(body: body, header: header), at: second)
    }

    @Test func `Each byte of body and header counts`() throws {
        for index in recorded.body.indices {
            #expect(refusal { $0.body = flipped(recorded.body, at: index) } == .mismatch)
        }
        let header = try #require(recorded.header)
        for index in 0..<header.utf8.count { #expect(refusal(header: changed(header, at: index)) != nil) }
        #expect(refusal(header: header.replacing("t=1767225600", with: "t=1767225601")) == .mismatch)
        #expect(refusal { $0.body = Array(".".utf8) + $0.body } == .mismatch)
    }

    @Test func `Whatever bit of a signed delivery turns over, it is refused`() throws {
        var generator = SplitMix64(seed: TestSeed.current)
        for _ in 0..<2000 {
            let body = (0...Int.random(in: 0..<40, using: &generator)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            let header = try scheme.signature(for: .init(body: body, signedAt: signedAt))
            let index = Int.random(in: 0..<body.count, using: &generator)
            let mask: UInt8 = 1 << UInt8.random(in: 0..<8, using: &generator)
            #expect(refusal { $0 = .init(body: flipped(body, at: index, mask: mask), header: header) } == .mismatch)
            let other = flipped(header, &generator)
            #expect(refusal { $0 = .init(body: body, header: other) } != nil)
        }
    }

    @Test(
        arguments: [
            (300_000_000, nil), (300_000_001, SignatureRefusal.tooOld), (-300_000_000, nil), (-300_000_001, .tooEarly),
            (0, nil),
        ] as [(Int64, SignatureRefusal?)])
    func `The tolerance holds to the microsecond on both sides`(_ microseconds: Int64, _ expected: SignatureRefusal?) throws {
        let now = try Timestamp(microseconds: signedAt.microseconds + microseconds)
        #expect(refusal(at: now) { _ in } == expected)
    }

    @Test(arguments: [
        "", "NaN", "nan", "Infinity", "-1", "+1767225600", "1767225600.0", "1e9", "0x60", " 1767225600", "1767225600 ",
        "01767225600", "1767225600000000000", "99999999999999999999999999", "١٧٦٧٢٢٥٦٠٠", "2026-01-01T00:00:00Z",
    ])
    func `A timestamp that is not plain seconds is refused`(text: String) {
        #expect(refusal(header: "t=\(text),v1=\(Self.good)") == .malformedTimestamp)
    }

    @Test func `One matching signature is enough while a secret is rolled, and other versions are passed over`() throws {
        let zeros = String(repeating: "0", count: 64)
        for header in [
            "t=1767225600,v1=\(Self.old),v1=\(Self.good)", "t=1767225600,v1=\(Self.good),v1=\(Self.old)",
            "v1=\(Self.good),t=1767225600", "t=1767225600,v1=\(Self.good),v0=\(zeros)", "t=1767225600,v0=,v1=\(Self.good)",
            "t=1767225600,v2=a=b,v1=\(Self.good),x=y",
            "t=1767225600," + Array(repeating: "v1=\(zeros),", count: 14).joined() + "v1=\(Self.good)",
        ] {
            #expect(refusal(header: header) == nil, "\(header)")
        }
        #expect(refusal(header: "t=1767225600,v1=\(zeros)") == .mismatch)
        #expect(refusal(header: "t=1767225600,v0=\(Self.good)") == .unsupportedVersion)
        #expect(refusal(header: "t=1767225600,V1=\(Self.good)") == .unsupportedVersion)
        #expect(refusal(header: "t=1767225600") == .unsupportedVersion)
        let old = try SigningSecret.text("whsec_tamm_test_old_0123456789abcdef", id: "old")
        let rolled = StripeSignature.Delivery(body: recorded.body, header: "t=1767225600,v1=\(Self.old)")
        #expect(try StripeSignature(secrets: [secret, old]).verify(rolled, at: signedAt).secretID == "old")
    }

    @Test func `A header that is broken, too long or has too many entries is refused`() {
        let good = "t=1767225600,v1=\(Self.good)"
        for header in [
            "\(good),", ",\(good)", "\(good),v1", "\(good),=a", "t=1767225600,\(good)", "\(good),v1=", "\(good),v1=ab",
            "t=1767225600,v1=\(Self.good.uppercased())", "t=1767225600,v1=\(Self.good)0", "t=1767225600,v1=\(Self.good) ",
            "t=1767225600,v1=\(Self.good.dropLast())g", "\(good)," + Array(repeating: "x=y", count: 15).joined(separator: ","),
            "\(good),x=\(String(repeating: "y", count: 4096))", String(repeating: ",", count: 100), "t",
        ] {
            #expect(refusal(header: header) == .malformed, "\(header.prefix(120))")
        }
        #expect(refusal(header: "v1=\(Self.good)") == .malformedTimestamp)
        #expect(refusal(header: "t=1767225600, v1=\(Self.good)") == .unsupportedVersion)
        for absent in [nil, ""] { #expect(refusal(header: absent) == .missing) }
    }

    @Test func `The secret is text, and not what its base64 decodes to`() throws {
        let text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        let scheme = try StripeSignature(secrets: [SigningSecret(id: "a", Secret(text))])
        let decoded = try StripeSignature(secrets: [SigningSecret(id: "a", standardWebhooks: text)])
        let delivery = StripeSignature.Delivery(body: [], signedAt: signedAt)
        #expect(try scheme.signature(for: delivery) != decoded.signature(for: delivery))
    }

    @Test func `Bounds are kept, for signing too`() throws {
        let limited = try StripeSignature(secrets: [secret], maxBodyBytes: 136)
        #expect(failure { () throws(TammError) in try limited.verify(recorded, at: signedAt) }?.field == "body")
        #expect(failure { () throws(TammError) in try limited.signature(for: recorded) }?.field == "body")
        for header in [nil, "", "t=", "t=-1", "v1=\(Self.good)", "t=1,t=1"] {
            let error = failure { () throws(TammError) in try scheme.signature(for: .init(body: [], header: header)) }
            #expect(error?.field == "header")
        }
        let error = failure { () throws(TammError) in try StripeSignature(secrets: [secret], tolerance: .seconds(86_401)) }
        #expect(error?.field == "tolerance")
    }
}
