import Crypto
import TammTesting
import Testing

@testable import TammCore

struct PresentedAPIKeyTests {
    private let entropy = SeededEntropy(seed: 3).source

    private func check(_ text: String) -> String {
        let crc = unsafe Array(text.utf8).withUnsafeBytes { unsafe CRC32.checksum($0) }
        return String(decoding: Base62.encode(UInt64(crc), width: 6), as: UTF8.self)
    }

    @Test func `The checksum is that of the published example, and of zlib`() {
        #expect(check("zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ") == "0mLq17")
        let nine = unsafe Array("123456789".utf8).withUnsafeBytes { unsafe CRC32.checksum($0) }
        #expect(nine == 0xcbf4_3926)
    }

    @Test func `The checksum begins where the heads of keys end`() {
        for (head, state) in [("tamm_live_", PresentedAPIKey.liveState), ("tamm_test_", PresentedAPIKey.testState)] {
            let found = unsafe Array(head.utf8).withUnsafeBytes { unsafe CRC32.update(CRC32.initial, $0) }
            #expect(found == state)
        }
    }

    @Test func `The checksum of sixteen bytes at a time is that of one bit at a time, at every length`() {
        for length in 0..<150 {
            let bytes = entropy.bytes(length)
            var state: UInt32 = 0xffff_ffff
            for byte in bytes {
                state ^= UInt32(byte)
                for _ in 0..<8 { state = state & 1 == 1 ? state >> 1 ^ 0xedb8_8320 : state >> 1 }
            }
            #expect(unsafe bytes.withUnsafeBytes { unsafe CRC32.checksum($0) } == ~state, "\(length) bytes")
        }
    }

    @Test func `A key is left out of a text also where Markdown or a URL has changed its underscores`() {
        let key = PresentedAPIKey(.live, entropy: entropy).text
        for underscore in ["_", "\\_", "%5F", "%5f"] {
            for text in [key, String(key.dropLast(9))] {
                let written = text.replacing("_", with: underscore)
                #expect(PresentedAPIKey.redacted("see \(written), \(written)") == "see [key], [key]")
            }
        }
        for text in ["tamm", "tamm_", "tamm\\live_x", "tamm_life_", "a\\_b %5F c", "tamm%5"] {
            #expect(PresentedAPIKey.redacted(text) == text)
        }
    }

    @Test(arguments: APIKeyEnvironment.allCases)
    func `A new key has the form, and is read back`(environment: APIKeyEnvironment) throws {
        for _ in 0..<200 {
            let key = PresentedAPIKey(environment, entropy: entropy)
            #expect(key.text.utf8.count == PresentedAPIKey.length)
            #expect(key.text.hasPrefix("tamm_\(environment.rawValue)_\(key.label)_"))
            #expect(key.text.hasSuffix(check(String(key.text.dropLast(6)))))
            let read = try #require(PresentedAPIKey(key.text))
            #expect(read.environment == environment && read.text == key.text)
        }
    }

    @Test func `The secret holds 256 random bits: the largest number of so many fits, and no digit is wasted`() {
        let largest = Base62.encode(words: [.max, .max, .max, .max], width: 43)
        #expect(Base62.decode(largest, words: 4) == [.max, .max, .max, .max])
        #expect(Base62.decode(Array("z".utf8) + largest.dropFirst(), words: 4) == nil)
        let words: [UInt64] = [1, 2, 3, 0xffff_0000_1111_2222]
        #expect(Base62.decode(Base62.encode(words: words, width: 43), words: 4) == words)
    }

    @Test func `Of eight bytes each that is a letter or a digit is known as one, whatever the others are`() {
        for others: UInt64 in [0, .max, 0x3030_3030_3030_3030, 0x7a7f_2f3a_405b_607b] {
            for byte in UInt8.min...UInt8.max {
                let isDigit = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8).contains(byte)
                for place in stride(from: UInt64(0), to: 64, by: 8) {
                    let word = others & ~(0xff << place) | UInt64(byte) << place
                    let found = Base62.areDigits(word)
                    #expect(found >> place & 0xff == (isDigit ? 0x80 : 0))
                    #expect(found & ~(0xff << place) == Base62.areDigits(others) & ~(0xff << place))
                }
            }
        }
        #expect(Base62.areDigits(0x3030_3030_3030_3030) == Base62.allDigits)
    }

    @Test func `Every typing error of one character, and every two that change places, is found without a look-up`() {
        let text = Array(PresentedAPIKey(.live, entropy: entropy).text.utf8)
        for index in text.indices {
            for byte in UInt8.min...UInt8.max where byte != text[index] {
                var changed = text
                changed[index] = byte
                // Bytes that are no UTF-8 become other characters, which make the text longer.
                #expect(PresentedAPIKey(String(decoding: changed, as: UTF8.self)) == nil)
            }
        }
        for index in text.indices.dropLast() where text[index] != text[index + 1] {
            var changed = text
            changed.swapAt(index, index + 1)
            #expect(PresentedAPIKey(String(decoding: changed, as: UTF8.self)) == nil)
        }
    }

    @Test func `A text with a right checksum and a wrong form is refused`() {
        func sealed(_ text: String) -> String { text + check(text) }
        let secret = String(repeating: "0", count: 43)
        #expect(PresentedAPIKey(sealed("tamm_live_abcdefgh_" + secret)) != nil)
        for text in [
            "tamm_live_abcdefgh-" + secret, "tamm_live_abcdefg__" + secret, "tamm_prod_abcdefgh_" + secret,
            "TAMM_live_abcdefgh_" + secret, "tamm_live_abcdefgh_" + secret.dropLast() + "-",
            "tamm_live_abcdefgh_" + secret + "0", "tamm_live_abcdefgh_" + secret.dropLast(), "",
        ] {
            #expect(PresentedAPIKey(sealed(text)) == nil, "\(text)")
        }
        let whole = Array(("tamm_live_abcdefgh_" + secret).utf8)
        for place in whole.indices.dropFirst(10) where place != 18 {
            for byte in [0x2f, 0x3a, 0x40, 0x5b, 0x5f, 0x60, 0x7b, 0x20, 0] as [UInt8] {
                var changed = whole
                changed[place] = byte
                #expect(PresentedAPIKey(sealed(String(decoding: changed, as: UTF8.self))) == nil, "\(byte) at \(place)")
            }
            guard place + 1 < whole.count, place != 17 else { continue }
            let accented = String(decoding: whole[..<place] + [0xc3, 0xa9] + whole[(place + 2)...], as: UTF8.self)
            #expect(PresentedAPIKey(sealed(accented)) == nil, "é at \(place)")
        }
    }

    @Test func `Its text is shown by nothing`() throws {
        let key = PresentedAPIKey(.live, entropy: entropy)
        var dumped = ""
        dump(key, to: &dumped)
        dump([key], to: &dumped)
        let shown = "\(key) \(String(reflecting: key)) \([key]) \(String(describing: Optional(key)))" + dumped
        #expect(!shown.contains(key.text.dropFirst(20)))
        #expect(!shown.contains(key.label))
        #expect(!(key is any Encodable))
    }

    @Test func `A digest is HMAC-SHA256 of the whole text under the pepper, or SHA-256 without one`() throws {
        let key = PresentedAPIKey(.live, entropy: entropy)
        let text = Array(key.text.utf8)
        let secret = [UInt8](repeating: 7, count: 32)
        let ring = try PepperRing([KeyHouse.pepper(7), KeyHouse.pepper(2)])
        let digests = ring.digests(of: key)
        let code = HMAC<SHA256>.authenticationCode(for: text, using: SymmetricKey(data: secret))
        #expect(digests.current.bytes == Array(code) && digests.current.version == 7 && ring.version == 7)
        #expect(digests.older.map(\.version) == [2])
        let plain = PepperRing.withoutPepper.digests(of: key)
        #expect(plain.current.bytes == Array(SHA256.hash(data: text)) && plain.current.version == 0)
        #expect(digests.all.count == 2 && Set(digests.all + plain.all).count == 3)
    }

    @Test func `Peppers have different versions and enough bytes, and are not shown`() throws {
        #expect(throws: TammError.self) { try PepperRing([]) }
        #expect(throws: TammError.self) { try PepperRing([KeyHouse.pepper(1), KeyHouse.pepper(1)]) }
        #expect(throws: TammError.self) { try PepperRing((1...5).map { try KeyHouse.pepper($0) }) }
        for count in [0, 31, 1025] {
            #expect(throws: TammError.self) { try Pepper(version: 1, Secret([UInt8](repeating: 1, count: count))) }
        }
        for version in [0, -1, 32_768] {
            #expect(throws: TammError.self) { try Pepper(version: version, Secret([UInt8](repeating: 1, count: 32))) }
        }
        let pepper = try Pepper(version: 1, Secret(String(repeating: "hunter2.", count: 4)))
        var shown = "\(pepper)"
        dump(pepper, to: &shown)
        dump(try PepperRing([pepper]), to: &shown)
        #expect(!shown.contains("hunter2") && !shown.contains("104"))
    }
}
