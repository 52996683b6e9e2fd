import HTTPTypes
import TammTesting
import Testing

@testable import TammCore

@Suite struct `A hostile request to the external API` {
    @Test func `has one key, in the one form`() async throws {
        let house = try await APIHouse()
        let (_, text) = try await house.issue()
        let (_, second) = try await house.issue()
        let base = try house.call(nil)
        func status(_ values: [String]) async throws -> Int {
            var call = base
            call.head.headerFields[values: .authorization] = values
            return try await house.status(call)
        }
        #expect(try await status(["Bearer \(text)"]) == 200)
        #expect(try await status(["bearer \(text)"]) == 200)
        for values in [
            [], [""], ["Bearer"], [text], ["Basic \(text)"], ["Bearer  \(text)"], ["Bearer \(text);"], ["Bearer\t\(text)"],
            ["Bearer \(text)", "Bearer \(text)"], ["Bearer \(text)", "Bearer \(second)"], ["Bearer \(text), Bearer \(second)"],
            ["Bearer \(String(repeating: "a", count: 1_000_000))"], ["Bearer \(text.uppercased())"],
            ["Bearer \(String(repeating: "\u{e9}", count: 34))"], ["B\u{e9}arer\u{301} \(text)"],
        ] { #expect(try await status(values) == 401, "\(values.map { String($0.prefix(80)) })") }
        #expect(try await house.logged() == ["200", "200"])
    }

    @Test func `may hold bytes that are no UTF-8 anywhere`() async throws {
        let house = try await APIHouse()
        let (key, text) = try await house.issue()
        let bytes: [UInt8] = Array("Bearer ".utf8) + (0..<68).map { UInt8(0x80 + $0 % 64) }
        var call = try house.call(nil)
        call.head.headerFields.append(HTTPField(name: .authorization, value: bytes))
        #expect(try await house.status(call) == 401)
        for name in [HTTPField.Name.signature, .signatureInput, .contentDigest, .forwardedFor] {
            var signed = try await house.signed(house.call(text), by: key, nonce: "n-\(name.rawName)")
            signed.head.headerFields[name] = nil
            signed.head.headerFields.append(HTTPField(name: name, value: [0xff, 0xfe, 0x41] as [UInt8]))
            #expect(try await house.status(signed) == (name == .forwardedFor ? 200 : 401))
        }
        var odd = try house.call(text, path: "/v1/\u{1F600}/\u{7}?x")
        odd.requestID = "\u{0}\u{ffff}"
        #expect(try await house.status(odd) == 200)
    }

    @Test func `names its client in bounds, or comes from nowhere that anybody knows`() async throws {
        let house = try await APIHouse()
        let (_, near) = try await house.issue(addresses: ["203.0.113.0/24"], limit: 100)
        let (_, anywhere) = try await house.issue(limit: 100)
        let cases: [([String], Int)] = [
            (["203.0.113.9"], 200), (["198.51.100.1, 203.0.113.9"], 200), (["203.0.113.9", "10.1.2.3"], 200),
            (["203.0.113.9, 198.51.100.1"], 401), ([], 401), ([""], 401), (["203.0.113.9,"], 401), (["unknown"], 401),
            (Array(repeating: "10.0.0.2", count: 40) + ["203.0.113.9"], 401), (Array(repeating: "203.0.113.9", count: 33), 401),
            ([String(repeating: "10.0.0.2,", count: 100_000) + "203.0.113.9"], 401),
            ([String(repeating: " ", count: 9000) + "203.0.113.9"], 401),
        ]
        for (values, status) in cases {
            var call = try house.call(near)
            call.forwarded = values
            #expect(try await house.status(call) == status, "\(values.count) \(values.first?.prefix(40) ?? "")")
            call.head.headerFields[.authorization] = "Bearer \(anywhere)"
            #expect(try await house.status(call) == 200, "a key without a list")
        }
        var alone = try house.call(near)
        alone.peer = nil
        #expect(try await house.status(alone) == 401)
        var direct = try house.call(near)
        direct.peer = try IPAddress(parsing: "198.51.100.1")
        #expect(try await house.status(direct) == 401, "who is no proxy is believed nothing")
    }

    @Test func `says its signature once`() async throws {
        let house = try await APIHouse()
        let (key, text) = try await house.issue(limit: 100)
        for name in [HTTPField.Name.signature, .signatureInput, .contentDigest] {
            let good = try await house.signed(house.call(text), by: key, nonce: "n-\(name.rawName)")
            let value = try #require(good.head.headerFields[name])
            for values in [
                [value, value], ["", value], [value, ""], Array(repeating: value, count: 1000),
                [value + String(repeating: " ", count: 100_000) + ","], [String(repeating: "a=1, ", count: 20_000) + value],
            ] {
                var call = good
                call.head.headerFields[values: name] = values
                #expect(try await house.status(call) == 401, "\(name) \(values.count)")
            }
            #expect(try await house.status(good) == 200, "nothing of it was used up")
        }
        // Two lines of different labels are one field.
        var call = try await house.signed(house.call(text), by: key, nonce: "two")
        let (input, code) = (call.head.headerFields[.signatureInput] ?? "", call.head.headerFields[.signature] ?? "")
        let other = input.replacing("sig1=", with: "sig2=").replacing(key.id.description, with: "another")
        call.head.headerFields[values: .signatureInput] = [other, input]
        call.head.headerFields[values: .signature] = [code.replacing("sig1=", with: "sig2="), code]
        #expect(try await house.status(call) == 200)
    }
}
