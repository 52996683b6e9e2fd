import TammTesting
import Testing

@testable import TammCore

@Suite struct JSONScannerTests {
    /// Whether the whole of `text` is one value.
    private static func isJSON(_ text: String) -> Bool {
        failure { () throws(TammError) in
            var scanner = JSONScanner(Array(text.utf8))
            try scanner.skipValue()
            try scanner.finish()
        } == nil
    }

    @Test(
        "Texts of RFC 8259 are read",
        arguments: [
            "0", "-0", "-1.5e+10", "1E-2", "123", #""""#, #""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#, "[]", "[ ]", "{}",
            "{ }", "[1,[2,{}]]",
            "\t\r\n {\"a\" : [ null , true,false ] } ", #"{"":0}"#, "\"é\"", "\"\u{7f}\"",
        ])
    func accepted(_ text: String) { #expect(Self.isJSON(text)) }

    @Test(
        "Texts that lenient readers take are refused",
        arguments: [
            "", " ", "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "1 2", "NaN", "Infinity", "nul", "nulll", "True",
            "'a'", "\"a", "\"\\x\"",
            "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"a\nb\"", "\"\u{0}\"", "[1,]", "[,1]",
            "[1 2]", "[", "]", "{\"a\"}",
            "{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a\":1 \"b\":2}", "{1:2}", "/**/1", "\u{feff}1", "{", "[1}",
            "{\"a\":1]",
        ])
    func refused(_ text: String) { #expect(!Self.isJSON(text)) }

    @Test("Nesting is bounded")
    func depth() {
        let nest = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(Self.isJSON(nest(JSONScanner.maxDepth)))
        #expect(!Self.isJSON(nest(JSONScanner.maxDepth + 1)))
        #expect(Self.isJSON("[" + Array(repeating: nest(63), count: 3).joined(separator: ",") + "]"))
        #expect(!Self.isJSON(String(repeating: #"{"a":"#, count: 100_000)))
    }

    @Test("No part of a text but the whole is read, and none stops the process")
    func prefixes() {
        let text = PaymobSample.official.text
        #expect(Self.isJSON(text))
        for length in 0..<text.utf8.count { #expect(!Self.isJSON(String(text.prefix(length)))) }
        let bytes = Array(text.utf8)
        for index in bytes.indices {
            for byte in [0, 0xff] + Array(#""\{}[],:ue0-t"#.utf8) {
                var other = bytes
                other[index] = byte
                let changed = other
                _ = failure { () throws(TammError) in try PaymobValues(body: changed) }
            }
        }
    }

    @Test("Strings are resolved, numbers are as written")
    func scalars() throws {
        let text = #"{"text": "\u0645\ud83d\ude00\n", "number": -1.50E+1, "yes": true, "nothing": null}"#
        var found: [String] = []
        var scanner = JSONScanner(Array(text.utf8))
        try scanner.readObject { (name, scanner) throws(TammError) in
            switch try scanner.readScalar() {
            case .string(let text): found.append("\(name)=\(text)")
            case .number(let text): found.append("\(name)=\(text)")
            case .boolean(let value): found.append("\(name)=\(value)")
            case .null: found.append("\(name)")
            }
        }
        try scanner.finish()
        #expect(found == ["text=م😀\n", "number=-1.50E+1", "yes=true", "nothing"])
    }

    @Test("A string that is read is valid UTF-8")
    func utf8() {
        var scanner = JSONScanner([0x22, 0xff, 0x22])
        #expect(failure { () throws(TammError) in try scanner.readScalar() }?.code == .invalidInput)
    }
}
