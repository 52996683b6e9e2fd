import Foundation
import TammTesting
import Testing

@testable import TammCore

struct MoneyTests {
    @Test(arguments: [
        ("199.50", "EGP", 19_950, "199.50 EGP"), ("199.5", "EGP", 19_950, "199.50 EGP"), ("0", "USD", 0, "0.00 USD"),
        ("0.05", "USD", 5, "0.05 USD"), ("1200", "JPY", 1200, "1200 JPY"), ("1.234", "KWD", 1234, "1.234 KWD"),
        ("10000000000000.00", "EGP", 1_000_000_000_000_000, "10000000000000.00 EGP"),
    ])
    func `Amounts are read in major units and printed with all decimals`(
        text: String, code: String, minorUnits: Int64, printed: String
    ) throws {
        let money = try Money(parsing: text, Currency(code))
        #expect(money.minorUnits == minorUnits)
        #expect(money.description == printed)
        #expect(try Money(parsing: money.majorUnits, money.currency) == money)
    }

    @Test(arguments: [
        ("1.999", "EGP"), ("1.0", "JPY"), ("1.", "EGP"), (".5", "EGP"), ("-1", "EGP"), ("", "EGP"), ("1 EGP", "EGP"),
        ("1e2", "EGP"), ("10000000000000.01", "EGP"), ("99999999999999999999", "USD"), ("1.2345", "KWD"),
    ])
    func `Finer, larger and other text is refused`(text: String, code: String) throws {
        let currency = try Currency(code)
        #expect(caught { () throws(TammError) in _ = try Money(parsing: text, currency) }?.code == .invalidInput)
    }

    @Test func `Amounts of two currencies do not mix, and bounds are kept`() throws {
        let largest = try Money(minorUnits: Money.maxMinorUnits, .egp)
        let (one, dollar) = (try Money(minorUnits: 1, .egp), try Money(minorUnits: 1, .usd))
        #expect(try one.adding(one).minorUnits == 2)
        #expect(try largest.subtracting(largest).minorUnits == 0)
        let errors = [
            caught { () throws(TammError) in _ = try one.adding(dollar) },
            caught { () throws(TammError) in _ = try one.subtracting(dollar) },
            caught { () throws(TammError) in _ = try largest.adding(one) },
            caught { () throws(TammError) in _ = try largest.adding(largest) },
            caught { () throws(TammError) in _ = try one.subtracting(largest) },
            caught { () throws(TammError) in _ = try Money(minorUnits: -1, .egp) },
            caught { () throws(TammError) in _ = try Money(minorUnits: .min, .egp) },
            caught { () throws(TammError) in _ = try Money(minorUnits: .max, .egp) },
        ]
        #expect(errors.map { $0?.code } == Array(repeating: .invalidInput, count: errors.count))
    }
}

struct CurrencyTests {
    @Test func `The named currencies are those of the table`() throws {
        for named in [Currency.egp, .usd, .eur, .sar, .aed] { #expect(try Currency(named.code) == named) }
        #expect(try Currency("KWD").decimals == 3)
        #expect(try Currency("JPY").decimals == 0)
        #expect(try Currency("XCG").decimals == 2)
    }

    @Test(arguments: [
        "", "EG", "EGPP", "egp", "EG\u{a0}", "ZZZ", "XAU", "XTS", "UYI", "ANG", "BGN", "É", "EGP\0",
    ])
    func `Other text, metals, test codes and withdrawn codes are refused`(code: String) {
        #expect(caught { () throws(TammError) in _ = try Currency(code) }?.code == .invalidInput)
    }
}

struct IdempotencyKeyTests {
    @Test func `1 to 255 visible ASCII characters are taken as they are`() throws {
        for text in ["a", "!", "~", String(repeating: "k", count: 255), "inv_42:2026-01"] {
            let key = try IdempotencyKey(text)
            #expect(key.text == text && key.description == text)
            let data = try JSONEncoder().encode([key])
            #expect(try JSONDecoder().decode([IdempotencyKey].self, from: data) == [key])
        }
    }

    @Test(arguments: ["", " ", "a b", "a\n", "\u{7f}", "é", "a\0", String(repeating: "k", count: 256)])
    func `Other text is refused`(text: String) {
        #expect(caught { () throws(TammError) in _ = try IdempotencyKey(text) }?.code == .invalidInput)
    }
}

struct NameTests {
    @Test(arguments: ["a", "growth", "feature.webchat", "pack-1000", "a_b", String(repeating: "z", count: 64)])
    func `Names of programs are taken`(text: String) throws { #expect(try checkedName(text, "a name") == text) }

    @Test(arguments: ["", "A", "1a", ".a", "a b", "a/b", "a@1", "é", String(repeating: "z", count: 65), "a\n"])
    func `Other names are refused`(text: String) {
        #expect(caught { () throws(TammError) in _ = try checkedName(text, "a name") }?.code == .invalidInput)
    }

    @Test func `Titles are for people`() throws {
        #expect(try checkedTitle("باقة النمو", "a title") == "باقة النمو")
        for text in ["", " a", "a ", "a\nb", "a\u{0}", "\u{2028}", String(repeating: "a", count: 201)] {
            #expect(caught { () throws(TammError) in _ = try checkedTitle(text, "a title") }?.code == .invalidInput)
        }
    }

    @Test func `An excerpt is short and shows no control character`() {
        #expect(excerpt("a\u{0}\u{202e}b") == "\"a??b\"")
        #expect(excerpt(String(repeating: "é", count: 1000)).utf8.count < 120)
        #expect(excerpt(String(repeating: "👨‍👩‍👧‍👦", count: 1000)).utf8.count < 220)
    }

    @Test func `Hexadecimal goes both ways`() {
        let bytes = (0...255).map(UInt8.init)
        #expect(TammCore.bytes(hexadecimal: hexadecimal(bytes).utf8) == bytes)
        #expect(TammCore.bytes(hexadecimal: "0aFf".utf8) == [0x0a, 0xff])
        for text in ["a", "0g", "0x", "é"] { #expect(TammCore.bytes(hexadecimal: text.utf8) == nil) }
    }
}
