import Testing

@testable import TammCore

@Suite struct SignatureTextTests {
    static let digest = (0..<32).map { UInt8($0 * 7 + 1) }

    @Test("Hexadecimal of the right length and prefix is read")
    func hexadecimalRead() throws {
        let text = hexadecimal(Self.digest)
        #expect(AuthenticationCode(hexadecimal: text, byteCount: 32)?.bytes(32) == Self.digest)
        #expect(
            AuthenticationCode(hexadecimal: "sha256=" + text, prefix: "sha256=", byteCount: 32)?.bytes(32)
                == Self.digest)
        let long = Self.digest + Self.digest
        #expect(AuthenticationCode(hexadecimal: hexadecimal(long), byteCount: 64)?.bytes(64) == long)
    }

    @Test("Each of 256 bytes in place of a digit is read only if it is a lower-case digit")
    func everyCharacter() throws {
        let digits = Set("0123456789abcdef".utf8)
        for byte in UInt8.min...UInt8.max {
            for index in [0, 7, 8, 63] {
                var text = Array(repeating: UInt8(ascii: "0"), count: 64)
                text[index] = byte
                guard let string = String(validating: text, as: UTF8.self) else { continue }
                let code = AuthenticationCode(hexadecimal: string, byteCount: 32)
                #expect((code != nil) == digits.contains(byte), "byte \(byte) at \(index)")
            }
        }
    }

    @Test("Other lengths, upper case and wrong prefixes are refused")
    func hexadecimalRefused() {
        let text = hexadecimal(Self.digest)
        for other in [
            "", "a", String(text.dropLast()), text + "0", text + "00", text.uppercased(), " " + text.dropFirst(),
        ] {
            #expect(AuthenticationCode(hexadecimal: other, byteCount: 32) == nil)
        }
        for other in [text, "sha256:" + text, "SHA256=" + text, "sha256==" + text.dropLast(), "sha1=" + text] {
            #expect(AuthenticationCode(hexadecimal: other, prefix: "sha256=", byteCount: 32) == nil)
        }
    }

    @Test("Codes are equal only bit for bit")
    func comparison() throws {
        let code = try #require(AuthenticationCode(hexadecimal: hexadecimal(Self.digest), byteCount: 32))
        #expect(constantTimeEqual(code, code))
        for index in 0..<32 {
            for bit in 0..<8 {
                let other = flipped(Self.digest, at: index, mask: 1 << bit)
                let changed = try #require(AuthenticationCode(hexadecimal: hexadecimal(other), byteCount: 32))
                #expect(!constantTimeEqual(code, changed))
            }
        }
    }

    /// RFC 4648, section 10.
    @Test(
        "Base64 gives and reads the RFC's vectors",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func base64(_ text: String, _ encoded: String) {
        #expect(encodeBase64(Array(text.utf8)) == encoded)
        #expect(Self.decoded(encoded) == Array(text.utf8))
    }

    @Test("Base64 of every byte comes back")
    func base64Alphabet() {
        let bytes = Array(UInt8.min...UInt8.max)
        #expect(Self.decoded(encodeBase64(bytes)) == bytes)
    }

    @Test(
        "Base64 that is not canonical is refused",
        arguments: [
            "Zg", "Zg=", "Zg===", "Z", "Z===", "====", "=Zg=", "Zm=v", "Zh==", "Zm9=", "Zm9v\n", "Zm 9", "Zm9_", "Zm9-",
            "Zg==Zg==",
            "Zm9v=", "Zm9v====", "Zmü=",
        ])
    func base64Refused(_ text: String) { #expect(Self.decoded(text) == nil) }

    private static func decoded(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        return decodeBase64(text[...].utf8) { bytes.append($0) } ? bytes : nil
    }
}
