/// Numbers in the digits `0-9A-Za-z`, so wide as they are told: what tokens are written in.
enum Base62 {
    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// The value of each character; 255 for what is no digit. Made once, kept for good.
    private nonisolated(unsafe) static let values: UnsafePointer<UInt8> = {
        let values = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        for index in 0..<256 { unsafe values[index] = 255 }
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
        var (number, worst): (UInt64, UInt8) = (0, 0)
        for index in 0..<bytes.count {
            let value = unsafe values[Int(bytes[index])]
            worst = max(worst, value)
            number = number &* 62 &+ UInt64(value)
        }
        return worst < 62 ? number : nil
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

    /// Whether every byte is a digit.
    @inline(__always)
    static func isAllDigits(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let values = unsafe values
        var worst: UInt8 = 0
        for index in 0..<bytes.count { worst = max(worst, unsafe values[Int(bytes[index])]) }
        return worst < 62
    }
}
