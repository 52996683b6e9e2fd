public import HTTPTypes

/// A request to the external API as a server has received it: nothing of it is believed yet.
public struct ExternalCall: Sendable {
    /// Method, target, authority and fields. A field that came on several lines is there as often.
    public var head: HTTPRequest
    /// The bytes of the body, as received.
    public var body: [UInt8]
    /// The other end of the connection; nil where the server does not know it.
    public var peer: IPAddress?
    /// On whose behalf proxies say that they ask, a value for each line, in their order; nil: the fields'
    /// `X-Forwarded-For`.
    public var forwarded: [String]?
    /// `https` or `http`, as the sender used it: where a proxy ends TLS, `https`.
    public var scheme: String
    /// What the request is called in other logs.
    public var requestID: String?

    /// How many lines a field that matters here may come on, and how many bytes all of them may have.
    static let (maximumLines, maximumBytes) = (32, 8192)

    public init(
        head: HTTPRequest, body: [UInt8] = [], peer: IPAddress?, forwarded: [String]? = nil, scheme: String = "https",
        requestID: String? = nil
    ) {
        (self.head, self.body, self.peer, self.forwarded) = (head, body, peer, forwarded)
        (self.scheme, self.requestID) = (scheme, requestID)
    }

    /// The text of the key: what stands behind `Bearer` in the one `Authorization`. Two of them are none.
    var presentedKey: String? {
        let values = head.headerFields[values: .authorization]
        let scheme = "bearer "
        guard values.count == 1, values[0].utf8.count == scheme.utf8.count + PresentedAPIKey.length,
            values[0].prefix(scheme.utf8.count).lowercased() == scheme
        else { return nil }
        return String(values[0].dropFirst(scheme.utf8.count))
    }

    /// The client's address; nil where nobody knows, or more is said of it than is read.
    func client(behind proxies: TrustedProxies) -> IPAddress? {
        let forwarded = forwarded ?? head.headerFields[values: .forwardedFor]
        guard let peer, forwarded.count <= Self.maximumLines,
            forwarded.reduce(0, { $0 + $1.utf8.count }) <= Self.maximumBytes
        else { return nil }
        return proxies.client(of: peer, forwarded: forwarded)
    }

    /// Whether it claims to be signed.
    var isSigned: Bool {
        head.headerFields.contains(.signature) || head.headerFields.contains(.signatureInput)
    }

    /// What a signature is verified over.
    var delivery: HTTPMessageSignature.Delivery {
        HTTPMessageSignature.Delivery(
            method: head.method.rawValue, scheme: scheme, authority: head.authority ?? "", target: head.path ?? "",
            body: body, contentDigest: value(.contentDigest), signatureInput: value(.signatureInput),
            signature: value(.signature))
    }

    /// The field's lines as one value; of too many, one that is no structured field.
    private func value(_ name: HTTPField.Name) -> String? {
        let values = head.headerFields[values: name]
        guard values.count > 1 else { return values.first }
        guard values.count <= Self.maximumLines, values.reduce(0, { $0 + $1.utf8.count }) <= Self.maximumBytes else {
            return ","
        }
        return values.joined(separator: ", ")
    }
}

extension HTTPField.Name {
    private static func known(_ name: String) -> HTTPField.Name {
        HTTPField.Name(name)!  // Forced: a token, as the tests of these fields see.
    }

    static let forwardedFor = known("X-Forwarded-For")
    static let signature = known("Signature")
    static let signatureInput = known("Signature-Input")
    static let contentDigest = known("Content-Digest")
}
