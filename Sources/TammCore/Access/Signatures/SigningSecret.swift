/// A key shared with a sender, and the label by which logs and records name it.
///
/// Bounds: the id is 1 to 64 bytes of visible ASCII, the key 16 to 1,024 bytes; a scheme may narrow these.
public struct SigningSecret: Sendable, Equatable {
    /// The label: public, unique among the secrets of a scheme (`meta-2026-07`).
    public let id: String
    let secret: Secret

    /// - Throws: `invalidInput` for an id or a key outside the bounds.
    public init(id: String, _ secret: Secret) throws(TammError) {
        guard (16...1024).contains(secret.count) else {
            throw TammError(
                .invalidInput, "a signing secret has 16 to 1024 bytes, found \(secret.count)", field: "secret")
        }
        try self.init(unboundedID: id, secret)
    }

    /// A secret in the text form of Standard Webhooks: base64 with or without the prefix `whsec_`.
    ///
    /// Bounds: 24 to 64 bytes after decoding. The base64 is RFC 4648's standard alphabet with its padding; a
    /// text such as `v1,whsec_…`, which lenient decoders turn into another key, is refused.
    /// Source: the Standard Webhooks specification, "Signature scheme".
    ///
    /// - Throws: `invalidInput` for an id, a form or a length outside the bounds.
    public init(id: String, standardWebhooks text: String) throws(TammError) {
        let prefix = "whsec_"
        let encoded = text.hasPrefix(prefix) ? text.dropFirst(prefix.count) : text[...]
        var bytes: [UInt8] = []
        guard encoded.utf8.count <= 88, decodeBase64(encoded.utf8, { bytes.append($0) }) else {
            throw TammError(
                .invalidInput, "wanted whsec_ and the base64 of 24 to 64 bytes, found another form", field: "secret")
        }
        guard StandardWebhooksSignature.secretBytes.contains(bytes.count) else {
            throw TammError(
                .invalidInput, "a Standard Webhooks secret has 24 to 64 bytes, found \(bytes.count)", field: "secret")
        }
        try self.init(id: id, Secret(bytes))
    }

    /// A key of any length above zero, for vectors published with short keys.
    package init(unboundedID id: String, _ secret: Secret) throws(TammError) {
        guard (1...64).contains(id.utf8.count), id.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw TammError(
                .invalidInput, "a secret's id has 1 to 64 visible ASCII characters, found \(excerpt(id))", field: "id")
        }
        guard secret.count > 0 else {
            throw TammError(.invalidInput, "a signing secret has at least one byte, found none", field: "secret")
        }
        self.id = id
        self.secret = secret
    }
}

extension SigningSecret: CustomStringConvertible {
    public var description: String { "\(id) \(secret)" }
}
