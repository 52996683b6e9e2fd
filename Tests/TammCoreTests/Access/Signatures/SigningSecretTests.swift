import TammTesting
import Testing

@testable import TammCore

@Suite struct SigningSecretTests {
    @Test("Keys have 16 to 1024 bytes", arguments: [(0, false), (15, false), (16, true), (1024, true), (1025, false)])
    func length(_ count: Int, _ accepted: Bool) {
        let error = failure { () throws(TammError) in
            try SigningSecret(id: "a", Secret([UInt8](repeating: 7, count: count)))
        }
        #expect((error == nil) == accepted)
        #expect(error == nil || (error?.code == .invalidInput && error?.field == "secret"))
    }

    @Test("Even the unbounded initialiser refuses an empty key")
    func empty() {
        #expect(failure { () throws(TammError) in try SigningSecret(unboundedID: "a", Secret([])) }?.field == "secret")
    }

    @Test("Ids are short and visible", arguments: ["", "two words", "ü", String(repeating: "x", count: 65)])
    func ids(_ id: String) {
        let error = failure { () throws(TammError) in
            try SigningSecret(id: id, Secret([UInt8](repeating: 7, count: 32)))
        }
        #expect(error?.field == "id")
    }

    @Test("A Standard Webhooks secret is read with and without its prefix")
    func standardWebhooks() throws {
        let text = RecordedDelivery.standardWebhooks.secret
        let prefixed = try SigningSecret(id: "a", standardWebhooks: text)
        let bare = try SigningSecret(id: "a", standardWebhooks: String(text.dropFirst(6)))
        #expect(prefixed == bare)
        #expect(prefixed.secret.count == 24)
    }

    @Test(
        "A Standard Webhooks secret in another form is refused",
        arguments: [
            "", "whsec_", "v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ])
    func standardWebhooksForm(_ text: String) {
        #expect(
            failure { () throws(TammError) in try SigningSecret(id: "a", standardWebhooks: text) }?.code
                == .invalidInput)
    }

    @Test(
        "A Standard Webhooks secret has 24 to 64 bytes", arguments: [(23, false), (24, true), (64, true), (65, false)])
    func standardWebhooksLength(_ count: Int, _ accepted: Bool) {
        let bytes = [UInt8](repeating: 9, count: count)
        let text = "whsec_" + encodeBase64(bytes)
        #expect(
            (failure { () throws(TammError) in try SigningSecret(id: "a", standardWebhooks: text) } == nil) == accepted)
        let error = failure { () throws(TammError) in
            try StandardWebhooksSignature(secrets: [SigningSecret(id: "a", Secret(bytes))])
        }
        #expect((error == nil) == accepted)
    }

    @Test("Neither a secret nor a configured scheme shows its bytes")
    func redaction() throws {
        let text = "S3CRET-S3CRET-S3CRET-S3CRET-1234"
        let secret = try SigningSecret(id: "label", Secret(text))
        let scheme = try MetaSignature(secrets: [secret])
        var shown = "\(secret) \(String(reflecting: secret)) \(scheme) \(String(reflecting: scheme))"
        dump(secret, to: &shown)
        dump(scheme, to: &shown)
        #expect(!shown.contains("S3CRET"))
        #expect(!shown.contains("Context"))
        #expect("\(secret)" == "label ‹redacted›")
    }

    @Test("A scheme wants 1 to 8 secrets with different ids")
    func configuration() throws {
        let many = try "abcdefghi".map { try SigningSecret.letter($0) }
        for secrets in [[], many, [many[0], many[0]]] {
            #expect(failure { () throws(TammError) in try MetaSignature(secrets: secrets) }?.field == "secrets")
            let error = failure { () throws(TammError) in
                try PaymobTransactionSignature(secrets: secrets, integrationIDs: [1], ownerID: 1)
            }
            #expect(error?.field == "secrets")
            #expect(
                failure { () throws(TammError) in try StandardWebhooksSignature(secrets: secrets) }?.field == "secrets")
        }
        _ = try MetaSignature(secrets: Array(many.prefix(8)))
    }
}
