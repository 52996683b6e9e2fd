import TammTesting
import Testing

@testable import TammCore

/// The signed values are joined without a separator: other values with the same concatenation have the same digest.
@Suite struct PaymobMalleabilityTests {
    let now = Timestamp("2024-06-13T08:33:45Z")!

    private func error(_ sample: PaymobSample) throws -> TammError? {
        let scheme = try PaymobTransactionSignature.official()
        return failure { () throws(TammError) in
            try scheme.verify(.init(body: sample.body, hmac: PaymobSample.officialHMAC), at: now)
        }
    }

    @Test("A digit moved between id and integration fits the signature and is refused by the pinned integration")
    func integration() throws {
        let moved = PaymobSample.official.with([("id", "19203646"), ("integration_id", "54097558")])
        #expect(try error(moved)?.signatureRefusal == .unexpectedIntegration)
        let careless = try PaymobTransactionSignature.official(integrationIDs: [54_097_558])
        let proof = try careless.verify(.init(body: moved.body, hmac: PaymobSample.officialHMAC), at: now)
        #expect(proof.transaction.id == 19_203_646)
    }

    @Test("A digit moved between order and owner fits the signature and is refused by the pinned owner")
    func owner() throws {
        let moved = PaymobSample.official.with([("order.id", "21750375"), ("owner", "4302852")])
        #expect(try error(moved)?.signatureRefusal == .unexpectedOwner)
        let careless = try PaymobTransactionSignature.official(ownerID: 4_302_852)
        let proof = try careless.verify(.init(body: moved.body, hmac: PaymobSample.officialHMAC), at: now)
        #expect(proof.transaction.orderID == 21_750_375)
    }

    @Test(
        "A digit moved between amount and time fits the signature and is refused by the time's form",
        arguments: [
            ("1000002", #""024-06-13T11:33:44.592345""#), ("10000020", #""24-06-13T11:33:44.592345""#),
            ("10000", #""02024-06-13T11:33:44.592345""#), ("1", #""000002024-06-13T11:33:44.592345""#),
        ])
    func amount(_ amount: String, _ time: String) throws {
        let error = try error(PaymobSample.official.with([("amount_cents", amount), ("created_at", time)]))
        #expect(error?.code == .invalidInput)
        #expect(error?.field == "obj.created_at")
    }

    @Test("However many characters move between two neighbours, only the source's description can change")
    func everyNeighbour() throws {
        let sample = PaymobSample.official
        var accepted: Set<String> = []
        for (left, right) in zip(sample.fields, sample.fields.dropFirst()) {
            let joined = sample.signedText(left.path) + sample.signedText(right.path)
            for length in 0...joined.count where length != sample.signedText(left.path).count {
                let moved = sample.with([
                    (left.path, quoted(String(joined.prefix(length)), like: left.json)),
                    (right.path, quoted(String(joined.dropFirst(length)), like: right.json)),
                ])
                if try error(moved) == nil { accepted.formUnion([left.path, right.path]) }
            }
        }
        #expect(accepted == ["source_data.pan", "source_data.sub_type", "source_data.type"])
    }

    private func quoted(_ text: String, like json: String) -> String { json.hasPrefix("\"") ? "\"\(text)\"" : text }

    @Test("Integrations of which one ends with another's digits cannot be told apart, and are refused together")
    func suffixes() throws {
        let error = failure { () throws(TammError) in
            try PaymobTransactionSignature(
                secrets: [SigningSecret(id: "a", Secret([UInt8](repeating: 1, count: 16)))],
                integrationIDs: [4_097_558, 54_097_558], ownerID: 1)
        }
        #expect(error?.field == "integrationIDs")
        _ = try PaymobTransactionSignature.official(integrationIDs: [4_097_558, 4_097_559])
    }

    @Test(
        "Integrations and owner are required and positive",
        arguments: [
            ([], 1), ([0], 1), ([-1], 1), ([1], 0), (Set(1000...1064), 1),
        ] as [(Set<Int64>, Int64)])
    func configuration(_ integrationIDs: Set<Int64>, _ owner: Int64) throws {
        let secret = try SigningSecret.letter("a")
        let error = failure { () throws(TammError) in
            try PaymobTransactionSignature(secrets: [secret], integrationIDs: integrationIDs, ownerID: owner)
        }
        #expect(error?.code == .invalidInput)
    }
}
