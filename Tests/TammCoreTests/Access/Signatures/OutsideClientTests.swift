import Foundation
import TestCommands
import Testing

@testable import TammCore

/// Other people's clients, which `scripts/with-clients` has installed.
private enum OutsideClients {
    struct Answer: Decodable {
        let ok: Bool
        let error: String?
        let headers: [String: String]?
        let signature: String?
        let covered: [String]?
        let count: Int?
    }

    struct Case: Encodable {
        var kind: String
        var secret: String
        var body: String
        var keyid: String?
        var method: String?
        var url: String?
        var headers: [String: String]?
        var components: [String]?
        var created: Int64?
        var nonce: String?
        var id: String?
        var timestamp: Int64?
    }

    /// What comes of each case.
    static func answers(_ cases: [Case]) throws -> [Answer] {
        guard let python = ProcessInfo.processInfo.environment["TAMM_CLIENTS_PYTHON"] else {
            throw CommandFailure(description: "no TAMM_CLIENTS_PYTHON: run the tests by scripts/with-clients swift test")
        }
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../OutsideClients/clients.py").standardized.path
        let input = String(decoding: try JSONEncoder().encode(cases), as: UTF8.self)
        let output = try Command.run([python, script], input: input)
        let answers = try JSONDecoder().decode([Answer].self, from: Data(output.utf8))
        guard answers.count == cases.count else { throw CommandFailure(description: "\(answers.count) answers") }
        return answers
    }
}

@Suite struct `Other people's clients` {
    private static let secret = [UInt8]("tamm-test-request-secret-32bytes".utf8)
    private static let keyID = "0193a5c2-0000-7000-8000-000000000001"
    private static let targets = [
        "/", "/v1/messages", "/v1/messages?dry_run=true", "/v1/messages?", "/a%20b/%D8%B3?q=%E2%9C%93&q=2", "/x?a=b?c=d/e",
    ]
    private static let bodies: [[UInt8]] = [
        [], Array(#"{"text":"Hello"}"#.utf8), Array("مرحبا \u{1F600}\r\n".utf8), Array(0...255),
        [UInt8](repeating: 0x61, count: 100_000),
    ]
    private static let hosts = ["api.example.com", "api.example.com:8443", "[2001:db8::1]:8443"]

    private var now: Timestamp { TimeSource.system.now() }

    private func scheme(label: String? = nil) throws -> HTTPMessageSignature {
        try HTTPMessageSignature(
            secrets: [SigningSecret(id: Self.keyID, Secret(Self.secret))], nonces: .fresh(), label: label)
    }

    /// Every target with every body, on one host and by one coverage after the other.
    private func deliveries() -> [(HTTPMessageSignature.Delivery, HTTPMessageSignature.CoveredTarget)] {
        var all: [(HTTPMessageSignature.Delivery, HTTPMessageSignature.CoveredTarget)] = []
        for target in Self.targets {
            for body in Self.bodies {
                let coverage = [.wholeURI, .hostAndPath, .path][all.count % 3] as HTTPMessageSignature.CoveredTarget
                let delivery = HTTPMessageSignature.Delivery(
                    method: ["GET", "POST", "PUT", "DELETE"][all.count % 4], scheme: ["https", "http"][all.count % 2],
                    authority: Self.hosts[all.count / 3 % 3], target: target, body: body)
                all.append((delivery, coverage))
            }
        }
        return all
    }

    private func httpCase(_ kind: String, _ delivery: HTTPMessageSignature.Delivery) -> OutsideClients.Case {
        OutsideClients.Case(
            kind: kind, secret: Data(Self.secret).base64EncodedString(), body: Data(delivery.body).base64EncodedString(),
            keyid: Self.keyID, method: delivery.method,
            url: "\(delivery.scheme)://\(delivery.authority)\(delivery.target)")
    }

    @Test func `sign HTTP messages that are verified here, and refused when anything of them is changed`() throws {
        let deliveries = deliveries()
        var cases: [OutsideClients.Case] = []
        for (index, (delivery, coverage)) in deliveries.enumerated() {
            var one = httpCase("http-sign", delivery)
            one.components = coverage.components.map(\.rawValue)
            (one.created, one.nonce) = (now.seconds, "nonce-\(index)")
            cases.append(one)
        }
        for (answer, (delivery, _)) in zip(try OutsideClients.answers(cases), deliveries) {
            let headers = try #require(answer.headers, "\(answer.error ?? "")")
            var received = delivery
            received.contentDigest = headers["Content-Digest"]
            received.signatureInput = headers["Signature-Input"]
            received.signature = headers["Signature"]
            let proof = try scheme().verify(received, at: now)
            #expect(proof.method == delivery.method && proof.target == delivery.target && proof.payload.body == delivery.body)
            let changes: [(inout HTTPMessageSignature.Delivery) -> Void] = [
                { $0.method = "PATCH" }, { $0.target += "x" }, { $0.body.append(0) },
            ]
            for change in changes {
                var other = received
                change(&other)
                let changed = other
                let error = caught { () throws(TammError) in _ = try fresh().verify(changed, at: now) }
                #expect(error?.code == .unauthenticated)
            }
        }
    }

    private func fresh() throws(TammError) -> HTTPMessageSignature {
        try HTTPMessageSignature(secrets: [SigningSecret(id: Self.keyID, Secret(Self.secret))], nonces: .fresh())
    }

    @Test func `verify HTTP messages that are signed here, and refuse them when anything of them is changed`() throws {
        var (cases, wanted): ([OutsideClients.Case], [HTTPMessageSignature.CoveredTarget?]) = ([], [])
        for (index, (delivery, coverage)) in deliveries().enumerated() {
            let signed = try scheme().signed(delivery, created: now, nonce: "nonce-\(index)", covering: coverage)
            var one = httpCase("http-verify", signed)
            one.headers = [
                "Content-Digest": signed.contentDigest ?? "", "Signature-Input": signed.signatureInput ?? "",
                "Signature": signed.signature ?? "",
            ]
            let changes: [(inout OutsideClients.Case) -> Void] = [
                { _ in }, { $0.method = "PATCH" }, { $0.url? += "x" }, { $0.body = Data([1] + delivery.body).base64EncodedString() },
                { $0.secret = Data(Self.secret.reversed()).base64EncodedString() },
            ]
            for (number, change) in changes.enumerated() {
                var changed = one
                change(&changed)
                cases.append(changed)
                wanted.append(number == 0 ? coverage : nil)
            }
        }
        for (answer, coverage) in zip(try OutsideClients.answers(cases), wanted) {
            #expect(answer.ok == (coverage != nil), "\(answer.error ?? "")")
            guard let coverage else { continue }
            let names = answer.covered?.filter { $0 != "\"@signature-params\"" }.map { $0.filter { $0 != "\"" } }
            #expect(names.map(Set.init) == Set(coverage.components.map(\.rawValue)) && answer.count == 1)
        }
    }

    private static let webhook = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let texts = ["", "{}", #"{"test": 2432232314}"#, "مرحبا \u{1F600}", String(repeating: "a", count: 100_000)]

    @Test func `sign webhooks that are verified here`() throws {
        let scheme = try StandardWebhooksSignature(secrets: [SigningSecret(id: "s", standardWebhooks: Self.webhook)])
        let seconds = now.seconds
        let cases = Self.texts.enumerated().map { index, text in
            OutsideClients.Case(
                kind: "webhook-sign", secret: Self.webhook, body: Data(text.utf8).base64EncodedString(), id: "msg_\(index)",
                timestamp: seconds)
        }
        for (index, answer) in try OutsideClients.answers(cases).enumerated() {
            var delivery = StandardWebhooksSignature.Delivery(
                id: "msg_\(index)", timestamp: "\(seconds)",
                signatures: answer.signature, body: Array(Self.texts[index].utf8))
            #expect(try scheme.verify(delivery, at: now).deliveryID == "msg_\(index)")
            delivery.body.append(32)
            let changed = delivery
            #expect(caught { () throws(TammError) in _ = try scheme.verify(changed, at: now) }?.signatureRefusal == .mismatch)
        }
    }

    @Test func `verify webhooks that are signed here, and refuse them when anything of them is changed`() throws {
        let scheme = try StandardWebhooksSignature(secrets: [SigningSecret(id: "s", standardWebhooks: Self.webhook)])
        var (cases, wanted): ([OutsideClients.Case], [Bool]) = ([], [])
        for (index, text) in Self.texts.enumerated() {
            let seconds = "\(now.seconds)"
            let delivery = StandardWebhooksSignature.Delivery(
                id: "msg_\(index)", timestamp: seconds, signatures: nil, body: Array(text.utf8))
            let headers = [
                "webhook-id": "msg_\(index)", "webhook-timestamp": seconds,
                "webhook-signature": try scheme.signature(for: delivery),
            ]
            for change in ["", " "] {
                cases.append(
                    OutsideClients.Case(
                        kind: "webhook-verify", secret: Self.webhook, body: Data((text + change).utf8).base64EncodedString(),
                        headers: headers))
                wanted.append(change.isEmpty)
            }
        }
        #expect(try OutsideClients.answers(cases).map(\.ok) == wanted)
    }
}
