import Crypto
import TammTesting

@testable import TammCore

extension NonceCache {
    /// A cache that fits a tolerance of five minutes.
    static func fresh(lifetime: Duration = .seconds(600), capacity: Int = 1000, perKey: Int = 1000) throws(TammError)
        -> NonceCache
    {
        try NonceCache(lifetime: lifetime, capacity: capacity, perKey: perKey)
    }
}

extension RecordedRequest {
    /// A verifier that has seen nothing yet.
    func scheme(label: String? = nil, nonces: NonceCache? = nil) throws(TammError) -> HTTPMessageSignature {
        let cache = if let nonces { nonces } else { try NonceCache.fresh() }
        return try HTTPMessageSignature(
            secrets: [SigningSecret(id: keyID, Secret(secret))], nonces: cache, label: label)
    }

    func refusal(
        at now: Timestamp? = nil, _ change: (inout HTTPMessageSignature.Delivery) -> Void
    ) -> SignatureRefusal? {
        error(at: now, change)?.signatureRefusal
    }

    func error(
        at now: Timestamp? = nil, _ change: (inout HTTPMessageSignature.Delivery) -> Void
    ) -> TammError? {
        var delivery = delivery
        change(&delivery)
        let changed = delivery
        return failure { () throws(TammError) in try scheme().verify(changed, at: now ?? signedAt) }
    }

    /// The recorded `Signature-Input` with one text in the place of another, signed anew.
    func resigned(replacing old: String, with new: String) -> HTTPMessageSignature.Delivery {
        var delivery = delivery
        let input = (delivery.signatureInput ?? "").replacing(old, with: new)
        delivery.signatureInput = input
        delivery.signature = "sig1=:\(code(over: input.replacing("sig1=", with: ""))):"
        return delivery
    }

    /// What the recorded key gives for the request with other parameters, whether or not they are sound.
    private func code(over parameters: String) -> String {
        let names = parameters.prefix { $0 != ")" }.dropFirst().split(separator: " ")
        let request = try? HTTPRequestTarget(delivery)
        let lines = names.map { name in
            let component = HTTPComponent(rawValue: String(name.filter { $0 != "\"" }))
            let value = component.flatMap { request?.value(of: $0, contentDigest: delivery.contentDigest ?? "") }
            return "\(name): \(value ?? "")\n"
        }
        let base = lines.joined() + "\"@signature-params\": \(parameters)"
        return encodeBase64(KeyedHMAC<SHA256>(key: Secret(secret)).code { $0.absorb(base) }.bytes(32))
    }
}
