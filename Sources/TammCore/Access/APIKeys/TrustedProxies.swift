/// The proxies that may say on whose behalf they ask: whatever anybody else says of that is ignored.
public struct TrustedProxies: Sendable, Hashable {
    /// How many addresses a chain may have.
    public static let maximumHops = 32

    private let ranges: [AddressRange]

    /// Nobody: the peer of the connection is the client.
    public static let none = TrustedProxies([])

    public init(_ ranges: [AddressRange]) { self.ranges = ranges }

    /// The client's address.
    ///
    /// Each proxy adds the address it was asked from at the end. The chain is read from there: the first address that
    /// is no trusted proxy's is the client's, for what stands before it is only what the client says.
    ///
    /// - Parameters:
    ///   - peer: the other end of the connection.
    ///   - forwarded: the values of `X-Forwarded-For`, in their order; an address may have a port.
    /// - Returns: nil where a trusted proxy says something that is no address, or too much: then nobody knows.
    public func client(of peer: IPAddress, forwarded: [String] = []) -> IPAddress? {
        guard trusts(peer) else { return peer }
        var client = peer
        var hops = 0
        for field in forwarded.reversed() {
            for part in field.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).reversed() {
                hops += 1
                guard hops <= Self.maximumHops, part.count <= 64, let address = Self.address(part) else { return nil }
                client = address
                guard trusts(address) else { return client }
            }
        }
        return client
    }

    private func trusts(_ address: IPAddress) -> Bool { ranges.contains { $0.contains(address) } }

    /// An address with blanks around it, and perhaps with a port behind it: `192.0.2.1:80`, `[2001:db8::1]:80`.
    private static func address(_ part: Substring.UTF8View) -> IPAddress? {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var text = part.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        var port: Substring.UTF8View?
        if text.first == UInt8(ascii: "[") {
            guard let end = text.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let rest = text[text.index(after: end)...]
            text = text[text.index(after: text.startIndex)..<end]
            guard text.contains(UInt8(ascii: ":")), rest.isEmpty || rest.first == UInt8(ascii: ":") else { return nil }
            if !rest.isEmpty { port = rest.dropFirst() }
        } else if text.count(where: { $0 == UInt8(ascii: ":") }) == 1, let colon = text.firstIndex(of: UInt8(ascii: ":")) {
            port = text[text.index(after: colon)...]
            text = text[..<colon]
        }
        if var port {
            let count = port.count
            guard (1...5).contains(count), let number = port.takeDigits(count), number < 65_536 else { return nil }
        }
        return try? IPAddress(parsing: String(Substring(text)))
    }
}
