internal import RawStructuredFieldValues

/// The parts of a request that a signature may cover.
///
/// Source: RFC 9421, sections 2.1 and 2.2.
enum HTTPComponent: String {
    case method = "@method"
    case targetURI = "@target-uri"
    case authority = "@authority"
    case path = "@path"
    case query = "@query"
    case contentDigest = "content-digest"
}

/// What one signature covers, and how it says it was made: a member of `Signature-Input`.
///
/// Source: RFC 9421, section 2.3.
struct HTTPSignatureInput {
    static let algorithm = "hmac-sha256"
    /// Bytes of a key's id, and of a nonce.
    static let keyIDBytes = 1...64, nonceBytes = 1...128

    /// The member's text, which is signed too.
    let text: String
    /// In the signer's order, each once.
    let components: [HTTPComponent]
    let keyID: String
    let nonce: String
    let created: Timestamp
    let expires: Timestamp?

    /// - Throws: `unauthenticated` (malformed, insufficientCoverage, unsupportedVersion, malformedTimestamp,
    ///   malformedNonce).
    init(_ list: InnerList) throws(TammError) {
        components = try Self.components(of: list)
        let known: Set<String> = ["created", "expires", "keyid", "nonce", "alg"]
        guard list.rfc9651Parameters.allSatisfy({ known.contains($0.0) }), let text = list.canonicalText,
            let algorithm = list.text("alg"), let keyID = list.text("keyid"), Self.isVisible(keyID, Self.keyIDBytes)
        else { throw .refused(.malformed) }
        guard algorithm == Self.algorithm else { throw .refused(.unsupportedVersion) }
        guard let nonce = list.text("nonce"), Self.isVisible(nonce, Self.nonceBytes) else {
            throw .refused(.malformedNonce)
        }
        guard let created = try Self.time("created", in: list) else { throw .refused(.malformedTimestamp) }
        expires = try Self.time("expires", in: list)
        (self.text, self.keyID, self.nonce, self.created) = (text, keyID, nonce, created)
    }

    /// Whether `text` has that many bytes, all of them visible ASCII.
    static func isVisible(_ text: String, _ length: ClosedRange<Int>) -> Bool {
        length.contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    }

    /// Method, target and digest are covered, the target in one of two ways, and nothing that is unknown here; no
    /// component has parameters.
    private static func components(of list: InnerList) throws(TammError) -> [HTTPComponent] {
        var components: [HTTPComponent] = []
        for item in list.bareInnerList {
            guard case .string(let name) = item.rfc9651BareItem, let component = HTTPComponent(rawValue: name),
                item.rfc9651Parameters.isEmpty, !components.contains(component)
            else { throw .refused(.malformed) }
            components.append(component)
        }
        let target = Set(components).subtracting([.authority])
        guard
            target == [.method, .targetURI, .contentDigest] || target == [.method, .path, .query, .contentDigest]
        else { throw .refused(.insufficientCoverage) }
        return components
    }

    /// A parameter that is whole seconds since 1970, not negative; nil when it is absent.
    private static func time(_ parameter: String, in list: InnerList) throws(TammError) -> Timestamp? {
        guard let value = list.rfc9651Parameters[parameter] else { return nil }
        guard case .integer(let seconds) = value, seconds >= 0, let time = try? Timestamp(seconds: seconds) else {
            throw .refused(.malformedTimestamp)
        }
        return time
    }
}

/// The text that is signed: a line for each component, and one for how the signature was made.
///
/// No value may hold a line break.
/// Source: RFC 9421, section 2.5.
func httpSignatureBase(_ components: some Sequence<(name: String, value: String)>, parameters: String) -> String {
    var base = ""
    for (name, value) in components { base += "\"\(name)\": \(value)\n" }
    return base + "\"@signature-params\": \(parameters)"
}
