import TammTesting

@testable import TammCore

/// What strangers send to be let in.
enum HostileAccess {
    private static let base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
    private static let addresses = "0123456789abcdefABCDEF:."

    static let parsers: [HostileParser] = [
        HostileParser(
            text: "IPAddress", count: 8_000, ["192.0.2.1", "2001:db8::8:800:200c:417a", "::ffff:1.2.3.4", "::", "1:2:3:4:5:6:7:8"],
            length: 2...45, alphabet: addresses, parse: IPAddress.init(parsing:), print: \.description),
        HostileParser(
            text: "AddressRange", count: 10_000,
            ["10.0.0.0/8", "203.0.113.7", "2001:db8::/32", "::/0", "0.0.0.0/0", "::ffff:1.2.3.0/120"], length: 2...49,
            alphabet: addresses + "/", parse: AddressRange.init(parsing:), print: \.description),
        HostileParser(
            text: "APIKeyScope", count: 4_000, ["messages.write", "a"], length: 1...64, alphabet: HostileParser.names,
            parse: APIKeyScope.init, print: \.name),
        HostileParser(
            text: "PresentedAPIKey", count: 6_000,
            APIKeyEnvironment.allCases.map { PresentedAPIKey($0, entropy: SeededEntropy(seed: 5).source).text },
            length: 60...76, alphabet: base62,
            parse: { (text) throws(TammError) -> String in
                guard let key = PresentedAPIKey(text) else { throw TammError(.invalidInput, "wanted a key") }
                return key.text
            }, print: { $0 }),
        HostileParser(
            text: "InvitationToken", count: 6_000,
            [InvitationToken(Identifier(high: 1, low: 2), Identifier(high: .max, low: 3), entropy: SeededEntropy(seed: 6).source).text],
            length: 90...112, alphabet: base62,
            parse: { (text) throws(TammError) -> String in try InvitationToken(parsing: text).text }, print: { $0 }),
        HostileParser(
            "TrustedProxies", count: 8_000,
            .text(["203.0.113.9, 10.0.0.1", "[2001:db9::7]:443,10.9.9.9", "1.1.1.1,203.0.113.9:80 , 10.2.3.4"]),
            firstStage: { $0.count <= 64 && $0.allSatisfy { Set((addresses + "[] ,").utf8).contains($0) } },
            parse: { (bytes) throws(TammError) -> String in
                let peer = try IPAddress(parsing: "10.0.0.1")
                let text = String(decoding: bytes, as: UTF8.self)
                let proxies = TrustedProxies([try AddressRange(parsing: "10.0.0.0/8")])
                guard let client = proxies.client(of: peer, forwarded: [text]) else {
                    throw TammError(.invalidInput, "nobody knows the client")
                }
                return client.description
            }, print: { Array($0.utf8) }),
    ]
}
