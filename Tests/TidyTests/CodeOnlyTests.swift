import Testing

@Suite struct `The code of a file` {
    @Test(arguments: [
        (#"a // b"#, "a     "), (#"a /* b /* c */ d */ e"#, "a                   e"), (#"f("x") + g"#, "f(   ) + g"),
        (##"#"a\"# + b"##, "       + b"), (#""a\(b + "c\(d)")e" f"#, "    b +     d      f"), (#""" + a"#, "   + a"),
        (#""\\" a"#, "     a"), (#"#if a"#, "#if a"), (##"#"\(a)\#(b)"# c"##, "         b    c"),
    ])
    func `is what is neither comment nor text`(source: String, code: String) {
        #expect(codeOnly(source) == code)
    }

    @Test func `keeps its lines`() {
        let source = "let a = \"\"\"\n  print( \"b\" \\(\n  c(d)) \"\n  \"\"\"\nlet e // f\n"
        let code = codeOnly(source)
        #expect(code.split(separator: "\n", omittingEmptySubsequences: false).count == 6)
        #expect(!code.contains("print"))
        #expect(code.contains("c(d)"))
        #expect(code.contains("let e"))
    }
}
