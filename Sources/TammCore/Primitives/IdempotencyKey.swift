/// A caller's name for one request: the same key with the same request is answered again, not done again.
///
/// 1 to 255 bytes of visible ASCII (`!` to `~`).
public struct IdempotencyKey: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    /// - Throws: `invalidInput` for an empty, longer or other text.
    public init(_ text: String) throws(TammError) {
        let bytes = text.utf8
        guard (1...255).contains(bytes.count), bytes.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw TammError(
                .invalidInput, "wanted an idempotency key of 1 to 255 visible ASCII characters, found \(excerpt(text))")
        }
        self.text = text
    }

    public var description: String { text }

    /// A key derived from this one.
    ///
    /// - Throws: `invalidInput` when it is longer than 255 bytes.
    public func appending(_ suffix: String) throws(TammError) -> IdempotencyKey { try IdempotencyKey(text + suffix) }
}

extension IdempotencyKey: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
