import TammTesting
import Testing

@testable import TammCore

@Suite struct StandardWebhooksTests {
    let recorded = StandardWebhooksSignature.Delivery(.standardWebhooks)
    let signedAt = Timestamp("2021-02-25T15:02:10Z")!
    let secret: SigningSecret
    let scheme: StandardWebhooksSignature

    init() throws {
        secret = try SigningSecret(id: "endpoint", standardWebhooks: RecordedDelivery.standardWebhooks.secret)
        scheme = try StandardWebhooksSignature(secrets: [secret])
    }

    private func refusal(
        at now: Timestamp? = nil, _ change: (inout StandardWebhooksSignature.Delivery) -> Void
    ) -> SignatureRefusal? {
        var delivery = recorded
        change(&delivery)
        let changed = delivery
        return failure { () throws(TammError) in try scheme.verify(changed, at: now ?? signedAt) }?.signatureRefusal
    }

    @Test("The specification's example verifies, and the proof carries id and time")
    func example() throws {
        let proof = try scheme.verify(recorded, at: signedAt)
        #expect(proof.body == recorded.body)
        #expect(proof.coverage == .everyByte)
        #expect(proof.scheme == "standard-webhooks")
        #expect(proof.secretID == "endpoint")
        #expect(proof.deliveryID == "msg_p5jXN8AQM9LWM0D4loKWxJek")
        #expect(proof.signedAt == signedAt)
        #expect(try scheme.signature(for: recorded) == recorded.signatures)
    }

    @Test("Each byte of body, id, timestamp and signature counts")
    func everyByte() throws {
        for index in recorded.body.indices {
            #expect(refusal { $0.body = flipped(recorded.body, at: index) } == .mismatch)
        }
        let (id, time, signatures) = try (
            #require(recorded.id), #require(recorded.timestamp), #require(recorded.signatures)
        )
        for index in 0..<id.utf8.count { #expect(refusal { $0.id = changed(id, at: index) } == .mismatch) }
        for index in 0..<time.utf8.count { #expect(refusal { $0.timestamp = changed(time, at: index) } != nil) }
        for index in 0..<signatures.utf8.count {
            #expect(refusal { $0.signatures = changed(signatures, at: index) } != nil)
        }
        #expect(refusal { $0.timestamp = "1614265331" } == .mismatch)
    }

    @Test(
        "The tolerance holds to the microsecond on both sides",
        arguments: [
            (300_000_000, nil), (300_000_001, SignatureRefusal.tooOld), (-300_000_000, nil), (-300_000_001, .tooEarly),
            (0, nil),
        ] as [(Int64, SignatureRefusal?)])
    func tolerance(_ microseconds: Int64, _ expected: SignatureRefusal?) throws {
        let now = try Timestamp(microseconds: signedAt.microseconds + microseconds)
        #expect(refusal(at: now) { _ in } == expected)
    }

    @Test("Another tolerance is kept as well, none and more than a day are refused")
    func otherTolerance() throws {
        let narrow = try StandardWebhooksSignature(secrets: [secret], tolerance: .seconds(1))
        _ = try narrow.verify(recorded, at: signedAt.advanced(by: .seconds(1)))
        let late = signedAt.advanced(by: .microseconds(1_000_001))
        #expect(failure { () throws(TammError) in try narrow.verify(recorded, at: late) }?.signatureRefusal == .tooOld)
        for tolerance in [Duration.zero, .seconds(-1), .seconds(86_401)] {
            let error = failure { () throws(TammError) in
                try StandardWebhooksSignature(secrets: [secret], tolerance: tolerance)
            }
            #expect(error?.field == "tolerance")
        }
    }

    @Test(
        "A timestamp that is not plain seconds is refused",
        arguments: [
            "", "NaN", "nan", "Infinity", "-1", "+1614265330", "1614265330.0", "1e9", "0x60", " 1614265330",
            "1614265330 ",
            "01614265330", "1614265330000000000", "99999999999999999999999999", "١٦١٤٢٦٥٣٣٠", "2021-02-25T15:02:10Z",
        ])
    func timestamps(_ text: String) { #expect(refusal { $0.timestamp = text } == .malformedTimestamp) }

    @Test(
        "Ids that could run into the timestamp, or are none, are refused",
        arguments: [
            "", "msg.1614265330", ".", "a b", "a\n", "é", String(repeating: "i", count: 257),
        ])
    func ids(_ id: String) {
        #expect(refusal { $0.id = id } == .malformedID)
        var delivery = recorded
        delivery.id = id
        let signed = delivery
        #expect(failure { () throws(TammError) in try scheme.signature(for: signed) }?.field == "id")
    }

    @Test("Absent headers are told apart in the log")
    func absent() {
        #expect(refusal { $0.id = nil } == .malformedID)
        #expect(refusal { $0.timestamp = nil } == .malformedTimestamp)
        #expect(refusal { $0.signatures = nil } == .missing)
        #expect(refusal { $0.signatures = "" } == .missing)
    }

    @Test("One matching signature in a list is enough, other versions are passed over")
    func lists() throws {
        let good = try #require(recorded.signatures)
        let zeros = "v1," + encodeBase64([UInt8](repeating: 0, count: 32))
        for list in [
            "\(zeros) \(good)", "\(good) \(zeros)",
            "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg== \(good)",
            "v2,anything \(good)", ([good] + Array(repeating: zeros, count: 15)).joined(separator: " "),
        ] {
            #expect(refusal { $0.signatures = list } == nil)
        }
        #expect(refusal { $0.signatures = zeros } == .mismatch)
        #expect(refusal { $0.signatures = "v1a,AAAA v2,BBBB" } == .unsupportedVersion)
    }

    @Test("Lists that are broken, too long or too large are refused whole")
    func brokenLists() throws {
        let good = try #require(recorded.signatures)
        let bare = String(good.dropFirst(3))
        for list in [
            "v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "\(good) v1,", "\(good) v1", "\(good)  \(good)", " \(good)",
            "\(good) ", "\(good),\(good)", bare, ",\(bare)", "v1=\(bare)", good.replacing("=", with: ""), "\(good)=",
            "v1,\(bare.dropLast(4))",
            Array(repeating: good, count: 17).joined(separator: " "), String(repeating: "v", count: 4097),
            "v1," + String(repeating: "A", count: 1 << 20),
        ] {
            #expect(refusal { $0.signatures = list } == .malformed, "\(list.prefix(60))")
        }
        #expect(refusal { $0.signatures = "V1,\(bare)" } == .unsupportedVersion)
    }

    @Test("Several secrets verify at once, and the proof names the one that matched")
    func rotation() throws {
        let (old, new) = try (SigningSecret.letter("o"), SigningSecret.letter("n"))
        let rotating = try StandardWebhooksSignature(secrets: [new, old, secret])
        #expect(try rotating.verify(recorded, at: signedAt).secretID == "endpoint")
        for one in [old, new] {
            var delivery = recorded
            delivery.signatures = try StandardWebhooksSignature(secrets: [one]).signature(for: recorded)
            #expect(try rotating.verify(delivery, at: signedAt).secretID == one.id)
        }
        #expect(
            try rotating.signature(for: recorded) == StandardWebhooksSignature(secrets: [new]).signature(for: recorded))
    }

    @Test("A body above the bound is refused, for signing too")
    func bodyBound() throws {
        let limited = try StandardWebhooksSignature(secrets: [secret], maxBodyBytes: 19)
        #expect(failure { () throws(TammError) in try limited.verify(recorded, at: signedAt) }?.field == "body")
        #expect(failure { () throws(TammError) in try limited.signature(for: recorded) }?.field == "body")
    }
}
