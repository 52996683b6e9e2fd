/// One sender's way of signing what it delivers.
///
/// A scheme is configured once with its secrets, is a value, and may be shared by any number of tasks; none has state
/// of its own but ``HTTPMessageSignature``, whose nonces are used up in a ``NonceCache``. Its ``Delivery`` holds what came over the wire, its ``Proof`` what verification establishes: a
/// ``SignedPayload``, or typed fields that carry one.
public protocol SignatureScheme: Sendable {
    /// What arrives: the body and the values of the headers or query items that matter, as received.
    associatedtype Delivery: Sendable
    /// What holds after verification.
    associatedtype Proof: Sendable

    /// The label of the scheme in logs, metrics and records.
    static var name: String { get }

    /// Verifies a delivery against every configured secret, in a time that does not tell how much of a signature
    /// was right.
    ///
    /// - Parameter now: the time of receipt, in UTC.
    /// - Throws: `unauthenticated` with a ``SignatureRefusal`` when the delivery does not prove its sender;
    ///   `invalidInput` when its body is too large, or malformed.
    func verify(_ delivery: Delivery, at now: Timestamp) throws(TammError) -> Proof

    /// The signature that the first configured secret gives `delivery`, as it goes over the wire; a signature
    /// already in `delivery` is ignored.
    ///
    /// - Throws: `invalidInput` for a delivery that the scheme cannot sign.
    func signature(for delivery: Delivery) throws(TammError) -> String
}

/// Bounds that every scheme shares.
enum SignatureBounds {
    /// Bytes of a header that lists signatures; one signature has one length.
    static let headerBytes = 4096
    /// Signatures in one list.
    static let listedSignatures = 16
    /// Secrets valid at once.
    static let secrets = 8

    /// - Throws: `invalidInput` for more than `limit` bytes.
    @inline(__always)
    static func check(_ body: [UInt8], limit: Int) throws(TammError) {
        guard body.count <= limit else {
            throw TammError(.invalidInput, "a body has at most \(limit) bytes, found \(body.count)", field: "body")
        }
    }
}
