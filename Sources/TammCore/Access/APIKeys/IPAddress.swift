/// An address of the internet, version 4 or 6. An IPv4 address that is written as an IPv6 one (`::ffff:1.2.3.4`) is the
/// IPv4 address: a list that names one means both.
public enum IPAddress: Sendable, Hashable {
    case v4(UInt32)
    /// The first and the last eight bytes.
    case v6(UInt64, UInt64)

    /// Reads dotted decimal without leading zeros, or the forms of RFC 4291, of either case; no zone and no port.
    ///
    /// - Throws: `invalidInput`.
    public init(parsing text: String) throws(TammError) {
        guard let address = Self.parse(text.utf8[...]) else {
            throw TammError(.invalidInput, "wanted an IP address, found \(excerpt(text))")
        }
        self = address
    }

    private static func parse(_ text: Substring.UTF8View) -> IPAddress? {
        guard text.count <= 45 else { return nil }
        guard text.contains(UInt8(ascii: ":")) else { return parseV4(text).map { .v4($0) } }
        guard let (high, low) = parseV6(text) else { return nil }
        return high == 0 && low >> 32 == 0xffff ? .v4(UInt32(truncatingIfNeeded: low)) : .v6(high, low)
    }

    private static func parseV4(_ text: Substring.UTF8View) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            var rest = part
            guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0"),
                let number = rest.takeDigits(part.count), number < 256
            else { return nil }
            address = address << 8 | UInt32(number)
        }
        return address
    }

    private static func parseV6(_ text: Substring.UTF8View) -> (UInt64, UInt64)? {
        var (before, after): ([UInt16], [UInt16]) = ([], [])
        var rest = text
        var isCompressed = false
        if rest.starts(with: "::".utf8) {
            isCompressed = true
            rest.removeFirst(2)
        }
        while !rest.isEmpty {
            let part = rest.prefix { $0 != UInt8(ascii: ":") }
            var groups: [UInt16] = []
            if part.contains(UInt8(ascii: ".")) {
                // The last 32 bits may be written as IPv4; nothing follows them.
                guard part.endIndex == rest.endIndex, let four = parseV4(part) else { return nil }
                groups = [UInt16(truncatingIfNeeded: four >> 16), UInt16(truncatingIfNeeded: four)]
            } else {
                guard (1...4).contains(part.count) else { return nil }
                var group: UInt16 = 0
                for byte in part {
                    guard let digit = hexadecimalDigit(byte) else { return nil }
                    group = group << 4 | UInt16(digit)
                }
                groups = [group]
            }
            if isCompressed { after += groups } else { before += groups }
            guard before.count + after.count <= 8 else { return nil }
            rest = rest[part.endIndex...]
            guard rest.take(":") else { continue }
            if rest.first == UInt8(ascii: ":") {
                guard !isCompressed else { return nil }
                isCompressed = true
                rest.removeFirst()
            } else if rest.isEmpty {
                return nil
            }
        }
        let missing = 8 - before.count - after.count
        guard isCompressed ? missing >= 1 : missing == 0 else { return nil }
        let groups = before + [UInt16](repeating: 0, count: missing) + after
        func word(_ groups: ArraySlice<UInt16>) -> UInt64 { groups.reduce(0) { $0 << 16 | UInt64($1) } }
        return (word(groups[..<4]), word(groups[4...]))
    }

    /// The bits, an IPv4 address in the last 32.
    fileprivate var bits: (UInt64, UInt64) {
        switch self {
        case .v4(let bits): (0, UInt64(bits))
        case .v6(let high, let low): (high, low)
        }
    }

    fileprivate var width: Int { if case .v4 = self { 32 } else { 128 } }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted decimal, or RFC 5952's form.
    public var description: String {
        switch self {
        case .v4(let bits):
            return [24, 16, 8, 0].map { String(bits >> $0 & 255) }.joined(separator: ".")
        case .v6(let high, let low):
            let groups = [high, low].flatMap { word in [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: word >> $0) } }
            var longest = 0..<0
            var start = 0
            for index in 0...8 where index == 8 || groups[index] != 0 {
                if index - start > max(longest.count, 1) { longest = start..<index }
                start = index + 1
            }
            func text(_ groups: ArraySlice<UInt16>) -> String {
                groups.map { String($0, radix: 16) }.joined(separator: ":")
            }
            guard !longest.isEmpty else { return text(groups[...]) }
            return text(groups[..<longest.lowerBound]) + "::" + text(groups[longest.upperBound...])
        }
    }
}

/// The addresses that begin with the same bits: a network in the notation of CIDR, `203.0.113.0/24`, or one address.
public struct AddressRange: Sendable, Hashable {
    public let first: IPAddress
    /// How many bits all have in common: at most 32, or 128 for IPv6.
    public let prefix: Int

    /// Reads an address, or an address and the length of its prefix, behind which no bit is set.
    ///
    /// - Throws: `invalidInput` for another form, a prefix that is too long, or bits behind it: `10.0.0.1/8` is a
    ///   mistake, of which nobody knows whether one address was meant or sixteen millions.
    public init(parsing text: String) throws(TammError) {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count <= 2, let head = parts.first else { throw Self.malformed(text) }
        let first: IPAddress
        do throws(TammError) { first = try IPAddress(parsing: String(Substring(head))) } catch {
            throw Self.malformed(text)
        }
        var prefix = first.width
        if parts.count == 2 {
            var digits = parts[1]
            let count = digits.count
            guard (1...3).contains(count), count == 1 || digits.first != UInt8(ascii: "0"),
                var number = digits.takeDigits(count)
            else { throw Self.malformed(text) }
            // An IPv4 network that is written as an IPv6 one.
            if case .v4 = first, head.contains(UInt8(ascii: ":")) { number -= 96 }
            guard (0...first.width).contains(number) else { throw Self.malformed(text) }
            prefix = number
        }
        let mask = Self.mask(prefix, of: first.width)
        let bits = first.bits
        guard bits.0 & ~mask.0 == 0, bits.1 & ~mask.1 == 0 else {
            throw TammError(.invalidInput, "wanted no bits behind the prefix, found \(excerpt(text))")
        }
        (self.first, self.prefix) = (first, prefix)
    }

    private static func malformed(_ text: String) -> TammError {
        TammError(.invalidInput, "wanted a network such as 203.0.113.0/24 or 2001:db8::/32, found \(excerpt(text))")
    }

    /// Ones in the first `prefix` of the last `width` of 128 bits, and in none behind them; those before do not matter.
    private static func mask(_ prefix: Int, of width: Int) -> (UInt64, UInt64) {
        let zeros = width - prefix
        return zeros >= 64 ? (~0 << UInt64(zeros - 64), 0) : (~0, ~0 << UInt64(zeros))
    }

    /// Whether the address is one of them; an address of the other version never is.
    public func contains(_ address: IPAddress) -> Bool {
        guard address.width == first.width else { return false }
        let (mask, a, b) = (Self.mask(prefix, of: first.width), address.bits, first.bits)
        return (a.0 ^ b.0) & mask.0 == 0 && (a.1 ^ b.1) & mask.1 == 0
    }
}

extension AddressRange: CustomStringConvertible {
    /// The network in CIDR's notation; an address alone without a prefix.
    public var description: String { prefix == first.width ? "\(first)" : "\(first)/\(prefix)" }
}
