/// A request's method and target in the form in which they are signed.
///
/// Source: RFC 9421, section 2.2, and RFC 9110, sections 4.2.3 and 7.1: `"@authority"` is normalised, the authority
/// within `"@target-uri"` is as the sender wrote it.
struct HTTPRequestTarget {
    /// Bytes of the target.
    static let targetBytes = 1...8192

    let method: String
    private let scheme: String
    private let receivedAuthority: String
    /// In lower case, without the scheme's own port.
    let authority: String
    /// The path, and the query with its question mark, as received.
    let target: String

    /// - Throws: `invalidInput` for a value outside the bounds of ``HTTPMessageSignature/Delivery``.
    init(_ delivery: HTTPMessageSignature.Delivery) throws(TammError) {
        method = delivery.method
        scheme = delivery.scheme.lowercased()
        target = delivery.target
        guard (1...32).contains(method.utf8.count), method.utf8.allSatisfy(Self.isTokenCharacter) else {
            throw TammError(.invalidInput, "a method is a token of 1 to 32 characters", field: "method")
        }
        guard let port = ["https": ":443", "http": ":80"][scheme] else {
            throw TammError(.invalidInput, "wanted https or http, found another scheme", field: "scheme")
        }
        guard (1...255).contains(delivery.authority.utf8.count),
            delivery.authority.utf8.allSatisfy(Self.isAuthorityCharacter)
        else {
            throw TammError(.invalidInput, "an authority is a host with or without a port", field: "authority")
        }
        receivedAuthority = delivery.authority
        let lowercased = delivery.authority.lowercased()
        authority = lowercased.hasSuffix(port) ? String(lowercased.dropLast(port.utf8.count)) : lowercased
        guard HTTPSignatureInput.isVisible(target, Self.targetBytes), target.hasPrefix("/"), !target.contains("#")
        else {
            throw TammError(
                .invalidInput, "a target has 1 to 8192 visible ASCII characters, begins with / and has no fragment",
                field: "target")
        }
    }

    /// - Parameter contentDigest: the field's value.
    func value(of component: HTTPComponent, contentDigest: String) -> String {
        switch component {
        case .method: method
        case .targetURI: "\(scheme)://\(receivedAuthority)\(target)"
        case .authority: authority
        case .path: String(target.prefix { $0 != "?" })
        case .query: target.firstIndex(of: "?").map { String(target[$0...]) } ?? "?"
        case .contentDigest: contentDigest
        }
    }

    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }

    private static func isAuthorityCharacter(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || "-._~:[]%".utf8.contains(byte)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }
}
