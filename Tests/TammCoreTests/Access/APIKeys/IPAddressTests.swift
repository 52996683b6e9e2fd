import Testing

@testable import TammCore

struct IPAddressTests {
    @Test(arguments: [
        ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"), ("::1", "::1"), ("1::", "1::"),
        ("2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"), ("2001:db8::", "2001:db8::"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("::ffff:c000:201", "192.0.2.1"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ("0:0:0:0:0:0:0:0", "::"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
    ])
    func `An address is read and written in its one form`(text: String, written: String) throws {
        let address = try IPAddress(parsing: text)
        #expect(address.description == written)
        #expect(try IPAddress(parsing: written) == address)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "1..3.4", " 1.2.3.4", "1.2.3.4 ", "1.2.3.4:80", "0x1.2.3.4",
        "1.2.3.4/32", ":", ":::", "1:::2", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::12345", "g::",
        "fe80::1%eth0", "[::1]", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "1:", ":1", "::1:",
        "٣.2.3.4", "3232235777", "localhost",
    ])
    func `Anything else is no address`(text: String) {
        #expect(throws: TammError.self) { try IPAddress(parsing: text) }
    }

    @Test(arguments: [
        ("10.0.0.1", "10.0.0.1", true), ("10.0.0.1", "10.0.0.10", false), ("10.0.0.0/8", "10.255.255.255", true),
        ("10.0.0.0/8", "11.0.0.0", false), ("0.0.0.0/0", "255.1.2.3", true), ("0.0.0.0/0", "::1", false), ("::/0", "1.2.3.4", false),
        ("::/0", "ffff::", true), ("203.0.113.128/25", "203.0.113.127", false), ("203.0.113.128/25", "203.0.113.255", true),
        ("192.168.0.0/31", "192.168.0.1", true), ("192.168.0.0/31", "192.168.0.2", false),
        ("2001:db8::/32", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", true), ("2001:db8::/32", "2001:db9::", false),
        ("2001:db8:0:8000::/65", "2001:db8:0:8000:7fff::", true), ("2001:db8:0:8000::/65", "2001:db8:0:8000:8000::", false),
        ("2001:db8::/64", "2001:db8::1:0:0:1", true), ("2001:db8::1/128", "2001:DB8:0:0:0:0:0:1", true),
        ("203.0.113.0/24", "::ffff:203.0.113.9", true), ("::ffff:203.0.113.0/120", "203.0.113.9", true),
        ("::ffff:203.0.113.0/120", "203.0.114.9", false),
    ])
    func `A network holds addresses by their bits, not by how they are written`(
        network: String, address: String, isInside: Bool
    ) throws {
        #expect(try AddressRange(parsing: network).contains(IPAddress(parsing: address)) == isInside)
    }

    @Test(arguments: [
        "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/+8", "/8", "10.0.0.0/ 8",
        "2001:db8::1/32", "::/129", "::/0000", "::ffff:1.2.3.4/95", "10.0.0.0/255.0.0.0", "10.*", "",
    ])
    func `Anything else is no network`(text: String) {
        #expect(throws: TammError.self) { try AddressRange(parsing: text) }
    }

    @Test func `Every prefix holds what has its bits and nothing else`() throws {
        var word: UInt64 = 0x9e37_79b9_7f4a_7c15
        for prefix in 0...128 {
            word = word &* 6_364_136_223_846_793_005 &+ 1
            let (high, low) = (0x2000_0000_0000_0000 | word >> 4, ~word)
            let mask: (UInt64, UInt64) =
                prefix <= 64
                ? (prefix == 0 ? 0 : ~0 << UInt64(64 - prefix), 0) : (~0, prefix == 128 ? ~0 : ~(~0 >> UInt64(prefix - 64)))
            let range = try AddressRange(parsing: "\(IPAddress.v6(high & mask.0, low & mask.1))/\(prefix)")
            #expect(range.contains(.v6(high, low)))
            for bit in 0..<prefix {
                let flipped: IPAddress = bit < 64 ? .v6(high ^ 1 << UInt64(63 - bit), low) : .v6(high, low ^ 1 << UInt64(127 - bit))
                #expect(!range.contains(flipped), "/\(prefix), bit \(bit)")
            }
        }
    }

    private let proxies = TrustedProxies(
        ["10.0.0.0/8", "2001:db8::/32"].compactMap { try? AddressRange(parsing: $0) })

    @Test(
        arguments: [
            ("198.51.100.1", ["203.0.113.9"], "198.51.100.1"), ("10.0.0.1", [], "10.0.0.1"), ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", ["1.1.1.1, 203.0.113.9, 10.2.3.4"], "203.0.113.9"),
            ("10.0.0.1", ["1.1.1.1", "203.0.113.9", "10.2.3.4"], "203.0.113.9"),
            ("10.0.0.1", ["10.9.9.9"], "10.9.9.9"), ("10.0.0.1", ["garbage, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", ["203.0.113.9:443"], "203.0.113.9"),
            ("10.0.0.1", ["[2001:db9::7]:443"], "2001:db9::7"), ("10.0.0.1", ["[2001:db9::7]"], "2001:db9::7"),
            ("2001:db8::1", ["2001:db9::7"], "2001:db9::7"), ("::ffff:10.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", ["203.0.113.9, garbage"], nil), ("10.0.0.1", [""], nil), ("10.0.0.1", ["203.0.113.9,"], nil),
            ("10.0.0.1", ["unknown"], nil), ("10.0.0.1", ["203.0.113.9:"], nil), ("10.0.0.1", ["203.0.113.9:99999"], nil),
            ("10.0.0.1", ["[203.0.113.9]"], nil), ("10.0.0.1", ["[::1"], nil), ("10.0.0.1", ["[::1]x"], nil),
            ("10.0.0.1", [Array(repeating: "10.0.0.1", count: 33).joined(separator: ",")], nil),
        ] as [(String, [String], String?)])
    func `The client is who asked the first proxy that is trusted`(peer: String, forwarded: [String], client: String?) throws {
        let found = proxies.client(of: try IPAddress(parsing: peer), forwarded: forwarded)
        #expect(found?.description == client)
    }

    @Test func `Without trusted proxies nobody's word counts`() throws {
        #expect(TrustedProxies.none.client(of: try IPAddress(parsing: "10.0.0.1"), forwarded: ["1.2.3.4"])?.description == "10.0.0.1")
    }
}
