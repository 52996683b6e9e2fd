/// Numbers in the digits `0-9A-Za-z`, so wide as they are told: what tokens are written in.
enum Base62 {
    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// The value of each character; one with the highest bit for what is no digit. Made once, kept for good.
    private nonisolated(unsafe) static let values: UnsafePointer<UInt8> = {
        let values = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        for index in 0..<256 { unsafe values[index] = 0x80 }
        for (value, digit) in digits.enumerated() { unsafe values[Int(digit)] = UInt8(value) }
        return unsafe UnsafePointer(values)
    }()

    /// The number in `width` digits, zeros first; what does not fit is cut off.
    static func encode(_ number: UInt64, width: Int) -> [UInt8] { encode(words: [number], width: width) }

    /// The number whose words these are, the highest first, in `width` digits.
    static func encode(words: [UInt64], width: Int) -> [UInt8] {
        var words = words
        var text = [UInt8](repeating: digits[0], count: width)
        for place in text.indices.reversed() {
            var rest: UInt64 = 0
            for index in words.indices { (words[index], rest) = UInt64(62).dividingFullWidth((rest, words[index])) }
            text[place] = digits[Int(rest)]
        }
        return text
    }

    /// The number that at most ten digits stand for; nil where one is no digit.
    @inline(__always)
    static func decode(_ bytes: UnsafeRawBufferPointer) -> UInt64? {
        let values = unsafe values
        var (number, seen): (UInt64, UInt8) = (0, 0)
        for index in 0..<bytes.count {
            let value = unsafe values[Int(bytes[index])]
            seen |= value
            number = number &* 62 &+ UInt64(value)
        }
        return seen < 0x80 ? number : nil
    }

    /// The number of `words` words, the highest first, that the digits stand for; nil for another character or a number
    /// that needs more words.
    static func decode(_ bytes: some Collection<UInt8>, words count: Int) -> [UInt64]? {
        var words = [UInt64](repeating: 0, count: count)
        for byte in bytes {
            let value = unsafe values[Int(byte)]
            guard value < 62 else { return nil }
            var carry = UInt64(value)
            for index in words.indices.reversed() {
                let product = words[index].multipliedFullWidth(by: 62)
                let (low, overflow) = product.low.addingReportingOverflow(carry)
                words[index] = low
                carry = product.high + (overflow ? 1 : 0)
            }
            guard carry == 0 else { return nil }
        }
        return words
    }

    /// What ``areDigits(_:)`` says where all eight are.
    @inline(__always)
    static var allDigits: UInt64 { 0x8080_8080_8080_8080 }

    /// Of eight bytes: the highest bit of each that is a digit, and nothing else.
    @inline(__always)
    static func areDigits(_ bytes: UInt64) -> UInt64 {
        func each(_ byte: UInt64) -> UInt64 { byte &* 0x0101_0101_0101_0101 }
        // Seven bits each, so that sums stay within their bytes: one is at least n where the sum with 0x80 - n has the eighth.
        let low = bytes & each(0x7f)
        let folded = low | each(0x20)
        let digits = (low &+ each(0x80 - 0x30)) & ~(low &+ each(0x80 - 0x3a))
        let letters = (folded &+ each(0x80 - 0x61)) & ~(folded &+ each(0x80 - 0x7b))
        return (digits | letters) & ~bytes & allDigits
    }
}
