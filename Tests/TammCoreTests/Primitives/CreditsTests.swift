import Foundation
import TammCore
import TammTesting
import Testing

struct CreditsTests {
    @Test(arguments: [
        ("0", 0), ("12", 12_000_000), ("12.5", 12_500_000), ("0.000001", 1), ("0.1", 100_000), ("007", 7_000_000),
        ("1.500000", 1_500_000), ("1000000000000", 1_000_000_000_000_000_000),
        ("1000000000000.000000", 1_000_000_000_000_000_000), ("999999999999.999999", 999_999_999_999_999_999),
    ])
    func `Plain decimals are read exactly`(text: String, micro: Int64) throws {
        #expect(try Credits(parsing: text).micro == micro)
    }

    @Test(arguments: [
        "", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "1_000", " 1", "1 ", "0x10", "NaN", "inf", "1.2.3", "0.0000001",
        "1000000000000.000001", "1000000000001", "9223372036854775807", "9223372036854775808",
        "99999999999999999999999999", "000000000000000000000000000000001", "\u{661}", "1\u{301}", "½",
    ])
    func `Anything else is refused`(text: String) {
        #expect(caught { () throws(TammError) in _ = try Credits(parsing: text) }?.code == .invalidInput)
        #expect(Credits(text) == nil)
    }

    @Test func `What is printed is read back`() throws {
        var generator = SplitMix64(seed: TestSeed.current)
        for round in 0..<10_000 {
            let scale: Int64 = [1, 1_000, 1_000_000, 1_000_000_000][round % 4]
            let bound = Credits.max.micro / scale
            let credits = try Credits(micro: .random(in: 0...bound, using: &generator) * scale)
            #expect(try Credits(parsing: credits.description) == credits)
            #expect(!credits.description.hasSuffix(".") && !credits.description.hasSuffix(".0"))
        }
        #expect(Credits.max.description == "1000000000000" && Credits.zero.description == "0")
        #expect(Credits.one.description == "1")
    }

    @Test func `Arithmetic holds its bounds and never traps`() throws {
        let least = try Credits(micro: 1)
        #expect(caught { () throws(TammError) in _ = try Credits.max.adding(.max) }?.code == .invalidInput)
        #expect(caught { () throws(TammError) in _ = try Credits.max.adding(least) }?.code == .invalidInput)
        #expect(try Credits.max.adding(.zero) == .max)
        #expect(caught { () throws(TammError) in _ = try Credits.zero.subtracting(.max) }?.code == .invalidInput)
        #expect(try Credits.max.subtracting(.max) == .zero)
        for micro in [Int64.min, -1, Credits.max.micro + 1, .max] {
            #expect(caught { () throws(TammError) in _ = try Credits(micro: micro) }?.code == .invalidInput)
        }
        for whole in [Int64.min, -1, 1_000_000_000_001, .max] {
            #expect(caught { () throws(TammError) in _ = try Credits(whole) }?.code == .invalidInput)
        }
        #expect(try Credits(1_000_000_000_000) == .max)
    }

    @Test func `Scaling agrees with 128-bit arithmetic and rounds up`() throws {
        var generator = SplitMix64(seed: TestSeed.current &+ 3)
        func word() -> UInt64 { generator.next() >> UInt64.random(in: 0...63, using: &generator) }
        var (given, refused) = (0, 0)
        for _ in 0..<20_000 {
            let price = try Credits(micro: Int64(word() % (UInt64(Credits.max.micro) + 1)))
            let (quantity, unit) = (word(), word())
            let expected: UInt128? =
                unit == 0
                ? nil
                : {
                    let product = UInt128(price.micro) * UInt128(quantity)
                    return product / UInt128(unit) + (product % UInt128(unit) == 0 ? 0 : 1)
                }()
            var scaled: Credits?
            do { scaled = try price.scaledUp(by: quantity, per: unit) } catch { refused += 1 }
            if let scaled {
                given += 1
                #expect(UInt128(scaled.micro) == expected)
            } else {
                #expect(expected.map { $0 > UInt128(Credits.max.micro) } ?? true, "\(price) × \(quantity) / \(unit)")
            }
        }
        #expect(given > 5_000 && refused > 1_000)
    }

    @Test func `Scaling reaches the largest amount exactly, and not one more`() throws {
        #expect(try Credits.max.scaledUp(by: 7, per: 7) == .max)
        #expect(try Credits(micro: 1).scaledUp(by: UInt64(Credits.max.micro), per: 1) == .max)
        #expect(caught { () throws(TammError) in _ = try Credits.max.scaledUp(by: 8, per: 7) } != nil)
        #expect(
            caught { () throws(TammError) in
                _ = try Credits(micro: 1).scaledUp(by: UInt64(Credits.max.micro) * 2 + 1, per: 2)
            } != nil)
        #expect(caught { () throws(TammError) in _ = try Credits.one.scaledUp(by: 1, per: 0) } != nil)
        #expect(caught { () throws(TammError) in _ = try Credits.zero.scaledUp(by: 0, per: 0) } != nil)
        #expect(try Credits.one.scaledUp(by: 1, per: .max).micro == 1)
        #expect(try Credits.zero.scaledUp(by: .max, per: 1) == .zero)
    }

    @Test func `JSON carries decimal text, and a JSON number is refused`() throws {
        let data = try JSONEncoder().encode([Credits(parsing: "12.5")])
        #expect(String(decoding: data, as: UTF8.self) == #"["12.5"]"#)
        #expect(try JSONDecoder().decode([Credits].self, from: data).first?.description == "12.5")
        #expect(throws: (any Error).self) { try JSONDecoder().decode([Credits].self, from: Data("[12.5]".utf8)) }
        #expect(throws: TammError.self) { try JSONDecoder().decode([Credits].self, from: Data(#"["-1"]"#.utf8)) }
    }
}
