import TammTesting

@testable import TammCore

/// The error that `body` throws, nil when it does not.
func failure<Value>(_ body: () throws(TammError) -> Value) -> TammError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error
    }
}

extension SigningSecret {
    /// A secret of a recorded delivery, or one of 32 bytes made of a letter.
    static func text(_ text: String, id: String = "test") throws -> SigningSecret {
        try SigningSecret(unboundedID: id, Secret(text))
    }

    static func letter(_ letter: Character) throws -> SigningSecret {
        try .text(String(repeating: letter, count: 32), id: String(letter))
    }
}

/// `bytes` with the bits of `mask` of one byte turned over.
func flipped(_ bytes: [UInt8], at index: Int, mask: UInt8 = 1) -> [UInt8] {
    var bytes = bytes
    bytes[index] ^= mask
    return bytes
}

/// `text` with one bit of one byte turned over; ASCII stays ASCII.
func flipped(_ text: String, _ generator: inout SplitMix64) -> String {
    var bytes = Array(text.utf8)
    bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<7, using: &generator)
    return String(decoding: bytes, as: UTF8.self)
}

/// `text` with the ASCII character at `index` replaced by another of the same alphabet.
func changed(_ text: String, at index: Int) -> String {
    var bytes = Array(text.utf8)
    bytes[index] = bytes[index] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
    return String(decoding: bytes, as: UTF8.self)
}
