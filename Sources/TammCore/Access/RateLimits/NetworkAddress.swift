/// An IP address of a client; an IPv4 address in IPv6's clothes (`::ffff:192.0.2.1`) is the IPv4 address.
public struct NetworkAddress: Sendable, Hashable {
    /// The 16 bytes, big-endian; an IPv4 address is the last four after `::ffff:`.
    public let high: UInt64, low: UInt64

    private static let mapped: UInt64 = 0xffff_0000_0000

    public var isIPv4: Bool { high == 0 && low & ~0xffff_ffff == Self.mapped }

    private init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }

    /// Parses `192.0.2.1` or RFC 4291's forms of IPv6: `2001:db8::1`, `::ffff:192.0.2.1`; neither brackets, zone, port
    /// nor prefix.
    ///
    /// - Throws: `invalidInput` for other text; a number of IPv4 with a zero before it too, which others read as octal.
    public init(parsing text: String) throws(TammError) {
        let bytes = Array(text.utf8.prefix(46))
        if let found = Self.ipv4(bytes[...]) {
            self.init(high: 0, low: Self.mapped | found)
        } else if let found = Self.ipv6(bytes) {
            self.init(high: found.0, low: found.1)
        } else {
            throw TammError(.invalidInput, "wanted an IP address, found \(excerpt(text))", field: "address")
        }
    }

    /// The network with so many bits of an IPv6 address, 1 to 128; an IPv4 address stays whole.
    func masked(to prefix: Int) -> NetworkAddress {
        let bits = max(1, min(128, prefix))
        guard !isIPv4, bits < 128 else { return self }
        if bits <= 64 { return NetworkAddress(high: high & (.max << UInt64(64 - bits)), low: 0) }
        return NetworkAddress(high: high, low: low & (.max << UInt64(128 - bits)))
    }

    private static func ipv4(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt64 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            var value: UInt64 = 0
            for byte in part {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + UInt64(byte - 0x30)
            }
            guard value <= 255 else { return nil }
            address = address << 8 | value
        }
        return address
    }

    private static func ipv6(_ bytes: [UInt8]) -> (UInt64, UInt64)? {
        guard (2...45).contains(bytes.count) else { return nil }
        var (groups, gap): ([UInt64], Int?) = ([], nil)
        var rest = bytes[...]
        if rest.starts(with: "::".utf8) {
            rest = rest.dropFirst(2)
            gap = 0
        }
        while !rest.isEmpty {
            let word = rest.prefix { $0 != UInt8(ascii: ":") }
            if word.contains(UInt8(ascii: ".")) {
                guard word.count == rest.count, let address = ipv4(word) else { return nil }
                groups += [address >> 16, address & 0xffff]
                break
            }
            guard (1...4).contains(word.count) else { return nil }
            var value: UInt64 = 0
            for byte in word {
                guard let digit = hexadecimalDigit(byte) else { return nil }
                value = value << 4 | digit
            }
            groups.append(value)
            guard groups.count <= 8 else { return nil }
            rest = rest.dropFirst(word.count)
            if rest.starts(with: "::".utf8) {
                guard gap == nil else { return nil }
                gap = groups.count
                rest = rest.dropFirst(2)
            } else if !rest.isEmpty {
                rest = rest.dropFirst()
                guard !rest.isEmpty else { return nil }
            }
        }
        if let gap {
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
        }
        guard groups.count == 8 else { return nil }
        return (groups[..<4].reduce(0) { $0 << 16 | $1 }, groups[4...].reduce(0) { $0 << 16 | $1 })
    }
}

extension NetworkAddress: CustomStringConvertible {
    /// RFC 5952's text, but for an IPv4 address in IPv6's clothes: `192.0.2.1`, `2001:db8::1`.
    public var description: String {
        if isIPv4 { return (0..<4).map { String(low >> UInt64(24 - 8 * $0) & 0xff) }.joined(separator: ".") }
        let groups = [high, low].flatMap { word in (0..<4).map { word >> UInt64(48 - 16 * $0) & 0xffff } }
        var (longest, start) = (0..<0, 0)
        while start < 8 {
            let end = groups[start...].firstIndex { $0 != 0 } ?? 8
            if end - start > max(1, longest.count) { longest = start..<end }
            start = max(end, start) + 1
        }
        func text(_ part: ArraySlice<UInt64>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        guard !longest.isEmpty else { return text(groups[...]) }
        return "\(text(groups[..<longest.lowerBound]))::\(text(groups[longest.upperBound...]))"
    }
}
