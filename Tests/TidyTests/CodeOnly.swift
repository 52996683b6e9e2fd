/// `text` with every comment and text literal blanked out, byte for byte, so that lines and columns stay.
///
/// What stands in an interpolation is code and stays. Regex literals are not known.
func codeOnly(_ text: String) -> String {
    var blanker = Blanker(bytes: Array(text.utf8))
    blanker.run()
    return String(decoding: blanker.bytes, as: UTF8.self)
}

private struct Blanker {
    var bytes: [UInt8]
    private var position = 0
    private var contexts: [Context] = []

    private enum Context {
        case interpolation(openParentheses: Int)
        case literal(hashes: Int, quotes: Int)
    }

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func run() {
        while position < bytes.count {
            if case .literal(let hashes, let quotes) = contexts.last {
                readLiteral(hashes: hashes, quotes: quotes)
            } else {
                readCode()
            }
        }
    }

    private mutating func readCode() {
        switch bytes[position] {
        case UInt8(ascii: "/") where byte(at: position + 1) == UInt8(ascii: "/"):
            while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { blank(1) }
        case UInt8(ascii: "/") where byte(at: position + 1) == UInt8(ascii: "*"):
            readBlockComment()
        case UInt8(ascii: "#"), UInt8(ascii: "\""):
            readOpening()
        case UInt8(ascii: "("):
            nest(1)
        case UInt8(ascii: ")"):
            nest(-1)
        default:
            position += 1
        }
    }

    private mutating func readBlockComment() {
        var depth = 0
        repeat {
            if bytes[position] == UInt8(ascii: "/"), byte(at: position + 1) == UInt8(ascii: "*") {
                depth += 1
                blank(2)
            } else if bytes[position] == UInt8(ascii: "*"), byte(at: position + 1) == UInt8(ascii: "/") {
                depth -= 1
                blank(2)
            } else {
                blank(1)
            }
        } while depth > 0 && position < bytes.count
    }

    private mutating func readOpening() {
        let hashes = run(of: "#", at: position)
        let quotes = run(of: "\"", at: position + hashes)
        guard quotes > 0 else {
            position += hashes
            return
        }
        if quotes == 2 { return blank(hashes + 2 + run(of: "#", at: position + hashes + 2)) }
        contexts.append(.literal(hashes: hashes, quotes: quotes >= 3 ? 3 : 1))
        blank(hashes + (quotes >= 3 ? 3 : 1))
    }

    private mutating func readLiteral(hashes: Int, quotes: Int) {
        let byte = bytes[position]
        if byte == UInt8(ascii: "\\"), run(of: "#", at: position + 1) >= hashes {
            let isInterpolation = self.byte(at: position + 1 + hashes) == UInt8(ascii: "(")
            blank(2 + hashes)
            if isInterpolation { contexts.append(.interpolation(openParentheses: 0)) }
        } else if run(of: "\"", at: position) >= quotes, run(of: "#", at: position + quotes) >= hashes {
            contexts.removeLast()
            blank(quotes + hashes)
        } else if byte == UInt8(ascii: "\n"), quotes == 1 {
            contexts.removeLast()
        } else {
            blank(1)
        }
    }

    private mutating func nest(_ step: Int) {
        if case .interpolation(let open) = contexts.last {
            contexts.removeLast()
            if open + step >= 0 {
                contexts.append(.interpolation(openParentheses: open + step))
            } else {
                return blank(1)
            }
        }
        position += 1
    }

    private func byte(at index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

    private func run(of character: Unicode.Scalar, at start: Int) -> Int {
        var end = start
        while byte(at: end) == UInt8(ascii: character) { end += 1 }
        return end - start
    }

    private mutating func blank(_ count: Int) {
        for _ in 0..<count where position < bytes.count {
            if bytes[position] != UInt8(ascii: "\n") { bytes[position] = UInt8(ascii: " ") }
            position += 1
        }
    }
}
